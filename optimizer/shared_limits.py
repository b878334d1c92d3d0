"""The limits and the terms of whole orders that all SKUs of a plan share, as a dataset states them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from core.types import FloatArray
from inventory.plan_rules import FILTERS, LimitRule, OrderRule
from optimizer.order_window import Steps
from optimizer.supplier_terms import SupplierTerms

__all__ = ["SharedLimit", "WholeOrder", "shared_limits", "whole_orders"]

BY_WAY = ("supplier", "mode")


@dataclass(frozen=True, slots=True)
class SharedLimit:
    """A limit of several review periods.

    stock: whether expected stock at a period's end uses it, else orders do. usage: (n,) per unit, 0 for series that
    are not meant; of money it is 1 and the landed cost counts. capacity: by review period, the last one goes on.
    supplier, mode: whose orders count, empty: all.
    """

    name: str
    stock: bool
    money: bool
    usage: FloatArray
    capacity: tuple[float, ...]
    supplier: str = ""
    mode: str = ""

    def take(self, rows: Steps) -> Self:
        """Return the limit with the usage of some series, in the order of `rows`."""
        return replace(self, usage=self.usage[rows])

    def capacities(self, periods: int) -> FloatArray:
        """Return (periods,) the capacity of each review period."""
        given = np.array(self.capacity[:periods])
        return np.r_[given, np.full(periods - len(given), given[-1])]


@dataclass(frozen=True, slots=True)
class WholeOrder:
    """The terms of one supplier's whole order by one mode (empty: any mode is one order).

    family: (n,) names of the groups that order by themselves; None: all series together.
    """

    supplier: str
    mode: str
    terms: SupplierTerms
    family: tuple[str, ...] | None = None

    @property
    def label(self) -> str:
        """What the order is called: its supplier, and its mode where modes are ordered apart."""
        return f"{self.supplier} by {self.mode}" if self.mode else self.supplier

    def take(self, rows: Steps) -> Self:
        """Return the terms of some series, in the order of `rows`."""
        return self if self.family is None else replace(self, family=tuple(self.family[row] for row in rows))


def shared_limits(rules: Sequence[LimitRule], products: pd.DataFrame, series: pd.DataFrame) -> tuple[SharedLimit, ...]:
    """Return the limits of `rules`, their usage aligned to `series` (n rows of sku and location).

    A product whose volume or weight is not known uses nothing of a limit on it.
    """
    facts = _facts(products, series)
    found = []
    for rule in rules:
        meant = np.ones(len(series), dtype=np.bool_)
        for name, value in rule.only.items():
            if name not in BY_WAY:
                meant &= (facts[name] == value).to_numpy(dtype=np.bool_)
        usage = np.where(meant, 1.0, 0.0)
        if rule.unit in ("volume", "weight"):
            usage = usage * facts[rule.unit].astype(float).fillna(0.0).to_numpy()
        found.append(
            SharedLimit(
                name=rule.name,
                stock=rule.of == "stock",
                money=rule.unit == "money",
                usage=usage,
                capacity=rule.capacity,
                supplier=rule.only.get("supplier", ""),
                mode=rule.only.get("mode", ""),
            )
        )
    return tuple(found)


def whole_orders(rules: Sequence[OrderRule], products: pd.DataFrame, series: pd.DataFrame) -> tuple[WholeOrder, ...]:
    """Return the terms of `rules`; a family is a product's parent, or the product itself where it has none."""
    facts = _facts(products, series)
    family = tuple(facts["parent"].where(facts["parent"].notna(), facts["sku"]).astype(str))
    return tuple(
        WholeOrder(
            rule.supplier,
            rule.mode,
            SupplierTerms(
                least_units=rule.minimum_units,
                least_value=rule.minimum_value,
                fee=rule.freight_fee,
                free_from_value=rule.free_freight_from or np.inf,
                container=rule.container_volume or np.inf,
                container_cost=rule.container_cost,
            ),
            family if rule.each_parent else None,
        )
        for rule in rules
    )


def _facts(products: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Return what limits may ask about each series."""
    known = products.drop_duplicates("sku").set_index("sku")
    facts = series[["sku", "location"]].reset_index(drop=True)
    for name in (*FILTERS, "volume", "weight"):
        if name not in (*BY_WAY, "sku", "location"):
            facts[name] = facts["sku"].map(known[name])
    return facts
