"""The plans that pricing has found for each SKU: what recovery and what-ifs choose among."""

from dataclasses import dataclass, field

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.lot_sizing import Atoms, Cases, Modes, PricedPlans
from optimizer.period_instance import IntArray, PeriodInstance
from optimizer.shared_rows import SharedRows, plan_usage

__all__ = ["PlanPool", "best_in_pool"]


@dataclass(slots=True)
class PlanPool:
    """Up to `slots` different plans of each of n SKUs; the oldest ones give way.

    cases, modes: (n, slots, T) by arrival period. cost: (n, slots). usage: (n, slots, F, T). filled: (n,).
    """

    cases: npt.NDArray[np.int32] = field(repr=False)
    modes: npt.NDArray[np.int8] = field(repr=False)
    cost: FloatArray = field(repr=False)
    usage: FloatArray = field(repr=False)
    filled: IntArray = field(repr=False)
    oldest: IntArray = field(repr=False)

    @classmethod
    def empty(cls, instance: PeriodInstance, slots: int) -> "PlanPool":
        """Return a pool for an instance."""
        count, periods = instance.count, instance.periods
        return cls(
            np.zeros((count, slots, periods), dtype=np.int32),
            np.full((count, slots, periods), -1, dtype=np.int8),
            np.full((count, slots), np.inf),
            np.zeros((count, slots, len(instance.limits), periods)),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
        )

    def copy(self) -> "PlanPool":
        """Return a pool that may be changed without changing this one."""
        return PlanPool(*(getattr(self, name).copy() for name in self.__slots__))

    def add(self, plans: PricedPlans, usage: FloatArray) -> int:
        """Add each SKU's plan unless it is known; return how many were new."""
        return int(
            _add(
                self.cases,
                self.modes,
                self.cost,
                self.usage,
                self.filled,
                self.oldest,
                plans.cases,
                plans.modes,
                plans.cost,
                usage,
            )
        )

    def chosen(self, choice: IntArray) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
        """Return cases and modes (n, T) of one plan a SKU."""
        rows = np.arange(len(choice))
        return self.cases[rows, choice], self.modes[rows, choice]

    def revalue(self, instance: PeriodInstance, rows: SharedRows) -> None:
        """Price every plan anew for an instance whose demand, costs or usages differ from the pool's."""
        for slot in range(self.cost.shape[1]):
            cases, modes = self.cases[:, slot], self.modes[:, slot]
            stock, cost = np.empty(cases.shape), np.empty(len(cases))
            _evaluate(
                instance.requirement,
                instance.case,
                instance.holding_cost,
                instance.stockout_cost,
                instance.unit_cost,
                instance.order_cost,
                instance.lead_time,
                cases,
                modes,
                stock,
                cost,
            )
            self.usage[:, slot] = plan_usage(rows, instance.case, instance.lead_time, cases, modes, stock)
            self.cost[:, slot] = np.where(self.filled > slot, cost, np.inf)


@numba.njit(cache=True, nogil=True)
def _add(
    cases: Cases,
    modes: Modes,
    cost: FloatArray,
    usage: FloatArray,
    filled: IntArray,
    oldest: IntArray,
    new_cases: Cases,
    new_modes: Modes,
    new_cost: FloatArray,
    new_usage: FloatArray,
) -> int:
    slots, added = cost.shape[1], 0
    for i in range(cost.shape[0]):
        known = False
        for p in range(filled[i]):
            if np.array_equal(cases[i, p], new_cases[i]) and np.array_equal(modes[i, p], new_modes[i]):
                known = True
                break
        if known:
            continue
        p = filled[i]
        if p == slots:
            p = oldest[i]
            oldest[i] = (oldest[i] + 1) % slots
        else:
            filled[i] += 1
        cases[i, p], modes[i, p], cost[i, p], usage[i, p] = new_cases[i], new_modes[i], new_cost[i], new_usage[i]
        added += 1
    return added


@numba.njit(cache=True, nogil=True)
def _evaluate(
    requirement: Atoms,
    case: FloatArray,
    holding: FloatArray,
    shortage: FloatArray,
    unit: FloatArray,
    fixed: FloatArray,
    lead: IntArray,
    cases: Cases,
    modes: Modes,
    stock: FloatArray,
    cost: FloatArray,
) -> None:
    """Fill stock (n, T) and cost (n,); a mode that is too slow for its arrival period costs infinity."""
    count, periods, atoms = requirement.shape
    for i in range(count):
        total, x = 0.0, 0.0
        for t in range(periods):
            m = modes[i, t]
            if m >= 0:
                total += fixed[i, m] + unit[i, m] * case[i] * cases[i, t]
                if t < lead[i, m]:
                    total = np.inf
            x += case[i] * cases[i, t]
            left, short = 0.0, 0.0
            for a in range(atoms):
                gap = x - requirement[i, t, a]
                left += max(gap, 0.0)
                short += max(-gap, 0.0)
            stock[i, t] = left / atoms
            total += (holding[i] * left + shortage[i] * short) / atoms
        cost[i] = total


@numba.njit(cache=True, nogil=True)
def best_in_pool(
    rows: SharedRows, cost: FloatArray, usage: FloatArray, filled: IntArray, prices: FloatArray
) -> IntArray:
    """Return (n,) each SKU's plan of least cost + priced usage."""
    choice = np.zeros(cost.shape[0], dtype=np.int64)
    for i in range(cost.shape[0]):
        best = np.inf
        for p in range(filled[i]):
            value = cost[i, p]
            for f in range(rows.start.size):
                first = rows.start[f] + rows.member[f, i] * rows.width[f]
                for b in range(rows.width[f]):
                    value += prices[first + b] * usage[i, p, f, b]
            if value < best:
                best, choice[i] = value, p
    return choice
