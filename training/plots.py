"""Pictures of judged forecasts: loss and coverage by level, the transform's histogram, loss by horizon and by group."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.backtest import JUDGED_LEVELS, Outcome, pooled
from training.judged_curves import BINS, judged_curves
from training.pipeline import TrainingResult

__all__ = ["draw_bars", "draw_fans", "draw_judged", "svg", "write_plots"]

Curves = dict[str, Any]
Drawing = Callable[[Axes, str, Curves, str], None]

COLOURS = ("#0b6e6e", "#d1702a", "#5b5ea6", "#8a8a8a", "#b33951", "#3d8b3d", "#c2a83e", "#4a90d9")
"""One a model, in the order in which they come; the same in every picture."""


def write_plots(result: TrainingResult, folder: Path) -> None:
    """Write `pinball.png`, `coverage.png`, `transform.png` and `horizon.png` of the judged forecasts into `folder`."""
    models = list(dict.fromkeys(item.model for item in result.outcomes))
    wholes = {model: pooled([item for item in result.outcomes if item.model == model]) for model in models}
    for name, figure in draw_judged(wholes).items():
        figure.savefig(folder / f"{name}.png", dpi=110, metadata={"Software": None})


def draw_judged(wholes: Mapping[str, Outcome], levels: Sequence[float] = JUDGED_LEVELS) -> dict[str, Figure]:
    """Return the pictures of all rows of each model, by name."""
    curves = judged_curves(wholes, levels)
    tau = curves["levels"]

    def by_level(axes: Axes, model: str, told: Curves, colour: str) -> None:
        axes.plot(tau, told["pinball"], marker="o", ms=4, label=model, color=colour)

    def covered(axes: Axes, model: str, told: Curves, colour: str) -> None:
        error = np.asarray(told["coverage"]) - np.asarray(tau)
        axes.plot(tau, 100 * error, marker="o", ms=4, label=model, color=colour)
        if colour == _colour(0):
            axes.axhspan(-2, 2, color="#0b6e6e", alpha=0.1, lw=0)
        axes.axhline(0, color="grey", linewidth=0.8)

    def by_horizon(axes: Axes, model: str, told: Curves, colour: str) -> None:
        steps = told["horizon"]
        ahead, loss = [step["ahead"] for step in steps], [step["wql"] for step in steps]
        axes.plot(ahead, loss, marker="o", ms=4, label=model, color=colour)

    return {
        "pinball": _drawn(curves["models"], by_level, "quantile level", "pinball loss [units]"),
        "coverage": _drawn(curves["models"], covered, "stated level", "coverage − level [percentage points]"),
        "transform": _drawn(
            curves["models"], _transform, "stated probability of what happened", "share ÷ expected share"
        ),
        "horizon": _drawn(curves["models"], by_horizon, "periods ahead", "weighted quantile loss"),
    }


def draw_bars(table: pd.DataFrame, group: str, value: str, label: str) -> Figure:
    """Return horizontal bars of `value` by `group`, one colour a model; columns `model`, `group`, `value`."""
    models, groups = list(dict.fromkeys(table["model"])), list(dict.fromkeys(table[group]))
    figure = Figure(figsize=(7, 0.9 + 0.16 * len(models) * len(groups) + 0.1 * len(groups)), layout="constrained")
    axes = figure.subplots()
    height = 0.8 / len(models)
    for place, model in enumerate(models):
        chosen = table[table["model"] == model].set_index(group)[value].reindex(groups)
        axes.barh(np.arange(len(groups)) + place * height, chosen, height * 0.92, label=model, color=_colour(place))
    axes.set_yticks(np.arange(len(groups)) + 0.4 - height / 2, groups)
    axes.invert_yaxis()
    axes.set(xlabel=label)
    _finish(figure, axes, "x")
    return figure


def draw_fans(outcome: Outcome, names: Sequence[str], levels: Sequence[float], shown: int = 3) -> Figure:
    """Return what was forecast and what happened for the series that sold most: middle and widest interval, median.

    outcome: of one origin; names: (n,) of the panel's series.
    """
    sold = np.bincount(outcome.who, weights=outcome.actual, minlength=len(names))
    chosen = [who for who in np.argsort(-sold, kind="stable")[:shown] if (outcome.who == who).any()]
    figure = Figure(figsize=(7, 2.2 * max(len(chosen), 1)), layout="constrained")
    tau = np.asarray(levels)
    lower, middle = (int(np.abs(tau - level).argmin()) for level in (0.25, 0.5))
    upper = int(np.abs(tau - (1 - tau[lower])).argmin())
    for axes, who in zip(figure.subplots(max(len(chosen), 1), 1, squeeze=False)[:, 0], chosen, strict=False):
        rows = outcome.who == who
        ahead, quantiles = outcome.horizons[rows] + 1, outcome.quantiles[rows]
        colour = _colour(0)
        wide = f"{tau[0]:g} … {tau[-1]:g}"
        axes.fill_between(ahead, quantiles[:, 0], quantiles[:, -1], alpha=0.15, color=colour, lw=0, label=wide)
        narrow = f"{tau[lower]:g} … {tau[upper]:g}"
        axes.fill_between(ahead, quantiles[:, lower], quantiles[:, upper], alpha=0.3, color=colour, lw=0, label=narrow)
        axes.plot(ahead, quantiles[:, middle], color=colour, lw=1.5, label=f"{tau[middle]:g}")
        axes.plot(ahead, outcome.actual[rows], color="#222", marker="o", ms=3, lw=0.8, label="sold")
        axes.set(title=names[who], ylabel="units")
        axes.set_ylim(bottom=0)
        _finish(figure, axes, "y")
    figure.axes[-1].set_xlabel("periods ahead")
    return figure


def svg(figure: Figure) -> bytes:
    """Return a picture as SVG, the same bytes for the same picture."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "fillrate", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _drawn(models: Mapping[str, Curves], draw: Drawing, x_label: str, y_label: str) -> Figure:
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for place, (model, told) in enumerate(models.items()):
        draw(axes, model, told, _colour(place))
    axes.set(xlabel=x_label, ylabel=y_label)
    _finish(figure, axes, "both")
    return figure


def _finish(figure: Figure, axes: Axes, grid: str) -> None:
    axes.grid(alpha=0.25, axis=grid)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if axes is figure.axes[0]:
        axes.legend(frameon=False, fontsize=8)


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _transform(axes: Axes, model: str, told: Curves, colour: str) -> None:
    share = np.asarray(told["transform"]) * BINS
    axes.stairs(share, np.linspace(0, 1, BINS + 1), label=model, color=colour, linewidth=1.5)
    axes.axhline(1, color="grey", linewidth=0.8)
    axes.set_ylim(0, max(axes.get_ylim()[1] if colour != _colour(0) else 0.0, 1.1 * float(share.max())))
