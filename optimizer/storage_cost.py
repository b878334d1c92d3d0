"""Storage costs handed in: what a fee table asks for a stock, by period, by level and by age.

Whoever knows the fees (a marketplace's table, a warehouse's contract) implements `StorageCost`; the planner
knows nothing of months, size tiers or surcharges, only these numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from core.types import FloatArray

__all__ = ["StorageCost", "StorageFees"]


@dataclass(frozen=True, slots=True)
class StorageFees:
    """The fees of one SKU over H periods, in money.

    a_unit: (H,) for each unit left at a period's end, on top of its holding cost. levels, above: (B,) units and
    (B, H) for each unit that lies above a level, on top of that. ages, charges: (A,) rising periods since arrival
    and what each unit costs that is still there then.
    """

    a_unit: FloatArray
    levels: FloatArray
    above: FloatArray
    ages: npt.NDArray[np.int64]
    charges: FloatArray

    @classmethod
    def of(
        cls,
        a_unit: FloatArray,
        above: Sequence[tuple[float, FloatArray]] = (),
        aged: Sequence[tuple[int, float]] = (),
        low: Sequence[tuple[float, float]] = (),
    ) -> Self:
        """Return fees from pairs: (level, (H,) fee above it), (age, charge) and (level, fee below it).

        A fee f on each unit that stock lies below a level s, f (s − S)⁺, is −f a unit and f above s, but for the
        constant f·s that no order changes.

        >>> fees = StorageFees.of(np.zeros(2), low=[(10.0, 0.3)])
        >>> fees.a_unit.tolist(), fees.levels.tolist(), fees.above.tolist()
        ([-0.3, -0.3], [10.0], [[0.3, 0.3]])
        """
        horizon = len(a_unit)
        tiers = [*above, *((level, np.full(horizon, fee)) for level, fee in low)]
        aged = sorted(aged)
        return cls(
            a_unit=a_unit - sum(fee for _, fee in low),
            levels=np.array([level for level, _ in tiers], dtype=np.float64),
            above=np.array([fee for _, fee in tiers], dtype=np.float64).reshape(len(tiers), horizon),
            ages=np.array([age for age, _ in aged], dtype=np.int64),
            charges=np.array([charge for _, charge in aged], dtype=np.float64),
        )


class StorageCost(Protocol):
    """A fee table: what stock costs where it lies."""

    def fees(self, sku: str, location: str, dates: npt.NDArray[np.datetime64]) -> StorageFees:
        """Return the fees of a SKU at a location for the periods that begin on `dates` (H,)."""
