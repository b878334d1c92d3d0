"""Pictures of a backtest for the tracking store: loss and coverage by level, loss by horizon."""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.backtest import JUDGED_LEVELS, Outcome, pooled
from training.metrics import pinball, randomised_coverage
from training.pipeline import TrainingResult

__all__ = ["write_plots"]

Drawing = Callable[[Axes, str, Outcome], None]


def write_plots(result: TrainingResult, folder: Path) -> None:
    """Write `pinball.png`, `coverage.png` and `horizon.png` of the judged forecasts into `folder`."""
    models = list(dict.fromkeys(item.model for item in result.outcomes))
    wholes = {model: pooled([item for item in result.outcomes if item.model == model]) for model in models}
    with matplotlib.rc_context({"svg.hashsalt": "fillrate"}):
        _draw(folder / "pinball.png", wholes, _pinball_by_level, "quantile level", "pinball loss [units]")
        _draw(folder / "coverage.png", wholes, _coverage_by_level, "stated level", "share of demand at or below")
        _draw(folder / "horizon.png", wholes, _loss_by_horizon, "periods ahead", "weighted quantile loss")


def _draw(path: Path, wholes: dict[str, Outcome], draw: Drawing, x_label: str, y_label: str) -> None:
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for model, whole in wholes.items():
        draw(axes, model, whole)
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _pinball_by_level(axes: Axes, model: str, whole: Outcome) -> None:
    axes.plot(JUDGED_LEVELS, pinball(whole.actual, whole.quantiles, JUDGED_LEVELS), marker="o", label=model)


def _coverage_by_level(axes: Axes, model: str, whole: Outcome) -> None:
    axes.plot(JUDGED_LEVELS, randomised_coverage(whole.below, whole.upto, JUDGED_LEVELS), marker="o", label=model)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)


def _loss_by_horizon(axes: Axes, model: str, whole: Outcome) -> None:
    ahead = np.unique(whole.horizons)
    loss = []
    for step in ahead:
        chosen = whole.horizons == step
        total = max(float(np.abs(whole.actual[chosen]).sum()), 1e-9)
        loss.append(
            2 * pinball(whole.actual[chosen], whole.quantiles[chosen], JUDGED_LEVELS).mean() * chosen.sum() / total
        )
    axes.plot(ahead + 1, loss, marker="o", label=model)
