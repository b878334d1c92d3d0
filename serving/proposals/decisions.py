"""What people and ERPs decide about a proposal: each decision checked against the life cycle, made and written down."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.errors import StateError
from serving import audit
from serving.access import Caller
from serving.problems import ApiProblem
from serving.proposals.lifecycle import COMMITTED, OPEN, Event, State, next_state
from serving.proposals.proposal_store import Row, change_row, held_by, later_proposal, state_of
from serving.proposals.proposal_tables import PLAN_BOOKS, PLAN_RUNS, PROPOSALS
from serving.proposals.recosting import Recosted, StoredCurve, is_whole_packs, recost
from serving.webhooks.endpoints import EventType
from serving.webhooks.publishing import publish

__all__ = ["LONGEST_SNOOZE_DAYS", "Decision", "cost_of", "decide", "edit_quantity"]

LONGEST_SNOOZE_DAYS = 366


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided, by whom is in the caller: the event, why, and until when where it is a snooze."""

    event: Event
    reason: str = ""
    until: date | None = None


def decide(connection: sa.Connection, caller: Caller, row: Row, decision: Decision, now: datetime) -> Row:
    """Return the (locked) proposal after approve, reject, snooze or reopen; written to the audit trail.

    Raises StateError where it cannot follow, ApiProblem `request.invalid` for a snooze that makes no sense.
    """
    today = now.date()
    state = state_of(row, today)
    after = next_state(state, decision.event)
    _check(connection, row, state, decision, today)
    values: dict[str, Any] = {"state": after, "state_reason": decision.reason, "snoozed_until": None}
    if decision.event is Event.SNOOZE:
        values["snoozed_until"] = decision.until
    changed = change_row(connection, row, values, caller.actor, now)
    facts = {"before": state, "after": after, "quantity": row.quantity, "reason": decision.reason}
    if decision.until is not None:
        facts["until"] = decision.until.isoformat()
    _record(connection, caller, row, decision.event, facts, now)
    return changed


def cost_of(connection: sa.Connection, row: Row, quantity: int) -> Recosted:
    """Return what a proposal (with its curve) would cost at another quantity, and which limits it would break then.

    Raises ApiProblem `request.invalid` for what is not whole packs.
    """
    if not is_whole_packs(quantity, row.case_pack):
        nearest = round(quantity / row.case_pack) * row.case_pack
        message = f"{quantity} is no whole number of case packs of {row.case_pack}; the nearest is {nearest}"
        raise _invalid("#/quantity", "case_pack", message)
    curve = StoredCurve.of(row.curve)
    return recost(curve, quantity, _shared(connection, row, curve, quantity))


def edit_quantity(
    connection: sa.Connection, caller: Caller, row: Row, quantity: int, reason: str, now: datetime
) -> tuple[Row, Recosted]:
    """Return the (locked) proposal with another quantity, and what that costs by the plan's own cost curve.

    Raises ApiProblem `request.invalid` for what is not whole packs, StateError where nothing can be edited.
    """
    state = state_of(row, now.date())
    next_state(state, Event.EDIT)
    found = cost_of(connection, row, quantity)
    values = {
        "state": State.DRAFT,
        "snoozed_until": None,
        "quantity": quantity,
        "action": _action(row, quantity),
        "edited": quantity != row.planned["quantity"],
        "unit_cost": found.unit_cost,
        "expected_cost": found.expected_cost,
        "stockout_probability": found.stockout_probability,
        "spend": found.spend,
        "volume": found.volume,
        "cost_basis": found.basis,
        "violations": [asdict(item) for item in found.violations],
        "state_reason": reason,
    }
    changed = change_row(connection, row, values, caller.actor, now)
    facts = {
        "before": row.quantity,
        "after": quantity,
        "reason": reason,
        "expected_cost": str(found.expected_cost),
        "violations": [item.constraint for item in found.violations],
    }
    _record(connection, caller, row, Event.EDIT, facts, now)
    return changed, found


def _action(row: Row, quantity: int) -> str:
    planned: str = row.planned["action"]
    return "hold" if quantity == 0 else "buy" if planned == "hold" else planned


def _check(connection: sa.Connection, row: Row, state: State, decision: Decision, today: date) -> None:
    if decision.event is Event.APPROVE and row.quantity == 0:
        raise StateError(f"proposal {row.proposal_id} orders nothing; set a quantity (PATCH) before you approve it")
    if decision.event is Event.SNOOZE:
        _check_until(decision.until, today)
    if state is State.APPROVED:
        draft = held_by(connection, row.tenant, [row.proposal_id]).get(row.proposal_id)
        if draft is not None:
            raise StateError(f"proposal {row.proposal_id} is in purchase-order draft {draft}; cancel that draft first")
    if decision.event is Event.REOPEN and state is not State.SNOOZED:
        _hold_book(connection, row)
        later = later_proposal(connection, row)
        if later is not None:
            raise StateError(
                f"a later plan has proposal {later} for {row.sku} at {row.location}: both could be ordered; decide on "
                "that one (an approval is taken back with reject)"
            )


def _hold_book(connection: sa.Connection, row: Row) -> None:
    """Let no plan of the dataset be stored until the transaction ends; raises StateError where one is being stored.

    It would not see this draft, nor would this draft see the plan's. Not waited for: it may want this very proposal.
    """
    books = PLAN_BOOKS.c
    book = sa.select(books.run_id).where(books.tenant == row.tenant, books.dataset == row.dataset)
    if connection.execute(book.with_for_update(read=True, skip_locked=True)).first() is not None:
        return
    if connection.execute(book).first() is not None:
        raise StateError(f"a plan of {row.dataset} is being stored at this very moment; ask again")


def _check_until(until: date | None, today: date) -> None:
    if until is None or not 1 <= (until - today).days <= LONGEST_SNOOZE_DAYS:
        raise _invalid("#/until", "range", f"give a day from tomorrow on, at most {LONGEST_SNOOZE_DAYS} days ahead")


def _shared(
    connection: sa.Connection, row: Row, curve: StoredCurve, quantity: int
) -> list[tuple[str, float, float, float]]:
    """Return the limits that the run's orders share, with what the others take and what this one would."""
    runs = PLAN_RUNS.c
    asked = sa.select(runs.summary).where(runs.tenant == row.tenant, runs.run_id == row.run_id)
    summary: Mapping[str, Any] = connection.execute(asked).scalar_one()
    budget, room = summary["budget"], summary["volume_room"]
    if budget is None and room is None:
        return []
    table = PROPOSALS.c
    others = connection.execute(
        sa.select(table.spend, table.volume).where(
            table.tenant == row.tenant,
            table.run_id == row.run_id,
            table.proposal_id != row.proposal_id,
            table.state.in_((*OPEN, *COMMITTED)),
        )
    ).all()
    found = []
    if budget is not None:
        spent = float(sum((other.spend for other in others), Decimal(0)))
        found.append(("budget", float(budget), spent, float(curve.spend(quantity))))
    if room is not None:
        found.append(("volume", room, sum(other.volume for other in others), quantity * curve.volume))
    return found


def _record(
    connection: sa.Connection, caller: Caller, row: Row, event: Event, facts: Mapping[str, Any], now: datetime
) -> None:
    path = f"/v1/proposals/{row.proposal_id}"
    audit.record(connection, caller, f"proposal.{event}", path, facts, now)
    if event is Event.APPROVE:
        data = {"id": row.proposal_id, "sku": row.sku, "location": row.location, "href": path}
        publish(connection, caller.tenant, EventType.PROPOSAL_APPROVED, data, now)


def _invalid(pointer: str, code: str, message: str) -> ApiProblem:
    error = {"pointer": pointer, "code": code, "message": message}
    return ApiProblem("request.invalid", f"{pointer}: {message}", [error])
