"""The projected inventory level: order so that the stock expected at the order's arrival reaches a level.

Where demand is lost, what is on order does not all meet demand: the stock expected at the arrival is that of
the reflected walk, more than position minus mean demand. Source: van Jaarsveld and Arts, Projected inventory-level
policies for lost sales inventory systems, Operations Research (2024): asymptotically optimal both for long lead
times and for dear shortages.
"""

from dataclasses import dataclass

import numpy as np

from core.types import FloatArray
from optimizer.base_stock import path_quantile, review_ratio
from optimizer.policies import Knowledge, StockState, allowed_quantity

__all__ = ["ProjectedInventory"]


@dataclass(frozen=True, slots=True)
class ProjectedInventory:
    """Order up to a level of the stock that is expected when the order arrives.

    The level is the quantile of one review's demand, from its arrival on, at the SKU's critical ratio b / (b + h r)
    (or at `cycle_service_level`).
    """

    cycle_service_level: float | None = None
    name: str = "projected-inventory"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the level, a state path at a time."""
        first, review = knowledge.first, knowledge.review
        forecast = knowledge.forecast(int(first.max(initial=0)) + review)
        periods = np.arange(forecast.horizon)
        served = (periods >= first[:, None]) & (periods < (first + review)[:, None])
        demand = np.einsum("iph,ih->ip", forecast.paths, served.astype(np.float32), dtype=np.float64)
        asked = self.cycle_service_level
        ratio = review_ratio(knowledge) if asked is None else np.full(len(first), asked)
        level = path_quantile(demand, ratio)
        arrivals = state.inbound(forecast.horizon)
        orders = np.zeros_like(state.on_hand)
        for p in range(orders.shape[1]):
            stock = np.repeat((state.on_hand - state.backlog)[:, p, None], forecast.paths.shape[1], axis=1)
            for period in range(forecast.horizon):
                after = stock + arrivals[:, p, period, None] - forecast.paths[:, :, period]
                if knowledge.planning.lost_sales:
                    after = np.maximum(after, 0.0)
                stock = np.where((period < first)[:, None], after, stock)
            # What arrives in the same period as the order, and later, serves the same demand.
            later = (arrivals[:, p] * (periods >= first[:, None])).sum(axis=1)
            orders[:, p] = allowed_quantity(np.ceil(level - stock.mean(axis=1) - later - 1e-9), knowledge.terms)
        return orders
