"""Long work in pieces over workers: rolling origins one by one, quantiles and sample paths by pieces of series.

What comes out is what one process gives, to the last bit: an origin's models see nothing of another origin, and a
series' paths depend on the seed and its own name only.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from core.parallel import SERIAL, Workers, chunks, parallel_map
from core.types import DemandForecast
from features.panel import Panel
from training.backtest import JUDGED_LEVELS, Outcome, backtest
from training.distribution import DemandDistribution
from training.forecaster import Forecaster

__all__ = ["backtest_by_origin", "forecast_by_series"]

PIECE = 2_000
"""Series answered together: with 400 paths of 28 periods 90 MB."""

Fits = Sequence[Callable[[Panel, int], Forecaster]]


def backtest_by_origin(
    panel: Panel,
    horizon: int,
    origins: Sequence[int],
    fits: Fits,
    levels: Sequence[float] = JUDGED_LEVELS,
    workers: Workers = SERIAL,
) -> list[Outcome]:
    """Return what `training.backtest.backtest` returns, its origins shared out among the workers.

    fits: for processes and clusters functions that can be imported, or partials of such.
    """
    found = parallel_map(_at_origin, origins, workers, (panel, horizon, fits, levels))
    return [outcome for part in found for outcome in part]


def _at_origin(origin: int, panel: Panel, horizon: int, fits: Fits, levels: Sequence[float]) -> list[Outcome]:
    return backtest(panel, horizon, [origin], fits, levels)


def forecast_by_series(
    distribution: DemandDistribution,
    levels: Sequence[float],
    paths: int,
    seed: int,
    workers: Workers = SERIAL,
    piece: int = PIECE,
) -> DemandForecast:
    """Return what `distribution.forecast` returns, worked out in pieces of series.

    Raises UsageError for a level outside 0.001 … 0.999.
    """
    count = len(distribution.series)
    if count <= piece:
        return distribution.forecast(levels, paths, seed)
    parts = parallel_map(_of_series, chunks(count, piece), workers, (distribution, levels, paths, seed))
    return replace(
        parts[0],
        series=distribution.series,
        mean=np.concatenate([part.mean for part in parts]),
        quantiles=np.concatenate([part.quantiles for part in parts]),
        paths=np.concatenate([part.paths for part in parts]),
    )


def _of_series(
    piece: slice, distribution: DemandDistribution, levels: Sequence[float], paths: int, seed: int
) -> DemandForecast:
    rows = np.arange(piece.start, piece.stop)
    return distribution.take(rows).forecast(levels, paths, seed)
