"""Dwell times by hand (R03)."""

from datetime import datetime

import pandas as pd
import pytest

from core.errors import UsageError
from inventory.returned_goods.dwell import dwell_times, overdue_returns

AS_OF = datetime(2026, 3, 21)


def events(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["return_id", "state", "at"])


QUEUE = events(
    ("1", "received", "2026-03-01"),
    ("1", "inspected", "2026-03-03"),
    ("1", "graded", "2026-03-03 12:00"),
    ("1", "closed", "2026-03-10"),
    ("2", "received", "2026-03-05"),
    ("2", "inspected", "2026-03-11"),
    ("3", "received", "2026-03-20"),
    ("3", "inspected", "2026-03-21"),  # of the as_of day: not known yet
)


def test_a_unit_that_still_waits_counts_with_its_time_so_far():
    table = dwell_times(QUEUE, AS_OF).set_index("state")
    assert table.loc["received", ["units", "waiting"]].tolist() == [3, 1]
    assert table.loc["received", "mean_days"] == pytest.approx((2 + 6 + 1) / 3)
    assert table.loc["inspected", "longest_days"] == 10.0
    assert table.loc["graded", "median_days"] == 6.5
    assert "closed" not in table.index


def test_what_waits_too_long_is_listed_longest_first():
    late = overdue_returns(QUEUE, {"received": 0.5, "inspected": 3.0}, AS_OF)
    assert late["return_id"].tolist() == ["2", "3"]
    assert late["days"].tolist() == [10.0, 1.0]


def test_states_only_go_forward_and_have_known_names():
    with pytest.raises(UsageError, match="return 1 goes back from 'graded'"):
        dwell_times(events(("1", "graded", "2026-03-01"), ("1", "received", "2026-03-02")), AS_OF)
    with pytest.raises(UsageError, match="state 'lost' is not known"):
        dwell_times(events(("1", "lost", "2026-03-01")), AS_OF)
