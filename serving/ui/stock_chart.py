"""A product's stock in coming periods, without orders that are not placed yet: bands, the first day without, what is on
the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.types import FloatArray
from monitoring.projected_stock import project_stock
from serving.context import ServiceContext
from serving.ui.demand_chart import BANDS, LEVELS, seconds_of

__all__ = ["StockChart", "inbound_orders", "stock_chart"]

Json = dict[str, Any]
LIKELY, EARLY = 0.5, 0.1


@dataclass(frozen=True, slots=True)
class StockChart:
    """periods: `date, quantiles, mean, out` (probability to have run out). likely_out, early_out: first days on which
    it has run out with 50 and 10 %, None where not in sight. chart: as the drawing needs it."""

    periods: Sequence[Json]
    likely_out: str | None
    early_out: str | None
    chart: Json


def stock_chart(context: ServiceContext, row: int, on_hand: float) -> StockChart | None:
    """Return the chart of one row of the context; None where its stock is not known (NaN)."""
    if np.isnan(on_hand):
        return None
    made = context.forecast(np.array([row]), context.kept, (0.5,), context.paths)
    inbound: FloatArray = np.zeros(made.horizon)
    known = context.holdings.inbound[row, : made.horizon]
    inbound[: len(known)] = known
    found = project_stock(made.paths[0], on_hand, inbound, LEVELS)
    days = [str(day) for day in made.dates.astype("datetime64[D]")]
    names = [f"{level:g}" for level in LEVELS]
    periods = [
        {
            "date": day,
            "quantiles": dict(zip(names, values, strict=True)),
            "mean": mean,
            "out": out,
            "inbound": float(inbound[place]),
        }
        for place, (day, values, mean, out) in enumerate(
            zip(days, found.quantiles.round(3).tolist(), found.mean.round(3).tolist(), found.out.tolist(), strict=True)
        )
    ]
    first = {share: found.first_out(share) for share in (LIKELY, EARLY)}
    likely, early = ((None if place is None else days[place]) for place in (first[LIKELY], first[EARLY]))
    lines: dict[str, list[float]] = {"median": [item["quantiles"]["0.5"] for item in periods]}
    for per_cent, low, high in BANDS:
        lines[f"low{per_cent}"] = [item["quantiles"][f"{low:g}"] for item in periods]
        lines[f"high{per_cent}"] = [item["quantiles"][f"{high:g}"] for item in periods]
    chart = {
        "x": [seconds_of(day) for day in days],
        "lines": lines,
        "arrivals": [[seconds_of(item["date"]), f"+{item['inbound']:g}"] for item in periods if item["inbound"] > 0],
        "first_out": None if likely is None else seconds_of(likely),
    }
    return StockChart(periods, likely, early, chart)


def inbound_orders(context: ServiceContext, sku: str, location: str) -> list[Json]:
    """Return the open orders of a product, the first to arrive first."""
    table = context.dataset.table("open_orders")
    mine = table[((table["sku"] == sku) & (table["location"] == location)).to_numpy()]
    return [
        {
            name: None if pd.isna(value) else str(value.date()) if isinstance(value, pd.Timestamp) else value
            for name, value in row.items()
        }
        for row in mine.sort_values("expected_on", kind="stable").to_dict("records")
    ]
