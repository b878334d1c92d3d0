"""The peer of the scale board: mlforecast and LightGBM, run by a Python of their own (pandas below 3).

    PEER_PYTHON benchmarks/mlforecast_peer.py units.npy --rows 300000 --rounds 130 --horizon 28 [--quantiles]

Reads (n, T) float32 units, computes the lags and rolling windows that Fillrate computes from units, fits one Tweedie
model (or nine quantile models) on the newest years' rows drawn evenly, forecasts `horizon` days, and prints one JSON
line with seconds, CPU seconds and peak memory of each step. Building the long table is not counted.
"""

import argparse
import json
import resource
import sys
import time

import lightgbm
import numpy as np
import pandas as pd
from mlforecast import MLForecast
from mlforecast.lag_transforms import (
    ExponentiallyWeightedMean,
    RollingMax,
    RollingMean,
    RollingStd,
    SeasonalRollingMean,
)

LEVELS = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)


class Clock:
    """Seconds, CPU seconds and the process's peak memory [GiB] at the end of each step."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}
        self.last = (time.perf_counter(), time.process_time())

    def mark(self, step: str) -> None:
        """Close a step and open the next one."""
        now = (time.perf_counter(), time.process_time())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        self.steps[step] = {"seconds": now[0] - self.last[0], "cpu": now[1] - self.last[1], "peak_gib": peak}
        self.last = (time.perf_counter(), time.process_time())


def long_table(units: np.ndarray) -> pd.DataFrame:
    """Return the long table `unique_id, ds, y` of all series and days."""
    count, days = units.shape
    dates = pd.date_range("2011-01-29", periods=days, freq="D")
    return pd.DataFrame(
        {
            "unique_id": pd.Categorical.from_codes(
                np.repeat(np.arange(count), days), [f"s{i:05d}" for i in range(count)]
            ),
            "ds": np.tile(dates.to_numpy(), count),
            "y": units.ravel(),
        }
    )


def forecaster(models: dict[str, lightgbm.LGBMRegressor], threads: int) -> MLForecast:
    """Return the peer with the windows that Fillrate's daily features have."""
    return MLForecast(
        models=models,
        freq="D",
        lags=[1, 2, 3],
        lag_transforms={
            1: [
                *(RollingMean(window, min_samples=1) for window in (7, 14, 28, 56, 112, 364)),
                *(RollingStd(window, min_samples=2) for window in (28, 112)),
                RollingMax(28, min_samples=1),
                ExponentiallyWeightedMean(0.05),
                ExponentiallyWeightedMean(0.25),
            ],
            7: [SeasonalRollingMean(7, window, min_samples=1) for window in (4, 8, 26)],
        },
        date_features=["dayofweek", "day", "month"],
        num_threads=threads,
    )


def models(rounds: int, threads: int, quantiles: bool) -> dict[str, lightgbm.LGBMRegressor]:
    """Return one Tweedie model, or nine quantile models, grown as Fillrate grows its mean."""
    grown = {
        "n_estimators": rounds, "learning_rate": 0.08, "num_leaves": 31, "min_child_samples": 100, "max_bin": 127,
        "colsample_bytree": 0.7, "reg_lambda": 1.0, "n_jobs": threads, "force_row_wise": True, "verbosity": -1,
    }  # fmt: skip
    if not quantiles:
        return {"mean": lightgbm.LGBMRegressor(objective="tweedie", tweedie_variance_power=1.2, **grown)}
    return {f"q{level}": lightgbm.LGBMRegressor(objective="quantile", alpha=level, **grown) for level in LEVELS}


def main() -> None:
    """Run the steps and print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("units")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--horizon", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quantiles", action="store_true")
    chosen = parser.parse_args()
    units = np.load(chosen.units)
    days = units.shape[1]
    table = long_table(units)
    warm = long_table(units[:2, -400:])
    forecaster(models(1, 1, False), 1).preprocess(warm, dropna=False)
    del units
    clock = Clock()
    peer = forecaster(models(chosen.rounds, chosen.threads, chosen.quantiles), chosen.threads)
    prepared = peer.preprocess(table, static_features=[], dropna=False)
    clock.mark("features")
    recent = np.flatnonzero(np.tile(np.arange(days) >= days - 3 * 364, len(table) // days))
    drawn = np.sort(np.random.default_rng(1).choice(recent, min(chosen.rows, len(recent)), replace=False))
    sample = prepared.iloc[drawn]
    peer.fit_models(sample.drop(columns=["unique_id", "ds", "y"]), sample["y"].to_numpy())
    clock.mark("fit")
    answer = peer.predict(chosen.horizon)
    clock.mark("forecast")
    clock.steps["shape"] = {"rows": len(prepared), "columns": prepared.shape[1] - 3, "answers": len(answer)}
    json.dump(clock.steps, sys.stdout)


if __name__ == "__main__":
    main()
