"""What may follow what: the life of a proposal and of a purchase-order draft, each a table of allowed transitions.

    proposal   draft ⇄ snoozed, draft → approved → exported → confirmed → closed; rejected; superseded by a later plan
    order      draft → exported → confirmed → closed; cancelled

Nothing here knows a database or a clock: the day is handed in.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from core.errors import StateError

__all__ = [
    "COMMITTED",
    "OPEN",
    "ORDER_TRANSITIONS",
    "TRANSITIONS",
    "Event",
    "OrderEvent",
    "OrderState",
    "State",
    "current_state",
    "next_order_state",
    "next_state",
]


class State(StrEnum):
    """Where a proposal stands."""

    DRAFT = "draft"
    SNOOZED = "snoozed"
    APPROVED = "approved"
    EXPORTED = "exported"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class Event(StrEnum):
    """What can happen to a proposal. The last five come from plans and purchase-order drafts, never by themselves."""

    APPROVE = "approve"
    REJECT = "reject"
    SNOOZE = "snooze"
    REOPEN = "reopen"
    EDIT = "edit"
    REFRESH = "refresh"
    SUPERSEDE = "supersede"
    EXPORT = "export"
    CONFIRM = "confirm"
    CLOSE = "close"


class OrderState(StrEnum):
    """Where a purchase-order draft stands."""

    DRAFT = "draft"
    EXPORTED = "exported"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class OrderEvent(StrEnum):
    """What can happen to a purchase-order draft; exporting again changes nothing."""

    EXPORT = "export"
    CONFIRM = "confirm"
    CLOSE = "close"
    CANCEL = "cancel"


TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (State.DRAFT, Event.APPROVE): State.APPROVED,
    (State.DRAFT, Event.REJECT): State.REJECTED,
    (State.DRAFT, Event.SNOOZE): State.SNOOZED,
    (State.DRAFT, Event.EDIT): State.DRAFT,
    (State.DRAFT, Event.REFRESH): State.DRAFT,
    (State.DRAFT, Event.SUPERSEDE): State.SUPERSEDED,
    (State.SNOOZED, Event.REOPEN): State.DRAFT,
    (State.SNOOZED, Event.SNOOZE): State.SNOOZED,
    (State.SNOOZED, Event.REJECT): State.REJECTED,
    (State.SNOOZED, Event.SUPERSEDE): State.SUPERSEDED,
    (State.SNOOZED, Event.REFRESH): State.SNOOZED,
    (State.SUPERSEDED, Event.REFRESH): State.DRAFT,
    (State.REJECTED, Event.REOPEN): State.DRAFT,
    (State.APPROVED, Event.REOPEN): State.DRAFT,
    (State.APPROVED, Event.REJECT): State.REJECTED,
    (State.APPROVED, Event.EXPORT): State.EXPORTED,
    (State.EXPORTED, Event.CONFIRM): State.CONFIRMED,
    (State.EXPORTED, Event.CLOSE): State.CLOSED,
    (State.CONFIRMED, Event.CLOSE): State.CLOSED,
}
"""(state, what happens) → the next state; what is not here is refused."""

ORDER_TRANSITIONS: Mapping[tuple[OrderState, OrderEvent], OrderState] = {
    (OrderState.DRAFT, OrderEvent.EXPORT): OrderState.EXPORTED,
    (OrderState.DRAFT, OrderEvent.CANCEL): OrderState.CANCELLED,
    (OrderState.EXPORTED, OrderEvent.EXPORT): OrderState.EXPORTED,
    (OrderState.EXPORTED, OrderEvent.CONFIRM): OrderState.CONFIRMED,
    (OrderState.EXPORTED, OrderEvent.CANCEL): OrderState.CANCELLED,
    (OrderState.EXPORTED, OrderEvent.CLOSE): OrderState.CLOSED,
    (OrderState.CONFIRMED, OrderEvent.EXPORT): OrderState.CONFIRMED,
    (OrderState.CONFIRMED, OrderEvent.CANCEL): OrderState.CANCELLED,
    (OrderState.CONFIRMED, OrderEvent.CLOSE): OrderState.CLOSED,
    (OrderState.CLOSED, OrderEvent.EXPORT): OrderState.CLOSED,
}
"""The same for purchase-order drafts."""

OPEN = (State.DRAFT, State.SNOOZED)
"""Still to be decided: a later plan supersedes these and no others."""

COMMITTED = (State.APPROVED, State.EXPORTED, State.CONFIRMED)
"""Decided for and not closed yet: the next plan counts their units as on the way."""

_S = TypeVar("_S", bound=StrEnum)
_E = TypeVar("_E", bound=StrEnum)


def current_state(state: State, snoozed_until: date | None, today: date) -> State:
    """Return the state on `today`: who was snoozed is a draft again on the day `snoozed_until`."""
    if state is State.SNOOZED and snoozed_until is not None and snoozed_until <= today:
        return State.DRAFT
    return state


def next_state(state: State, event: Event) -> State:
    """Return the state after `event`; raises StateError naming what is possible instead."""
    return _next(TRANSITIONS, state, event, "proposal")


def next_order_state(state: OrderState, event: OrderEvent) -> OrderState:
    """Return the state after `event`; raises StateError naming what is possible instead."""
    return _next(ORDER_TRANSITIONS, state, event, "purchase-order draft")


def _next(table: Mapping[tuple[_S, _E], _S], state: _S, event: _E, thing: str) -> _S:
    found = table.get((state, event))
    if found is None:
        possible = ", ".join(sorted(str(other) for start, other in table if start == state)) or "nothing"
        raise StateError(f"a {thing} that is {state} cannot be changed by {event}; possible: {possible}")
    return found
