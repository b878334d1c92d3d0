"""Prices of shared resources: what one more unit would save, and a bound that no plan beats.

Lagrangian relaxation: with λ on spend and μ on volume every SKU takes its own cheapest candidate of
cost + λ·spend + μ·volume, and Σ of these minima − λB − μV is a lower bound of every plan within B and V.
Source: Fisher (1981), The Lagrangian relaxation method for solving integer programming problems.
"""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray

__all__ = ["Candidates", "Prices", "find_prices", "price_out"]

Choice = npt.NDArray[np.int64]
ROUNDS = 50
"""Halvings of a price interval: 2⁻⁵⁰ of the largest useful price is finer than any money."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What each of n SKUs may order, one after the other in flat arrays of length m.

    offsets: (n + 1,) SKU i has the candidates offsets[i] … offsets[i + 1] − 1, in rising quantity; the
        first one orders nothing. cost: expected cost of each. spend, volume: what each takes from the
        shared resources.
    """

    offsets: Choice
    cost: FloatArray
    spend: FloatArray
    volume: FloatArray


@dataclass(frozen=True, slots=True)
class Prices:
    """λ and μ, the feasible choice found on the way (flat candidate indices) and the bound they prove."""

    budget: float
    volume: float
    choice: Choice
    bound: float


def find_prices(candidates: Candidates, budget: float, capacity: float) -> Prices:
    """Return the least prices at which the SKUs' own choices respect `budget` and `capacity` (inf: no limit).

    Bisection on μ around a bisection on λ; both limits must be at least 0, so that ordering nothing is
    feasible.
    """
    top_spend = _largest_saving(candidates, candidates.spend)
    top_volume = _largest_saving(candidates, candidates.volume)
    found = _budget_price(candidates, budget, capacity, 0.0, top_spend)
    bound = found.bound
    if candidates.volume[found.choice].sum() <= capacity:
        return found
    low, high = 0.0, top_volume
    found = _budget_price(candidates, budget, capacity, high, top_spend)
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        trial = _budget_price(candidates, budget, capacity, middle, top_spend)
        bound = max(bound, trial.bound)
        if candidates.volume[trial.choice].sum() <= capacity:
            high, found = middle, trial
        else:
            low = middle
    return Prices(found.budget, found.volume, found.choice, bound)


def _budget_price(candidates: Candidates, budget: float, capacity: float, mu: float, top: float) -> Prices:
    choice, bound = _relaxed(candidates, budget, capacity, 0.0, mu)
    if candidates.spend[choice].sum() <= budget:
        return Prices(0.0, mu, choice, bound)
    low, high = 0.0, top
    best, trial = _relaxed(candidates, budget, capacity, high, mu)
    bound = max(bound, trial)
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        choice, trial = _relaxed(candidates, budget, capacity, middle, mu)
        bound = max(bound, trial)
        if candidates.spend[choice].sum() <= budget:
            high, best = middle, choice
        else:
            low = middle
    return Prices(high, mu, best, bound)


def _relaxed(candidates: Candidates, budget: float, capacity: float, lam: float, mu: float) -> tuple[Choice, float]:
    priced = price_out(candidates, lam, mu)
    choice = _cheapest(candidates.offsets, priced)
    paid = (lam * budget if lam > 0 else 0.0) + (mu * capacity if mu > 0 else 0.0)
    return choice, float(priced[choice].sum()) - paid


def price_out(candidates: Candidates, lam: float, mu: float) -> FloatArray:
    """Return (m,) cost + λ·spend + μ·volume of each candidate."""
    return candidates.cost + lam * candidates.spend + mu * candidates.volume


def _largest_saving(candidates: Candidates, resource: FloatArray) -> float:
    """Return a price above which nobody takes any of `resource`."""
    nothing = np.repeat(candidates.cost[candidates.offsets[:-1]], np.diff(candidates.offsets))
    taken = resource > 0
    saving = (nothing - candidates.cost)[taken] / resource[taken]
    return float(max(saving.max(initial=0.0), 0.0)) * 1.001 + 1e-9


@numba.njit(cache=True)
def _cheapest(offsets: Choice, priced: FloatArray) -> Choice:
    """Return each SKU's cheapest candidate; of equal ones the one that takes least."""
    choice = np.empty(offsets.size - 1, dtype=np.int64)
    for i in range(choice.size):
        best = offsets[i]
        for c in range(offsets[i] + 1, offsets[i + 1]):
            if priced[c] < priced[best]:
                best = c
        choice[i] = best
    return choice
