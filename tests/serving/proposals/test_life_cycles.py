"""Whole life cycles against a plain Python model: whatever happens in whatever order, both say the same."""

import itertools
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.errors import StateError
from serving.access import LOCAL
from serving.proposals.decisions import Decision, decide, edit_quantity
from serving.proposals.lifecycle import Event, OrderEvent
from serving.proposals.proposal_store import find_proposal, state_of
from serving.proposals.proposal_tables import PROPOSALS, PURCHASE_ORDER_LINES, PURCHASE_ORDERS
from serving.proposals.purchase_order import Limits
from serving.proposals.purchase_order_store import draft_orders, find_order, move_order, ready_proposals
from serving.proposals.run_store import committed, store_plan
from tests.services import Clock
from tests.serving.proposals.desk import AS_OF, plan_run, suggestion

SKUS = ("A", "B", "C")
MODES = ("sea", "air")
TENANTS = itertools.count()


@dataclass
class Thing:
    """A proposal of the model: its series, day, state and numbers, and the order that holds it."""

    sku: str
    mode: str
    day: int
    state: str
    quantity: int
    planned: int
    until: int | None = None
    order: int | None = None
    version: int = 1


@dataclass
class Order:
    """A purchase-order draft of the model."""

    state: str
    things: list[str]
    name: str = ""


@dataclass
class Model:
    """What should be so, in the plainest words."""

    today: int = 0
    newest: int = -1
    things: dict[str, Thing] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)

    def state(self, thing: Thing) -> str:
        slept = thing.state == "snoozed" and thing.until <= self.today
        return "draft" if slept else thing.state

    def later_exists(self, thing: Thing) -> bool:
        return any(
            other is not thing
            and other.sku == thing.sku
            and (other.day > thing.day or (other.day == thing.day and other.state in ("draft", "snoozed")))
            for other in self.things.values()
        )


class LifeCycles(RuleBasedStateMachine):
    """Plans, decisions, drafts and days in any order."""

    database = None

    def __init__(self) -> None:
        super().__init__()
        self.caller = replace(LOCAL, tenant=f"t{next(TENANTS)}")
        self.clock, self.model = Clock(), Model()
        self.names: dict[tuple[str, str, int], str] = {}

    # What happens

    @rule(data=st.data(), again=st.booleans())
    def plan(self, data, again) -> None:
        """Store a plan of today: one way to buy a SKU, as a plan has it after counting what is decided."""
        model, day = self.model, self.model.today
        wanted = {sku: (data.draw(st.sampled_from(MODES)), data.draw(st.sampled_from([0, 6, 12]))) for sku in SKUS}
        suggestions = [suggestion(sku, quantity, mode=mode) for sku, (mode, quantity) in wanted.items()]
        with self.database.reading() as connection:
            run = plan_run(day, committed(connection, self.caller.tenant, "default"))
        with self.database.transaction() as connection:
            stored = store_plan(connection, self.caller, run, suggestions, self.clock())
        if again:
            with self.database.transaction() as connection:
                assert store_plan(connection, self.caller, run, suggestions, self.clock()).run_id == stored.run_id
        model.newest = day
        for sku, (mode, quantity) in wanted.items():
            self._expect_planned(sku, mode, quantity, day)

    def _expect_planned(self, sku: str, mode: str, quantity: int, day: int) -> None:
        things = self.model.things.values()
        asleep = [thing.until for thing in things if thing.sku == sku and self.model.state(thing) == "snoozed"]
        name = self._name(sku, mode, day)
        thing = self.model.things.get(name)
        if thing is None:
            until = max(asleep) if asleep and quantity else None
            state = "snoozed" if until is not None else "draft"
            self.model.things[name] = Thing(sku, mode, day, state, quantity, quantity, until)
        elif thing.state == "superseded":
            thing.state, thing.quantity, thing.planned, thing.until = "draft", quantity, quantity, None
        elif thing.state in ("draft", "snoozed") and thing.quantity == thing.planned:
            thing.quantity = thing.planned = quantity
        for other_name, other in self.model.things.items():
            if other.sku == sku and other_name != name and other.state in ("draft", "snoozed"):
                other.state, other.until = "superseded", None

    def _name(self, sku: str, mode: str, day: int) -> str:
        from serving.proposals.identity import proposal_id

        return proposal_id(self.caller.tenant, "default", AS_OF + timedelta(days=day), sku, "main", "Acme", mode)

    @rule(days=st.integers(1, 3))
    def days_pass(self, days) -> None:
        self.model.today += days
        self.clock.forward(days=days)

    @precondition(lambda self: self.model.things)
    @rule(data=st.data(), event=st.sampled_from(["approve", "reject", "snooze", "reopen"]), days=st.integers(1, 4))
    def decision(self, data, event, days) -> None:
        name = data.draw(st.sampled_from(list(self.model.things)))
        thing = self.model.things[name]
        state, free = self.model.state(thing), thing.order is None
        allowed = {
            "approve": state == "draft" and thing.quantity > 0,
            "reject": state in ("draft", "snoozed") or (state == "approved" and free),
            "snooze": state in ("draft", "snoozed"),
            "reopen": state == "snoozed"
            or ((state == "rejected" or (state == "approved" and free)) and not self.model.later_exists(thing)),
        }[event]
        until = AS_OF + timedelta(days=self.model.today + days) if event == "snooze" else None
        if self._try(
            allowed,
            lambda c: decide(c, self.caller, self._row(c, name), Decision(Event(event), "r", until), self.clock()),
        ):
            after = {"approve": "approved", "reject": "rejected", "snooze": "snoozed", "reopen": "draft"}[event]
            thing.state, thing.until = after, self.model.today + days if event == "snooze" else None

    @precondition(lambda self: self.model.things)
    @rule(data=st.data(), packs=st.integers(0, 4))
    def edit(self, data, packs) -> None:
        name = data.draw(st.sampled_from(list(self.model.things)))
        thing = self.model.things[name]
        allowed = self.model.state(thing) == "draft"
        if self._try(
            allowed, lambda c: edit_quantity(c, self.caller, self._row(c, name), packs * 6, "r", self.clock())
        ):
            thing.quantity, thing.state, thing.until = packs * 6, "draft", None

    @rule()
    def make_drafts(self) -> None:
        with self.database.transaction() as connection:
            rows = ready_proposals(connection, self.caller.tenant, "default", None, 1000)
            made = draft_orders(connection, self.caller, rows, Limits(), self.clock()) if rows else []
            held = {
                order.draft_id: connection.execute(
                    sa.select(PURCHASE_ORDER_LINES.c.proposal_id).where(
                        PURCHASE_ORDER_LINES.c.draft_id == order.draft_id
                    )
                )
                .scalars()
                .all()
                for order in made
            }
        free = {name for name, thing in self.model.things.items() if thing.state == "approved" and thing.order is None}
        assert {name for names in held.values() for name in names} == free
        for draft, names in held.items():
            number = len(self.model.orders)
            self.model.orders[number] = Order("draft", names, draft)
            assert len({self.model.things[name].mode for name in names}) == 1
            for name in names:
                self.model.things[name].order = number

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), event=st.sampled_from(["export", "export", "confirm", "close", "cancel"]))
    def move(self, data, event) -> None:
        number = data.draw(st.sampled_from(list(self.model.orders)))
        order = self.model.orders[number]
        allowed = {
            "export": order.state != "cancelled",
            "confirm": order.state == "exported",
            "close": order.state in ("exported", "confirmed"),
            "cancel": order.state in ("draft", "exported", "confirmed"),
        }[event]

        def act(connection):
            row = find_order(connection, self.caller.tenant, order.name, lock=True)
            named = f"PO-{number}" if event == "confirm" else None
            return move_order(connection, self.caller, row, OrderEvent(event), self.clock(), "r", named)

        if not self._try(allowed, act) or (event == "export" and order.state != "draft"):
            return
        gives_back = event == "cancel" and order.state == "draft"
        order.state = {"export": "exported", "confirm": "confirmed", "close": "closed", "cancel": "cancelled"}[event]
        for name in order.things:
            thing = self.model.things[name]
            if gives_back:
                thing.order = None
            else:
                thing.state = {"exported": "exported", "confirmed": "confirmed"}.get(order.state, "closed")

    def _row(self, connection, name):
        return find_proposal(connection, self.caller.tenant, name, lock=True)

    def _try(self, allowed, act) -> bool:
        """Do it and hold that it is refused exactly where the model refuses it."""
        try:
            with self.database.transaction() as connection:
                act(connection)
        except StateError:
            assert not allowed
            return False
        assert allowed
        return True

    # What must be so

    @invariant()
    def both_say_the_same(self) -> None:
        table = PROPOSALS.c
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(PROPOSALS).where(table.tenant == self.caller.tenant)).all()
        today = self.clock().date()
        found = {row.proposal_id: (str(state_of(row, today)), row.quantity) for row in rows}
        model = self.model
        assert found == {name: (model.state(thing), thing.quantity) for name, thing in model.things.items()}

    @invariant()
    def no_proposal_is_in_two_live_drafts_and_no_series_has_two_open_proposals(self) -> None:
        lines, orders = PURCHASE_ORDER_LINES.c, PURCHASE_ORDERS.c
        mine = lines.tenant == self.caller.tenant
        with self.database.reading() as connection:
            joined = PURCHASE_ORDER_LINES.join(
                PURCHASE_ORDERS, sa.and_(orders.tenant == lines.tenant, orders.draft_id == lines.draft_id)
            )
            live = (
                connection.execute(
                    sa.select(lines.proposal_id).select_from(joined).where(mine, orders.state != "cancelled")
                )
                .scalars()
                .all()
            )
        assert len(live) == len(set(live))
        open_series = [
            thing.sku for thing in self.model.things.values() if self.model.state(thing) in ("draft", "snoozed")
        ]
        assert len(open_series) == len(set(open_series))


def run_on(database, examples: int, steps: int) -> None:
    """Run the machine on a database, each example as a tenant of its own."""
    machine = type("LifeCyclesHere", (LifeCycles,), {"database": database})
    asked = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=(Phase.generate,),  # a failing run of database steps is not worth minutes of shrinking
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=asked)


def test_life_cycles_are_those_of_the_plain_model(sqlite_database):
    run_on(sqlite_database, examples=15, steps=20)


@pytest.mark.slow
def test_life_cycles_are_those_of_the_plain_model_for_long(database):
    run_on(database, examples=200, steps=40)
