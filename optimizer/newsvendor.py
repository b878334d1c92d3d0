"""The newsvendor: the one-shot order that the textbook gives, here for comparison, tests and words."""

import math

import numpy as np
from scipy.special import ndtr, ndtri

from core.types import FloatArray

__all__ = ["critical_ratio", "newsvendor_cost", "newsvendor_normal", "newsvendor_quantity"]


def critical_ratio(holding_cost: float, stockout_cost: float) -> float:
    """Return b / (b + h): the probability with which demand should be covered.

    holding_cost: per unit left over, [h]. stockout_cost: per unit short, [b]. Source: Arrow, Harris and
        Marschak (1951). Raises ValueError unless h > 0 and b > 0.

    >>> round(critical_ratio(0.2, 1.0), 4)
    0.8333
    """
    if not (holding_cost > 0 and stockout_cost > 0):
        raise ValueError(f"holding cost {holding_cost} and stock-out cost {stockout_cost} must both be above 0")
    return stockout_cost / (stockout_cost + holding_cost)


def newsvendor_quantity(demand: FloatArray, holding_cost: float, stockout_cost: float) -> float:
    """Return the order-up-to level S for equally likely demands: the least S with F(S) ≥ b / (b + h).

    demand: units, any shape, flattened.

    >>> newsvendor_quantity(np.arange(1.0, 11.0), holding_cost=1.0, stockout_cost=4.0)
    8.0
    """
    ordered = np.sort(np.ravel(demand))
    needed = math.ceil(critical_ratio(holding_cost, stockout_cost) * len(ordered) - 1e-9)
    return float(ordered[max(needed, 1) - 1])


def newsvendor_cost(level: float, demand: FloatArray, holding_cost: float, stockout_cost: float) -> float:
    """Return the expected cost of covering demand up to `level`: h E(S − D)⁺ + b E(D − S)⁺.

    >>> newsvendor_cost(2.0, np.array([1.0, 4.0]), holding_cost=1.0, stockout_cost=3.0)
    3.5
    """
    over = np.maximum(level - np.ravel(demand), 0.0).mean()
    under = np.maximum(np.ravel(demand) - level, 0.0).mean()
    return float(holding_cost * over + stockout_cost * under)


def newsvendor_normal(mean: float, sd: float, holding_cost: float, stockout_cost: float) -> tuple[float, float]:
    """Return (S, expected cost) for normal demand: S = μ + zσ, cost (h + b) φ(z) σ at the optimum.

    Source: Snyder and Shen, Fundamentals of Supply Chain Theory, section 4.3.

    >>> level, cost = newsvendor_normal(50, 8, 0.18, 0.70)
    >>> round(level, 4), round(cost, 4)
    (56.604, 1.9976)
    """
    z = float(ndtri(critical_ratio(holding_cost, stockout_cost)))
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    loss = density - z * (1.0 - float(ndtr(z)))
    cost = sd * (holding_cost * (z + loss) + stockout_cost * loss)
    return mean + z * sd, cost
