"""Order-up-to policies on the forecast: base stock from joint paths, from summed quantiles, and the newsvendor.

The protection interval of an order is its lead time and one review: what it must last for. Its demand is the
sum along each joint path. Adding a quantile of each period instead supposes that all periods are high together:
it buys too much, and is here to show by how much.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import pdtr
from scipy.stats import poisson

from core.types import DemandForecast, FloatArray
from optimizer.newsvendor import newsvendor_normal
from optimizer.policies import Knowledge, StockState, allowed_quantity, order_up_to

__all__ = [
    "BaseStock",
    "FixedLevel",
    "Newsvendor",
    "SummedQuantiles",
    "base_stock_normal",
    "base_stock_poisson",
    "net_requirement",
    "path_quantile",
    "protection_interval_demand",
    "review_ratio",
]


def base_stock_normal(
    holding_cost: float, stockout_cost: float, mean: float, sd: float, lead_time: float
) -> tuple[float, float]:
    """Return (S, cost a period) under normal demand a period, reviewed every period, where demand waits.

    The newsvendor of the demand of L + 1 periods: N(μ(L + 1), σ²(L + 1)).

    >>> [round(value, 4) for value in base_stock_normal(0.18, 0.70, 50, 8, 4)]
    [264.7669, 4.4668]
    """
    return newsvendor_normal(mean * (lead_time + 1), sd * (lead_time + 1) ** 0.5, holding_cost, stockout_cost)


def base_stock_poisson(holding_cost: float, stockout_cost: float, mean: float, lead_time: float) -> tuple[int, float]:
    """Return (S, cost a period) under Poisson demand a period: the least S with F(S) ≥ b / (b + h) over L + 1 periods.

    >>> level, cost = base_stock_poisson(1, 4, 6, 0)
    >>> level, round(cost, 6)
    (8, 3.570107)
    """
    total = mean * (lead_time + 1)
    level = int(poisson.ppf(stockout_cost / (stockout_cost + holding_cost), total))
    # E(D − S)⁺ = μ P(D ≥ S) − S P(D > S)
    at_least = 1.0 - float(pdtr(level - 1, total)) if level else 1.0
    short = total * at_least - level * (1.0 - float(pdtr(level, total)))
    return level, holding_cost * (level - total) + (holding_cost + stockout_cost) * short


def protection_interval_demand(forecast: DemandForecast, first: npt.NDArray[np.int64], review: int) -> FloatArray:
    """Return (n, P) the demand of the l + r periods from now on, path by path; first: (n,) l; review: r."""
    covered = np.arange(forecast.horizon) < (first + review)[:, None]
    total: FloatArray = np.einsum("iph,ih->ip", forecast.paths, covered.astype(np.float32), dtype=np.float64)
    return total


def review_ratio(knowledge: Knowledge) -> FloatArray:
    """Return (n,) the critical ratio b / (b + h r): a unit is lost once and held for the r periods of a review."""
    holding, stockout = knowledge.column("holding_cost"), knowledge.column("stockout_cost")
    return stockout / np.maximum(stockout + holding * knowledge.review, 1e-12)


def path_quantile(sample: FloatArray, level: FloatArray) -> FloatArray:
    """Return (n,) the least value of each row that at least the share `level`, (n,), of the row does not exceed."""
    ordered = np.sort(sample, axis=1)
    place = np.ceil(level * sample.shape[1] - 1e-9).astype(np.int64) - 1
    return ordered[np.arange(len(ordered)), np.clip(place, 0, sample.shape[1] - 1)].astype(np.float64)


def _horizon(knowledge: Knowledge) -> int:
    return int(knowledge.first.max(initial=0)) + knowledge.review


@dataclass(frozen=True, slots=True)
class FixedLevel:
    """Order up to the same level at every review; level: (n,) units."""

    level: FloatArray
    name: str = "fixed-level"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the level."""
        return order_up_to(self.level, state, knowledge.terms)


@dataclass(frozen=True, slots=True)
class BaseStock:
    """Order up to the quantile of the protection interval's demand, from joint paths.

    cycle_service_level: the quantile's level; None: the critical ratio of each SKU's own costs.
    """

    cycle_service_level: float | None = None
    name: str = "base-stock"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the base-stock level."""
        forecast = knowledge.forecast(_horizon(knowledge))
        demand = protection_interval_demand(forecast, knowledge.first, knowledge.review)
        level = path_quantile(demand, _ratio(self.cycle_service_level, knowledge))
        return order_up_to(level, state, knowledge.terms)


@dataclass(frozen=True, slots=True)
class SummedQuantiles:
    """Order up to the sum of each period's own quantile: the usual mistake, kept for comparison.

    It is right only if all periods of the protection interval are high together.
    """

    cycle_service_level: float | None = None
    name: str = "summed-quantiles"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the summed quantiles."""
        forecast = knowledge.forecast(_horizon(knowledge))
        ratio = _ratio(self.cycle_service_level, knowledge)
        covered = np.arange(forecast.horizon) < (knowledge.first + knowledge.review)[:, None]
        level = np.zeros(len(ratio))
        for period in range(forecast.horizon):
            level += covered[:, period] * path_quantile(forecast.paths[:, :, period].astype(np.float64), ratio)
        return order_up_to(level, state, knowledge.terms)


@dataclass(frozen=True, slots=True)
class Newsvendor:
    """One order as if it were the last: the critical fractile of what will be missing when it has to last no longer.

    Stock and promised arrivals run down each path, lost sales included; at the end of the protection interval N
    units are missing since the order's arrival. The order is N's quantile at b / (b + h).
    """

    name: str = "newsvendor"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return the critical fractile of the net requirement, a state path at a time."""
        forecast = knowledge.forecast(_horizon(knowledge))
        ratio = review_ratio(knowledge)
        orders = np.zeros_like(state.on_hand)
        arrivals = state.inbound(forecast.horizon)
        for p in range(orders.shape[1]):
            start = state.on_hand[:, p] - state.backlog[:, p]
            missing = net_requirement(forecast, start, arrivals[:, p], knowledge)
            orders[:, p] = allowed_quantity(path_quantile(missing, ratio), knowledge.terms)
        return orders


def net_requirement(
    forecast: DemandForecast, on_hand: FloatArray, arrivals: FloatArray, knowledge: Knowledge
) -> FloatArray:
    """Return (n, P) units missing at the end of the protection interval, but for sales lost before the arrival.

    on_hand: (n,); arrivals: (n, H). Negative where stock is left.
    """
    first, review = knowledge.first, knowledge.review
    net = np.repeat(-on_hand[:, None], forecast.paths.shape[1], axis=1)
    for period in range(forecast.horizon):
        inside = (period < first + review)[:, None]
        net = np.where(inside, net + forecast.paths[:, :, period] - arrivals[:, period, None], net)
        if knowledge.planning.lost_sales:
            net = np.where((period < first)[:, None], np.minimum(net, 0.0), net)
    return net


def _ratio(cycle_service_level: float | None, knowledge: Knowledge) -> FloatArray:
    if cycle_service_level is None:
        return review_ratio(knowledge)
    return np.full(len(knowledge.terms), cycle_service_level)
