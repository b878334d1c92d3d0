"""The numbers of a judged model's plots: loss and coverage by level, the transform's histogram, loss by horizon."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.backtest import JUDGED_LEVELS, Outcome, pooled
from training.metrics import pinball, randomised_coverage, transform_histogram, weighted_quantile_loss
from training.pipeline import TrainingResult

__all__ = ["BINS", "FILE", "curves_text", "judged_curves"]

FILE = "judged_curves.json"
"""Kept beside a registered model, in its folder `evaluation`."""
BINS = 20
"""Bars of the histogram of the probability that was stated for what happened."""


def judged_curves(wholes: Mapping[str, Outcome], levels: Sequence[float] = JUDGED_LEVELS) -> dict[str, Any]:
    """Return `levels` and by model, over all its rows: `pinball` (L,) in units, `coverage` (L,) the randomised share
    at or below each level, `transform` (BINS,) shares that are 1 ÷ BINS each where every quantile is right, `horizon`:
    periods ahead with their weighted quantile loss.
    """
    tau = tuple(levels)
    return {"levels": list(tau), "models": {model: _curves(whole, tau) for model, whole in wholes.items()}}


def curves_text(result: TrainingResult) -> str:
    """Return the curves of a training's judged forecasts as JSON, six digits a number."""
    models = list(dict.fromkeys(item.model for item in result.outcomes))
    wholes = {model: pooled([item for item in result.outcomes if item.model == model]) for model in models}
    return json.dumps({"model": result.model.name, **judged_curves(wholes)}, indent=1)


def _curves(whole: Outcome, tau: tuple[float, ...]) -> dict[str, Any]:
    steps = np.unique(whole.horizons)
    parts = [whole.only(whole.horizons == step) for step in steps]
    losses = [weighted_quantile_loss(part.actual, part.quantiles, tau) for part in parts]
    return {
        "pinball": _plain(pinball(whole.actual, whole.quantiles, tau)),
        "coverage": _plain(randomised_coverage(whole.below, whole.upto, tau)),
        "transform": _plain(transform_histogram(whole.below, whole.upto, BINS)),
        "horizon": [
            {"ahead": int(step) + 1, "wql": round(loss, 6)}
            for step, loss in zip(steps, losses, strict=True)
            if np.isfinite(loss)
        ],
    }


def _plain(values: Any) -> list[float]:
    return [round(float(value), 6) for value in values]
