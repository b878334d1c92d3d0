"""The level that a model misjudged on origins it had not seen, and how much of it to correct."""

from collections.abc import Sequence

import numpy as np

from training.backtest import Outcome

__all__ = ["level_factor"]

BELIEVED = 0.5
"""Share of a steady misjudgement that is corrected: judged origins overlap, and seasons turn."""

LARGEST_STEP = 0.4
"""Largest correction, as a logarithm: what is farther off is no matter of level."""


def level_factor(outcomes: Sequence[Outcome]) -> float:
    """Return what to multiply forecasts by: exp(−½ · ρ · m), ρ = m² ÷ (m² + s² ÷ k).

    m, s: mean and standard deviation over the k origins of log(Σ mean ÷ Σ actual). ρ, the share of m² that is not
    chance, draws an unsteady misjudgement to none (James & Stein 1961).
    """
    totals = [(item.mean.sum(), item.actual.sum()) for item in outcomes]
    misjudged = np.array([np.log(stated / sold) for stated, sold in totals if stated > 0 and sold > 0])
    if len(misjudged) < 2:
        return 1.0
    mean, chance = misjudged.mean(), misjudged.var(ddof=1) / len(misjudged)
    steady = mean**2 / max(mean**2 + chance, 1e-12)
    return float(np.exp(-np.clip(BELIEVED * steady * mean, -LARGEST_STEP, LARGEST_STEP)))
