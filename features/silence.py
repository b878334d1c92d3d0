"""Long silences: where nobody tells of stock, a run of periods without a sale that chance does not explain.

A product that sells on half of its days and then on none for a month was hardly on the shelf. Such days stay what they
are for learning and scoring (the next month may be silent too), but levels, rhythm and spread are those of the days
before, and the share of days that could be seen tells how long the silence has lasted.
"""

from dataclasses import replace

import numba
import numpy as np
import numpy.typing as npt

from features.history import SELLABLE_ALL_PERIOD, History

__all__ = ["doubt_silences"]

LEAST_PROBABILITY = 1e-3
"""A period without a sale is doubted where so long a run has at most this probability."""

MEMORY_DAYS = 56
"""Days by whose exponentially weighted mean the share of periods without a sale is known, and the least history."""

LEAST_MEMORY = 26
"""The same in periods, at least: weeks are few."""

SHARES = (0.02, 0.98)
"""Bounds of that share: nothing sells every day for ever, and nothing is known to sell hardly ever so exactly."""


def doubt_silences(history: History, period_days: int) -> History:
    """Return the history with `believed` set where a period of a silence is doubted; as it is where none is.

    A period is doubted by what happened up to it only, so that a longer history changes no earlier period; and only
    before any series reports a stock-out: from then on stock is told, and a period without a sale is one.
    """
    memory = max(MEMORY_DAYS // period_days, LEAST_MEMORY)
    until = _told_from(history)
    doubted = _doubted(history.units, history.observed, history.first, until, memory, np.log(LEAST_PROBABILITY))
    if not doubted.any():
        return history
    return replace(history, believed=np.where(doubted, np.float32(0), history.observed))


def _told_from(history: History) -> int:
    """Return the first period in which a series that was listed could not be bought all the time; T where none."""
    after = np.arange(history.units.shape[1]) >= history.first[:, None]
    out = np.flatnonzero(((history.in_stock < SELLABLE_ALL_PERIOD) & after).any(axis=0))
    return int(out[0]) if out.size else history.units.shape[1]


@numba.njit(cache=True, nogil=True)
def _doubted(
    units: npt.NDArray[np.float32],
    observed: npt.NDArray[np.float32],
    first: npt.NDArray[np.int32],
    until: int,
    memory: int,
    bar: float,
) -> npt.NDArray[np.bool_]:
    """Return (n, T) whether a period is of a run whose log probability is below `bar`, judged before the run began."""
    result = np.zeros(units.shape, dtype=np.bool_)
    for who in range(units.shape[0]):
        share, known, run, each = 0.5, 0, 0, 0.0
        for time in range(first[who], until):
            if observed[who, time] <= 0:
                continue
            silent = units[who, time] <= 0
            if silent:
                if run == 0:
                    each = np.log(min(max(share, SHARES[0]), SHARES[1])) if known > memory else 0.0
                run += 1
                if run * each < bar:
                    result[who, time] = True
                    continue
            else:
                run = 0
            known += 1
            share += max(1.0 / memory, 1.0 / known) * (silent - share)
    return result
