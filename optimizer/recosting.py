"""What a plan over periods costs and uses, computed again from its orders alone, in plain numpy.

No code is shared with the programme that made the plan: a second answer to check the first one by.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.period_instance import Limit, PeriodInstance

__all__ = ["Recosted", "recost"]

CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Recosted:
    """cost: (n,) by SKU. stock, short: (n, T) expected units left and missing. used: (R,) by row of the limits.

    broken: what is wrong with the orders, in words (empty: nothing).
    """

    cost: FloatArray
    stock: FloatArray
    short: FloatArray
    used: FloatArray
    broken: tuple[str, ...]


def recost(instance: PeriodInstance, orders: npt.NDArray[np.integer]) -> Recosted:
    """Return cost, usage and broken rules of `orders` (n, M, T): cases by mode and period of ordering."""
    count, modes, periods = orders.shape
    arrived = np.zeros((count, periods))
    for m in range(modes):
        for s in range(periods):
            due = s + instance.lead_time[:, m]
            for t in range(periods):
                arrived[:, t] += np.where(due <= t, orders[:, m, s], 0)
    position = arrived * instance.case[:, None]
    stock, short = np.empty((count, periods)), np.empty((count, periods))
    for start in range(0, count, CHUNK):
        part = slice(start, start + CHUNK)
        gap = position[part, :, None] - instance.requirement[part].astype(np.float64)
        stock[part] = np.maximum(gap, 0.0).mean(axis=2)
        short[part] = np.maximum(-gap, 0.0).mean(axis=2)
    ordered = (orders * instance.unit_cost[:, :, None]).sum(axis=(1, 2)) * instance.case
    started = ((orders > 0) * instance.order_cost[:, :, None]).sum(axis=(1, 2))
    kept = instance.holding_cost * stock.sum(axis=1) + instance.stockout_cost * short.sum(axis=1)
    used = [_usage(limit, instance, orders, stock) for limit in instance.limits]
    capacity = [limit.capacity.ravel() for limit in instance.limits]
    rows = np.concatenate(used) if used else np.empty(0)
    return Recosted(
        kept + ordered + started, stock, short, rows, tuple(_broken(instance, orders, arrived, rows, capacity))
    )


def _usage(limit: Limit, instance: PeriodInstance, orders: npt.NDArray[np.integer], stock: FloatArray) -> FloatArray:
    count, _, periods = orders.shape
    if limit.of == "stock":
        by_period = limit.usage[:, None] * stock
    else:
        by_period = (orders * instance.case[:, None, None] * limit.usage[:, :, None]).sum(axis=1)
        if limit.usage_per_order is not None:
            by_period += ((orders > 0) * limit.usage_per_order[:, :, None]).sum(axis=1)
    used = np.zeros(limit.capacity.shape)
    for t in range(periods):
        np.add.at(used[:, limit.buckets(periods)[t]], limit.members(count), by_period[:, t])
    return used.ravel()


def _broken(
    instance: PeriodInstance,
    orders: npt.NDArray[np.integer],
    arrived: FloatArray,
    used: FloatArray,
    capacity: list[FloatArray],
) -> list[str]:
    words = []
    small = (orders > 0) & (orders < instance.smallest[:, :, None])
    if small.any():
        words.append(f"{int(small.sum())} orders are below their minimum")
    if np.any(orders > instance.largest[:, :, None]):
        words.append("an order is above what its mode can bring")
    if np.any(orders < 0):
        words.append("an order is below 0")
    slow = np.arange(orders.shape[2])[None, None, :] + instance.lead_time[:, :, None] >= orders.shape[2]
    if np.any(orders[np.broadcast_to(slow, orders.shape)] > 0):
        words.append("an order arrives after the last period")
    if instance.floor is not None and np.any(arrived < instance.floor):
        words.append("a floor is not reached")
    limits = np.concatenate(capacity) if capacity else np.empty(0)
    over: npt.NDArray[np.bool_] = used > limits * (1 + 1e-9) + 1e-9
    if over.any():
        words.append(f"{int(over.sum())} shared rows are overrun, by up to {float((used - limits)[over].max()):.6g}")
    return words
