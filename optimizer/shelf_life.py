"""Shelf life: the demand that goods can meet before they are too old."""

from collections.abc import Sequence

import numpy as np

from core.types import FloatArray
from optimizer.protection_interval import Paths
from optimizer.ways import Schedule

__all__ = ["servable"]


def servable(paths: Paths, schedules: Sequence[Schedule], arrivals: FloatArray, life: int) -> Paths:
    """Return (P, H) the demand without that of periods in which all that could have come is too old to be sold.

    schedules: of our orders, one each review; arrivals: (A, H) inbound units, A = 1 or P; life: periods that a unit
    can be sold, its first one included; 0: for ever. Where goods live for less than a review no order meets the demand
    at the review's end: to buy for it would buy waste. Periods before the first arrival keep theirs.
    """
    longest = max((int(np.diff(item.periods).max(initial=0)) for item in schedules), default=0)
    random = any(item.sampled is not None for item in schedules)
    if not life or (not random and longest <= life):
        return paths
    horizon = paths.shape[1]
    come = np.zeros((len(paths) if random else len(arrivals), horizon), dtype=np.bool_)
    come |= arrivals > 0
    for item in schedules:
        periods = item.periods[None, :] if item.sampled is None else item.sampled
        rows, columns = np.nonzero(np.broadcast_to(periods, (len(come), periods.shape[1])) < horizon)
        come[rows, np.broadcast_to(periods, (len(come), periods.shape[1]))[rows, columns]] = True
    period = np.arange(horizon)
    newest = np.maximum.accumulate(np.where(come, period, -1), axis=1)
    return np.where((newest >= 0) & (period - newest >= life), np.float32(0), paths)
