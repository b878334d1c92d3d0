"""Order proposals: a stable name, the dates, the money and one sentence that says why."""

import hashlib
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.types import DemandForecast, FloatArray
from optimizer.allocation import Allocation
from optimizer.cost_curve import Steps
from optimizer.first_orders import FirstOrders
from optimizer.planning import PlanningOptions

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


def order_lines(
    forecast: DemandForecast,
    terms: pd.DataFrame,
    on_hand: FloatArray,
    inbound: FloatArray,
    order: Steps,
    curves: FirstOrders,
    allocation: Allocation,
    planning: PlanningOptions,
) -> pd.DataFrame:
    """Return a line a row of `terms`, columns `ORDER_COLUMNS`; row i is the forecast's series order[i]."""
    candidates, choice = curves.candidates, allocation.choice
    nothing, best = candidates.offsets[:-1], candidates.offsets[1:] - 1
    lead_days = np.ceil(terms["lead_time_days"].to_numpy(dtype=np.float64) - 1e-9).astype(int)
    protected = int(curves.first.max(initial=0)) + curves.review
    cover = cover_days(
        forecast.mean[order, :protected], on_hand, inbound[:, :protected], forecast.frequency.period_days
    )
    lines = terms[["sku", "location", "supplier", "mode", "unit_cost", "order_cost", "assumed"]].copy()
    lines["proposal_id"] = _ids(terms, forecast.as_of, planning)
    lines["quantity"] = np.round(curves.quantity[choice]).astype(np.int64)
    lines["best_quantity"] = np.round(curves.quantity[best]).astype(np.int64)
    lines["order_by"] = pd.Timestamp(forecast.as_of)
    lines["arrive_on"] = [pd.Timestamp(forecast.as_of + timedelta(days=int(days))) for days in lead_days]
    for name in ("order_by", "arrive_on"):
        lines[name] = lines[name].astype("datetime64[s]")
    lines["expected_cost"] = candidates.cost[choice]
    lines["cost_without_order"] = candidates.cost[nothing]
    lines["stockout_probability"] = curves.shortage[choice]
    lines["stockout_probability_without_order"] = curves.shortage[nothing]
    lines["on_hand"], lines["inbound"] = on_hand, inbound.sum(axis=1)
    until = (curves.first + curves.review) * forecast.frequency.period_days
    lines["cover_days"] = np.minimum(cover, until)
    lines["reason"] = _reasons(lines, terms, curves, until, allocation)
    return lines[list(ORDER_COLUMNS)]


def _ids(terms: pd.DataFrame, as_of: date, planning: PlanningOptions) -> list[str]:
    names = (terms[name].astype(str) for name in ("sku", "location", "supplier", "mode"))
    return [
        proposal_id(sku, location, supplier, mode, as_of, planning.policy)
        for sku, location, supplier, mode in zip(*names, strict=True)
    ]


def _reasons(
    lines: pd.DataFrame, terms: pd.DataFrame, curves: FirstOrders, until: Steps, allocation: Allocation
) -> list[str]:
    return [
        _reason(line, int(case), int(least), int(days), allocation)
        for line, case, least, days in zip(
            lines.itertuples(index=False), terms["case_pack"], curves.least, until, strict=True
        )
    ]


def _reason(line: Any, case: int, least: int, days: int, allocation: Allocation) -> str:
    """Return one line's sentence: what to order, what there is, what happens without it, what shaped it."""
    have = f"{line.on_hand:.0f} on hand and {line.inbound:.0f} inbound"
    words = [f"{have} cover {line.cover_days:.0f} of the {days} days until the next order can arrive"]
    if line.quantity == 0:
        words.append(f"a stock-out has probability {_percent(line.stockout_probability)} by then")
        if line.best_quantity > 0:
            words.append(f"{line.best_quantity} would be best alone, but {_binding(allocation)}")
        return f"Order nothing: {'; '.join(words)}."
    saved = line.cost_without_order - line.expected_cost
    words.append(
        f"without it a stock-out has probability {_percent(line.stockout_probability_without_order)} "
        f"instead of {_percent(line.stockout_probability)} and costs {saved:.2f} more"
    )
    if line.quantity == least and least > case:
        words.append(f"{least} is the smallest order allowed")
    if line.best_quantity > line.quantity:
        words.append(f"{line.best_quantity} would be best alone, but {_binding(allocation)}")
    packs = f" ({line.quantity // case} cases of {case})" if case > 1 else ""
    return f"Order {line.quantity}{packs}: {'; '.join(words)}."


def _binding(allocation: Allocation) -> str:
    prices = (("budget", allocation.budget_price), ("volume", allocation.volume_price))
    words = [f"the {name} binds: 1 more of it would save {price:.3g}" for name, price in prices if price > 0]
    return " and ".join(words) or "other limits bind"


def _percent(share: float) -> str:
    """Return a probability in words that never claims more certainty than some hundred paths can give."""
    if 0 < share < 0.01:
        return "below 1 %"
    return "above 99 %" if 0.99 < share < 1 else f"{share:.0%}".replace("%", " %")
