"""How much of each head: the weight whose blend would have lost least on origins that neither had seen."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from features.panel import Panel
from training.backtest import JUDGED_LEVELS, outcome, pooled
from training.boosted import BoostedForecaster
from training.marginals import Marginals
from training.metrics import scaled_pinball

__all__ = ["SHARES", "blended_best"]

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Weights of the log head that are tried: few, because judged origins are few independent observations."""


def blended_best(
    model: BoostedForecaster, panel: Panel, origins: Sequence[int], parts: Sequence[list[Marginals]]
) -> BoostedForecaster:
    """Return the model with the weight of its log head that has the least scaled pinball loss at `origins`.

    parts: what its heads say at each origin. A model without a log head is returned as it is.
    """
    if model.log_head is None:
        return model
    losses = []
    for share in SHARES:
        trial = replace(model, log_share=share)
        whole = pooled(
            [
                outcome(trial.assembled(panel.before(origin), part), panel, origin)
                for origin, part in zip(origins, parts, strict=True)
            ]
        )
        losses.append(scaled_pinball(whole.actual, whole.quantiles, JUDGED_LEVELS, whole.scale))
    return replace(model, log_share=SHARES[int(np.argmin(losses))])
