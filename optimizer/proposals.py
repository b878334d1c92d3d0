"""Order proposals: a stable name, the dates, the money and one sentence that says why."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.types import FloatArray
from optimizer.allocation import Allocation
from optimizer.first_orders import FirstOrders
from optimizer.price_breaks import purchase_cost
from optimizer.ways import Way
from optimizer.wording import order_words, reason
from optimizer.workshop import Workshop

__all__ = ["ORDER_COLUMNS", "cover_days", "order_lines", "proposal_id"]

ORDER_COLUMNS = (
    "proposal_id",
    "sku",
    "location",
    "supplier",
    "mode",
    "quantity",
    "order_by",
    "arrive_on",
    "unit_cost",
    "order_cost",
    "expected_cost",
    "stockout_probability",
    "reason",
    "cost_without_order",
    "stockout_probability_without_order",
    "on_hand",
    "inbound",
    "cover_days",
    "best_quantity",
    "assumed",
)


def proposal_id(sku: str, location: str, supplier: str, mode: str, as_of: date, policy: str) -> str:
    """Return a proposal's name, 16 hexadecimal digits: the same for the same question, whatever its row."""
    key = "\x1f".join((sku, location, supplier, mode, as_of.isoformat(), policy))
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def cover_days(mean: FloatArray, on_hand: FloatArray, inbound: FloatArray, period_days: int) -> FloatArray:
    """Return (n,) the days until stock and inbound first run out at mean demand, (n, H) each."""
    net = on_hand[:, None] + np.cumsum(inbound, axis=1) - np.cumsum(mean, axis=1)
    out = net < -1e-9
    ran_out = out.any(axis=1)
    period = np.where(ran_out, out.argmax(axis=1), mean.shape[1] - 1)
    rows = np.arange(len(mean))
    short = np.maximum(-net[rows, period], 0.0)
    part = 1.0 - np.divide(short, mean[rows, period], out=np.ones(len(mean)), where=ran_out)
    return np.where(ran_out, period + np.clip(part, 0.0, 1.0), mean.shape[1]) * period_days


def order_lines(workshop: Workshop, curves: FirstOrders, allocation: Allocation) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (lines, orders), columns `ORDER_COLUMNS`: a line a SKU of the workshop, a row an order to place now.

    A line's quantity is all that is ordered for the SKU now, its supplier and mode those of the first arrival. An
    order split over two ways is two rows of `orders`, whose costs and reason are the SKU's in both.
    """
    lines = _lines(workshop, curves, allocation)
    rows = _rows(lines, workshop, curves, allocation)
    orders = pd.DataFrame(list(rows), columns=list(ORDER_COLUMNS)).astype(dict(lines.dtypes))
    return lines, orders


def _lines(workshop: Workshop, curves: FirstOrders, allocation: Allocation) -> pd.DataFrame:
    candidates, choice, forecast = curves.candidates, allocation.choice, workshop.forecast
    nothing, best = candidates.offsets[:-1], candidates.offsets[1:] - 1
    terms, order = workshop.terms, workshop.order
    on_hand, inbound = workshop.on_hand[order], workshop.inbound[order]
    protected = int(curves.first.max(initial=0)) + curves.review
    cover = cover_days(
        forecast.mean[order, :protected], on_hand, inbound[:, :protected], forecast.frequency.period_days
    )
    lines = terms[["sku", "location"]].copy()
    lines["quantity"] = np.round(curves.quantity[choice]).astype(np.int64)
    ways = list(_chosen_ways(workshop, curves, allocation))
    bought = [_bought(workshop, i, way, quantity) for i, (way, quantity) in enumerate(ways)]
    for name in ("proposal_id", "supplier", "mode", "order_by", "arrive_on", "unit_cost", "order_cost", "assumed"):
        lines[name] = pd.Series([facts[name] for facts in bought], dtype=_DTYPES.get(name))
    lines["best_quantity"] = np.round(curves.quantity[best]).astype(np.int64)
    lines["expected_cost"] = curves.orders.cost[choice]
    lines["cost_without_order"] = curves.orders.cost[nothing]
    lines["stockout_probability"] = curves.shortage[choice]
    lines["stockout_probability_without_order"] = curves.shortage[nothing]
    lines["on_hand"], lines["inbound"] = on_hand, inbound.sum(axis=1)
    until = (curves.first + curves.review) * forecast.frequency.period_days
    lines["cover_days"] = np.minimum(cover, until)
    lines["reason"] = [
        reason(line, order_words(way, round(first), len(known) > 1, *other), way, days, allocation, price)
        for line, (way, first), other, known, days, price in zip(
            lines.itertuples(index=False),
            ways,
            _second_ways(workshop, curves, allocation),
            workshop.ways,
            until.tolist(),
            curves.floor_price.tolist(),
            strict=True,
        )
    ]
    return lines[list(ORDER_COLUMNS)]


_DTYPES: dict[str, Any] = {
    "order_by": "datetime64[s]",
    "arrive_on": "datetime64[s]",
    "unit_cost": "float64",
    "order_cost": "float64",
}


def _chosen_ways(workshop: Workshop, curves: FirstOrders, allocation: Allocation) -> Iterator[tuple[Way, float]]:
    """Yield each SKU's way and quantity of what arrives first; the preferred way where nothing is ordered."""
    rows = curves.orders.way[allocation.choice].tolist()
    quantities = curves.orders.quantity[allocation.choice].tolist()
    for ways, row, quantity in zip(workshop.ways, rows, quantities, strict=True):
        yield next((way for way in ways if way.row == row), ways[0]), quantity


def _second_ways(workshop: Workshop, curves: FirstOrders, allocation: Allocation) -> Iterator[tuple[Way | None, int]]:
    """Yield the way and the units of a split order's later part."""
    rows = curves.orders.second_way[allocation.choice].tolist()
    quantities = curves.orders.second_quantity[allocation.choice].tolist()
    for ways, row, quantity in zip(workshop.ways, rows, quantities, strict=True):
        yield next((way for way in ways if way.row == row), None), round(quantity)


def _bought(workshop: Workshop, i: int, way: Way, quantity: float) -> dict[str, Any]:
    """Return what a line says of the way it is bought."""
    as_of = workshop.forecast.as_of
    known = not np.isnan(workshop.told["unit_cost"][way.row])
    cost = round(purchase_cost(way.invoiced, quantity) / quantity, 8) if quantity > 0 else way.invoiced[0].unit_cost
    schedule = workshop.schedule(i, way)
    day, arrival = (as_of + timedelta(days=int(days[0])) for days in (schedule.ordered, schedule.received))
    sku, location = workshop.facts["sku"][i], workshop.facts["location"][i]
    return {
        "proposal_id": proposal_id(sku, location, way.supplier, way.mode, as_of, workshop.planning.policy),
        "supplier": way.supplier,
        "mode": way.mode,
        "order_by": pd.Timestamp(day),
        "arrive_on": pd.Timestamp(arrival),
        "unit_cost": cost if known else np.nan,
        "order_cost": way.order_cost,
        "assumed": workshop.told["assumed"][way.row],
    }


def _rows(
    lines: pd.DataFrame, workshop: Workshop, curves: FirstOrders, allocation: Allocation
) -> Iterator[dict[str, Any]]:
    """Yield the orders to place now."""
    others = _second_ways(workshop, curves, allocation)
    for i, (line, (way, second)) in enumerate(zip(lines.to_dict("records"), others, strict=True)):
        if line["quantity"] > 0:
            yield {**line, "quantity": line["quantity"] - second}
        if way is not None:
            yield {**line, **_bought(workshop, i, way, float(second)), "quantity": second}
