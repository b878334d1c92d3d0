"""Fillrate's own planner as a policy: the orders of least expected cost on joint sample paths."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.types import FloatArray
from optimizer.plan import plan_orders, required_horizon
from optimizer.policies import Knowledge, StockState
from optimizer.stock_flow import Periods

__all__ = ["LeastCost"]


@dataclass(frozen=True, slots=True)
class LeastCost:
    """What `fillrate plan` orders: forecast as far as the plan looks, then `optimizer.plan.plan_orders`."""

    name: str = "fillrate"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return the plan's quantities by lane, (n, P, M), a state path at a time; (n, P) where there is one lane."""
        terms, planning, buying = knowledge.terms, knowledge.planning, knowledge.buying
        forecast = knowledge.forecast(required_horizon(terms, planning, knowledge.frequency, knowledge.as_of))
        inbound = state.inbound(forecast.horizon)
        orders = np.zeros((*state.on_hand.shape, knowledge.lanes))
        for p in range(orders.shape[1]):
            stock = state.on_hand[:, p] - state.backlog[:, p]
            coming = np.ascontiguousarray(inbound[:, p])
            late = _on_order(coming, terms, knowledge.frequency.period_days) if knowledge.lanes == 1 else None
            known = replace(buying, open_orders=late)
            plan = plan_orders(forecast, terms, stock, coming, planning, buying=known)
            if buying.ways is None or knowledge.lanes == 1:
                orders[:, p, 0] = plan.lines["quantity"].to_numpy(dtype=np.float64)
            else:
                row, lane = _places(plan.orders, buying.ways)
                units = plan.orders["quantity"].to_numpy(dtype=np.float64)
                for i, m, quantity in zip(row.tolist(), lane.tolist(), units, strict=True):
                    orders[i, p, m] += quantity
        return orders[:, :, 0] if knowledge.lanes == 1 else orders


def _on_order(coming: FloatArray, terms: pd.DataFrame, period_days: int) -> pd.DataFrame | None:
    """Return the rows of `Buying.open_orders` for units (n, H) promised by period; None where all come as promised.

    With several lanes the state does not say which one an order is on, and so not how late it may be.
    """
    if not (terms["lead_time_sd_days"] > 0).any():
        return None
    series, period = np.nonzero(coming)
    return pd.DataFrame(
        {
            "series": series,
            "quantity": coming[series, period],
            "period": period,
            "days": period * period_days,
            "supplier": terms["supplier"].to_numpy()[series],
            "mode": terms["mode"].to_numpy()[series],
        }
    )


def _places(orders: pd.DataFrame, ways: pd.DataFrame) -> tuple[Periods, Periods]:
    """Return the series and the lane of each order: the first way to buy with its supplier and mode."""
    names = ["sku", "location", "supplier", "mode"]
    first = ways.drop_duplicates(names)
    place = pd.MultiIndex.from_frame(first[names]).get_indexer(pd.MultiIndex.from_frame(orders[names]))
    return first["series"].to_numpy(dtype=np.int64)[place], first["rank"].to_numpy(dtype=np.int64)[place]
