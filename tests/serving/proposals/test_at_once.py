"""Many at once: threads that approve, draft, export and plan the same goods order each of them once and lose none."""

import threading
import time
from collections import Counter

import pytest
import sqlalchemy as sa

from core.errors import StateError
from serving.access import LOCAL
from serving.problems import ApiProblem
from serving.proposals.approval import approve_many
from serving.proposals.lifecycle import OrderEvent
from serving.proposals.proposal_store import Filter, list_proposals
from serving.proposals.proposal_tables import PROPOSALS, PURCHASE_ORDER_LINES
from serving.proposals.purchase_order import Limits
from serving.proposals.purchase_order_store import (
    OrderFilter,
    draft_orders,
    find_order,
    list_orders,
    move_order,
    ready_proposals,
)
from serving.proposals.run_store import committed, store_plan
from tests.serving.proposals.desk import plan_run, suggestion

THREADS = 8
SKUS = [f"S{number:02d}" for number in range(12)]


def all_at_once(*actions) -> None:
    """Run the actions in threads that start together; whatever one of them raises fails the test."""
    start, failed = threading.Barrier(len(actions)), []

    def run(action):
        start.wait()
        try:
            action()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


class Buyer:
    """Approves, drafts and exports whatever there is, as fast as it can, without regard for others."""

    def __init__(self, desk, rounds=3, while_=lambda: False):
        self.desk, self.database, self.rounds, self.while_ = desk, desk.platform.database, rounds, while_

    def __call__(self):
        while self.rounds > 0 or self.while_():
            self.rounds -= 1
            self.approve()
            self.draft()
            self.export()
            time.sleep(0.005)

    def approve(self):
        now = self.desk.clock()
        with self.database.reading() as connection:
            rows = list_proposals(connection, "local", Filter(action="buy"), now.date(), None, 500)
        items = [(row.proposal_id, row.version) for row in rows if row.state == "draft"]
        if items:
            with self.database.transaction() as connection:
                approve_many(connection, LOCAL, items, False, "", now)

    def draft(self):
        with self.database.transaction() as connection:
            rows = ready_proposals(connection, "local", "default", None, 500)
            if rows:
                draft_orders(connection, LOCAL, rows, Limits(), self.desk.clock())

    def export(self):
        with self.database.reading() as connection:
            orders = list_orders(connection, "local", OrderFilter(), None, 500)
        for order in orders:
            with self.database.transaction() as connection:
                row = find_order(connection, "local", order.draft_id, lock=True)
                move_order(connection, LOCAL, row, OrderEvent.EXPORT, self.desk.clock())


def drafted_units(desk) -> Counter:
    with desk.platform.database.reading() as connection:
        rows = connection.execute(sa.select(PURCHASE_ORDER_LINES)).all()
    assert len({row.proposal_id for row in rows}) == len(rows)
    return Counter({sku: sum(row.quantity for row in rows if row.sku == sku) for sku in {row.sku for row in rows}})


def test_eight_who_approve_and_draft_the_same_proposals_order_each_once(any_desk):
    any_desk.store(*(suggestion(sku, supplier=f"P{place % 3}") for place, sku in enumerate(SKUS)))
    all_at_once(*(Buyer(any_desk) for _ in range(THREADS)))
    assert drafted_units(any_desk) == Counter(dict.fromkeys(SKUS, 24))
    assert set(any_desk.proposals(state="exported")) == set(SKUS)
    history = any_desk.get("/audit", action="purchase_order.export", limit=500)["items"]
    assert (
        len(history)
        == len({item["resource"] for item in history})
        == len(any_desk.get("/purchase-order-drafts")["items"])
    )


def test_the_same_named_proposals_go_into_one_draft_and_the_others_are_told(any_desk):
    any_desk.store(*(suggestion(sku) for sku in SKUS))
    names = any_desk.approve(*SKUS)
    told = []

    def draft():
        answer = any_desk.post("/purchase-order-drafts", {"proposal_ids": names})
        told.append((answer.status_code, answer.json().get("code")))

    all_at_once(*[draft] * THREADS)
    assert sorted(told) == [(201, None)] + [(409, "state.conflict")] * (THREADS - 1)


def test_plans_and_decisions_at_the_same_time_never_order_more_than_is_needed(any_desk):
    database, needed, planning = any_desk.platform.database, 24, [True, True]

    def plans(first):
        def run():
            for day in range(first, first + 4):
                with database.reading() as connection:
                    known = committed(connection, "local", "default")
                on_the_way = Counter()
                for item in known:
                    on_the_way[item.sku] += item.quantity
                time.sleep(0.03)  # a plan takes its time, and others decide meanwhile
                said = [suggestion(sku, max(needed - on_the_way[sku], 0)) for sku in SKUS]
                try:
                    any_desk.put(plan_run(day, known), *said)
                except StateError:
                    continue  # another planner stored a later day
            planning.pop()

        return run

    all_at_once(plans(0), plans(2), *(Buyer(any_desk, while_=lambda: bool(planning)) for _ in range(4)))
    planning.append(True)
    plans(10)()
    Buyer(any_desk, rounds=1)()
    assert drafted_units(any_desk) == Counter(dict.fromkeys(SKUS, needed))


def test_of_two_who_decide_about_one_proposal_one_is_told_that_it_has_changed(any_desk):
    name = any_desk.store(suggestion("A")).created[0]
    told = []

    def decide(version=1):
        def run():
            with any_desk.platform.database.transaction() as connection:
                try:
                    approve_many(connection, LOCAL, [(name, version)], True, "", any_desk.clock())
                    told.append("approved")
                except ApiProblem as problem:
                    told.append(problem.code)

        return run

    all_at_once(*(decide() for _ in range(THREADS)))
    assert sorted(told) == ["approved"] + ["precondition.failed"] * (THREADS - 1)
    with any_desk.platform.database.reading() as connection:
        assert connection.execute(sa.select(PROPOSALS.c.version)).scalar_one() == 2


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_no_order_is_reopened_while_a_later_plan_that_orders_the_same_is_stored(any_desk) -> None:
    any_desk.store(suggestion("A"))
    draft = any_desk.proposals()["A"]
    path = f"/proposals/{draft['proposal_id']}"
    rejected = any_desk.post(f"{path}/reject", {"reason": "no"}, draft["version"]).json()
    with any_desk.platform.database.transaction() as connection:
        store_plan(connection, LOCAL, plan_run(1), [suggestion("A")], any_desk.clock())
        asked = any_desk.post(f"{path}/reopen", {}, rejected["version"])
        assert (asked.status_code, asked.json()["code"]) == (409, "state.conflict")
        assert "being stored" in asked.json()["detail"]
    again = any_desk.post(f"{path}/reopen", {}, rejected["version"])
    assert "a later plan has" in again.json()["detail"]
    assert any_desk.get("/proposals", state="draft")["items"][0]["proposal_id"] != draft["proposal_id"]
