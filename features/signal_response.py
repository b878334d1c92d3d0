"""What a signal tells of later demand: how many periods ahead, by how much, and whether beyond chance.

    log demand(t) − log level = b(ℓ) · (x(t − ℓ) − its mean in the level's window, ℓ periods earlier)

x: asinh of the signal; level: mean demand of a long window. Both sides less the mean over all series of the same
period, so that a season which all share is not taken for a signal's. b and the correlation are pooled over the series
for each lag ℓ; the lag of the largest correlation is the signal's lead.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np
import numpy.typing as npt

from features.signal_rows import signal_windows
from features.signals import SignalLayer

if TYPE_CHECKING:
    from features.block import Work
    from features.panel import Panel

__all__ = ["SignalResponse", "expected_levels", "signal_response"]

MOST_SERIES = 2_000
"""Series that are looked at, drawn evenly from those that are told of the signal."""

MOST_YEARS = 2
CERTAINTY = 4.0
"""Standard errors under chance from which on a correlation is believed: the best of many lags is looked at."""

UNJUDGED = 0.5
"""Correlation that chance may reach from which on there are too few cases to call a signal silent."""

LEAST_TOGETHER = 10
"""Series of one period from which on what all of them share is taken out."""

STRONGEST = 1.5
"""Largest response, up or down: demand rises at most by this power of a signal."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SignalResponse:
    """slopes: b of each lag 0, 1, …; lead: the lag that tells most; correlation: there; chance: what noise reaches."""

    lead: int
    slopes: tuple[float, ...]
    correlation: float
    chance: float

    @property
    def sure(self) -> bool:
        """Whether the signal has told of demand beyond chance."""
        return abs(self.correlation) > self.chance

    @property
    def silent(self) -> bool:
        """Whether it has told of nothing though there were cases enough to see it."""
        return not self.sure and self.chance < UNJUDGED

    @property
    def numbers(self) -> tuple[float, ...]:
        """Lead and slopes as a model keeps them; no slope is kept of a response that may be chance."""
        return (float(self.lead), *(slope if self.sure else 0.0 for slope in self.slopes))


def signal_response(panel: "Panel", layer: SignalLayer) -> SignalResponse:
    """Return what the signal told of demand in the panel's last years, from facts before its end only."""
    windows = signal_windows(panel.frequency)
    short, long = windows.short, windows.long
    lags = np.arange(long + long // 2 + 1)
    told = np.flatnonzero(layer.index >= 0)
    told = told[np.linspace(0, len(told) - 1, min(len(told), MOST_SERIES)).astype(np.int64)] if len(told) else told
    begin = max(panel.periods - MOST_YEARS * 364 // panel.frequency.period_days, long + short + int(lags[-1]))
    days = np.arange(begin, panel.periods - short // 2, short)
    if not len(told) or not len(days):
        return SignalResponse(0, (0.0,) * len(lags), 0.0, 1.0)
    signal, there = _running(_carried(layer, told, panel.periods, windows.quarter))
    history = panel.history
    sold, seen = _running(np.where(history.observed[told] > 0, history.units[told], np.nan))
    usual = 0.1 * (sold[:, -1] / np.maximum(seen[:, -1], 1.0))[:, None] + 1e-6
    demand = np.log(_mean(sold, seen, days - short // 2, days - short // 2 + short) + usual)
    level = np.log(_mean(sold, seen, days - short - long, days - short) + usual)
    rise = demand - level
    blocks = len(np.unique(layer.index[told])) * max(len(days) * short / (long + short), 1.0)
    moments = np.zeros((3, len(lags)))
    for place, lag in enumerate(lags.tolist()):
        then = days - lag
        change = _mean(signal, there, then, then + 1) - _mean(signal, there, then - short - long, then - short)
        moments[:, place] = _moments(change, rise)
    moments = np.stack([np.convolve(np.pad(row, short // 2, mode="edge"), np.ones(short), "valid") for row in moments])
    slopes = np.clip(moments[1] / np.maximum(moments[0], 1e-12), -STRONGEST, STRONGEST)
    correlation = moments[1] / np.maximum(np.sqrt(moments[0] * moments[2]), 1e-12)
    lead = int(np.argmax(np.abs(correlation)))
    chance = min(CERTAINTY / np.sqrt(blocks), 1.0)
    return SignalResponse(lead, tuple(slopes.tolist()), float(correlation[lead]), float(chance))


def _carried(layer: SignalLayer, told: npt.NDArray[np.int64], periods: int, most: int) -> Floats:
    """Return (series told, T) asinh of the signal as known at the end; a value stands for `most` later periods."""
    keys, place_of = np.unique(layer.index[told], return_inverse=True)
    counts = np.diff(layer.starts)[keys]
    key = np.repeat(np.arange(len(keys)), counts)
    event = np.arange(len(key)) + np.repeat(layer.starts[keys] - np.cumsum(counts) + counts, counts)
    used = (layer.known_from[event] <= periods) & (layer.period[event] < periods)
    key, event = key[used], event[used]
    sums = np.zeros((2, len(keys), periods))
    for total, part in zip(sums, (layer.change, layer.weight), strict=True):
        np.add.at(total, (key, layer.period[event]), part[event])
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(sums[1] > 0, np.arcsinh(sums[0] / sums[1]), np.nan)
    place = np.maximum.accumulate(np.where(np.isfinite(value), np.arange(periods), -1), axis=1)
    held = np.take_along_axis(value, np.maximum(place, 0), axis=1)
    fresh = (place >= 0) & (np.arange(periods) - place <= most)
    return np.where(fresh, held, np.nan)[place_of]


def _running(values: Floats) -> tuple[Floats, Floats]:
    """Return running sums (n, T + 1) of the known values and of their number."""
    known = np.isfinite(values)
    shape = ((0, 0), (1, 0))
    return (
        np.cumsum(np.pad(np.where(known, values, 0.0), shape), axis=1),
        np.cumsum(np.pad(known.astype(np.float64), shape), axis=1),
    )


def _mean(total: Floats, count: Floats, begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> Floats:
    """Return (n, windows) means of each window from running sums; NaN where less than half of it is known."""
    seen = count[:, end] - count[:, begin]
    sums = total[:, end] - total[:, begin]
    return np.where(2 * seen >= (end - begin), sums / np.maximum(seen, 1.0), np.nan)


def _moments(change: Floats, rise: Floats) -> tuple[float, float, float]:
    """Return Σx², Σxy, Σy² over the cells where both are known, less what all series of a period share."""
    both = np.isfinite(change) & np.isfinite(rise)
    count = both.sum(axis=0)
    shared = count >= LEAST_TOGETHER
    parts = []
    for values in (change, rise):
        known = np.where(both, values, 0.0)
        common = np.where(shared, known.sum(axis=0) / np.maximum(count, 1), 0.0)
        parts.append(np.where(both, known - common, 0.0))
    x, y = parts
    return float((x * x).sum()), float((x * y).sum()), float((y * y).sum())


def expected_levels(work: "Work", layer: SignalLayer, response: tuple[float, ...]) -> npt.NDArray[np.float32]:
    """Return (R,) log of the level that the signal lets expect for each row's target ÷ its scale; NaN without it.

    response: lead, then the slope of each lag. The value used is that of `lead` periods before the target, or the
    newest one known at the origin; it counts against the signal's mean in the window of the level, as far earlier.
    """
    windows = signal_windows(work.panel.frequency)
    history, rows = work.panel.history, work.rows
    out = np.full(len(rows), np.nan, dtype=np.float32)
    _replay(
        layer.index[rows.who], work.order, rows.who, rows.origin, rows.target, layer.starts, layer.known_from,
        layer.period, layer.change, layer.weight, history.units, history.observed, int(response[0]),
        np.asarray(response[1:]), windows.short, windows.long, windows.quarter, work.scale, out,
    )  # fmt: skip
    return out


@numba.njit(cache=True)
def _replay(
    key: npt.NDArray[np.int32],
    order: npt.NDArray[np.int64],
    who: npt.NDArray[np.int64],
    origins: npt.NDArray[np.int32],
    targets: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    known_from: npt.NDArray[np.int32],
    period: npt.NDArray[np.int32],
    change: Floats,
    weight: Floats,
    units: npt.NDArray[np.float32],
    observed: npt.NDArray[np.float32],
    lead: int,
    slopes: Floats,
    short: int,
    long: int,
    quarter: int,
    scale: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
) -> None:
    """Walk the rows series by series in the order of origins, and take in what became known meanwhile."""
    top, bottom = np.zeros(units.shape[1] + 1), np.zeros(units.shape[1] + 1)
    now_who, event = -1, 0
    for row in order:
        code, series, origin = key[row], who[row], origins[row]
        if code < 0:
            continue
        if series != now_who:
            top[:], bottom[:] = 0.0, 0.0
            now_who, event = series, starts[code]
        while event < starts[code + 1] and known_from[event] <= origin:
            top[period[event]] += change[event]
            bottom[period[event]] += weight[event]
            event += 1
        used = min(targets[row] - lead, origin - 1)
        newest = _newest(bottom, used, used - quarter)
        if newest < 0:
            continue
        # A value that is older than a short window stands for `used`: the series moves in steps.
        lag = targets[row] - (newest if used - newest <= short else used)
        total, seen = 0.0, 0.0
        for time in range(max(origin - long, 0), origin):
            total += units[series, time] * observed[series, time]
            seen += observed[series, time]
        level = max(total / seen if seen > 0 else 0.0, 0.05 * scale[row])
        moved = 0.0
        if lag < slopes.size:
            usual = _carried_mean(top, bottom, origin - lag, long)
            if not np.isnan(usual):
                moved = slopes[lag] * (np.arcsinh(top[newest] / bottom[newest]) - usual)
        out[row] = np.log(level / scale[row]) + moved


@numba.njit(cache=True)
def _newest(bottom: Floats, latest: int, oldest: int) -> int:
    """Return the newest period from `latest` back to `oldest` that is told; -1 where none is."""
    for time in range(latest, max(oldest, 0) - 1, -1):
        if bottom[time] > 0:
            return time
    return -1


@numba.njit(cache=True)
def _carried_mean(top: Floats, bottom: Floats, end: int, length: int) -> float:
    """Return the mean of asinh over `length` periods before `end`, each with the newest value up to then; or NaN."""
    if end <= 0:
        return np.nan
    held = _newest(bottom, end - length, end - 2 * length)
    value = np.arcsinh(top[held] / bottom[held]) if held >= 0 else np.nan
    total, count = 0.0, 0
    for time in range(max(end - length, 0), end):
        if bottom[time] > 0:
            value = np.arcsinh(top[time] / bottom[time])
        if not np.isnan(value):
            total += value
            count += 1
    return total / count if count > 0 else np.nan
