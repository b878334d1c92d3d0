"""Rolling origins: forecast from past days with what was known then, and score against what happened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.progress import Progress, silent
from core.types import FloatArray, quantile_column
from features.panel import Panel
from training import metrics
from training.distribution import DemandDistribution
from training.forecaster import Forecaster

__all__ = [
    "JUDGED_LEVELS",
    "Outcome",
    "backtest",
    "origins_before",
    "outcome",
    "pooled",
    "score_table",
    "scores",
]

JUDGED_LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Levels at which models are compared when nobody names others."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was forecast from one origin and what then happened, for R series-periods whose demand was observed.

    horizons: (R,) from 0; actual, mean, scale, below, upto: (R,); quantiles: (R, L) at `levels`.
    scale: the series' mean absolute change of units before the origin; below, upto: P(demand < y), P(demand ≤ y),
    calibrated.
    cells: (n, H) which cell of the forecast each row is: True where observed, row by row.
    """

    model: str
    origin: np.datetime64
    horizons: npt.NDArray[np.int32]
    actual: FloatArray
    mean: FloatArray
    quantiles: FloatArray
    scale: FloatArray
    below: FloatArray
    upto: FloatArray
    cells: npt.NDArray[np.bool_]


def origins_before(panel: Panel, horizon: int, count: int, step: int) -> list[int]:
    """Return up to `count` origins (periods), `step` apart, the newest one with a whole horizon observed after it.

    Where history is short, fewer origins; at least half of the history stays before the first one.
    """
    newest = panel.periods - horizon
    oldest = max(panel.periods // 2, 2)
    return [origin for place in range(count - 1, -1, -1) if (origin := newest - place * step) >= oldest]


def outcome(
    forecast: DemandDistribution, panel: Panel, origin: int, levels: Sequence[float] = JUDGED_LEVELS
) -> Outcome:
    """Return the forecast made at `origin` beside the panel's later facts; only observed demand counts."""
    count, horizon = forecast.mean.shape
    horizon = min(horizon, panel.periods - origin)
    forecast = forecast.first(horizon)
    window = slice(origin, origin + horizon)
    begun = panel.history.first < origin
    cells = (panel.history.observed[:, window] >= 1) & begun[:, None]
    actual = panel.history.units[:, window].astype(np.float64)
    upto = forecast.cumulative(actual)[cells]
    below = forecast.cumulative(actual - 1)[cells] if forecast.integer_valued else upto
    horizons = np.tile(np.arange(horizon, dtype=np.int32), (count, 1))[cells]
    return Outcome(
        model=forecast.model,
        origin=panel.dates(origin, 1)[0],
        horizons=horizons,
        actual=actual[cells],
        mean=forecast.mean[cells],
        quantiles=forecast.quantiles(levels)[cells],
        scale=np.repeat(_mean_change(panel, origin)[:, None], horizon, axis=1)[cells],
        below=below,
        upto=upto,
        cells=cells,
    )


def _mean_change(panel: Panel, origin: int) -> FloatArray:
    """Return (n,) the mean absolute one-step change of units from each series' first observed period to the origin."""
    change = np.abs(np.diff(panel.history.units[:, :origin].astype(np.float64), axis=1))
    counted = np.arange(origin - 1) >= panel.history.first[:, None]
    mean = (change * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return np.where(mean > 0, mean, 1.0)


def scores(result: Outcome, levels: Sequence[float] = JUDGED_LEVELS) -> dict[str, float]:
    """Return WQL, scaled pinball, pinball and (randomised) coverage by level, WAPE and bias of one outcome."""
    tau = tuple(levels)
    share = metrics.randomised_coverage(result.below, result.upto, tau)
    loss = metrics.pinball(result.actual, result.quantiles, tau)
    return {
        "wql": metrics.weighted_quantile_loss(result.actual, result.quantiles, tau),
        "scaled_pinball": metrics.scaled_pinball(result.actual, result.quantiles, tau, result.scale),
        "wape": metrics.wape(result.actual, result.quantiles[:, int(np.argmin(np.abs(np.array(tau) - 0.5)))]),
        "bias": metrics.bias(result.actual, result.mean),
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
    names = ("horizons", "actual", "mean", "quantiles", "scale", "below", "upto")
    joined: dict[str, Any] = {name: np.concatenate([getattr(item, name) for item in results]) for name in names}
    return replace(results[0], **joined)


def backtest(
    panel: Panel,
    horizon: int,
    origins: Sequence[int],
    fits: Sequence[Callable[[Panel, int], Forecaster]],
    levels: Sequence[float] = JUDGED_LEVELS,
    progress: Progress = silent,
) -> list[Outcome]:
    """Return the outcome of every model at every origin, each fitted anew to what was known there.

    fits: functions from (panel as of the origin, horizon) to a model.
    """
    results = []
    for done, origin in enumerate(origins):
        past = panel.before(origin)
        for place, fit in enumerate(fits):
            progress(f"origin {panel.dates(origin, 1)[0]}", (done + place / len(fits)) / len(origins))
            forecast = fit(past, horizon).distribution(past, horizon)
            results.append(outcome(forecast, panel, origin, levels))
    progress("backtest done", 1.0)
    return results
