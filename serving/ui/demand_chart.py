"""A product's demand as a fan chart: sales, stock-outs, promotions and events, and the forecast with its bands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import quantile_column
from features.panel import Panel
from serving.context import ServiceContext

__all__ = ["BANDS", "LEVELS", "DemandChart", "demand_chart", "seconds_of"]

BANDS = ((50, 0.25, 0.75), (80, 0.1, 0.9), (95, 0.025, 0.975))
"""Per cent, lower and upper level of each band."""
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
HISTORY_DAYS = 182

Json = dict[str, Any]
Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class DemandChart:
    """past: periods sold, `date, units, in_stock`. coming: periods forecast, as the API answers them, `date, mean,
    quantiles`, with `statistical` where a planner changed them. promotions: `start, end, kind, discount`; events:
    `date, name`. chart: all of it as the drawing needs it."""

    past: Sequence[Json]
    coming: Sequence[Json]
    promotions: Sequence[Json]
    events: Sequence[Json]
    chart: Json


def demand_chart(context: ServiceContext, panel: Panel, row: int, series: Mapping[str, Any]) -> DemandChart:
    """Return the chart of one series. row: of the panel. series: the API's answer for it, with LEVELS."""
    length = min(HISTORY_DAYS // panel.frequency.period_days, panel.periods)
    first = panel.periods - length
    days = panel.dates(first, length).astype("datetime64[D]")
    units = panel.history.units[row, first:].astype(float).round(3).tolist()
    stocked = panel.history.in_stock[row, first:].astype(float).round(3).tolist()
    started = int(panel.history.first[row]) - first
    past = [
        {"date": str(day), "units": sold, "in_stock": share}
        for place, (day, sold, share) in enumerate(zip(days, units, stocked, strict=True))
        if place >= started
    ]
    coming = _with_trace(series)
    promotions, events = _marks(
        context, series["sku"], series["location"], days[0], date.fromisoformat(coming[-1]["date"])
    )
    chart = _drawing(past, coming, panel.frequency.period_days)
    chart["promotions"] = [[seconds_of(item["start"]), seconds_of(item["end"], 1), item["kind"]] for item in promotions]
    chart["events"] = [[seconds_of(item["date"]), item["name"]] for item in events]
    return DemandChart(past, coming, promotions, events, chart)


def seconds_of(day: str, later: int = 0) -> int:
    """Return a day's beginning in seconds since 1970 (UTC), `later` days on."""
    return int((np.datetime64(day, "D") + later).astype(np.int64)) * 86_400


def _with_trace(series: Mapping[str, Any]) -> list[Json]:
    trace = {item["date"]: item for item in series["override_trace"] or ()}
    return [
        {**period, "statistical": trace[period["date"]]["statistical"] if period["date"] in trace else None}
        for period in series["periods"]
    ]


def _drawing(past: Sequence[Json], coming: Sequence[Json], period_days: int) -> Json:
    blank: list[float | None] = [None] * len(past)
    after: list[float | None] = [None] * len(coming)
    lines: dict[str, list[float | None]] = {"sold": [item["units"] for item in past] + after}
    lines["median"] = blank + [item["quantiles"]["q0.5"] for item in coming]
    for per_cent, low, high in BANDS:
        lines[f"low{per_cent}"] = blank + [item["quantiles"][quantile_column(low)] for item in coming]
        lines[f"high{per_cent}"] = blank + [item["quantiles"][quantile_column(high)] for item in coming]
    changed = any(item["statistical"] is not None for item in coming)
    if changed:
        lines["mean"] = blank + [item["mean"] for item in coming]
        lines["statistical"] = blank + [item["statistical"] for item in coming]
    return {
        "x": [seconds_of(item["date"]) for item in (*past, *coming)],
        "lines": lines,
        "today": seconds_of(coming[0]["date"]),
        "outs": _outs(past, period_days),
    }


def _outs(past: Sequence[Json], period_days: int) -> list[list[int]]:
    """Return from when to when the item was wholly or partly out of stock."""
    spans: list[list[int]] = []
    for item in past:
        if item["in_stock"] < 0.999:
            begin, end = seconds_of(item["date"]), seconds_of(item["date"], period_days)
            if spans and spans[-1][1] == begin:
                spans[-1][1] = end
            else:
                spans.append([begin, end])
    return spans


def _marks(
    context: ServiceContext, sku: str, location: str, first: np.datetime64, last: date
) -> tuple[list[Json], list[Json]]:
    """Return the promotions of a product and the events at its location between two days."""
    window = pd.Timestamp(first), pd.Timestamp(last)
    table = context.dataset.table("promotions")
    category = context.products["category"].get(sku) if "category" in context.products else None
    mine = (table["sku"] == sku) | (table["sku"].isna() & (table["category"].isna() | (table["category"] == category)))
    here = table["location"].isna() | (table["location"] == location)
    known = table["known_from"].isna() | (table["known_from"] <= pd.Timestamp(context.freshness.as_of))
    within = (table["end"] >= window[0]) & (table["start"] <= window[1])
    promotions = [
        {
            "start": str(row.start.date()),
            "end": str(row.end.date()),
            "kind": "" if pd.isna(row.kind) else str(row.kind),
            "discount": None if pd.isna(row.discount) else float(row.discount),
        }
        for row in table[mine & here & known & within].sort_values("start").itertuples()
    ]
    events = context.dataset.table("events")
    there = events["location"].isna() | (events["location"] == location)
    inside = (events["date"] >= window[0]) & (events["date"] <= window[1])
    named = events[there & inside].sort_values(["date", "name"]).drop_duplicates(["date", "name"])
    return promotions, [{"date": str(row.date.date()), "name": str(row.name_)} for row in _named(named)]


def _named(events: pd.DataFrame) -> Any:
    return events.rename(columns={"name": "name_"}).itertuples()
