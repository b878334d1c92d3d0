"""Deciding about proposals over HTTP: each decision once, on what was read, written down with who and why."""

from datetime import timedelta

import pytest

from serving.access import Scope
from serving.access.keys import create_key
from tests.serving.proposals.desk import AS_OF, OTHER, suggestion

UNKNOWN = "0" * 24


@pytest.fixture
def name(desk) -> str:
    return desk.store(suggestion("A"), suggestion("B")).created[0]


def code(answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def trail(desk, path) -> list[tuple[str, str]]:
    items = desk.get("/audit", resource=f"/v1{path}")["items"]
    return [(item["action"], item["facts"].get("reason", "")) for item in items]


def test_a_proposal_says_what_why_and_how_fresh(desk, name):
    answer = desk.client.get(f"/v1/proposals/{name}")
    body = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert (body["quantity"], body["case_pack"], body["cases"], body["unit"]) == (24, 6, 4, "C62")
    assert (body["unit_cost"], body["order_value"], body["currency"]) == ("2.50", "60.00", "EUR")
    assert body["data"] == {"as_of": "2024-07-29", "last_observed": "2024-07-28", "stale": False}
    assert body["planned"]["reason"] == "Order 24: a test."


def test_approve_is_written_down_with_actor_and_reason(desk, name):
    answer = desk.post(f"/proposals/{name}/approve", {"reason": "checked with sales"}, version=1)
    assert (answer.status_code, answer.json()["state"], answer.headers["etag"]) == (200, "approved", '"2"')
    assert answer.json()["updated_by"] == "local"
    assert trail(desk, f"/proposals/{name}") == [("proposal.approve", "checked with sales")]


def test_a_stale_etag_is_412_and_none_at_all_428(desk, name):
    assert desk.post(f"/proposals/{name}/approve", version=1).status_code == 200
    answer = desk.post(f"/proposals/{name}/reject", {"reason": "no"}, version=1)
    assert code(answer) == (412, "precondition.failed")
    assert answer.headers["etag"] == '"2"'
    assert code(desk.post(f"/proposals/{name}/reject", {"reason": "no"})) == (428, "precondition.missing")
    assert desk.get(f"/proposals/{name}")["state"] == "approved"


def test_a_repeated_request_is_answered_again_and_done_once(desk, name):
    first = desk.post(f"/proposals/{name}/approve", version=1, key="k")
    second = desk.post(f"/proposals/{name}/approve", version=1, key="k")
    assert (first.status_code, first.json(), first.headers["etag"]) == (200, second.json(), second.headers["etag"])
    assert len(trail(desk, f"/proposals/{name}")) == 1


@pytest.mark.parametrize("event", ["approve", "reject", "snooze", "reopen"])
def test_an_unknown_proposal_is_404_for_every_decision(desk, event):
    body = {"reject": {"reason": "no"}, "snooze": {"until": "2024-08-10"}}.get(event, {})
    assert code(desk.post(f"/proposals/{UNKNOWN}/{event}", body, version=1)) == (404, "resource.unknown")
    assert code(desk.client.get(f"/v1/proposals/{UNKNOWN}")) == (404, "resource.unknown")


def test_what_cannot_follow_is_409_and_says_what_can(desk, name):
    desk.post(f"/proposals/{name}/approve", version=1)
    answer = desk.post(f"/proposals/{name}/snooze", {"until": "2024-08-10"}, version=2)
    assert code(answer) == (409, "state.conflict")
    assert "possible: export, reject, reopen" in answer.json()["detail"]


def test_a_proposal_that_orders_nothing_is_approved_only_with_a_quantity(desk):
    name = desk.store(suggestion("A", 0)).created[0]
    assert desk.get(f"/proposals/{name}")["action"] == "hold"
    assert code(desk.post(f"/proposals/{name}/approve", version=1)) == (409, "state.conflict")
    edited = desk.send("PATCH", f"/proposals/{name}", {"quantity": 12, "reason": "fair next week"}, version=1)
    assert (edited.json()["action"], edited.json()["edited"]) == ("buy", True)
    assert desk.post(f"/proposals/{name}/approve", version=2).status_code == 200


def test_an_edit_is_costed_by_the_plans_own_curve(desk, name):
    body = desk.send("PATCH", f"/proposals/{name}", {"quantity": 36}, version=1).json()
    assert (body["quantity"], body["cases"], body["order_value"]) == (36, 6, "90.00")
    assert (body["expected_cost"], body["cost_basis"], body["stockout_probability"]) == ("112.00", "exact", 0.0)
    assert body["planned"]["quantity"] == 24
    back = desk.send("PATCH", f"/proposals/{name}", {"quantity": 24}, version=2).json()
    assert (back["expected_cost"], back["edited"], back["violations"]) == ("100.00", False, [])


def test_an_edit_between_packs_is_422_with_a_pointer_and_the_nearest_number(desk, name):
    answer = desk.send("PATCH", f"/proposals/{name}", {"quantity": 25}, version=1)
    assert code(answer) == (422, "request.invalid")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("#/quantity", "case_pack")
    assert "the nearest is 24" in error["message"]


@pytest.mark.parametrize("quantity", [-6, 6.5, "6", 10**12, True, None])
def test_an_edit_that_is_no_quantity_is_422(desk, name, quantity):
    answer = desk.send("PATCH", f"/proposals/{name}", {"quantity": quantity}, version=1)
    assert code(answer) == (422, "request.invalid")
    assert answer.json()["errors"][0]["pointer"] == "#/quantity"


def test_a_broken_limit_is_named_and_taken(desk):
    terms = {"minimum": 24, "capacity": 40, "minimum_value": 70.0}
    name = desk.store(suggestion("A", 30, **terms), suggestion("B", 30), budget="200.00").created[0]
    low = desk.send("PATCH", f"/proposals/{name}", {"quantity": 12}, version=1).json()
    assert [item["constraint"] for item in low["violations"]] == ["minimum_order_quantity", "minimum_order_value"]
    high = desk.send("PATCH", f"/proposals/{name}", {"quantity": 42}, version=2).json()
    assert {item["constraint"]: (item["limit"], item["actual"]) for item in high["violations"]} == {
        "capacity": ("40", "42"),
        "budget": ("200.00", "216.00"),  # 3.00 a unit with freight: 42 of A and 30 of B
    }


def test_snoozed_until_the_day_and_awake_on_it(desk, name):
    until = AS_OF + timedelta(days=2)
    body = desk.post(f"/proposals/{name}/snooze", {"until": str(until), "reason": "fair"}, version=1).json()
    assert (body["state"], body["snoozed_until"]) == ("snoozed", str(until))
    assert code(desk.post(f"/proposals/{name}/approve", version=2)) == (409, "state.conflict")
    desk.clock.forward(days=2)
    assert desk.get(f"/proposals/{name}")["state"] == "draft"
    assert desk.post(f"/proposals/{name}/approve", version=2).json()["snoozed_until"] is None


@pytest.mark.parametrize("until", ["2024-07-29", "2020-01-01", "2026-01-01", "soon"])
def test_a_snooze_needs_a_day_to_come(desk, name, until):
    answer = desk.post(f"/proposals/{name}/snooze", {"until": until}, version=1)
    assert code(answer) == (422, "request.invalid")
    assert answer.json()["errors"][0]["pointer"] == "#/until"


def test_a_rejection_needs_a_reason_and_can_be_taken_back(desk, name):
    assert code(desk.post(f"/proposals/{name}/reject", {}, version=1)) == (422, "request.invalid")
    body = desk.post(f"/proposals/{name}/reject", {"reason": "delisted"}, version=1).json()
    assert (body["state"], body["state_reason"]) == ("rejected", "delisted")
    assert desk.post(f"/proposals/{name}/reopen", version=2).json()["state"] == "draft"


def test_what_a_later_plan_decided_anew_is_not_reopened_beside_it(desk, name):
    desk.post(f"/proposals/{name}/reject", {"reason": "no"}, version=1)
    later = desk.store(suggestion("A"), day=1).created[0]
    answer = desk.post(f"/proposals/{name}/reopen", version=2)
    assert code(answer) == (409, "state.conflict")
    assert later in answer.json()["detail"]


def test_an_approval_in_a_draft_is_not_taken_back(desk, name):
    desk.approve("A")
    (draft,) = desk.draft()
    assert desk.get(f"/proposals/{name}")["purchase_order_draft"] == draft["draft_id"]
    for event, body in (("reject", {"reason": "no"}), ("reopen", {})):
        assert code(desk.post(f"/proposals/{name}/{event}", body, version=3)) == (409, "state.conflict")


def test_lists_are_filtered_and_paged_in_the_order_of_change(desk):
    desk.store(*(suggestion(f"S{number}", supplier="AB"[number % 2]) for number in range(6)))
    desk.clock.forward(minutes=5)
    desk.approve("S0", "S3")
    assert sorted(desk.proposals(state="approved")) == ["S0", "S3"]
    assert sorted(desk.proposals(supplier="B")) == ["S1", "S3", "S5"]
    assert list(desk.proposals(sku="S4", location="main", action="buy", dataset="default")) == ["S4"]
    assert desk.proposals(dataset="other") == {}
    seen, query = [], {"limit": 4}
    while query is not None:
        page = desk.get("/proposals", **query)
        seen += [item["sku"] for item in page["items"]]
        query = {"limit": 4, "cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert sorted(seen) == [f"S{number}" for number in range(6)]
    assert sorted(seen[-2:]) == ["S0", "S3"]


def test_who_follows_changes_misses_none(desk):
    desk.store(suggestion("A"), suggestion("B"))
    since = desk.get("/proposals")["next_updated_since"]
    desk.clock.forward(minutes=5)
    assert desk.proposals(updated_since=desk.get("/proposals")["next_updated_since"]) == {}
    desk.approve("B")
    assert list(desk.proposals(updated_since=desk.get("/proposals")["next_updated_since"])) == ["B"]
    assert sorted(desk.proposals(updated_since=since)) == ["A", "B"]


@pytest.mark.parametrize(
    "query",
    [{"state": "lost"}, {"updated_since": "2024-07-29T12:00:00"}, {"limit": 0}, {"cursor": "x"}, {"sku": "\x7f"}],
)
def test_a_list_asked_in_a_wrong_way_is_422_with_the_parameter(desk, query):
    answer = desk.client.get("/v1/proposals", params=query)
    assert code(answer) == (422, "request.invalid")
    assert answer.json()["errors"][0]["parameter"].split(".")[-1] in query


class TestBulkApproval:
    """Many at once: an answer for each, or all or none."""

    @pytest.fixture
    def items(self, desk):
        found = desk.store(*(suggestion(sku) for sku in "ABC"), suggestion("D", 0)).created
        return [{"proposal_id": name, "version": 1} for name in found]

    def test_each_item_has_the_status_it_would_have_had_alone(self, desk, items):
        items[1]["version"] = 9
        answer = desk.post("/proposals/approve", {"items": [*items, {"proposal_id": UNKNOWN, "version": 1}]})
        body = answer.json()
        assert (answer.status_code, body["approved"], body["failed"]) == (207, 2, 3)
        assert [item["status"] for item in body["items"]] == [200, 412, 200, 409, 404]
        assert sorted(desk.proposals(state="approved")) == ["A", "C"]

    def test_all_approved_is_200(self, desk, items):
        answer = desk.post("/proposals/approve", {"items": items[:3], "reason": "week 31"})
        assert (answer.status_code, answer.json()["approved"]) == (200, 3)
        assert trail(desk, f"/proposals/{items[2]['proposal_id']}") == [("proposal.approve", "week 31")]

    def test_an_atomic_request_that_fails_changes_nothing_and_points_at_each(self, desk, items):
        items[1]["version"] = 9
        answer = desk.post("/proposals/approve", {"items": items, "atomic": True})
        assert code(answer) == (412, "precondition.failed")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["#/items/1", "#/items/3"]
        assert desk.proposals(state="approved") == {}

    def test_a_proposal_named_twice_is_422(self, desk, items):
        assert code(desk.post("/proposals/approve", {"items": items[:1] * 2})) == (422, "request.invalid")


def test_a_tenant_never_sees_or_changes_what_is_anothers(desk, name):
    theirs = desk.store(suggestion("A"), caller=OTHER)
    assert theirs.created[0] != name
    assert sorted(desk.proposals()) == ["A", "B"]
    for method, path in (
        ("GET", f"/proposals/{theirs.created[0]}"),
        ("PATCH", f"/proposals/{theirs.created[0]}"),
        ("GET", f"/plan-runs/{theirs.run_id}"),
        ("GET", f"/plan-runs/{theirs.run_id}/lines"),
    ):
        body = {"quantity": 6} if method == "PATCH" else None
        assert code(desk.send(method, path, body, version=1)) == (404, "resource.unknown")
    item = {"proposal_id": theirs.created[0], "version": 1}
    assert desk.post("/proposals/approve", {"items": [item]}).json()["items"][0]["status"] == 404
    assert code(desk.post("/purchase-order-drafts", {"proposal_ids": theirs.created})) == (404, "resource.unknown")


def test_deciding_needs_the_scope_po_approve(desk, name):
    with desk.platform.database.transaction() as connection:
        _, text = create_key(connection, "local", "reader", [Scope.FORECAST_READ], desk.clock(), None)
    headers = {"Authorization": f"Bearer {text}", "Idempotency-Key": "k", "If-Match": '"1"'}
    assert desk.client.get(f"/v1/proposals/{name}", headers=headers).status_code == 200
    answer = desk.client.post(f"/v1/proposals/{name}/approve", json={}, headers=headers)
    assert code(answer) == (403, "scope.missing")
