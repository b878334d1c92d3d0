"""The candidate first orders of many SKUs: days and money made into the compiled code's periods and steps."""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import pandas as pd

from core.frequency import Frequency
from core.progress import Progress
from core.types import DemandForecast, FloatArray
from optimizer.cost_curve import TIE, Steps, first_order_curve, least_of_the_best
from optimizer.lead_time import arrival_periods, review_periods
from optimizer.planning import PlanningOptions
from optimizer.pricing import Candidates
from optimizer.protection_interval import Paths, Terms

__all__ = ["FirstOrders", "first_orders"]

LARGEST_GRID = 4096
"""Levels a SKU: up to so many case packs of demand the plan is exact, beyond it in steps of several packs."""
NO_LIMIT = 1 << 40
CHUNK = 500


@dataclass(frozen=True, slots=True)
class FirstOrders:
    """What n SKUs may order: nothing, and every allowed quantity that costs less than all smaller ones.

    candidates: cost, spend and volume of each, flat. quantity: (m,) units. shortage: (m,) probability of
        unmet demand between this order's arrival and the next one's. first: (n,) l. review: r. least:
        (n,) the smallest order allowed, whole packs.
    """

    candidates: Candidates
    quantity: FloatArray
    shortage: FloatArray
    first: Steps
    review: int
    least: FloatArray


def first_orders(
    forecast: DemandForecast,
    terms: pd.DataFrame,
    on_hand: FloatArray,
    inbound: FloatArray,
    order: Steps,
    planning: PlanningOptions,
    progress: Progress,
) -> FirstOrders:
    """Return the candidates of each row of `terms`, whose forecast, stock and inbound are at row order[i]."""
    frequency = forecast.frequency
    first = arrival_periods(terms["lead_time_days"].to_numpy(), frequency)
    review = review_periods(planning.review_period_days, frequency)
    grid = _grid(terms, _largest_demand(forecast.paths)[order])
    parts: list[tuple[Any, FloatArray, FloatArray]] = []
    for i, row in enumerate(order.tolist()):
        sku = _sku_terms(terms, grid, i, int(first[i]), review, planning.lost_sales, frequency)
        paths, arrivals = forecast.paths[row], inbound[row]
        size = _grid_size(paths, float(on_hand[row]), arrivals, sku)
        cost, shortage, _ = first_order_curve(paths, float(on_hand[row]), arrivals, sku, size)
        useful = _useful(cost)
        parts.append((useful * sku.step, cost[useful], shortage[useful]))
        if i % CHUNK == 0:
            progress("cost of each order quantity", 0.9 * i / len(order))
    return _collected(parts, terms, first, review)


def _collected(
    parts: list[tuple[Any, FloatArray, FloatArray]],
    terms: pd.DataFrame,
    first: Steps,
    review: int,
) -> FirstOrders:
    count = np.array([len(part[0]) for part in parts], dtype=np.int64)
    nothing = (np.zeros(0), np.zeros(0), np.zeros(0))
    quantity, cost, shortage = (np.concatenate(column) for column in zip(*(parts or [nothing]), strict=True))
    landed = (terms["planning_unit_cost"] + terms["freight_cost"]).to_numpy(dtype=np.float64)
    fixed = terms["order_cost"].to_numpy(dtype=np.float64)
    volume = terms["volume"].fillna(0.0).to_numpy(dtype=np.float64)
    candidates = Candidates(
        offsets=np.r_[0, np.cumsum(count)].astype(np.int64),
        cost=cost,
        spend=quantity * np.repeat(landed, count) + np.where(quantity > 0, np.repeat(fixed, count), 0.0),
        volume=quantity * np.repeat(volume, count),
    )
    case, minimum = _pack_and_minimum(terms)
    return FirstOrders(candidates, quantity, shortage, first, review, case * np.ceil(minimum / case - 1e-9))


def _grid(terms: pd.DataFrame, demand: FloatArray) -> pd.DataFrame:
    """Return `step` in units, and `least` and `most` steps an order, one row a SKU, whatever is on hand."""
    case, minimum = _pack_and_minimum(terms)
    step = case * np.maximum(np.ceil((demand + minimum) / case / LARGEST_GRID), 1.0)
    most = np.minimum(np.floor(terms["capacity"].to_numpy(dtype=np.float64) / step), NO_LIMIT)
    least = np.maximum(np.ceil(minimum / step - 1e-9), 1.0)
    return pd.DataFrame({"step": step, "least": least.astype(np.int64), "most": most.astype(np.int64)})


def _pack_and_minimum(terms: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    case = np.maximum(np.round(terms["case_pack"].to_numpy(dtype=np.float64)), 1.0)
    return case, np.maximum(terms["minimum_order_quantity"].to_numpy(dtype=np.float64), 1.0)


def _sku_terms(
    terms: pd.DataFrame,
    grid: pd.DataFrame,
    i: int,
    first: int,
    review: int,
    lost_sales: bool,
    frequency: Frequency,
) -> Terms:
    stockout = max(float(terms["stockout_cost"].iat[i]), 0.0)
    return Terms(
        first=first,
        review=review,
        lost_sales=lost_sales,
        holding_cost=max(float(terms["holding_cost"].iat[i]), 1e-6 * stockout, 1e-12),
        stockout_cost=stockout,
        order_cost=max(float(terms["order_cost"].iat[i]), 0.0),
        step=float(grid["step"].iat[i]),
        least=int(grid["least"].iat[i]),
        most=int(grid["most"].iat[i]),
        slowest_sale=2.0 * 365.0 / frequency.period_days,
        value_end=True,
    )


def _largest_demand(paths: Paths) -> FloatArray:
    """Return (n,) the largest total demand of any path."""
    largest = np.zeros(len(paths))
    for start in range(0, len(paths), CHUNK):
        totals = paths[start : start + CHUNK].sum(axis=2, dtype=np.float64)
        largest[start : start + CHUNK] = totals.max(axis=1, initial=0.0)
    return largest


@numba.njit(cache=True)
def _useful(cost: FloatArray) -> Steps:
    """Return the candidates that cost less than all smaller ones by more than rounding, up to the least best one."""
    kept = np.empty(cost.size, dtype=np.int64)
    count, last = 0, least_of_the_best(cost)
    for k in range(last + 1):
        if count == 0 or k == last or cost[k] < cost[kept[count - 1]] - TIE * max(abs(cost[k]), 1.0):
            kept[count] = k
            count += 1
    return kept[:count]


@numba.njit(cache=True)
def _grid_size(paths: Paths, on_hand: float, arrivals: FloatArray, terms: Terms) -> int:
    """Return how many levels are worth a look: any path's largest net requirement, one minimum order."""
    largest = 0.0
    for p in range(paths.shape[0]):
        net = -on_hand
        for t in range(paths.shape[1]):
            net += paths[p, t] - arrivals[t]
            largest = max(largest, net)
    return int(np.ceil(largest / terms.step)) + min(terms.least, terms.most) + 1
