"""The screen of proposals: the API's numbers, decisions by the API's rules, nobody's change lost."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest

from serving.access import Scope
from tests.services import bearer, make_key
from tests.serving.proposals.desk import AS_OF, OTHER, Desk, suggestion
from tests.ui.planner import BOARD, Planner
from tests.ui.reading import Reader


@pytest.fixture
def desk(tmp_path, sqlite_database) -> Desk:
    return Desk(tmp_path / "home", sqlite_database)


@pytest.fixture
def planner(desk) -> Planner:
    return Planner(desk)


def told(sku, without, **terms):
    """A suggestion that says what not ordering would cost."""
    made = suggestion(sku, **terms)
    made.planned.update(cost_without_order=without, stockout_probability_without_order=0.9)
    return made


def test_before_the_first_plan_the_board_says_so(planner):
    assert "There is no plan yet" in planner.read().one("main").text


def test_orders_stand_by_supplier_with_the_apis_numbers(planner, desk):
    desk.store(told("A", "500.00"), told("B", "900.00"), told("C", "200.00", supplier="Bolt", mode="air"), budget="500")
    page = planner.read()
    assert [item.text for item in page.one("div", id="board").all("h2")] == ["Acme · sea → main", "Bolt · air → main"]
    answer = desk.proposals()["A"]
    row = planner.row("A")
    name = answer["proposal_id"]
    assert row.one("input", name="quantity").attributes["value"] == str(answer["quantity"])
    assert row.one("td", id=f"value-{name}").text.startswith("€60.00")
    assert row.one("td", id=f"saving-{name}").text.startswith("€400")
    assert row.one("td", id=f"risk-{name}").text.startswith(f"{answer['stockout_probability']:.1%}".replace("%", " %"))
    assert answer["planned"]["reason"] in row.text
    figures = page.one("dl", class_="figures").text
    assert "To decide €216" in figures
    assert "Budget €500" in figures
    assert "Left €284" in figures


def test_what_saves_most_a_unit_of_money_comes_first_and_other_ranks_can_be_chosen(planner, desk):
    desk.store(told("A", "300.00"), told("B", "900.00"), told("C", "500.00", quantity=48))
    order = [row.attributes["data-sku"] for row in planner.read().all("tr") if "data-sku" in row.attributes]
    saved = {"A": Decimal(200) / 72, "B": Decimal(800) / 72, "C": Decimal(400) / 144}
    assert order == sorted(saved, key=saved.get, reverse=True)
    page = planner.read(sort="value")
    assert [row.attributes["data-sku"] for row in page.all("tr") if "data-sku" in row.attributes] == ["C", "A", "B"]
    assert planner.read(q="b").all("tr", data_sku="B")
    assert not planner.read(q="b").all("tr", data_sku="A")


def test_orders_of_nothing_are_shown_when_asked_for(planner, desk):
    desk.store(suggestion("A"), suggestion("N", quantity=0))
    assert not planner.read().all("tr", data_sku="N")
    assert planner.read(holds="1").all("tr", data_sku="N")


@pytest.mark.parametrize("quantity", [0, 12, 36, 90])
def test_the_cost_of_another_quantity_is_what_the_api_would_store(planner, desk, quantity):
    desk.store(told("A", "500.00", minimum=18, volume=0.5), budget="80")
    path, _ = planner.form("A")
    shown = planner.read(f"{BOARD}{path}/cost", quantity=quantity)
    before = desk.proposals()["A"]
    assert before["quantity"] == 24
    after = desk.send("PATCH", f"/proposals{path}", {"quantity": quantity}, before["version"]).json()
    name = path.strip("/")
    assert all(item.attributes["hx-swap-oob"] == "true" for item in shown.all("td"))
    text = shown.one("td", id=f"saving-{name}").text
    assert f"cost €{Decimal(after['expected_cost']):,.{0 if Decimal(after['expected_cost']) >= 100 else 2}f}" in text
    assert f"{100 * after['stockout_probability']:.1f} %" in shown.one("td", id=f"risk-{name}").text
    limits = shown.one("td", id=f"limits-{name}").text
    assert [item["message"] for item in after["violations"] if item["message"] not in limits] == []
    assert (quantity in (12, 36, 90)) == bool(after["violations"])


def test_part_of_a_case_pack_is_told_in_the_row_and_changes_nothing(planner, desk):
    desk.store(suggestion("A"))
    path, _ = planner.form("A")
    assert "the nearest is 24" in planner.read(f"{BOARD}{path}/cost", quantity=25).text
    assert planner.press("A", "edit", quantity="25").status_code == 422
    assert desk.proposals()["A"]["version"] == 1


def test_an_edit_is_stored_as_the_apis_and_draws_row_and_totals_anew(planner, desk):
    desk.store(told("A", "500.00"))
    answer = planner.press("A", "edit", quantity="36", reason="trade fair")
    assert answer.status_code == 200
    row = Reader.of(answer.text)
    stored = desk.proposals()["A"]
    assert (stored["quantity"], stored["edited"], stored["state_reason"]) == (36, True, "trade fair")
    assert "Edited, plan: 24" in row.text
    assert re.fullmatch("group-[0-9a-f]{12}, orders-changed", answer.headers["hx-trigger"])
    key = answer.headers["hx-trigger"][6:18]
    assert "1 lines, 36 units" in planner.read(f"{BOARD}/groups/{key}/summary").text
    assert "€108" in planner.read(f"{BOARD}/spending").text


def test_approving_takes_the_quantity_that_stands_in_the_form(planner, desk):
    desk.store(suggestion("A"), suggestion("B"))
    assert planner.press("A", "approve", quantity="48").status_code == 200
    assert planner.press("B", "approve").status_code == 200
    found = desk.proposals()
    assert [(found[sku]["state"], found[sku]["quantity"]) for sku in "AB"] == [("approved", 48), ("approved", 24)]
    assert [item["action"] for item in desk.get("/audit")["items"]] == [
        "proposal.approve",
        "proposal.approve",
        "proposal.edit",
        "plan_run.store",
    ]


def test_a_double_click_counts_once(planner, desk):
    desk.store(suggestion("A"))
    path, fields = planner.form("A")
    first, second = (planner.post(f"{path}/approve", fields) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert desk.proposals()["A"]["version"] == 2


def test_who_is_slower_sees_what_is_there_now_and_overwrites_nothing(planner, desk):
    desk.store(suggestion("A"))
    path, mine = planner.form("A")
    _, theirs = planner.form("A")
    assert planner.post(f"{path}/edit", theirs | {"quantity": "12"}).status_code == 200
    answer = planner.post(f"{path}/edit", mine | {"quantity": "48"})
    row = Reader.of(answer.text)
    assert answer.status_code == 412
    assert "Somebody changed it meanwhile" in row.one("p", role="alert").text
    assert "Your 48 was not saved" in row.one("p", role="alert").text
    assert row.one("input", name="quantity").attributes["value"] == "12"
    assert row.one("input", name="version").attributes["value"] == "2"
    assert desk.proposals()["A"]["quantity"] == 12


def test_what_the_state_does_not_allow_is_told_beside_the_state(planner, desk):
    desk.store(suggestion("A"))
    path, fields = planner.form("A")
    desk.approve("A")
    answer = planner.post(f"{path}/edit", fields | {"version": "2", "quantity": "12"})
    assert answer.status_code == 409
    assert "not possible any more" in Reader.of(answer.text).one("p", role="alert").text


def test_snooze_reject_and_reopen_with_a_reason(planner, desk):
    desk.store(suggestion("A"), suggestion("B"))
    until = (AS_OF + timedelta(days=9)).isoformat()
    assert "until 7 Aug 2024" in planner.press("A", "snooze", until=until, reason="late").text
    assert planner.press("B", "reject", reason="").status_code == 422
    assert "Rejected" in planner.press("B", "reject", reason="discontinued").text
    found = desk.proposals()
    assert [(found[sku]["state"], found[sku]["state_reason"]) for sku in "AB"] == [
        ("snoozed", "late"),
        ("rejected", "discontinued"),
    ]
    path, fields = planner.form("B", state="rejected")
    assert planner.post(f"{path}/reopen", fields).status_code == 200
    assert desk.proposals()["B"]["state"] == "draft"


def test_many_are_decided_at_once_each_at_the_version_shown(planner, desk):
    desk.store(*(suggestion(sku) for sku in "ABC"))
    items = [planner.row(sku).one("input", name="item").attributes["value"] for sku in "ABC"]
    assert planner.press("B", "edit", quantity="12").status_code == 200
    board = Reader.of(planner.post("/decisions", {"event": "approve", "once": "k1", "item": items}).text)
    assert "2 of 3 changed." in board.one("div", role="status").text
    assert "precondition.failed" in board.one("div", role="status").text
    assert {sku: item["state"] for sku, item in desk.proposals().items()} == {
        "A": "approved",
        "B": "draft",
        "C": "approved",
    }
    item = planner.row("B").one("input", name="item").attributes["value"]
    wrong = planner.post("/decisions", {"event": "reject", "once": "k2", "item": [item]})
    assert (wrong.status_code, desk.proposals()["B"]["state"]) == (422, "draft")
    gone = {"event": "reject", "once": "k3", "item": [item], "reason": "too late"}
    assert planner.post("/decisions", gone).status_code == 200
    assert desk.proposals()["B"]["state_reason"] == "too late"
    assert planner.post("/decisions", {"event": "approve", "once": "k4"}).status_code == 422


def test_a_group_is_held_against_what_its_supplier_asks_and_how_full_a_container_gets(planner, desk):
    desk.store(suggestion("A", volume=0.5), suggestion("B", volume=0.25))
    text = planner.read(container="10").one("ul", class_="totals").text
    assert "To decide 2 lines, 48 units, €120" in text
    assert "Container 18 in 2 containers / 10 · 2 room left" in text
    assert text.endswith("80 %")


def test_the_board_as_csv_and_xlsx_has_every_row_and_no_formula(planner, desk):
    desk.store(told("=A", "500.00"), *(suggestion(f"S{number:03d}") for number in range(30)))
    answer = desk.client.get(f"{BOARD}/export/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 31
    assert rows[0]["sku"] == "'=A"
    assert (rows[0]["order_value"], rows[0]["saving"], rows[0]["state"]) == ("60.00", "400.00", "draft")
    assert "attachment" in answer.headers["content-disposition"]
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(desk.client.get(f"{BOARD}/export/xlsx").content))
    assert book.active.max_row == 32
    assert book.active["D2"].value == "=A"
    assert book.active["D2"].data_type == "s"


def test_a_long_group_shows_its_first_rows_and_all_when_asked(planner, desk):
    desk.store(*(suggestion(f"S{number:03d}") for number in range(30)))
    page = planner.read()
    assert sum("data-sku" in row.attributes for row in page.all("tr")) == 20
    (more,) = [item for item in page.all("button") if item.text == "Show all 30"]
    assert len(planner.read(more.attributes["hx-get"]).all("tr")) == 30


def test_who_may_only_read_sees_everything_and_can_change_nothing(desk):
    desk.store(suggestion("A"))
    name = desk.proposals()["A"]["proposal_id"]
    reader = Planner(desk, **bearer(make_key(desk.platform, "local", [Scope.FORECAST_READ])))
    page = reader.read()
    assert page.one("tr", data_sku="A").text
    assert not [item.text for item in page.one("div", id="board").all("button")]
    for event in ("edit", "approve", "snooze", "reject", "reopen"):
        answer = reader.post(f"/{name}/{event}", {"once": "k", "version": "1", "quantity": "12"})
        assert (answer.status_code, "scope.missing" in answer.text) == (403, True)
    assert reader.post("/decisions", {"event": "approve", "once": "k", "item": [f"{name}@1"]}).status_code == 403


def test_another_tenants_proposals_are_not_there(planner, desk):
    desk.store(suggestion("SECRET"), caller=OTHER)
    page = planner.read()
    assert "SECRET" not in page.text
    mine = Planner(desk, **bearer(make_key(desk.platform, "other")))
    name = mine.row("SECRET").attributes["id"].removeprefix("p-")
    key = bearer(make_key(desk.platform, "local"))
    stranger = Planner(desk, **key)
    for path in (f"/{name}/row", f"/{name}/cost?quantity=6"):
        assert desk.client.get(f"{BOARD}{path}", headers=key).status_code == 404
    assert stranger.post(f"/{name}/approve", {"once": "k", "version": "1"}).status_code == 404


@pytest.mark.parametrize(
    "path", ["?state=odd", "?sort=odd", "?container=x", "/groups/000000000000", "/0/row", f"/{'0' * 24}/row"]
)
def test_odd_addresses_are_refused_in_words(planner, path):
    answer = planner.client.get(f"{BOARD}{path}")
    assert answer.status_code in (404, 422)
    assert Reader.of(answer.text).one("h1").text == "This did not work"


def test_the_board_speaks_chinese(planner, desk):
    desk.store(told("A", "500.00"), budget="50")
    page = planner.client.get(BOARD, headers={"Accept-Language": "zh"})
    assert Reader.of(page.text).one("h1").text == "采购建议"
