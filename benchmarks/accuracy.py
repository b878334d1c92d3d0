"""Accuracy on real data: the shipped training, at past origins, beside the baselines.

    python -m benchmarks.accuracy --data FOLDER [--board vn2 m5_subset …]
    python -m benchmarks.accuracy --data FOLDER --board dominicks_oj --without price planned response promotion_response

FOLDER holds the dataset folders named in BOARDS. At each origin the model is trained on what was known then, its
calibration included, and scored on demand that was observed (in stock) afterwards.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.types import quantile_column
from features.panel import Panel, build_panel
from inventory.dataset import read_dataset
from training.backtest import Outcome, outcome, pooled, scores
from training.baselines import MovingAverage, SeasonalNaive
from training.boosted import TrainingSettings
from training.pipeline import train

SHOWN = ("wql", "scaled_pinball", "weighted_scaled_pinball", "wape", "bias", "coverage_q0.835")
LEARNED = "lightgbm_distribution"
NINE = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)


@dataclass(frozen=True)
class Board:
    """Origins, periods ahead, and how many following periods are forecast anew with the same fit."""

    origins: tuple[str, ...]
    horizon: int
    rolled: int = 1


BOARDS = {
    "vn2": Board(("2023-10-30", "2024-01-22"), 4, rolled=12),
    "m5_subset": Board(("2016-01-04", "2016-02-01", "2016-02-29", "2016-03-28"), 28),
    "dominicks_oj": Board(("1991-10-07", "1992-01-06", "1992-04-06"), 13),
    "trendyol_ie360": Board(("2021-02-20", "2021-03-06", "2021-03-20", "2021-04-03", "2021-04-17"), 14),
    "online_retail": Board(("2011-09-05", "2011-10-03", "2011-10-31"), 28),
    "freshretailnet": Board(("2024-05-15", "2024-05-29"), 14),
}


def judge(panel: Panel, board: Board, without: tuple[str, ...] = ()) -> tuple[list[Outcome], float]:
    """Return the outcomes of all models at all origins, and the mean seconds of a training."""
    outcomes, seconds = [], []
    for day in board.origins:
        origin = int(panel.frequency.index(np.datetime64(day), panel.start))
        started = time.perf_counter()
        result = train(panel.before(origin), board.horizon, TrainingSettings(features_off=without))
        seconds.append(time.perf_counter() - started)
        for step in range(board.rolled):
            view = panel.before(min(origin + step, panel.periods - 1))
            ahead = min(board.horizon, board.rolled - step) if board.rolled > 1 else board.horizon
            for model in (result.model, SeasonalNaive(), MovingAverage()):
                outcomes.append(outcome(model.distribution(view, ahead), panel, view.periods, NINE))
    return outcomes, float(np.mean(seconds))


def table(root: Path, names: list[str], without: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return one row a board and model, printed as soon as it is there; then the coverage of each level is printed."""
    rows, covers = [], []
    for name in names:
        dataset = read_dataset(root / name)
        newest = dataset.table("sales")["date"].max() + pd.Timedelta(days=dataset.config.frequency.period_days)
        panel = build_panel(dataset.tables, dataset.config.frequency, newest.date())
        outcomes, seconds = judge(panel, BOARDS[name], without)
        for model in dict.fromkeys(item.model for item in outcomes):
            found = scores(pooled([item for item in outcomes if item.model == model]), NINE)
            shown = {key: round(found[key], 4) for key in SHOWN}
            if model == LEARNED:
                covers.append({"board": name, **_coverage(found)})
            trained = round(seconds, 1) if model == LEARNED else ""
            rows.append({"board": name, "model": model, **shown, "train s": trained})
            print(" | ".join(str(value) for value in rows[-1].values()), flush=True)
    print("\nrandomised coverage of each level, the largest distance from it, and the share of rows that cross")
    print(pd.DataFrame(covers).to_string(index=False))
    return pd.DataFrame(rows)


def _coverage(found: dict[str, float]) -> dict[str, float]:
    """Return by level how often demand lay below it, then the worst of them and the rate of crossing."""
    shares = {f"{level:g}": round(found[f"coverage_{quantile_column(level)}"], 4) for level in NINE}
    return {**shares, "worst": round(found["calibration_error"], 4), "crossing": found["crossing_rate"]}


def main() -> None:
    """Print the boards asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the dataset folders")
    parser.add_argument("--board", nargs="+", choices=list(BOARDS), default=list(BOARDS))
    parser.add_argument(
        "--without", nargs="+", default=[], help="blocks of features to leave out (`fillrate features`)"
    )
    arguments = parser.parse_args()
    table(arguments.data, arguments.board, tuple(arguments.without))


if __name__ == "__main__":
    main()
