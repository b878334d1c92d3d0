"""The calendar: position in the week, month and year of a period, and its distance to events."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency

__all__ = ["WITHIN_MONTH", "WITHIN_YEAR", "EventCalendar", "build_events", "calendar_columns"]

WITHIN_MONTH = ("weekday", "day_of_month")
"""Calendar columns of daily data; a week has one weekday, and its place in the month is its place in the year."""

WITHIN_YEAR = ("month", "year_sine", "year_cosine")
"""Calendar columns that a history of two years or more can learn from."""

FARTHEST_EVENT = 30
"""Periods beyond which an event is no nearer than any other day."""


@dataclass(frozen=True, slots=True)
class EventCalendar:
    """Events by period, one row a distinct calendar (all locations share one unless events name locations).

    rows: (n,) the calendar row of each series.
    identity: (C, span) int16, 0 without event, else the event's number in `names` + 1.
    until, since: (C, span) periods to the next and from the last event, FARTHEST_EVENT at most.
    """

    rows: npt.NDArray[np.int32]
    identity: npt.NDArray[np.int16]
    until: npt.NDArray[np.float32]
    since: npt.NDArray[np.float32]
    names: tuple[str, ...]


def build_events(
    series: pd.DataFrame, events: pd.DataFrame | None, frequency: Frequency, start: np.datetime64, span: int
) -> EventCalendar:
    """Return the event calendar of `span` periods from `start` on; events are known ahead without exception."""
    count = len(series)
    if events is None or events.empty:
        blank = np.zeros((1, span), dtype=np.int16)
        far = np.full((1, span), FARTHEST_EVENT, dtype=np.float32)
        return EventCalendar(np.zeros(count, dtype=np.int32), blank, far, far, ())
    events = events.sort_values(["name", "date"], kind="stable")
    names = tuple(sorted(events["name"].dropna().unique()))
    everywhere = events["location"].isna()
    places = sorted(events.loc[~everywhere, "location"].unique())
    identity = np.zeros((len(places) + 1, span), dtype=np.int16)
    numbers = pd.Index(names).get_indexer(events["name"]) + 1
    columns = frequency.index(events["date"].to_numpy(), start)
    inside = (columns >= 0) & (columns < span)
    for row, place in enumerate([None, *places]):
        chosen = inside & (everywhere if place is None else everywhere | (events["location"] == place)).to_numpy()
        identity[row, columns[chosen]] = numbers[chosen]
    rows = np.maximum(pd.Index(["", *places]).get_indexer(series["location"]), 0).astype(np.int32)
    until = _distance(identity[:, ::-1])[:, ::-1]
    return EventCalendar(rows, identity, np.ascontiguousarray(until), _distance(identity), names)


def _distance(identity: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    """Return the periods since the last event, 0 on the event itself."""
    span = identity.shape[1]
    last = np.where(identity > 0, np.arange(span), -FARTHEST_EVENT)
    np.maximum.accumulate(last, axis=1, out=last)
    return np.minimum(np.arange(span) - last, FARTHEST_EVENT).astype(np.float32)


def calendar_columns(frequency: Frequency, start: np.datetime64, span: int) -> dict[str, npt.NDArray[np.float32]]:
    """Return the calendar columns (span,) of each period by name: those of WITHIN_MONTH and of WITHIN_YEAR.

    A week is placed in month and year by its middle day, Thursday.
    """
    days = start + np.arange(span) * np.timedelta64(frequency.period_days, "D")
    middle = days + np.timedelta64(frequency.period_days // 2, "D")
    month = middle.astype("datetime64[M]")
    year = middle.astype("datetime64[Y]")
    angle = 2 * np.pi * (middle - year.astype("datetime64[D]")).astype(np.int64) / 365.25
    columns = {
        "weekday": (days.astype(np.int64) + 3) % 7,
        "day_of_month": (middle - month.astype("datetime64[D]")).astype(np.int64) + 1,
        "month": month.astype(np.int64) % 12 + 1,
        "year_sine": np.sin(angle),
        "year_cosine": np.cos(angle),
    }
    return {name: column.astype(np.float32) for name, column in columns.items()}
