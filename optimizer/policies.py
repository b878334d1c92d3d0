"""What a replenishment policy is: from the state of stock at a review, and what is known then, to whole units to order.

A policy reads nothing else: no clock, no file, no state of its own. The same state and knowledge give the
same order, whoever asks: the simulation, a test or a planner.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from core.types import DemandForecast, FloatArray
from optimizer.buying import ONE_WAY, Buying
from optimizer.lead_time import arrival_periods, review_periods
from optimizer.planning import PlanningOptions

__all__ = ["Knowledge", "Policy", "StockState", "allowed_quantity", "order_up_to"]


@dataclass(frozen=True, slots=True)
class StockState:
    """The stock of n SKUs on P paths at a review, before this period's receipts and demand.

    on_hand, backlog: (n, P) units. promised: (n, P, H) the units on order by the period in which they are
        promised, counted from now; what is overdue counts as promised now.
    """

    on_hand: FloatArray
    backlog: FloatArray
    promised: FloatArray

    @property
    def on_order(self) -> FloatArray:
        """Units ordered and not yet received, (n, P)."""
        total: FloatArray = self.promised.sum(axis=2)
        return total

    @property
    def inventory_position(self) -> FloatArray:
        """On hand + on order − backorders, (n, P)."""
        return self.on_hand + self.on_order - self.backlog

    def inbound(self, horizon: int) -> FloatArray:
        """Return (n, P, horizon) units promised by period; what is promised later is left out."""
        known = self.promised[:, :, :horizon]
        if known.shape[2] == horizon:
            return known
        return np.pad(known, ((0, 0), (0, 0), (0, horizon - known.shape[2])))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known at a review: only facts dated before `as_of`.

    terms: n rows of `inventory.supply.supply_terms`. units: (n, T) units a past period, NaN where they are no
        demand (out of stock, not yet listed). dates: (T,) first days of these periods.
    forecast: from a number of periods to the forecast of the periods from `as_of` on, with sample paths.
    buying: all ways to buy each SKU; those of rank 0 are the terms.
    """

    as_of: date
    frequency: Frequency
    terms: pd.DataFrame
    planning: PlanningOptions
    units: FloatArray
    dates: npt.NDArray[np.datetime64]
    forecast: Callable[[int], DemandForecast]
    buying: Buying = ONE_WAY

    @property
    def lanes(self) -> int:
        """Ways to buy, M: the most that any SKU has."""
        return 1 if self.buying.ways is None else int(self.buying.ways["rank"].max()) + 1

    @property
    def first(self) -> npt.NDArray[np.int64]:
        """The period l that an order placed now first serves, (n,)."""
        return arrival_periods(self.terms["lead_time_days"].to_numpy(), self.frequency)

    @property
    def review(self) -> int:
        """Periods r between two reviews."""
        return review_periods(self.planning.review_period_days, self.frequency)

    def column(self, name: str) -> FloatArray:
        """Return one column of the terms, (n,)."""
        return self.terms[name].to_numpy(dtype=np.float64)


class Policy(Protocol):
    """How much to order at a review."""

    @property
    def name(self) -> str:
        """Name of the policy, as shown to users."""
        ...

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return (n, P) units to order now: whole, not negative, of an allowed quantity.

        A policy that uses several lanes returns (n, P, M), by rank of the way to buy.
        """
        ...


def allowed_quantity(wanted: FloatArray, terms: pd.DataFrame) -> FloatArray:
    """Return the least quantity that covers `wanted` and that the terms allow; nothing where nothing is wanted.

    wanted: (n,) or (n, P) units. Whole case packs, at least the minimum order, at most the capacity (whole
    packs; nothing where a minimum order exceeds it).

    >>> terms = pd.DataFrame({"case_pack": [6.0], "minimum_order_quantity": [20.0], "capacity": [100.0]})
    >>> [float(allowed_quantity(np.array([units]), terms)[0]) for units in (0.0, 3.0, 25.0, 500.0)]
    [0.0, 24.0, 30.0, 96.0]
    """
    shape = (-1,) + (1,) * (wanted.ndim - 1)
    case = np.maximum(np.round(terms["case_pack"].to_numpy(dtype=np.float64)), 1.0).reshape(shape)
    minimum = np.maximum(terms["minimum_order_quantity"].to_numpy(dtype=np.float64), 1.0).reshape(shape)
    capacity = terms["capacity"].to_numpy(dtype=np.float64).reshape(shape)
    packs = case * np.ceil(np.maximum(wanted, minimum) / case - 1e-9)
    most = case * np.floor(np.where(np.isfinite(capacity), capacity, 0.0) / case + 1e-9)
    packs = np.where(np.isfinite(capacity), np.minimum(packs, most), packs)
    return np.where((wanted > 1e-9) & (packs >= minimum - 1e-9), packs, 0.0)


def order_up_to(level: FloatArray, state: StockState, terms: pd.DataFrame) -> FloatArray:
    """Return (n, P) the orders that bring the inventory position up to `level`, (n,) or (n, P)."""
    target = level[:, None] if level.ndim == 1 else level
    return allowed_quantity(np.ceil(target - 1e-9) - state.inventory_position, terms)
