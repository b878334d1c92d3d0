"""What customers buy instead: demand that a stock-out turns to other variants of the product.

Off by default: `[planning] substitution_share` is 0. Only shortages that no order of today can prevent count, those
before one placed now could serve: from then on the plan itself decides who is out of stock. Path by path, what a
variant cannot serve out of its stock and arrivals goes, as far as customers accept another one, to those that have more
than they need themselves.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import DemandForecast, FloatArray

__all__ = ["Variants", "variants_of", "with_substitution"]

Family = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Variants:
    """Who stands in for whom: family (n,), the same number for variants of one product at one location.

    share: of the customers who find a variant out of stock and take another one, 0 … 1; the others are lost, or wait.
    """

    family: Family
    share: float

    def take(self, rows: Family) -> Self:
        """Return the same for some series only, in the order of `rows`."""
        return replace(self, family=self.family[rows])


def variants_of(products: pd.DataFrame, series: pd.DataFrame, share: float) -> Variants | None:
    """Return the variants among `series` (sku, location) by products.parent; None where nobody takes another one."""
    if not share or not len(products):
        return None
    parent = series["sku"].map(products.set_index("sku")["parent"]).fillna("").astype(str)
    own = parent.where(parent != "", "sku:" + series["sku"].astype(str))
    return Variants(pd.factorize(own + "\n" + series["location"].astype(str))[0].astype(np.int64), share)


def with_substitution(
    forecast: DemandForecast, on_hand: FloatArray, inbound: FloatArray, first: Family, variants: Variants
) -> DemandForecast:
    """Return the forecast with what customers of variants out of stock buy instead added to the others' demand.

    on_hand: (n,) units; inbound: (n, H) units by period; first: (n,) the period that an order placed now first serves.
    Whole units. A variant's own demand stays what it is: its customers came for it, and its shortage is its own.
    Quantiles stay those of what is asked for under each name.
    """
    paths, mean = forecast.paths.copy(), forecast.mean.copy()
    names = forecast.series["sku"].tolist()
    members = pd.Series(np.arange(len(variants.family))).groupby(variants.family).agg(list)
    for rows in members[members.str.len() > 1]:
        who = np.array(sorted(rows, key=names.__getitem__), dtype=np.int64)
        until = min(int(first[who].max()), forecast.horizon)
        more = _turned(paths[who, :, :until], on_hand[who], inbound[who, :until], first[who], variants.share)
        paths[who, :, :until] += more
        mean[who, :until] += more.mean(axis=1)
    return replace(forecast, paths=paths, mean=mean)


def _turned(
    demand: npt.NDArray[np.float32], on_hand: FloatArray, inbound: FloatArray, first: Family, share: float
) -> npt.NDArray[np.float32]:
    """Return (m, P, t) units that come to each variant from the others: never more than it has left, the largest
    left-over first.
    """
    stock = np.repeat(on_hand[:, None], demand.shape[1], axis=1)
    more = np.zeros_like(demand)
    for period in range(demand.shape[2]):
        stock = stock + inbound[:, period, None]
        bound = (period < first)[:, None]
        short = np.where(bound, np.maximum(demand[:, :, period] - stock, 0.0), 0.0)
        stock = np.maximum(stock - demand[:, :, period], 0.0)
        looking = np.floor(share * short.sum(axis=0) + 0.5)
        for place in np.argsort(-stock, axis=0, kind="stable"):
            at = place, np.arange(stock.shape[1])
            taken = np.minimum(looking, np.floor(stock[at]))
            more[(*at, period)] += taken
            stock[at] -= taken
            looking = looking - taken
    return more
