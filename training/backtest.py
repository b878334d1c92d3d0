"""Rolling origins: forecast from past days with what was known then, and score against what happened."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import InsufficientHistoryError
from core.progress import Progress, silent
from core.types import FloatArray, quantile_column
from features.panel import Panel
from training import metrics
from training.distribution import DemandDistribution
from training.forecaster import Forecaster

__all__ = [
    "CRPS_LEVELS",
    "JUDGED_LEVELS",
    "CostOf",
    "Outcome",
    "Surprise",
    "Trial",
    "backtest",
    "origins_before",
    "outcome",
    "pooled",
    "score_table",
    "scores",
    "surprise",
]

JUDGED_LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Levels at which models are compared when nobody names others."""

CRPS_LEVELS = 40
"""Even levels from which a backtest takes the CRPS."""

CRPS_CELLS = 4_000_000
"""Quantiles held at once for it."""

WEIGHED_DAYS = 28
"""Days before an origin whose sales in money weigh a series, as in the M5 competition."""

CostOf = Callable[[DemandDistribution, Panel, int], FloatArray]
"""(forecast, panel, origin) → (n,) money that orders placed by the forecast would have cost; NaN where not known."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was forecast from one origin and what then happened, for R series-periods whose demand was observed.

    who, horizons: (R,) the panel's series and the period ahead, from 0; actual, mean, scale, below, upto: (R,);
    quantiles: (R, L) at `levels`. scale: the series' mean absolute change of units before the origin; squared_scale:
    its mean squared change; weight: its sales in money over the last 28 days before it, NaN without prices.
    below, upto: P(demand < y), P(demand ≤ y), calibrated. crps: (R,) NaN where nobody asked for it.
    cells: (n, H) which cell of the forecast each row is: True where observed, row by row.
    """

    model: str
    origin: np.datetime64
    who: npt.NDArray[np.int64]
    horizons: npt.NDArray[np.int32]
    actual: FloatArray
    mean: FloatArray
    quantiles: FloatArray
    scale: FloatArray
    squared_scale: FloatArray
    weight: FloatArray
    below: FloatArray
    upto: FloatArray
    crps: FloatArray
    cells: npt.NDArray[np.bool_]

    def only(self, chosen: npt.NDArray[np.bool_]) -> "Outcome":
        """Return the rows where `chosen` (R,) is true; `cells` stays that of the whole."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in ROWS})


@dataclass(frozen=True, slots=True)
class Surprise:
    """Where R observed series-periods lie in what was forecast; the parts are those of `Outcome`."""

    cells: npt.NDArray[np.bool_]
    horizons: npt.NDArray[np.int32]
    actual: FloatArray
    below: FloatArray
    upto: FloatArray


ROWS = ("who", "horizons", "actual", "mean", "quantiles", "scale", "squared_scale", "weight", "below", "upto", "crps")
"""The parts of an outcome that have one entry a row."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One model at one origin: its outcome, what orders by it would have cost, and how long it took.

    cost: (n,) money by series, NaN where not known or not asked for.
    """

    outcome: Outcome
    cost: FloatArray
    fit_seconds: float
    predict_seconds: float


def origins_before(panel: Panel, horizon: int, count: int, step: int) -> list[int]:
    """Return up to `count` origins (periods), `step` apart, the newest one with a whole horizon observed after it.

    Where history is short, fewer origins; at least half of the history stays before the first one.
    """
    newest = panel.periods - horizon
    oldest = max(panel.periods // 2, 2)
    return [origin for place in range(count - 1, -1, -1) if (origin := newest - place * step) >= oldest]


def outcome(
    forecast: DemandDistribution,
    panel: Panel,
    origin: int,
    levels: Sequence[float] = JUDGED_LEVELS,
    crps_levels: int = 0,
) -> Outcome:
    """Return the forecast made at `origin` beside the panel's later facts; only observed demand counts.

    crps_levels: even levels for the CRPS; 0: it is not taken.
    """
    forecast = forecast.first(panel.periods - origin)
    found = surprise(forecast, panel, origin)
    cells = found.cells
    size, square = _mean_changes(panel, origin)
    who = np.nonzero(cells)[0]
    return Outcome(
        model=forecast.model,
        origin=panel.dates(origin, 1)[0],
        who=who,
        horizons=found.horizons,
        actual=found.actual,
        mean=forecast.mean[cells],
        quantiles=forecast.quantiles(levels)[cells],
        scale=size[who],
        squared_scale=square[who],
        weight=_money(panel, origin)[who],
        below=found.below,
        upto=found.upto,
        crps=_crps(forecast, found.actual, cells, crps_levels),
        cells=cells,
    )


def surprise(forecast: DemandDistribution, panel: Panel, origin: int) -> Surprise:
    """Return where the panel's later facts lie in the distribution that was forecast at `origin`."""
    count, horizon = forecast.mean.shape
    window = slice(origin, origin + horizon)
    begun = panel.history.first < origin
    cells = (panel.history.observed[:, window] >= 1) & begun[:, None]
    actual = panel.history.units[:, window].astype(np.float64)
    upto = forecast.cumulative(actual)[cells]
    below = forecast.cumulative(actual - 1)[cells] if forecast.integer_valued else upto
    horizons = np.tile(np.arange(horizon, dtype=np.int32), (count, 1))[cells]
    return Surprise(cells, horizons, actual[cells], below, upto)


def _mean_changes(panel: Panel, origin: int) -> tuple[FloatArray, FloatArray]:
    """Return (n,) each series' mean absolute and mean squared one-step change from its first period to the origin."""
    change = np.abs(np.diff(panel.history.units[:, :origin].astype(np.float64), axis=1))
    counted = np.arange(origin - 1) >= panel.history.first[:, None]
    steps = np.maximum(counted.sum(axis=1), 1)
    means = [(change**power * counted).sum(axis=1) / steps for power in (1, 2)]
    size, square = (np.where(mean > 0, mean, 1.0) for mean in means)
    return size, square


def _money(panel: Panel, origin: int) -> FloatArray:
    """Return (n,) sales in money of the last WEIGHED_DAYS before the origin; NaN where a price is unknown."""
    recent = slice(max(origin - WEIGHED_DAYS // panel.frequency.period_days, 0), origin)
    units = panel.history.units[:, recent].astype(np.float64)
    money: FloatArray = (units * panel.history.price[:, recent]).sum(axis=1)
    return money


def _crps(forecast: DemandDistribution, actual: FloatArray, cells: npt.NDArray[np.bool_], count: int) -> FloatArray:
    """Return (R,) the CRPS of each observed cell, a slice of series at a time."""
    if count == 0:
        return np.full(int(cells.sum()), np.nan)
    step = max(CRPS_CELLS // (count * cells.shape[1]), 1)
    offsets = np.r_[0, np.cumsum(cells.sum(axis=1))]
    parts = [np.empty(0)]
    for begin in range(0, len(cells), step):
        rows = np.arange(begin, min(begin + step, len(cells)))
        quantiles = forecast.take(rows).quantiles(metrics.even_levels(count))[cells[rows]]
        seen = actual[offsets[begin] : offsets[min(begin + step, len(cells))]]
        parts.append(metrics.quantile_crps(seen, quantiles))
    return np.concatenate(parts)


def scores(result: Outcome, levels: Sequence[float] = JUDGED_LEVELS) -> dict[str, float]:
    """Return the scores of one outcome by name.

    Losses: `wql`, `scaled_pinball` (plain and `weighted_` by sales in money), `crps` [units], `rmsse`, `wape`, `bias`;
    pinball [units] and (randomised) coverage by level; `calibration_error`: the largest distance of a coverage from its
    level; `crossing_rate`.
    """
    tau = tuple(levels)
    share = metrics.randomised_coverage(result.below, result.upto, tau)
    loss = metrics.pinball(result.actual, result.quantiles, tau)
    return {
        "wql": metrics.weighted_quantile_loss(result.actual, result.quantiles, tau),
        "scaled_pinball": metrics.scaled_pinball(result.actual, result.quantiles, tau, result.scale),
        "weighted_scaled_pinball": metrics.weighted_scaled_pinball(
            result.actual, result.quantiles, tau, result.scale, result.who, result.weight
        ),
        "crps": float(result.crps.mean()) if len(result.crps) else float("nan"),
        "rmsse": metrics.root_mean_squared_scaled_error(result.actual, result.mean, result.who, result.squared_scale),
        "wape": metrics.wape(result.actual, result.quantiles[:, int(np.argmin(np.abs(np.array(tau) - 0.5)))]),
        "bias": metrics.bias(result.actual, result.mean),
        "calibration_error": float(np.abs(share - np.asarray(tau)).max()),
        "crossing_rate": metrics.crossing_rate(result.quantiles),
        **{f"pinball_{quantile_column(level)}": value for level, value in zip(tau, loss.tolist(), strict=True)},
        **{f"coverage_{quantile_column(level)}": value for level, value in zip(tau, share.tolist(), strict=True)},
    }


def score_table(results: Sequence[Outcome], levels: Sequence[float] = JUDGED_LEVELS) -> pd.DataFrame:
    """Return the scores of each outcome, and for each model a row `all` over the rows of all its origins."""
    rows = [
        {"model": item.model, "origin": str(item.origin), "rows": len(item.actual), **scores(item, levels)}
        for item in results
    ]
    by_model: dict[str, list[Outcome]] = {}
    for item in results:
        by_model.setdefault(item.model, []).append(item)
    for model, items in by_model.items():
        whole = pooled(items)
        rows.append({"model": model, "origin": "all", "rows": len(whole.actual), **scores(whole, levels)})
    return pd.DataFrame(rows)


def pooled(results: Sequence[Outcome]) -> Outcome:
    """Return all rows of one model's outcomes as one."""
    joined: dict[str, Any] = {name: np.concatenate([getattr(item, name) for item in results]) for name in ROWS}
    return replace(results[0], **joined)


def backtest(
    panel: Panel,
    horizon: int,
    origins: Sequence[int],
    fits: Mapping[str, Callable[[Panel, int], Forecaster]],
    levels: Sequence[float] = JUDGED_LEVELS,
    progress: Progress = silent,
    cost_of: CostOf | None = None,
) -> list[Trial]:
    """Return every model's trial at every origin, each fitted anew to what was known there.

    fits: by the name it is shown under, a function from (panel as of the origin, horizon) to a model.
    Raises InsufficientHistoryError, naming model and origin, where one cannot be fitted.
    """
    trials = []
    for done, origin in enumerate(origins):
        past = panel.before(origin)
        for place, (name, fit) in enumerate(fits.items()):
            progress(f"{name} at {panel.dates(origin, 1)[0]}", (done + place / len(fits)) / len(origins))
            trials.append(_trial(name, fit, panel, past, horizon, levels, cost_of))
    progress("backtest done", 1.0)
    return trials


def _trial(
    name: str,
    fit: Callable[[Panel, int], Forecaster],
    panel: Panel,
    past: Panel,
    horizon: int,
    levels: Sequence[float],
    cost_of: CostOf | None,
) -> Trial:
    started = time.perf_counter()
    try:
        model = fit(past, horizon)
    except InsufficientHistoryError as error:
        raise InsufficientHistoryError(
            f"{name} cannot be fitted as of {past.as_of}: {error}; ask for fewer origins or leave it out"
        ) from error
    fitted = time.perf_counter()
    forecast = replace(model.distribution(past, horizon), model=name)
    forecast.quantiles(levels)
    predicted = time.perf_counter()
    cost = np.full(len(panel.series), np.nan) if cost_of is None else cost_of(forecast, panel, past.periods)
    made = outcome(forecast, panel, past.periods, levels, CRPS_LEVELS)
    return Trial(made, cost, fitted - started, predicted - fitted)
