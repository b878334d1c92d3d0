"""Fillrate's own planner as a policy: the orders of least expected cost on joint sample paths."""

from dataclasses import dataclass

import numpy as np

from core.types import FloatArray
from optimizer.plan import plan_orders, required_horizon
from optimizer.policies import Knowledge, StockState

__all__ = ["LeastCost"]


@dataclass(frozen=True, slots=True)
class LeastCost:
    """What `fillrate plan` orders: forecast as far as the plan looks, then `optimizer.plan.plan_orders`."""

    name: str = "fillrate"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return the plan's quantities, a state path at a time."""
        terms, planning = knowledge.terms, knowledge.planning
        forecast = knowledge.forecast(required_horizon(terms, planning, knowledge.frequency, knowledge.as_of))
        inbound = state.inbound(forecast.horizon)
        orders = np.zeros_like(state.on_hand)
        for p in range(orders.shape[1]):
            stock = state.on_hand[:, p] - state.backlog[:, p]
            plan = plan_orders(forecast, terms, stock, np.ascontiguousarray(inbound[:, p]), planning)
            orders[:, p] = plan.lines["quantity"].to_numpy(dtype=np.float64)
        return orders
