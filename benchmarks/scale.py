"""Time and memory at the size of M5: 30,490 synthetic series × 1,941 days, beside mlforecast in the same run.

    python -m benchmarks.scale                                        # Fillrate alone, full size
    python -m benchmarks.scale --sizes 3000 10000 --peer              # both, the same rows and rounds
    python -m benchmarks.scale --sizes 3000 --peer --profile          # and where Fillrate's time goes

Every run is a process of its own on `--threads` threads; seconds are wall clock, CPU is user and system time, memory
is the process's peak. The peer gets an environment of its own, made once in --peer-venv with pip. Making the input (a
dense panel for Fillrate, a long table for the peer) is not counted for either.
"""

import argparse
import cProfile
import json
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.scale_panel import synthetic_panel, synthetic_units
from features.build import build_features
from features.rows import Rows, training_rows
from features.specification import specify_features
from training.boosted import TrainingSettings, fit_boosted

HORIZON = 28
LEVELS = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)
FULL_SIZE, DAYS = 30_490, 1_941
CHUNK = 1_000
"""Series whose every row is built at once in the full feature pass."""


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


def run_fillrate(units: Path, settings: TrainingSettings, profile: bool, every: bool) -> None:
    """Print one JSON line: the steps of training on the panel and forecasting from its end.

    rows, features: drawing and building the training rows (counted in `fit` again, which is the whole training);
    every row: the features of every series and day, one day ahead, as the peer builds them, in chunks.
    """
    panel = synthetic_panel(np.load(units))
    fit_boosted(synthetic_panel(synthetic_units(50, 800, 1)), 7, TrainingSettings(threads=1))  # compiles the kernels
    clock = Clock()
    specification = specify_features(panel, HORIZON)
    rows = training_rows(panel, HORIZON, settings.most_rows, int(settings.history_years * 364), settings.seed)
    clock.mark("rows")
    build_features(panel, specification, rows)
    clock.mark("features")
    del rows
    recorder = cProfile.Profile()
    if profile:
        recorder.enable()
    model = fit_boosted(panel, HORIZON, settings)
    clock.mark("fit")
    forecast = model.distribution(panel, HORIZON)
    clock.mark("forecast")
    quantiles = forecast.quantiles(LEVELS)
    clock.mark("quantiles")
    recorder.disable()
    if profile:
        pstats.Stats(recorder, stream=sys.stderr).sort_stats("tottime").print_stats(18)
    built = 0
    for first in range(0, len(panel.series) if every else 0, CHUNK):
        built += len(build_features(panel, specification, every_row(panel.periods, first, len(panel.series))).values)
    if every:
        clock.mark("every row")
    clock.steps["shape"] = {
        "rows": built,
        "columns": len(specification.names),
        "answers": quantiles.size // len(LEVELS),
    }
    print(json.dumps(clock.steps))


def every_row(periods: int, first: int, count: int) -> Rows:
    """Return the rows of every day, one day ahead, of the CHUNK series from `first` on."""
    who = np.arange(first, min(first + CHUNK, count))
    days = np.arange(1, periods, dtype=np.int32)
    return Rows(np.repeat(who, len(days)), np.tile(days, len(who)), np.zeros(len(who) * len(days), dtype=np.int32))


def peer_python(venv: Path) -> Path:
    """Return the peer's Python; its environment is made where there is none."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        wanted = ["mlforecast>=1.0", "lightgbm>=4.7,<5", "pandas<3"]
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
    return python


def child(command: list[str], threads: int) -> dict[str, dict[str, float]]:
    """Return what a process of its own printed."""
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    steps: dict[str, dict[str, float]] = json.loads(done.stdout.strip().splitlines()[-1])
    return steps


def board(arguments: argparse.Namespace) -> pd.DataFrame:
    """Return one row a size and contender."""
    settings = TrainingSettings()
    rounds = settings.head.rounds
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for size in arguments.sizes:
            units = Path(place) / f"units-{size}.npy"
            np.save(units, synthetic_units(size, arguments.days, seed=7))
            own = [sys.executable, "-m", "benchmarks.scale", "--child", str(units), "--threads", str(arguments.threads)]
            own += [f"--{name.replace('_', '-')}" for name in ("profile", "no_every_row") if getattr(arguments, name)]
            contenders = {"fillrate": own}
            if arguments.peer:
                python = peer_python(arguments.peer_venv)
                script = str(Path(__file__).with_name("mlforecast_peer.py"))
                told = {"--rows": settings.most_rows, "--rounds": rounds, "--horizon": HORIZON}
                common = [str(python), script, str(units), "--threads", str(arguments.threads)]
                common += [str(word) for pair in told.items() for word in pair]
                contenders["mlforecast, mean only"] = common
                if arguments.peer_quantiles:
                    contenders["mlforecast, nine quantiles"] = [*common, "--quantiles"]
            for name, command in contenders.items():
                rows.append(row(size, arguments.days, name, child(command, arguments.threads)))
                print(json.dumps(rows[-1]), flush=True)
            units.unlink()
    return pd.DataFrame(rows)


def row(size: int, days: int, name: str, steps: dict[str, dict[str, float]]) -> dict[str, object]:
    """Return one line of the board: wall clock (CPU) of each step, of the whole, and peak memory of the whole."""
    feature_pass = steps.get("every row") or (steps["features"] if name != "fillrate" else None)
    counted = [steps[step] for step in ("fit", "forecast", "quantiles") if step in steps]
    if name != "fillrate":
        counted.append(steps["features"])
    return {
        "series": size,
        "days": days,
        "contender": name,
        "columns": int(steps["shape"]["columns"]),
        "every row s": round(feature_pass["seconds"], 1) if feature_pass else "",
        "every row cpu": round(feature_pass["cpu"], 1) if feature_pass else "",
        "sampled rows s": round(steps["rows"]["seconds"] + steps["features"]["seconds"], 1) if "rows" in steps else "",
        "fit s": round(steps["fit"]["seconds"], 1),
        "forecast s": round(sum(steps[step]["seconds"] for step in ("forecast", "quantiles") if step in steps), 1),
        "whole s": round(sum(step["seconds"] for step in counted), 1),
        "whole cpu": round(sum(step["cpu"] for step in counted), 1),
        "peak GiB": round(max(step["peak_gib"] for step in counted), 2),
    }


def main() -> None:
    """Print the board."""
    home = Path(os.environ.get("FILLRATE_HOME") or ".fillrate").absolute()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[FULL_SIZE], help="numbers of series")
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer", action="store_true", help="run mlforecast on the same rows and rounds")
    parser.add_argument("--peer-quantiles", action="store_true", help="run it with nine quantile models too")
    parser.add_argument("--peer-venv", type=Path, default=home / "peers" / "mlforecast")
    parser.add_argument("--profile", action="store_true", help="print Fillrate's costliest functions")
    parser.add_argument("--no-every-row", action="store_true", help="leave out Fillrate's features of every row")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        run_fillrate(
            arguments.child, TrainingSettings(threads=arguments.threads), arguments.profile, not arguments.no_every_row
        )
        return
    print(board(arguments).to_string(index=False))


if __name__ == "__main__":
    main()
