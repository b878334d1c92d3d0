"""The level of all forecasts together: how much of a misjudgement to correct, and what a young history says of it."""

from collections.abc import Sequence

import numpy as np

from core.types import FloatArray
from features.panel import Panel
from training.backtest import Outcome

__all__ = ["level_factor", "recent_level_factor", "season_unknown"]

RECENT_WEEKS = 4
"""Weeks whose demand says the level where no season could be learned: whole ones, so that each weekday counts."""

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


def season_unknown(panel: Panel) -> bool:
    """Return whether the history is shorter than a year, so that nobody can know how the season goes on."""
    return panel.periods * panel.frequency.period_days < 364


def recent_level_factor(panel: Panel, mean: FloatArray) -> float:
    """Return what to multiply forecasts by: exp(½ · log(A ÷ M)), half-way to the level of the last four weeks.

    mean: (n, H) units stated from the panel's end on; M: their sum over the series seen in those weeks. A: the sum of
    the same series' observed means, each period times the share that its weekday had of demand in them.
    Without a year of history a model knows a season only by the chance of common weeks; forecasts are combined, half
    and half, with one that has no season (Bates & Granger 1969).
    """
    week = 7 // panel.frequency.period_days
    recent = slice(max(panel.periods - RECENT_WEEKS * week, 0), panel.periods)
    observed = panel.history.observed[:, recent].astype(np.float64)
    units = panel.history.units[:, recent] * observed
    seen = observed.sum(axis=1)
    known = seen > 0
    level = units[known].sum(axis=1) / seen[known]
    weekday = np.arange(recent.start, recent.stop) % week
    expected = np.bincount(weekday, weights=(observed[known] * level[:, None]).sum(axis=0), minlength=week)
    sold = np.bincount(weekday, weights=units[known].sum(axis=0), minlength=week)
    if (expected <= 0).any():
        return 1.0
    ahead = (panel.periods + np.arange(mean.shape[1])) % week
    usual, stated = level.sum() * (sold / expected)[ahead].sum(), mean[known].sum()
    if usual <= 0 or stated <= 0:
        return 1.0
    return float(np.exp(np.clip(BELIEVED * np.log(usual / stated), -LARGEST_STEP, LARGEST_STEP)))
