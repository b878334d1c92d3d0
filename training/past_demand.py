"""Demand as a model that knows no censoring can read it: gaps filled from the past, each series cut to its own life.

A period whose demand was censored is given what had been seen before it, never what came after: the mean of the last
observed periods of the same place in the week (daily), or of the last ones (weekly).
"""

import numba
import numpy as np
import numpy.typing as npt

from core.frequency import Frequency
from core.types import FloatArray
from features.panel import Panel

__all__ = ["filled_demand"]

PERIODS_AVERAGED = 4
"""Observed periods of the same place in the week whose mean fills a gap; twice as many where there is no week."""


def filled_demand(panel: Panel, longest: int) -> list[FloatArray]:
    """Return each series' demand, oldest first, from its first observed period on: at most the `longest` last periods.

    A series that was never observed has none: an empty array.
    """
    history = panel.history
    daily = panel.frequency is Frequency.DAILY
    season, averaged = (7, PERIODS_AVERAGED) if daily else (1, 2 * PERIODS_AVERAGED)
    whole = _filled(history.units, history.observed, season, averaged)
    begin = np.maximum(history.first, panel.periods - longest)
    return [row[start:] for row, start in zip(whole, begin.tolist(), strict=True)]


@numba.njit(cache=True)
def _filled(
    units: npt.NDArray[np.float32], observed: npt.NDArray[np.float32], season: int, averaged: int
) -> FloatArray:
    """Return (n, T) units where observed, else the mean of the last `averaged` filled ones `season` apart."""
    result = np.zeros(units.shape)
    for row in range(units.shape[0]):
        begun = -1
        for period in range(units.shape[1]):
            if observed[row, period] > 0:
                result[row, period] = units[row, period]
                begun = period if begun < 0 else begun
            elif begun >= 0:
                step = season if period - season >= begun else 1
                total, count = 0.0, 0
                for back in range(1, averaged + 1):
                    if period - back * step < begun:
                        break
                    total += result[row, period - back * step]
                    count += 1
                result[row, period] = total / count
    return result
