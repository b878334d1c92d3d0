"""What may follow what: every state is reached, final states are final, and refusals say what is possible."""

from datetime import date, timedelta

import pytest

from core.errors import StateError
from serving.proposals.lifecycle import (
    COMMITTED,
    OPEN,
    ORDER_TRANSITIONS,
    TRANSITIONS,
    Event,
    OrderEvent,
    OrderState,
    State,
    current_state,
    next_order_state,
    next_state,
)

TODAY = date(2024, 7, 29)


def reached(table, start):
    found, edge = {start}, [start]
    while edge:
        state = edge.pop()
        for (before, _), after in table.items():
            if before == state and after not in found:
                found.add(after)
                edge.append(after)
    return found


def test_every_state_is_reached_from_a_draft():
    assert reached(TRANSITIONS, State.DRAFT) == set(State)
    assert reached(ORDER_TRANSITIONS, OrderState.DRAFT) == set(OrderState)


def test_nothing_leaves_the_end():
    assert [pair for pair in TRANSITIONS if pair[0] is State.CLOSED] == []
    moves = {pair for pair, after in ORDER_TRANSITIONS.items() if pair[0] is not after}
    assert not {state for state, _ in moves} & {OrderState.CLOSED, OrderState.CANCELLED}


def test_what_the_erp_has_had_never_becomes_a_draft_or_approved_again():
    assert reached(TRANSITIONS, State.EXPORTED) == {State.EXPORTED, State.CONFIRMED, State.CLOSED}
    assert OrderState.DRAFT not in reached(ORDER_TRANSITIONS, OrderState.EXPORTED)


def test_a_later_plan_supersedes_what_is_open_and_nothing_else():
    assert {state for state, event in TRANSITIONS if event is Event.SUPERSEDE} == set(OPEN)
    assert not set(OPEN) & set(COMMITTED)


def test_only_a_draft_is_approved_or_edited():
    for event in (Event.APPROVE, Event.EDIT):
        assert [state for state, other in TRANSITIONS if other is event] == [State.DRAFT]


def test_a_refusal_names_what_is_possible_instead():
    with pytest.raises(StateError, match=r"proposal that is exported .* by approve; possible: close, confirm"):
        next_state(State.EXPORTED, Event.APPROVE)
    with pytest.raises(StateError, match=r"cancelled .* possible: nothing"):
        next_order_state(OrderState.CANCELLED, OrderEvent.EXPORT)


@pytest.mark.parametrize(("days", "state"), [(-1, State.DRAFT), (0, State.DRAFT), (1, State.SNOOZED)])
def test_who_was_snoozed_is_a_draft_again_on_the_day(days, state):
    assert current_state(State.SNOOZED, TODAY + timedelta(days=days), TODAY) is state
    assert current_state(State.APPROVED, TODAY + timedelta(days=days), TODAY) is State.APPROVED
