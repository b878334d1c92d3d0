"""New products: forecasts by analogues beside the default model and the moving average, on launches of real series.

    python -m benchmarks.cold_start --data FOLDER [--board vn2 m5_subset]

At each origin a sixth of the series with more than 400 days of history is drawn (seeded) and all but their last K
periods are hidden from every model, training included: the default model is fitted once an origin, with nothing of
them to be seen. What they then sold in periods in stock is scored: weighted quantile loss over eleven levels, and bias.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.types import FloatArray
from features.panel import Panel, build_panel
from inventory.dataset import read_dataset
from training.analogues import find_analogues
from training.backtest import JUDGED_LEVELS
from training.baselines import MovingAverage
from training.boosted import TrainingSettings, fit_boosted
from training.cold_start import ColdStartSettings, analogue_marginals
from training.distribution import DemandDistribution

LEAST_DAYS = 400
SHARE = 6


@dataclass(frozen=True)
class Board:
    """Origins, periods ahead, and the periods of own history that are left to see."""

    origins: tuple[str, ...]
    horizon: int
    left: tuple[int, ...]


BOARDS = {
    "vn2": Board(("2023-10-30", "2024-01-22"), 8, (0, 1, 2, 4, 8, 13)),
    "m5_subset": Board(("2016-01-04", "2016-03-28"), 28, (0, 3, 7, 14, 28, 56)),
}


def hidden(panel: Panel, rows: np.ndarray, left: int) -> Panel:
    """Return the panel in which series `rows` begin `left` periods before its end."""
    history = panel.history
    kept = np.ones(history.units.shape, dtype=bool)
    kept[rows, : panel.periods - left] = False
    observed = np.where(kept, history.observed, np.float32(0))
    seen = observed > 0
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), panel.periods).astype(np.int32)
    price = history.price.copy()
    price[rows, : panel.periods - max(left, 1)] = np.nan
    cut = replace(
        history,
        units=np.where(kept, history.units, np.float32(0)),
        observed=observed,
        in_stock=np.where(kept, history.in_stock, np.float32(0)),
        price=price,
        first=first,
    )
    return replace(panel, history=cut)


def losses(made: DemandDistribution, panel: Panel, origin: int) -> tuple[float, float, float]:
    """Return the sums of pinball loss (mean over levels), demand and forecast mean over observed periods."""
    horizon = len(made.dates)
    rows = panel.series.reset_index().merge(made.series, on=["sku", "location"])["index"].to_numpy()
    seen = panel.history.observed[rows, origin : origin + horizon] > 0
    actual = panel.history.units[rows, origin : origin + horizon].astype(float)
    tau: FloatArray = np.asarray(JUDGED_LEVELS)
    error = actual[..., None] - made.quantiles(JUDGED_LEVELS)
    loss = np.maximum(tau * error, (tau - 1) * error).mean(axis=2)
    return float(loss[seen].sum()), float(actual[seen].sum()), float(made.mean[seen].sum())


def judged(panel: Panel, board: Board, most_rows: int) -> Iterator[dict[str, object]]:
    """Yield one row a number of periods left and model, over all origins."""
    random = np.random.default_rng(1)
    settings = ColdStartSettings()
    sums: dict[tuple[int, str], FloatArray] = {}
    for day in board.origins:
        origin = int(panel.frequency.index(np.datetime64(day), panel.start))
        past = panel.before(origin)
        old = np.flatnonzero((origin - panel.history.first) * panel.frequency.period_days > LEAST_DAYS)
        rows = np.sort(random.choice(old, size=len(old) // SHARE, replace=False))
        model = fit_boosted(hidden(past, rows, 0), board.horizon, TrainingSettings(most_rows=most_rows, threads=1))
        for left in board.left:
            view = hidden(past, rows, left)
            analogues = find_analogues(view, settings)
            assert analogues is not None
            plain = MovingAverage().distribution(view, board.horizon).take(rows)
            marginals, _ = analogue_marginals(view, rows, board.horizon, analogues, settings)
            made = {
                "moving_average": plain,
                "lightgbm_distribution": model.distribution(view, board.horizon).take(rows),
                "analogues": replace(plain, marginals=marginals),
            }
            for name, forecast in made.items():
                found = np.array(losses(forecast, panel, origin))
                sums[left, name] = sums.get((left, name), np.zeros(3)) + found
    for (left, name), (loss, actual, mean) in sums.items():
        yield {"left": left, "model": name, "wql": round(2 * loss / actual, 4), "bias": round(mean / actual - 1, 3)}


def main() -> None:
    """Print the boards asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the dataset folders")
    parser.add_argument("--rows", type=int, default=100_000, help="rows that the default model learns from")
    parser.add_argument("--board", nargs="+", choices=list(BOARDS), default=list(BOARDS))
    arguments = parser.parse_args()
    for name in arguments.board:
        dataset = read_dataset(arguments.data / name)
        newest = dataset.table("sales")["date"].max() + pd.Timedelta(days=dataset.config.frequency.period_days)
        panel = build_panel(dataset.tables, dataset.config.frequency, newest.date())
        for row in judged(panel, BOARDS[name], arguments.rows):
            print(" | ".join(str(value) for value in (name, *row.values())), flush=True)


if __name__ == "__main__":
    main()
