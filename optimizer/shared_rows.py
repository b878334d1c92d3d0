"""The limits as rows: what a plan uses of each, and what prices on them charge each SKU (compiled).

Row r = start_f + member·buckets_f + bucket stands for `capacity_r`; a SKU touches one member of each limit, so a
plan's usage is a small (F, T) array: limit × bucket.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from optimizer.lot_sizing import Cases, EffectivePrices, Modes
from optimizer.period_instance import IntArray, PeriodInstance

__all__ = ["SharedRows", "charge", "plan_usage", "row_names", "shared_rows", "total_usage"]


class SharedRows(NamedTuple):
    """F limits of n SKUs, M modes, T periods, R rows.

    of_orders: (F,). per_unit, per_order: (F, n, M); a stock limit's usage is in mode 0. member: (F, n).
    bucket: (F, T). start, width: (F,) first row and buckets. capacity: (R,).
    """

    of_orders: npt.NDArray[np.bool_]
    per_unit: FloatArray
    per_order: FloatArray
    member: IntArray
    bucket: IntArray
    start: IntArray
    width: IntArray
    capacity: FloatArray


def shared_rows(instance: PeriodInstance) -> SharedRows:
    """Return the rows of an instance's limits, in their order."""
    count, periods, modes = instance.count, instance.periods, instance.mode_count
    limits = instance.limits
    per_unit = np.zeros((len(limits), count, modes))
    per_order = np.zeros((len(limits), count, modes))
    for f, limit in enumerate(limits):
        if limit.of == "orders":
            per_unit[f] = limit.usage
            per_order[f] = 0.0 if limit.usage_per_order is None else limit.usage_per_order
        else:
            per_unit[f, :, 0] = limit.usage
    sizes = np.array([limit.capacity.size for limit in limits], dtype=np.int64)
    return SharedRows(
        np.array([limit.of == "orders" for limit in limits], dtype=np.bool_),
        per_unit,
        per_order,
        np.array([limit.members(count) for limit in limits], dtype=np.int64).reshape(len(limits), count),
        np.array([limit.buckets(periods) for limit in limits], dtype=np.int64).reshape(len(limits), periods),
        np.r_[np.int64(0), np.cumsum(sizes)[:-1]] if len(limits) else sizes,
        np.array([limit.capacity.shape[1] for limit in limits], dtype=np.int64),
        np.concatenate([limit.capacity.ravel() for limit in limits]) if len(limits) else np.empty(0),
    )


def row_names(instance: PeriodInstance) -> list[str]:
    """Return what each row is called in words."""
    return [
        limit.row_name(member, bucket)
        for limit in instance.limits
        for member in range(limit.capacity.shape[0])
        for bucket in range(limit.capacity.shape[1])
    ]


def charge(rows: SharedRows, prices: FloatArray) -> EffectivePrices:
    """Return what the prices (R,) charge each SKU's orders and stock."""
    limits, count, modes = rows.per_unit.shape
    periods = rows.bucket.shape[1]
    unit, order = np.zeros((count, modes, periods)), np.zeros((count, modes, periods))
    held = np.zeros((count, periods))
    for f in range(limits):
        index = rows.start[f] + rows.member[f][:, None] * rows.width[f] + rows.bucket[f][None, :]
        price = prices[index]
        if rows.of_orders[f]:
            unit += rows.per_unit[f][:, :, None] * price[:, None, :]
            order += rows.per_order[f][:, :, None] * price[:, None, :]
        else:
            held += rows.per_unit[f, :, :1] * price
    return EffectivePrices(unit, order, held)


def plan_usage(
    rows: SharedRows, case: FloatArray, lead: IntArray, cases: npt.NDArray[np.int32], modes: npt.NDArray[np.int8],
    stock: FloatArray,
) -> FloatArray:  # fmt: skip
    """Return (n, F, T) what one plan a SKU uses of its member of each limit, by bucket."""
    out = np.zeros((len(case), rows.of_orders.size, rows.bucket.shape[1]))
    _usage(rows, case, lead, cases, modes, stock, out)
    return out


@numba.njit(cache=True, nogil=True)
def _usage(
    rows: SharedRows, case: FloatArray, lead: IntArray, cases: Cases, modes: Modes, stock: FloatArray, out: FloatArray
) -> None:
    for i in range(case.size):
        for f in range(rows.of_orders.size):
            for t in range(rows.bucket.shape[1]):
                m = modes[i, t]
                if not rows.of_orders[f]:
                    out[i, f, rows.bucket[f, t]] += rows.per_unit[f, i, 0] * stock[i, t]
                elif m >= 0:
                    used = rows.per_unit[f, i, m] * case[i] * cases[i, t] + rows.per_order[f, i, m]
                    out[i, f, rows.bucket[f, t - lead[i, m]]] += used


@numba.njit(cache=True, nogil=True)
def total_usage(rows: SharedRows, usage: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """Return (groups, R) the sums of `usage` (n, F, T) by row, over the SKUs of each group."""
    out = np.zeros((groups, rows.capacity.size))
    for i in range(usage.shape[0]):
        for f in range(usage.shape[1]):
            first = rows.start[f] + rows.member[f, i] * rows.width[f]
            for b in range(rows.width[f]):
                out[group[i], first + b] += usage[i, f, b]
    return out
