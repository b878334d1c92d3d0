"""Purchase-order drafts on the page: made, exported, confirmed and ended by the API's rules."""

import re

import pytest

from serving.access import Scope
from tests.services import bearer, make_key
from tests.serving.proposals.desk import Desk, suggestion
from tests.ui.planner import Planner

ORDERS = "/ui/proposals/orders"


@pytest.fixture
def desk(tmp_path, sqlite_database) -> Desk:
    return Desk(tmp_path / "home", sqlite_database)


@pytest.fixture
def planner(desk) -> Planner:
    return Planner(desk)


def state_and_number(desk):
    (item,) = desk.get("/purchase-order-drafts")["items"]
    return item["state"], item["order_number"]


def step(planner, event, **fields):
    row = planner.read(ORDERS).one("section").all("tr")[1]
    shown = {item.attributes["name"]: item.attributes["value"] for item in row.all("input", type="hidden")}
    return planner.post(f"/orders/{row.attributes['data-order']}/{event}", shown | fields)


def test_orders_are_made_of_what_is_approved_with_the_apis_totals(planner, desk):
    assert "No purchase order is open" in planner.read(ORDERS).text
    assert "Nothing is approved" in planner.post("/orders", {"once": "k0"}).text
    desk.store(suggestion("A"), suggestion("B"), suggestion("C", supplier="Bolt"))
    desk.approve("A", "B")
    answer = planner.post("/orders", {"once": "k1"})
    assert "1 purchase orders made." in answer.text
    assert answer.headers["hx-trigger-after-swap"] == "orders-made"
    (row,) = planner.read(ORDERS).one("tbody").all("tr")
    (told,) = desk.get("/purchase-order-drafts")["items"]
    assert row.attributes["data-order"] == told["draft_id"]
    assert f"€{told['totals']['subtotal'][:-3]}" in row.text
    assert planner.post("/orders", {"once": "k1"}).status_code == 200
    assert len(desk.get("/purchase-order-drafts")["items"]) == 1


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_an_export_is_the_apis_file_and_marks_the_order(planner, desk, kind):
    desk.store(suggestion("A"))
    desk.approve("A")
    desk.draft()
    answer = step(planner, "export", kind=kind)
    (file,) = re.findall(rf'href="({ORDERS}/[0-9a-f]+/files/{kind})"', answer.text)
    mine = desk.client.get(file)
    theirs = desk.client.get(file.replace(ORDERS, "/v1/purchase-order-drafts"))
    assert (mine.status_code, mine.content) == (200, theirs.content)
    assert state_and_number(desk) == ("exported", None)


def test_an_order_is_confirmed_and_closed_or_cancelled_with_a_reason(planner, desk):
    desk.store(suggestion("A"))
    desk.approve("A")
    desk.draft()
    assert step(planner, "cancel").status_code == 422
    assert step(planner, "confirm", order_number="X").status_code == 409
    step(planner, "export", kind="csv")
    assert step(planner, "confirm", order_number=" ").status_code == 422
    assert "confirmed as 4711" in step(planner, "confirm", order_number="4711").text
    assert state_and_number(desk) == ("confirmed", "4711")
    assert "closed" in step(planner, "close").text
    assert state_and_number(desk) == ("closed", "4711")
    assert "No purchase order is open" in planner.read(ORDERS).text


def test_an_order_that_somebody_changed_meanwhile_is_not_changed_again(planner, desk):
    desk.store(suggestion("A"))
    desk.approve("A")
    (draft,) = desk.draft()
    row = planner.read(ORDERS).one("tbody").all("tr")[0]
    desk.move(draft, "cancel", reason="wrong supplier")
    shown = {item.attributes["name"]: item.attributes["value"] for item in row.all("input", type="hidden")}
    answer = planner.post(f"/orders/{draft['draft_id']}/export", shown | {"kind": "csv"})
    assert answer.status_code == 412
    assert "precondition.failed" in answer.text


def test_who_may_only_read_sees_orders_and_moves_none(desk):
    desk.store(suggestion("A"))
    desk.approve("A")
    (draft,) = desk.draft()
    reader = Planner(desk, **bearer(make_key(desk.platform, "local", [Scope.FORECAST_READ])))
    assert not reader.read(ORDERS).all("button")
    for path in ("", f"/{draft['draft_id']}/export", f"/{draft['draft_id']}/cancel"):
        fields = {"once": "k", "version": "1", "kind": "csv", "reason": "no"}
        assert reader.post(f"/orders{path}", fields).status_code == 403
    other = Planner(desk, **bearer(make_key(desk.platform, "other")))
    assert "No purchase order is open" in other.read(ORDERS).text
    assert other.post(f"/orders/{draft['draft_id']}/cancel", fields).status_code == 404
