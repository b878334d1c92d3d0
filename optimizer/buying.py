"""What a plan may know of buying beyond one certain way: further ways, and the lead times that were seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pandas as pd

from core.types import FloatArray
from inventory.supply import ways_of
from optimizer.order_window import Steps

__all__ = ["ONE_WAY", "Buying"]


@dataclass(frozen=True, slots=True)
class Buying:
    """How goods are bought; everything is optional.

    ways: rows of `inventory.supply.supply_ways`, `series` counting the forecast's series; without it each
        series is bought on its terms.
    lead_times: days that orders really took, by (supplier, mode); in place of mean and standard deviation.
    """

    ways: pd.DataFrame | None = None
    lead_times: Mapping[tuple[str, str], FloatArray] = field(default_factory=dict)

    def take(self, rows: Steps) -> Self:
        """Return the same for some series only, in the order of `rows`."""
        return self if self.ways is None else replace(self, ways=ways_of(self.ways, rows))

    def changed(self, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Self:
        """Return the same with `change` made to the table of ways."""
        return self if self.ways is None else replace(self, ways=change(self.ways))

    def ways_in_order(self, terms: pd.DataFrame, order: Steps) -> pd.DataFrame:
        """Return the table of ways with `series` counting the rows of `terms`, which are series order[i]."""
        if self.ways is None:
            return terms.assign(series=np.arange(len(terms)))
        place = np.argsort(order, kind="stable")
        table = self.ways.assign(series=place[self.ways["series"].to_numpy()])
        return table.sort_values(["series", "rank"], kind="stable").reset_index(drop=True)


ONE_WAY = Buying()
"""Each series is bought on its terms."""
