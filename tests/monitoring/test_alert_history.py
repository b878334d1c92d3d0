"""The life of alerts: a day run twice changes nothing, a flapping series has one alert, a snooze ends when it must."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.errors import UsageError
from monitoring.alert_history import EventKind, HistoryRules, Status, snooze, step

START = date(2024, 3, 1)


def alerts(**levels: int) -> pd.DataFrame:
    """Return a day's alerts: name → level; negative: only held with slack."""
    rows = [
        {"alert_id": name, "fires": level > 0, "level": max(level, 0), "held_level": abs(level), "words": name}
        for name, level in levels.items()
    ]
    return pd.DataFrame(rows, columns=["alert_id", "fires", "level", "held_level", "words"])


def play(days: list[dict[str, int]], rules: HistoryRules | None = None):
    states, told = {}, []
    for number, levels in enumerate(days):
        changed, events = step(states, alerts(**levels), START + timedelta(days=number), rules)
        states.update(changed)
        told.extend((number, event.kind.value, event.level) for event in events)
    return states, told


def test_running_a_day_again_changes_nothing() -> None:
    today = alerts(a=2, b=3)
    states, _ = step({}, today, START)
    assert step(states, today, START) == ({}, [])


def test_a_day_before_the_newest_one_changes_nothing() -> None:
    states, _ = step({}, alerts(a=2), START)
    assert step(states, alerts(b=4), START - timedelta(days=1)) == ({}, [])


def test_a_flapping_series_raises_one_alert() -> None:
    states, told = play([{"a": 1 if number % 2 == 0 else 0} if number % 2 == 0 else {} for number in range(20)])
    assert [kind for _, kind, _ in told] == ["opened"]
    assert states["a"].episodes == 1


def test_an_alert_stays_open_while_its_limit_is_nearly_passed() -> None:
    states, told = play([{"a": 1}, {"a": -1}, {"a": -1}, {"a": -1}, {"a": -1}])
    assert states["a"].status is Status.OPEN
    assert len(told) == 1


def test_what_only_nearly_passes_its_limit_opens_nothing() -> None:
    assert play([{"a": -1}]) == ({}, [])


def test_an_alert_resolves_by_itself_after_quiet_days_and_comes_back_as_the_same_one() -> None:
    states, told = play([{"a": 2}, {}, {}, {}, {}, {"a": 2}])
    assert told == [(0, "opened", 2), (3, "resolved", 2), (5, "reopened", 2)]
    assert (states["a"].episodes, states["a"].opened_on) == (1, START)


def test_after_a_long_rest_it_is_a_new_episode() -> None:
    states, told = play([{"a": 2}, *[{}] * 30, {"a": 1}])
    assert [kind for _, kind, _ in told] == ["opened", "resolved", "opened"]
    assert states["a"].episodes == 2


def test_severity_rises_at_once_and_falls_only_when_the_slack_is_left() -> None:
    day = pd.DataFrame([{"alert_id": "a", "fires": True, "level": 2, "held_level": 3, "words": ""}])
    states, _ = play([{"a": 3}])
    changed, events = step(states, day, START + timedelta(days=1))
    assert (changed["a"].level, events) == (3, [])
    _, told = play([{"a": 1}, {"a": 4}, {"a": 1}])
    assert told == [(0, "opened", 1), (1, "raised", 4), (2, "lowered", 1)]


def test_a_snoozed_alert_is_silent_until_its_day_or_until_it_gets_critical() -> None:
    states, _ = play([{"a": 2}])
    asleep, event = snooze(states["a"], START + timedelta(days=5), START, "supplier called")
    assert (event.kind, event.note) == (EventKind.SNOOZED, "supplier called")
    changed, events = step({"a": asleep}, alerts(a=2), START + timedelta(days=4))
    assert (changed["a"].status, events) == (Status.SNOOZED, [])
    changed, events = step({"a": asleep}, alerts(a=2), START + timedelta(days=5))
    assert (changed["a"].status, [item.kind for item in events]) == (Status.OPEN, [EventKind.WOKEN])
    changed, events = step({"a": asleep}, alerts(a=4), START + timedelta(days=1))
    assert changed["a"].status is Status.OPEN
    assert events[-1].note == "it got worse"


def test_a_snooze_must_end_in_the_future_and_needs_an_open_alert() -> None:
    states, _ = play([{"a": 2}, {}, {}, {}])
    with pytest.raises(UsageError, match="is resolved"):
        snooze(states["a"], START + timedelta(days=9), START)
    opened, _ = play([{"a": 2}])
    with pytest.raises(UsageError, match="choose a day after"):
        snooze(opened["a"], START, START)


class OneAlertADay(RuleBasedStateMachine):
    """Against a plain model: the days on which the sign was there say whether the alert must be open."""

    def __init__(self) -> None:
        super().__init__()
        self.states: dict = {}
        self.day = START
        self.last_sign: date | None = None
        self.opened = 0
        self.resolved_days: list[date] = []

    @rule(sign=st.sampled_from([0, 1, 3, -1]), again=st.booleans())
    def pass_a_day(self, sign: int, again: bool) -> None:
        self.day += timedelta(days=1)
        today = alerts(**({"a": sign} if sign else {}))
        changed, events = step(self.states, today, self.day)
        self.states.update(changed)
        if again:
            assert step(self.states, today, self.day) == ({}, [])
        is_open = self.last_sign is not None and (self.day - self.last_sign).days <= 3
        was_open = is_open and "a" in self.states
        if sign > 0 or (sign < 0 and was_open and self._open_yesterday()):
            self.last_sign = self.day
        self.opened += sum(event.kind is EventKind.OPENED for event in events)
        self.resolved_days += [event.day for event in events if event.kind is EventKind.RESOLVED]

    def _open_yesterday(self) -> bool:
        return not self.resolved_days or self.last_sign is None or self.last_sign > self.resolved_days[-1]

    @invariant()
    def open_exactly_while_a_sign_is_near(self) -> None:
        if "a" in self.states and self.last_sign is not None:
            near = (self.day - self.last_sign).days <= HistoryRules().quiet_days
            assert (self.states["a"].status is not Status.RESOLVED) == near

    @invariant()
    def never_opened_twice_within_the_rest(self) -> None:
        assert self.opened <= 1 + sum(1 for _ in self.resolved_days)


TestOneAlertADay = OneAlertADay.TestCase
TestOneAlertADay.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
