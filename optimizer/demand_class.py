"""Classes by value (ABC) and the policy that treats them apart (O17, O22, O47): A small and often, C in batches."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.base_stock import path_quantile, protection_interval_demand
from optimizer.policies import Knowledge, StockState, allowed_quantity

__all__ = ["ByClass", "abc_class"]

A_SHARE, B_SHARE = 0.8, 0.95


def abc_class(value: FloatArray) -> npt.NDArray[np.int64]:
    """Return (n,) 0 for A, 1 for B, 2 for C: the largest values that make up 80 %, the next 15 %, the rest.

    Equal values get the same class; what is worth nothing is C.

    >>> abc_class(np.array([70.0, 15.0, 10.0, 5.0, 0.0])).tolist()
    [0, 0, 1, 2, 2]
    """
    total = float(value.sum())
    if total <= 0:
        return np.full(len(value), 2, dtype=np.int64)
    # The share of all values that are strictly larger: it does not depend on the order of the rows.
    ordered = np.sort(value)[::-1]
    before = np.concatenate([[0.0], np.cumsum(ordered)])[np.searchsorted(-ordered, -value, side="left")] / total
    found = np.where(before < A_SHARE - 1e-12, 0, np.where(before < B_SHARE - 1e-12, 1, 2))
    return np.where(value > 0, found, 2).astype(np.int64)


@dataclass(frozen=True, slots=True)
class ByClass:
    """Base stock with a service level and a batch a class.

    levels: cycle service level of A, B, C. batch_days: demand beyond the base stock that an order brings at once
    (0: just in time).
    """

    levels: tuple[float, float, float] = (0.98, 0.95, 0.90)
    batch_days: tuple[float, float, float] = (0.0, 14.0, 56.0)
    name: str = "by-class"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return the class's batch on top where the position is below the class's base stock."""
        forecast = knowledge.forecast(int(knowledge.first.max(initial=0)) + knowledge.review)
        pace = forecast.mean.mean(axis=1)
        kind = abc_class(pace * knowledge.column("planning_unit_cost"))
        demand = protection_interval_demand(forecast, knowledge.first, knowledge.review)
        level = path_quantile(demand, np.array(self.levels)[kind])
        batch = np.array(self.batch_days)[kind] / knowledge.frequency.period_days * pace
        position = state.inventory_position
        wanted = np.where(position < level[:, None], np.ceil((level + batch)[:, None] - 1e-9) - position, 0.0)
        return allowed_quantity(wanted, knowledge.terms)
