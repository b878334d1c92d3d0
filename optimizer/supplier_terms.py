"""What a supplier asks for a whole order, put to the orders placed now (over periods: `optimizer.period_terms`).

First the choice without these terms (prices, bound); then `optimizer.joint_orders` chooses among candidates near it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.joint_orders import JointChoice, JointOrder, choose_jointly
from optimizer.plan_selection import PlanChoices
from optimizer.pricing import Candidates, find_prices, price_out

__all__ = ["SupplierTerms", "allocate_jointly", "allocate_with_terms", "joint_order"]

LARGEST_MODEL = 6_000


@dataclass(frozen=True, slots=True)
class SupplierTerms:
    """Terms of one supplier's order by one mode (all numbers 0 or inf: none).

    least_units, least_value: the order is nothing or at least that. fee: freight of an order worth less than
    free_from_value. container: room of one container in units of volume, container_cost: its price.
    """

    least_units: float = 0.0
    least_value: float = 0.0
    fee: float = 0.0
    free_from_value: float = np.inf
    container: float = np.inf
    container_cost: float = 0.0


def allocate_with_terms(
    candidates: Candidates,
    units: FloatArray,
    supplier: npt.NDArray[np.str_],
    terms: dict[str, SupplierTerms],
    budget: float,
    capacity: float,
    time_limit_seconds: float = 20.0,
    seed: int = 4,
    solver: str | None = None,
) -> JointChoice:
    """Return one candidate a SKU, as `optimizer.allocation.allocate`, with what suppliers ask for whole orders.

    units: (m,) units of each candidate. supplier: (n,) each SKU's. The value of an order is its spend, its load its
    volume. Ordering nothing is always allowed. The bound is proven for all candidates.
    """
    owner = np.repeat(np.arange(len(supplier)), np.diff(candidates.offsets))
    joints = tuple(
        joint_order(name, asked, supplier[owner] == name, units, candidates.spend, candidates.volume)
        for name, asked in sorted(terms.items())
    )
    return allocate_jointly(candidates, joints, budget, capacity, time_limit_seconds, seed, solver)


def allocate_jointly(
    candidates: Candidates,
    joints: tuple[JointOrder, ...],
    budget: float,
    capacity: float,
    time_limit_seconds: float = 20.0,
    seed: int = 4,
    solver: str | None = None,
) -> JointChoice:
    """Return one candidate a SKU within budget and capacity (inf: none) that the joint orders' terms allow."""
    owner = np.repeat(np.arange(len(candidates.offsets) - 1), np.diff(candidates.offsets))
    prices = find_prices(candidates, budget, capacity)
    priced = price_out(candidates, prices.budget, prices.volume)
    excess = priced - np.minimum.reduceat(priced, candidates.offsets[:-1])[owner]
    core = None
    if len(excess) > LARGEST_MODEL:
        core = np.sort(np.argsort(excess, kind="stable")[:LARGEST_MODEL])
        core = np.union1d(core, prices.choice)
    choices = PlanChoices(candidates.offsets, candidates.cost, np.stack([candidates.spend, candidates.volume], axis=1))
    return choose_jointly(
        choices,
        np.array([budget, capacity]),
        ["budget", "volume"],
        joints,
        candidates.offsets[:-1],
        time_limit_seconds,
        core=core,
        bound=prices.bound,
        seed=seed,
        solver=solver,
    )


def joint_order(
    name: str, asked: SupplierTerms, ours: npt.NDArray[np.bool_], units: FloatArray, value: FloatArray, load: FloatArray
) -> JointOrder:
    """Return what candidates marked `ours` bring to an order with the terms `asked`."""
    return JointOrder(
        name,
        np.where(ours, units, 0.0),
        np.where(ours, value, 0.0),
        np.where(ours, load, 0.0),
        asked.least_units,
        asked.least_value,
        asked.fee,
        asked.free_from_value,
        asked.container,
        asked.container_cost,
    )
