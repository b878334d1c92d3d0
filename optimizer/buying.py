"""What a plan may know of buying beyond one certain way: further ways, and the lead times that were seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import pandas as pd

from core.types import FloatArray
from inventory.position import open_orders_of
from inventory.supply import ways_of
from optimizer.bill_of_materials import BillOfMaterials
from optimizer.inbound import OpenOrder
from optimizer.order_calendar import OrderCalendar
from optimizer.order_window import Steps
from optimizer.shared_limits import SharedLimit, WholeOrder
from optimizer.storage_cost import StorageCost
from optimizer.substitution import Variants

__all__ = ["ONE_WAY", "Buying"]

ALWAYS_OPEN = OrderCalendar()


@dataclass(frozen=True, slots=True)
class Buying:
    """How goods are bought; everything is optional.

    ways: rows of `inventory.supply.supply_ways`, `series` counting the forecast's series; without it each
        series is bought on its terms.
    lead_times: days that orders really took, by (supplier, mode); in place of mean and standard deviation.
    storage: a fee table, on top of the holding costs of the terms.
    calendar: when suppliers and warehouses are closed.
    open_orders: rows of `inventory.position.open_order_rows`, the orders that `inbound` adds up: where their
        supplier's lead time is random, they come on each path on a day of its own.
    limits: of several periods. whole_orders: what suppliers ask of all that they ship at once.
    bill: kits and duplicates, whose demand falls on other series.
    variants: who stands in for whom when out of stock; None: nobody, the default.
    """

    ways: pd.DataFrame | None = None
    lead_times: Mapping[tuple[str, str], FloatArray] = field(default_factory=dict)
    storage: StorageCost | None = None
    calendar: OrderCalendar = ALWAYS_OPEN
    open_orders: pd.DataFrame | None = None
    limits: tuple[SharedLimit, ...] = ()
    whole_orders: tuple[WholeOrder, ...] = ()
    bill: BillOfMaterials | None = None
    variants: Variants | None = None

    def late_orders(self) -> dict[int, list[OpenOrder]]:
        """Return the open orders of each series."""
        found: dict[int, list[OpenOrder]] = {}
        if self.open_orders is not None:
            names = ["series", *OpenOrder._fields]
            for series, *facts in self.open_orders[names].itertuples(index=False):
                found.setdefault(int(series), []).append(OpenOrder(*facts))
        return found

    def take(self, rows: Steps) -> Self:
        """Return the same for some series only, in the order of `rows`."""
        ways = None if self.ways is None else ways_of(self.ways, rows)
        orders = None if self.open_orders is None else open_orders_of(self.open_orders, rows)
        limits = tuple(limit.take(rows) for limit in self.limits)
        whole = tuple(order.take(rows) for order in self.whole_orders)
        bill = None if self.bill is None else self.bill.take(rows)
        variants = None if self.variants is None else self.variants.take(rows)
        return replace(
            self, ways=ways, open_orders=orders, limits=limits, whole_orders=whole, bill=bill, variants=variants
        )

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
