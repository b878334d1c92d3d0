"""Purchase-order drafts over HTTP: every approved proposal in one draft, exported once, never sent by itself."""

import csv
import hashlib
import io

import openpyxl
import pytest

from tests.serving.proposals.desk import suggestion
from tests.serving.proposals.test_proposal_routes import UNKNOWN, code


def file_of(desk, exported) -> bytes:
    answer = desk.client.get(exported["href"])
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == exported["sha256"]
    return answer.content


@pytest.fixture
def drafts(desk):
    desk.store(
        suggestion("A", 24),
        suggestion("B", 12),
        suggestion("C", 6, mode="air"),
        suggestion("D", 6, supplier="Bolt"),
        suggestion("E", 6),
    )
    desk.approve("A", "B", "C", "D")
    return desk.draft()


def test_a_draft_has_one_supplier_and_mode_and_all_that_is_approved(desk, drafts):
    found = {(draft["supplier"], draft["mode"]): [line["sku"] for line in draft["lines"]] for draft in drafts}
    assert found == {("Acme", "sea"): ["A", "B"], ("Acme", "air"): ["C"], ("Bolt", "sea"): ["D"]}
    sea = drafts[[draft["mode"] for draft in drafts].index("sea")]
    assert sea["totals"] == {
        "lines": 2,
        "units": 36,
        "cases": 6,
        "volume": 0,
        "subtotal": "90.00",
        "lines_without_cost": 0,
        "order_by": "2024-07-29",
        "arrive_on": "2024-08-18",
    }
    assert (sea["ship_to"], sea["currency"], sea["state"]) == ("main", "EUR", "draft")
    assert desk.proposals()["E"]["purchase_order_draft"] is None


def test_asking_again_finds_nothing_left_to_draft(desk, drafts):
    answer = desk.post("/purchase-order-drafts", {})
    assert (answer.status_code, answer.json()["items"]) == (200, [])
    name = drafts[0]["lines"][0]["proposal_id"]
    assert code(desk.post("/purchase-order-drafts", {"proposal_ids": [name]})) == (409, "state.conflict")


def test_only_what_is_approved_goes_into_a_draft(desk):
    names = desk.store(suggestion("A"), suggestion("B")).created
    desk.approve("A")
    assert code(desk.post("/purchase-order-drafts", {"proposal_ids": names})) == (409, "state.conflict")
    assert desk.get("/purchase-order-drafts")["items"] == []
    answer = desk.post("/purchase-order-drafts", {"proposal_ids": [names[0], UNKNOWN]})
    assert code(answer) == (404, "resource.unknown")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/proposal_ids/1"]


def test_limits_of_the_whole_draft_are_told_and_not_enforced(desk):
    desk.store(suggestion("A", 24, volume=0.5), suggestion("B", 24, volume=0.5), budget="100.00")
    desk.approve("A", "B")
    limits = {"minimum_units": 60, "minimum_value": "100", "container_volume": 20}
    (draft,) = desk.draft(limits=limits)
    checks = {check["name"]: (check["limit"], check["actual"], check["missing"]) for check in draft["checks"]}
    assert checks == {
        "minimum_units": ("60", "48", "12"),
        "minimum_value": ("100.00", "120.00", ""),
        "budget": ("100.00", "144.00", "44.00"),
        "container_volume": ("20", "24 in 2 containers", "16"),
    }


def test_exported_exactly_once_and_the_same_bytes_again(desk, drafts):
    draft = drafts[0]
    first = desk.move(draft, "export", format="csv")
    assert (first["state"], first["version"]) == ("exported", 2)
    desk.clock.forward(hours=1)
    again = desk.post(f"/purchase-order-drafts/{draft['draft_id']}/export", {"format": "csv"}).json()
    assert again == first
    assert file_of(desk, first) == file_of(desk, again)
    audit = desk.get("/audit", resource=f"/v1/purchase-order-drafts/{draft['draft_id']}")["items"]
    assert [item["action"] for item in audit] == ["purchase_order.export", "purchase_order.create"]
    (state,) = {desk.get(f"/proposals/{line['proposal_id']}")["state"] for line in draft["lines"]}
    assert state == "exported"


def test_the_first_export_needs_what_was_read(desk, drafts):
    path = f"/purchase-order-drafts/{drafts[0]['draft_id']}/export"
    assert code(desk.post(path)) == (428, "precondition.missing")
    assert code(desk.post(path, version=7)) == (412, "precondition.failed")


def test_a_file_is_there_once_it_was_exported(desk, drafts):
    path = f"/v1/purchase-order-drafts/{drafts[0]['draft_id']}/files/"
    for form in ("csv", "xlsx", "csv-nonsense", "json"):
        assert code(desk.client.get(path + form)) == (404, "resource.unknown")
    desk.move(drafts[0], "export", format="xlsx")
    answer = desk.client.get(path + "xlsx")
    assert answer.headers["content-disposition"].endswith('.xlsx"')
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_erps_order_number_confirms_and_serves_once(desk, drafts):
    one, two = (desk.move(draft, "export") for draft in drafts[:2])
    confirmed = desk.move(one, "confirm", order_number="4500012345")
    assert (confirmed["state"], confirmed["order_number"]) == ("confirmed", "4500012345")
    path = f"/purchase-order-drafts/{two['draft_id']}/confirm"
    answer = desk.post(path, {"order_number": "4500012345"}, two["version"])
    assert code(answer) == (409, "state.conflict")
    assert one["draft_id"] in answer.json()["detail"]
    states = {desk.get(f"/proposals/{line['proposal_id']}")["state"] for line in confirmed["lines"]}
    assert states == {"confirmed"}
    assert desk.move(confirmed, "close", reason="received")["state"] == "closed"
    assert {desk.get(f"/proposals/{line['proposal_id']}")["state"] for line in confirmed["lines"]} == {"closed"}


def test_a_draft_is_not_confirmed_or_closed_before_its_export(desk, drafts):
    path = f"/purchase-order-drafts/{drafts[0]['draft_id']}"
    assert code(desk.post(f"{path}/confirm", {"order_number": "1"}, 1)) == (409, "state.conflict")
    assert code(desk.post(f"{path}/close", {}, 1)) == (409, "state.conflict")


def test_a_cancelled_draft_gives_its_proposals_back_and_they_can_be_drafted_again(desk, drafts):
    cancelled = desk.move(drafts[0], "cancel", reason="wrong supplier")
    assert (cancelled["state"], cancelled["state_reason"]) == ("cancelled", "wrong supplier")
    names = [line["proposal_id"] for line in cancelled["lines"]]
    assert [desk.get(f"/proposals/{name}")["state"] for name in names] == ["approved"] * len(names)
    (again,) = desk.draft()
    assert again["draft_id"] != cancelled["draft_id"]
    assert [line["proposal_id"] for line in again["lines"]] == names
    assert code(desk.post(f"/purchase-order-drafts/{cancelled['draft_id']}/export", {}, 2)) == (409, "state.conflict")


def test_what_is_cancelled_after_its_export_never_comes_back(desk, drafts):
    exported = desk.move(drafts[0], "export")
    cancelled = desk.move(exported, "cancel", reason="supplier declined")
    name = desk.get(f"/purchase-order-drafts/{cancelled['draft_id']}")["lines"][0]["proposal_id"]
    assert desk.get(f"/proposals/{name}")["state"] == "closed"
    assert desk.draft() == []
    assert code(desk.post("/purchase-order-drafts", {"proposal_ids": [name]})) == (409, "state.conflict")


def test_csv_with_semicolons_decimal_commas_and_a_bom(desk, drafts):
    exported = desk.move(drafts[1], "export", format="csv", separator=";", decimal=",", bom=True)
    assert exported["format"] == "csv-semicolon-comma-bom"
    content = file_of(desk, exported)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert [(row["sku"], row["quantity"], row["unit_cost"], row["line_total"]) for row in rows] == [
        ("A", "24", "2,50", "60,00"),
        ("B", "12", "2,50", "30,00"),
    ]


def test_no_text_of_a_file_is_run_as_a_formula(desk):
    evil = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)"]
    desk.store(*(suggestion(sku, supplier='=HYPERLINK("http://x")') for sku in evil))
    desk.approve(*evil)
    (draft,) = desk.draft()
    guarded = file_of(desk, desk.move(draft, "export", format="csv")).decode()
    rows = list(csv.DictReader(io.StringIO(guarded)))
    assert [row["sku"] for row in rows] == sorted("'" + sku for sku in evil)
    path = f"/purchase-order-drafts/{draft['draft_id']}/export"
    raw = file_of(desk, desk.post(path, {"format": "csv", "guard": False}).json()).decode()
    assert [row["sku"] for row in csv.DictReader(io.StringIO(raw))] == sorted(evil)
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(desk, desk.post(path, {"format": "xlsx"}).json()))).active
    column = [cell.value for cell in sheet[1]].index("sku")
    cells = [row[column] for row in sheet.iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type) for cell in cells] == [(sku, "s") for sku in sorted(evil)]


def test_drafts_are_listed_by_state_supplier_and_change(desk, drafts):
    assert len(desk.get("/purchase-order-drafts")["items"]) == 3
    assert [item["supplier"] for item in desk.get("/purchase-order-drafts", supplier="Bolt")["items"]] == ["Bolt"]
    since = desk.get("/purchase-order-drafts")["next_updated_since"]
    desk.clock.forward(minutes=2)
    desk.move(drafts[0], "export")
    later = desk.get("/purchase-order-drafts", updated_since="2024-07-29T12:01:00Z")["items"]
    assert [item["draft_id"] for item in later] == [drafts[0]["draft_id"]]
    assert len(desk.get("/purchase-order-drafts", updated_since=since)["items"]) == 3
    assert len(desk.get("/purchase-order-drafts", state="draft")["items"]) == 2
    first = desk.get("/purchase-order-drafts", limit=2)
    rest = desk.get("/purchase-order-drafts", limit=2, cursor=first["next_cursor"])
    assert len({item["draft_id"] for item in first["items"] + rest["items"]}) == 3
