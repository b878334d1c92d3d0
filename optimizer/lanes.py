"""The ways to buy of many SKUs as lanes of a simulation: lane m is each SKU's way of rank m."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from core.types import FloatArray
from optimizer.buying import Buying

__all__ = ["Lanes"]


@dataclass(frozen=True, slots=True)
class Lanes:
    """What each lane of each SKU costs and how long it takes.

    holding_cost, stockout_cost: (n,). order_cost, lead_time_days, lead_time_sd_days: (n, M). premium: (n, M) landed
    cost of a unit (duty and freight included, without price breaks) above that of lane 0. A SKU with fewer ways
    has its first way in the lanes beyond.
    """

    holding_cost: FloatArray
    stockout_cost: FloatArray
    order_cost: FloatArray
    premium: FloatArray
    lead_time_days: FloatArray
    lead_time_sd_days: FloatArray

    @classmethod
    def of(cls, terms: pd.DataFrame, buying: Buying) -> Self:
        """Return the lanes of `buying`, or the one lane of the terms where it names no ways."""
        ways = terms.assign(series=np.arange(len(terms)), rank=0) if buying.ways is None else buying.ways
        landed = ways["planning_unit_cost"] * (1.0 + ways["duty_rate"].fillna(0.0)) + ways["freight_cost"].fillna(0.0)
        table = ways.assign(landed=landed)

        def spread(name: str) -> FloatArray:
            wide = (
                table.pivot(index="series", columns="rank", values=name).reindex(range(len(terms))).sort_index(axis=1)
            )
            amounts = wide.to_numpy(dtype=np.float64)
            return np.where(np.isnan(amounts), np.nan_to_num(amounts[:, :1]), amounts)

        cost = spread("landed")
        return cls(
            holding_cost=np.maximum(terms["holding_cost"].to_numpy(dtype=np.float64), 0.0),
            stockout_cost=np.maximum(terms["stockout_cost"].to_numpy(dtype=np.float64), 0.0),
            order_cost=np.maximum(spread("order_cost"), 0.0),
            premium=cost - cost[:, :1],
            lead_time_days=spread("lead_time_days"),
            lead_time_sd_days=spread("lead_time_sd_days"),
        )
