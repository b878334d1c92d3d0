"""When to order: the textbook's (R, Q) and (s, S), their exact cost and the levels that are best.

A reorder point is compared with the inventory position. Demand beyond stock waits at a cost per unit and unit of
time. Sources: Zheng (1992); Federgruen and Zheng (1992); Zheng and Federgruen (1991); Snyder and Shen, Fundamentals
of Supply Chain Theory, sections 4.4 and 5.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr
from scipy.stats import poisson

from core.types import FloatArray
from optimizer.newsvendor import newsvendor_normal

__all__ = [
    "best_r_q_normal",
    "best_r_q_poisson",
    "best_reorder_point",
    "best_s_s",
    "r_q_cost_normal",
    "r_q_cost_poisson",
    "s_s_cost",
]

TAIL = 1e-12
"""Probability of demand beyond which it is left out."""


def r_q_cost_normal(
    reorder_point: float,
    order_quantity: float,
    holding_cost: float,
    stockout_cost: float,
    fixed_cost: float,
    demand_mean: float,
    demand_sd: float,
    lead_time: float,
) -> float:
    """Return the cost a unit of time of (R, Q) under normal demand, reviewed continuously.

    (Kλ + ∫ from R to R + Q of g(y) dy) / Q with g the newsvendor's cost of lead-time demand N(λL, σ²L). The
    integral is closed: h/2 ((R + Q − μ)² − (R − μ)²) + (h + p)(n₂(R) − n₂(R + Q)), n₂ the second-order loss.

    >>> round(r_q_cost_normal(126.8, 328.5, 0.225, 7.5, 8, 1300, 150, 1 / 12), 6)
    78.071163
    """
    mean, sd = demand_mean * lead_time, demand_sd * math.sqrt(lead_time)
    upper = reorder_point + order_quantity
    held = holding_cost * ((upper - mean) ** 2 - (reorder_point - mean) ** 2) / 2
    loss = _second_loss(reorder_point, mean, sd) - _second_loss(upper, mean, sd)
    return (fixed_cost * demand_mean + held + (holding_cost + stockout_cost) * loss) / order_quantity


def _second_loss(level: float, mean: float, sd: float) -> float:
    """Return E[((D − level)⁺)²] / 2 of normal demand: σ²/2 ((z² + 1)(1 − Φ(z)) − zφ(z))."""
    z = (level - mean) / sd
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return sd * sd / 2 * ((z * z + 1) * float(ndtr(-z)) - z * density)


def best_reorder_point(
    order_quantity: float,
    holding_cost: float,
    stockout_cost: float,
    demand_mean: float,
    demand_sd: float,
    lead_time: float,
) -> float:
    """Return the best R for a given Q: the one where g(R) = g(R + Q).

    >>> round(best_reorder_point(300, 0.225, 7.5, 1300, 150, 1 / 12), 6)
    129.42728
    """
    mean, sd = demand_mean * lead_time, demand_sd * math.sqrt(lead_time)

    def cost(level: float) -> float:
        z = (level - mean) / sd
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        loss = sd * (density - z * float(ndtr(-z)))
        return holding_cost * (level - mean) + (holding_cost + stockout_cost) * loss

    best, _ = newsvendor_normal(mean, sd, holding_cost, stockout_cost)
    return float(brentq(lambda point: cost(point) - cost(point + order_quantity), best - order_quantity, best))


def best_r_q_normal(
    holding_cost: float,
    stockout_cost: float,
    fixed_cost: float,
    demand_mean: float,
    demand_sd: float,
    lead_time: float,
) -> tuple[float, float, float]:
    """Return (R, Q, cost), the best of all pairs: a search over Q, with the best R for each."""
    terms = (holding_cost, stockout_cost)
    demand = (demand_mean, demand_sd, lead_time)
    least = math.sqrt(2 * fixed_cost * demand_mean / holding_cost)

    def cost(quantity: float) -> float:
        point = best_reorder_point(quantity, *terms, *demand)
        return r_q_cost_normal(point, quantity, *terms, fixed_cost, *demand)

    # The best Q lies between the EOQ and the EOQ with its cost multiplied by (h + p) / p, plus the noise (Zheng 1992).
    most = 4 * least * math.sqrt((holding_cost + stockout_cost) / stockout_cost) + 8 * demand_sd * math.sqrt(lead_time)
    found = minimize_scalar(cost, bounds=(least / 2, most), method="bounded", options={"xatol": 1e-8 * most})
    quantity = float(found.x)
    return best_reorder_point(quantity, *terms, *demand), quantity, float(found.fun)


def r_q_cost_poisson(
    reorder_point: int,
    order_quantity: int,
    holding_cost: float,
    stockout_cost: float,
    fixed_cost: float,
    demand_mean: float,
    lead_time: float,
) -> float:
    """Return the cost a unit of time of (R, Q) under Poisson demand: (Kλ + Σ g(y), y = R + 1 … R + Q) / Q.

    >>> round(r_q_cost_poisson(3, 5, 20, 150, 100, 1.5, 2), 6)
    107.923581
    """
    levels = np.arange(reorder_point + 1, reorder_point + order_quantity + 1)
    held = sum(_poisson_cost(int(y), holding_cost, stockout_cost, demand_mean * lead_time) for y in levels)
    return (fixed_cost * demand_mean + held) / order_quantity


def _poisson_cost(level: int, holding_cost: float, stockout_cost: float, mean: float) -> float:
    """Return g(y) = h(y − μ) + (h + p) E(D − y)⁺ of Poisson demand; E(D − y)⁺ = (μ − y) P(D ≥ y) + y p(y) above 0."""
    if level <= 0:
        return stockout_cost * (mean - level)
    loss = (mean - level) * float(poisson.sf(level - 1, mean)) + level * float(poisson.pmf(level, mean))
    return holding_cost * (level - mean) + (holding_cost + stockout_cost) * loss


def best_r_q_poisson(
    holding_cost: float, stockout_cost: float, fixed_cost: float, demand_mean: float, lead_time: float
) -> tuple[int, int, float]:
    """Return (R, Q, cost), exact (Federgruen and Zheng): take in the cheapest level beside the interval while it is
    cheaper than the cost so far.

    >>> point, quantity, cost = best_r_q_poisson(20, 150, 100, 1.5, 2)
    >>> point, quantity, round(cost, 6)
    (3, 5, 107.923581)
    """

    def g(level: int) -> float:
        return _poisson_cost(level, holding_cost, stockout_cost, demand_mean * lead_time)

    low = int(poisson.ppf(stockout_cost / (stockout_cost + holding_cost), demand_mean * lead_time))
    high, total = low, fixed_cost * demand_mean + g(low)
    while True:
        down, up = g(low - 1), g(high + 1)
        cost = total / (high - low + 1)
        if min(down, up) >= cost:
            return low - 1, high - low + 1, cost
        low, high = (low - 1, high) if down <= up else (low, high + 1)
        total += min(down, up)


def s_s_cost(
    reorder_point: int,
    order_up_to_level: int,
    holding_cost: float,
    stockout_cost: float,
    fixed_cost: float,
    demand_pmf: Sequence[float] | FloatArray,
) -> float:
    """Return the cost a period of (s, S), reviewed every period with no lead time: order up to S at or below s.

    demand_pmf: probabilities of 0, 1, 2 … units a period. (K + Σ m(j) G(S − j)) / M(S − s), m the renewal density
    of demand and M its sum, j = 0 … S − s − 1.

    >>> pmf = poisson.pmf(np.arange(60), 6)
    >>> round(s_s_cost(4, 10, 1, 4, 5, pmf), 6)
    8.034112
    """
    pmf = np.asarray(demand_pmf, dtype=np.float64)
    renewal = _renewal(pmf, order_up_to_level - reorder_point)
    levels = order_up_to_level - np.arange(len(renewal))
    period = np.array([_period_cost(int(y), holding_cost, stockout_cost, pmf) for y in levels])
    return float((fixed_cost + renewal @ period) / renewal.sum())


def _renewal(pmf: FloatArray, count: int) -> FloatArray:
    """Return m(0) … m(count − 1): m(j) = Σ over i = 0 … j of p(i) m(j − i), m(0) = 1 / (1 − p(0))."""
    m = np.zeros(count)
    m[0] = 1.0 / (1.0 - pmf[0])
    for j in range(1, count):
        most = min(j, len(pmf) - 1)
        m[j] = m[0] * float(pmf[1 : most + 1] @ m[j - np.arange(1, most + 1)])
    return m


def _period_cost(level: int, holding_cost: float, stockout_cost: float, pmf: FloatArray) -> float:
    gap = level - np.arange(len(pmf))
    return float(pmf @ (holding_cost * np.maximum(gap, 0) + stockout_cost * np.maximum(-gap, 0)))


def best_s_s(
    holding_cost: float, stockout_cost: float, fixed_cost: float, demand_pmf: Sequence[float] | FloatArray
) -> tuple[int, int, float]:
    """Return (s, S, cost), exact (Zheng and Federgruen 1991).

    >>> point, level, cost = best_s_s(1, 4, 5, poisson.pmf(np.arange(60), 6))
    >>> point, level, round(cost, 6)
    (4, 10, 8.034112)
    """
    pmf = np.asarray(demand_pmf, dtype=np.float64)

    def g(level: int) -> float:
        return _period_cost(level, holding_cost, stockout_cost, pmf)

    def cost(point: int, level: int) -> float:
        return s_s_cost(point, level, holding_cost, stockout_cost, fixed_cost, pmf)

    needed = stockout_cost / (stockout_cost + holding_cost)
    best = int(np.searchsorted(np.cumsum(pmf), needed - TAIL))
    point, level = best - 1, best
    while cost(point, level) > g(point):
        point -= 1
    least = cost(point, level)
    candidate = level + 1
    while g(candidate) <= least:
        if cost(point, candidate) < least:
            level = candidate
            while cost(point, level) <= g(point + 1):
                point += 1
            least = cost(point, level)
        candidate += 1
    return point, level, least
