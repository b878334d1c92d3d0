"""The chance to run out before help can come: sample paths of demand against stock and open orders (compiled; E13).

For each series and path: the shelf starts with what is on hand, open orders arrive on their day (later or earlier by
the path's draw of the supplier's delay), demand is taken, what is not there is lost. Nothing that is ordered after
today can change what happens before its lead time is over, so the answer needs no assumption about later orders.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from scipy import special

from core.types import FloatArray

__all__ = ["Risk", "delay_draws", "stockout_risk"]

Paths = npt.NDArray[np.float32]
Periods = npt.NDArray[np.int64]


class Risk(NamedTuple):
    """Each (n,). probability: of running out before the end of `window`; before_receipt: before the next open order
    arrives (NaN without one); lost: expected units lost within the window; window_demand: their mean demand."""

    probability: FloatArray
    before_receipt: FloatArray
    lost: FloatArray
    window_demand: FloatArray


def delay_draws(paths: int) -> FloatArray:
    """Return (paths,) standard normal quantiles in a fixed scrambled order: each path's share of lateness.

    >>> bool(abs(delay_draws(200).mean()) < 1e-9), round(float(delay_draws(200).std()), 2)
    (True, 1.0)
    """
    shares = (np.arange(paths) + 0.5) / max(paths, 1)
    return np.random.default_rng(paths).permutation(special.ndtri(shares))


def stockout_risk(
    paths: Paths, on_hand: FloatArray, inbound: FloatArray, window: Periods, delay_sd: FloatArray
) -> Risk:
    """Return the chance of running out in each series' first `window` periods.

    paths: (n, P, H) demand; on_hand: (n,) units, NaN gives NaN; inbound: (n, H) units by period; window: (n,) periods,
    cut at H; delay_sd: (n,) standard deviation of suppliers' delays in periods.
    """
    count, _, horizon = paths.shape
    out = np.full((4, count), np.nan)
    if paths.shape[1] and horizon:
        draws = delay_draws(paths.shape[1])
        length = np.clip(window, 0, horizon).astype(np.int64)
        _walk(paths, on_hand.astype(np.float64), inbound[:, :horizon], length, delay_sd, draws, out)
    return Risk(*out)


@numba.njit(cache=True)
def _walk(
    paths: Paths,
    on_hand: FloatArray,
    inbound: FloatArray,
    window: Periods,
    delay_sd: FloatArray,
    draws: FloatArray,
    out: FloatArray,
) -> None:
    count, number, horizon = paths.shape
    known = inbound.shape[1]
    come = np.zeros(horizon)
    for i in range(count):
        if np.isnan(on_hand[i]):
            continue
        next_receipt = -1
        for t in range(known):
            if inbound[i, t] > 0:
                next_receipt = t
                break
        ran_out, early, lost, wanted = 0, 0, 0.0, 0.0
        for p in range(number):
            delay = int(np.rint(delay_sd[i] * draws[p]))
            come[:] = 0.0
            first = horizon
            for t in range(known):
                if inbound[i, t] > 0:
                    at = max(t + delay, 0)
                    if at < horizon:
                        come[at] += inbound[i, t]
                        first = min(first, at)
            stock, short, before = on_hand[i], False, False
            for t in range(max(window[i], min(first, horizon))):
                stock += come[t]
                left = stock - paths[i, p, t]
                if left < 0:
                    if t < window[i]:
                        short = True
                        lost -= left
                    before = before or t < first
                if t < window[i]:
                    wanted += paths[i, p, t]
                stock = max(left, 0.0)
            ran_out += short
            early += before
        out[0, i] = ran_out / number
        out[1, i] = early / number if next_receipt >= 0 else np.nan
        out[2, i] = lost / number
        out[3, i] = wanted / number
