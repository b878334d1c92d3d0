"""What a plan over several periods must decide: n SKUs, T periods, M modes, and the limits that they share.

The position of SKU i at the end of period t is what has arrived by then; its cost is that of the **net
requirement** R_it = D̃_it − stock − pipeline (units still missing if nothing is ordered; negative: units left):

    minimise    Σ_it [ h_i E(Q_it − R_it)⁺ + b_i E(R_it − Q_it)⁺ ] + Σ_ims [ c_im·case_i·n_ims + K_im·y_ims ]
    Q_it = case_i · Σ_{m, s ≤ t − L_im} n_ims,   least_i·y_ims ≤ n_ims,   n_ims whole

and every limit adds up, over SKUs, what they order (in s) or what they hold (at the end of t).
"""

from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from core.errors import UsageError
from core.types import FloatArray

__all__ = ["IntArray", "Limit", "PeriodInstance"]

IntArray = npt.NDArray[np.int64]
NO_MOST = 1 << 40


@dataclass(frozen=True, slots=True)
class Limit:
    """A resource with a capacity: the family of its members × periods is one row each of the shared constraints.

    name: what it is called in prices and messages. of: whether orders (in the period they are placed) or stock
        (expected units at a period's end) use it.
    usage: per unit, (n, M) by mode for orders, (n,) for stock. capacity: (members, buckets), inf: no limit.
    member: (n,) whose capacity a SKU uses: its storage type, its supplier; 0 where left out.
    bucket: (T,) which capacity a period uses; 0 … T − 1 where left out; all zeros is one budget for the plan.
    usage_per_order: (n, M) what each order takes besides (a fixed cost that the budget pays).
    """

    name: str
    of: Literal["orders", "stock"]
    usage: FloatArray
    capacity: FloatArray
    member: IntArray | None = None
    bucket: IntArray | None = None
    usage_per_order: FloatArray | None = None
    member_names: tuple[str, ...] = ()

    def members(self, count: int) -> IntArray:
        """Return (count,) the member of each SKU."""
        return np.zeros(count, dtype=np.int64) if self.member is None else self.member

    def buckets(self, periods: int) -> IntArray:
        """Return (periods,) the bucket of each period."""
        return np.arange(periods, dtype=np.int64) if self.bucket is None else self.bucket

    def row_name(self, member: int, bucket: int) -> str:
        """Return how a row is called in words: `budget of week 3`, `volume of oversize in week 2`."""
        whose = f" of {self.member_names[member]}" if self.member_names else ""
        when = f" of period {bucket + 1}" if self.capacity.shape[1] > 1 else ""
        return f"{self.name}{whose}{when}"

    def take(self, rows: IntArray) -> Self:
        """Return the limit with the usages of some SKUs and the same capacity."""
        return replace(
            self,
            usage=self.usage[rows],
            member=None if self.member is None else self.member[rows],
            usage_per_order=None if self.usage_per_order is None else self.usage_per_order[rows],
        )

    def scaled(self, factor: float | FloatArray) -> Self:
        """Return the limit with its capacity multiplied."""
        return replace(self, capacity=self.capacity * factor)


@dataclass(frozen=True, slots=True)
class PeriodInstance:
    """The data of the module's formula.

    names: (n,) text, unique; plans are made in their order, so that the rows' order changes nothing.
    requirement: (n, T, A) float32, equally likely atoms of R_it, rising along A.
    case: (n,) units per case. least: (n,) cases of the smallest order. holding_cost, stockout_cost: (n,) per unit
        and period. unit_cost: (n, M) money per unit that the objective pays (unit + freight − salvage).
    order_cost: (n, M) per order. lead_time: (n, M) whole periods; T or more: the mode cannot be used.
    floor: (n, T) cases that must have arrived by the end of a period (a service floor or a commitment), or None.
    mode_least, mode_most: (n, M) cases of the smallest and largest order of each mode, where they differ from `least`
        and from no limit; a mode whose largest order is below its smallest cannot be used.
    """

    names: npt.NDArray[np.str_]
    requirement: npt.NDArray[np.float32]
    case: FloatArray
    least: IntArray
    holding_cost: FloatArray
    stockout_cost: FloatArray
    unit_cost: FloatArray
    order_cost: FloatArray
    lead_time: IntArray
    limits: tuple[Limit, ...] = ()
    modes: tuple[str, ...] = ()
    floor: IntArray | None = None
    mode_least: IntArray | None = None
    mode_most: IntArray | None = None

    def __post_init__(self) -> None:
        count, periods, _ = self.requirement.shape
        modes = self.unit_cost.shape[1] if self.unit_cost.ndim == 2 else 0
        expected = {
            "names": (count,),
            "case": (count,),
            "least": (count,),
            "holding_cost": (count,),
            "stockout_cost": (count,),
            "unit_cost": (count, modes),
            "order_cost": (count, modes),
            "lead_time": (count, modes),
        }
        for name in ("mode_least", "mode_most"):
            if getattr(self, name) is not None:
                expected[name] = (count, modes)
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise UsageError(f"{name} has the shape {getattr(self, name).shape} where {shape} is needed")
        if len(np.unique(self.names)) != count:
            raise UsageError("two rows have the same name; plan each SKU and location once")
        self._check_values()
        for limit in self.limits:
            _check_limit(limit, count, periods, modes)

    def _check_values(self) -> None:
        rules = {
            "case": self.case > 0,
            "least": self.smallest.min(axis=1, initial=NO_MOST) >= 1,
            "holding_cost": self.holding_cost >= 0,
            "stockout_cost": self.stockout_cost >= 0,
            "order_cost": self.order_cost >= 0,
            "lead_time": self.lead_time >= 0,
            "unit_cost": np.isfinite(self.unit_cost),
            "requirement": np.isfinite(self.requirement),
        }
        for name, holds in rules.items():
            if not np.all(holds):
                place = tuple(int(axis[0]) for axis in np.nonzero(~holds))
                raise UsageError(
                    f"{name} of {self.names[place[0]]} is {getattr(self, name)[place]}; "
                    "cases must be above 0, minimum orders at least one case, costs and times finite and not below 0"
                )

    @property
    def count(self) -> int:
        """SKUs."""
        return self.requirement.shape[0]

    @property
    def periods(self) -> int:
        """Periods."""
        return self.requirement.shape[1]

    @property
    def mode_count(self) -> int:
        """Modes."""
        return self.unit_cost.shape[1]

    @property
    def smallest(self) -> IntArray:
        """Cases of the smallest order, (n, M)."""
        if self.mode_least is not None:
            return self.mode_least
        return np.repeat(self.least[:, None], self.mode_count, axis=1).astype(np.int64)

    @property
    def largest(self) -> IntArray:
        """Cases of the largest order, (n, M)."""
        if self.mode_most is not None:
            return self.mode_most
        return np.full((self.count, self.mode_count), NO_MOST)

    def take(self, rows: IntArray) -> Self:
        """Return the instance of some SKUs, with the same capacities."""
        per_sku = ("names", "requirement", "case", "least", "holding_cost", "stockout_cost", "unit_cost", "order_cost")
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in (*per_sku, "lead_time")},
            floor=None if self.floor is None else self.floor[rows],
            mode_least=None if self.mode_least is None else self.mode_least[rows],
            mode_most=None if self.mode_most is None else self.mode_most[rows],
            limits=tuple(limit.take(rows) for limit in self.limits),
        )


def _check_limit(limit: Limit, count: int, periods: int, modes: int) -> None:
    wanted = (count, modes) if limit.of == "orders" else (count,)
    members, buckets = limit.members(count), limit.buckets(periods)
    sound = (
        limit.usage.shape == wanted
        and members.shape == (count,)
        and buckets.shape == (periods,)
        and limit.capacity.ndim == 2
        and members.max(initial=0) < limit.capacity.shape[0]
        and buckets.max(initial=0) < limit.capacity.shape[1]
        and (limit.usage_per_order is None or limit.usage_per_order.shape == wanted)
    )
    if not sound:
        raise UsageError(
            f"the limit {limit.name!r} does not fit {count} SKUs × {periods} periods × {modes} modes: usage "
            f"{limit.usage.shape}, capacity {limit.capacity.shape}"
        )
    if np.any(limit.usage < 0) or np.any(np.isnan(limit.capacity)):
        raise UsageError(f"the limit {limit.name!r} has a usage below 0 or a capacity that is no number; correct it")
