"""What a plan says of the limits and whole orders that its SKUs share, as the API answers and stores it."""

from typing import Any

import numpy as np

from optimizer.plan import PlanSummary

__all__ = ["limit_rows", "whole_order_rows"]


def limit_rows(summary: PlanSummary) -> list[dict[str, Any]]:
    """Return name, used, capacity and shadow price of each limit of several periods, in the plan's order.

    shadow_price: currency that one more unit of the capacity would save, 0 where the limit does not bind.
    """
    return [
        {
            "name": row.name,
            "used": round(row.used, 6),
            "capacity": round(row.capacity, 6),
            "shadow_price": round(max(row.price, 0.0), 6),
        }
        for row in summary.limits
        if np.isfinite(row.capacity)
    ]


def whole_order_rows(summary: PlanSummary) -> list[dict[str, Any]]:
    """Return units, value and freight of each order that a supplier ships at once under terms of its own."""
    return [
        {
            "name": order.name,
            "units": round(order.units),
            "value": f"{order.value:.2f}",
            "freight_fee": f"{order.fee:.2f}",
            "containers": order.containers,
            "container_cost": f"{order.container_cost:.2f}",
            "container_fill": round(order.fill, 6),
        }
        for order in summary.whole_orders
    ]
