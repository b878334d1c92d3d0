"""Stored plans: the same question twice is one run, and later plans replace open drafts only."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import StateError
from serving.proposals.run_store import committed
from tests.serving.proposals.desk import AS_OF, OTHER, plan_run, suggestion


def states(desk) -> dict[str, str]:
    return {item["proposal_id"]: item["state"] for item in desk.get("/proposals", limit=500)["items"]}


def test_the_same_plan_twice_is_one_run_with_the_same_proposals(any_desk):
    first = any_desk.store(suggestion("A"), suggestion("B", 0))
    second = any_desk.store(suggestion("A"), suggestion("B", 0))
    assert (second.run_id, second.again, second.created) == (first.run_id, True, [])
    assert len(any_desk.get("/plan-runs")["items"]) == 1
    assert sorted(states(any_desk)) == sorted(first.created)
    assert {item["version"] for item in any_desk.proposals().values()} == {1}


def test_a_repeated_plan_with_other_numbers_refreshes_untouched_drafts_under_the_same_names(desk):
    first = desk.store(suggestion("A"), suggestion("B"))
    second = desk.store(suggestion("A", 30), suggestion("B"))
    assert second.run_id != first.run_id
    assert (second.refreshed, second.kept) == (first.created[:1], first.created[1:])
    found = desk.proposals()
    assert (found["A"]["quantity"], found["A"]["version"]) == (30, 2)
    assert (found["B"]["run_id"], found["B"]["version"]) == (first.run_id, 1)


def test_a_plan_that_comes_back_to_older_numbers_is_applied_again(desk):
    desk.store(suggestion("A"))
    desk.store(suggestion("A", 30))
    assert desk.store(suggestion("A")).again
    assert desk.proposals()["A"]["quantity"] == 24
    assert len(desk.get("/plan-runs")["items"]) == 2


def test_a_later_plan_supersedes_open_drafts_and_never_approved_ones(any_desk):
    first = any_desk.store(suggestion("A"), suggestion("B"), suggestion("C"))
    any_desk.approve("B")
    later = any_desk.store(suggestion("A", 12), suggestion("B", 0), day=1)
    found = states(any_desk)
    assert [found[name] for name in first.created] == ["superseded", "approved", "draft"]  # C was not planned again
    assert [found[name] for name in later.created] == ["draft", "draft"]
    old = any_desk.get(f"/proposals/{first.created[0]}")
    assert (old["superseded_by"], old["state_reason"]) == (later.created[0], "a later plan was stored")


def test_another_way_to_buy_on_the_same_day_leaves_one_open_draft(desk):
    sea = desk.store(suggestion("A", mode="sea")).created[0]
    air = desk.store(suggestion("A", mode="air")).created[0]
    assert states(desk) == {sea: "superseded", air: "draft"}
    assert desk.store(suggestion("A", mode="sea", quantity=18)).refreshed == [sea]
    assert states(desk) == {sea: "draft", air: "superseded"}


def test_an_edited_draft_keeps_the_planners_quantity_on_its_day(desk):
    name = desk.store(suggestion("A")).created[0]
    assert desk.send("PATCH", f"/proposals/{name}", {"quantity": 36}, 1).status_code == 200
    assert desk.store(suggestion("A", 30)).kept == [name]
    assert desk.proposals()["A"]["quantity"] == 36


def test_a_snooze_lasts_over_later_plans_until_its_day(desk):
    name = desk.store(suggestion("A")).created[0]
    until = (AS_OF + timedelta(days=3)).isoformat()
    assert desk.post(f"/proposals/{name}/snooze", {"until": until}, 1).status_code == 200
    later = desk.store(suggestion("A"), day=1).created[0]
    assert states(desk) == {name: "superseded", later: "snoozed"}
    assert desk.proposals(state="snoozed")["A"]["snoozed_until"] == until
    desk.clock.forward(days=3)
    assert states(desk)[later] == "draft"
    assert desk.proposals(state="snoozed") == {}
    assert desk.proposals(state="draft")["A"]["snoozed_until"] is None


def test_a_plan_of_an_earlier_day_is_refused_but_its_repetition_is_not(desk):
    first = desk.store(suggestion("A"))
    desk.store(suggestion("A"), day=1)
    assert desk.put(plan_run(), suggestion("A")).run_id == first.run_id
    with pytest.raises(StateError, match="as of 2024-07-30 is stored"):
        desk.put(plan_run(), suggestion("A", 30))


def test_a_decision_made_while_a_plan_was_made_stands_and_the_series_gets_nothing_new(any_desk):
    name = any_desk.store(suggestion("A"), suggestion("B")).created[0]
    run = plan_run(1)  # read before the approval
    any_desk.approve("A")
    stored = any_desk.put(run, suggestion("A"), suggestion("B"))
    assert [item["sku"] for item in stored.withheld] == ["A"]
    found = any_desk.proposals()
    assert (found["A"]["proposal_id"], found["A"]["state"]) == (name, "approved")
    assert found["B"]["data"]["as_of"] == "2024-07-30"
    assert any_desk.get(f"/plan-runs/{stored.run_id}")["withheld"] == stored.withheld


def test_commitments_are_the_approved_exported_and_confirmed_orders_with_their_names(desk):
    desk.store(*(suggestion(sku, supplier=sku) for sku in "ABCD"))
    desk.approve("A", "B", "C")
    (exported,) = desk.draft(supplier="B")
    desk.move(exported, "export")
    (closed,) = desk.draft(supplier="C")
    desk.move(closed, "export")
    desk.move({**closed, "version": 2}, "close")
    with desk.platform.database.reading() as connection:
        found = {item.sku: item.names for item in committed(connection, "local", "default")}
        assert committed(connection, OTHER.tenant, "default") == []
    assert found == {"A": (), "B": (exported["draft_id"],)}


def test_what_makes_a_run_is_all_that_went_in_and_came_out(desk):
    base = desk.store(suggestion("A")).run_id
    changed = [
        desk.put(replace(plan_run(), **change), suggestion("A")).run_id
        for change in (
            {"seed": 2},
            {"model_version": "2"},
            {"config_hash": "d"},
            {"options": {"skus": ["A"]}},
            {"dataset": "second"},
        )
    ]
    lines = desk.put(plan_run(), suggestion("A", 30)).run_id
    other = desk.store(suggestion("A"), caller=OTHER).run_id
    assert len({base, *changed, lines, other}) == 8


def test_a_run_keeps_its_lines_whatever_becomes_of_its_proposals(desk):
    run = desk.store(*(suggestion(f"S{number}") for number in range(5)))
    desk.store(*(suggestion(f"S{number}", 30) for number in range(5)))
    lines, cursor = [], None
    while True:
        page = desk.get(f"/plan-runs/{run.run_id}/lines", limit=2, **({"cursor": cursor} if cursor else {}))
        lines += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [(line["sku"], line["quantity"]) for line in lines] == [(f"S{number}", 24) for number in range(5)]
    assert [line["proposal_id"] for line in lines] == run.created
