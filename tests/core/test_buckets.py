"""Calendar buckets against the calendar of Python and the published beginnings of retail years."""

from datetime import date, timedelta

import numpy as np
import pytest

from core.buckets import BucketKind, Buckets

DAYS = np.arange("2008-01-01", "2037-01-01", dtype="datetime64[D]")
RETAIL_YEARS = ("2019-02-03", "2020-02-02", "2021-01-31", "2022-01-30", "2023-01-29", "2024-02-04", "2025-02-02")
CALENDARS = [
    Buckets(kind, week_start, year_start)
    for kind in BucketKind
    for week_start, year_start in ((0, (1, 1)), (6, (2, 1)), (5, (7, 1)), (2, (12, 31)))
]


def words(calendar):
    return f"{calendar.kind} {calendar.week_start} {calendar.year_start}"


def test_weeks_from_monday_are_the_iso_weeks():
    calendar = Buckets(BucketKind.WEEK)
    starts, ends = calendar.spans(DAYS)
    for day, start, end, name in zip(
        DAYS.tolist(), starts.tolist(), ends.tolist(), calendar.names(starts), strict=True
    ):
        iso = day.isocalendar()
        assert name == f"{iso.year}-W{iso.week:02d}"
        assert (start, end) == (date.fromisocalendar(iso.year, iso.week, 1), start + timedelta(6))


def test_months_are_those_of_the_calendar():
    calendar = Buckets(BucketKind.MONTH)
    starts, ends = calendar.spans(DAYS)
    for day, start, end in zip(DAYS.tolist(), starts.tolist(), ends.tolist(), strict=True):
        assert (start.day, start.month, (end + timedelta(1)).day) == (1, day.month, 1)
    assert calendar.names(starts[:1]) == ["2008-01"]


def test_retail_years_begin_as_published_and_the_last_period_takes_the_53rd_week():
    calendar = Buckets(BucketKind.P454, 6, (2, 1))
    starts, ends = calendar.spans(DAYS)
    names = np.array(calendar.names(starts))
    begun = {name[:4]: str(start) for name, start in zip(names, starts, strict=True) if name.endswith("P01")}
    assert [begun[day[:4]] for day in RETAIL_YEARS] == list(RETAIL_YEARS)
    lengths = {name: (end - start).astype(int) + 1 for name, start, end in zip(names, starts, ends, strict=True)}
    assert [lengths[f"2022-P{month:02d}"] // 7 for month in range(1, 13)] == [4, 5, 4] * 4
    assert [lengths[f"2023-P{month:02d}"] // 7 for month in range(1, 13)] == [*[4, 5, 4] * 3, 4, 5, 5]


@pytest.mark.parametrize("calendar", CALENDARS, ids=words)
def test_buckets_follow_each_other_without_gap_or_overlap_and_each_day_lies_in_its_own(calendar):
    starts, ends = calendar.spans(DAYS)
    assert (starts <= DAYS).all()
    assert (ends >= DAYS).all()
    new = np.flatnonzero(starts[1:] != starts[:-1])
    assert (starts[new + 1] == ends[new] + 1).all()
    assert (ends[new] == DAYS[new]).all()
    assert len(set(calendar.names(np.unique(starts)))) == len(np.unique(starts))


@pytest.mark.parametrize("calendar", [one for one in CALENDARS if one.kind is not BucketKind.MONTH], ids=words)
def test_a_fiscal_year_begins_within_three_days_of_its_day(calendar):
    starts, _ = calendar.spans(DAYS)
    first = [day for day, name in zip(starts.tolist(), calendar.names(starts), strict=True) if name[-2:] == "01"]
    for day in set(first[400:-400]):
        near = [abs((day - date(day.year + more, *calendar.year_start)).days) for more in (-1, 0, 1)]
        assert (min(near) <= 3, day.weekday()) == (True, calendar.week_start)
