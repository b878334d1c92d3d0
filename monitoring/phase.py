"""The phase of a product's life: what its age makes likely, changed by whether it grew (E18).

Age alone would call every product of seven months growing and every one of two years mature. Here age gives the odds
(`prior_odds`), and a growth test speaks for or against them: the mean of the last quarter against the one before, on
days in stock, in standard errors z (of weekly means, at least those of Poisson sales). The probability of phase k is

    P(k | age, z) ∝ prior_k(age) · normal density of z with mean μ_k and spread σ_k

with z cut at ±4 and (μ, σ) = (3, 2) in growth, (0, 1.5) in maturity, (−3, 2) in decline; the introduction says nothing
of z. Where half a year of history is missing, z is unknown and age decides, as the practitioners do.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.types import FloatArray
from features.lifecycle import PHASES
from monitoring.view import View, daily_mean

__all__ = ["PHASES", "PhaseRules", "phase_table", "prior_odds"]


@dataclass(frozen=True, slots=True)
class PhaseRules:
    """introduction_days, growth_days: ages at which a phase usually ends (O50–O52: 3 and 12 months), and over how many
    days the odds go over into the next ones. quarter_days: length of the growth test's windows. means, spreads: of z in
    growth, maturity, decline. least_units: sold in both quarters together, below which z says nothing.
    """

    introduction_days: float = 91.0
    growth_days: float = 365.0
    softness_days: float = 15.0
    quarter_days: int = 91
    means: tuple[float, float, float] = (3.0, 0.0, -3.0)
    spreads: tuple[float, float, float] = (2.0, 1.5, 2.0)
    least_units: float = 20.0


MOST_Z = 4.0
"""Standard errors beyond which a growth test proves no more."""

ODDS = {"young": (0.0, 0.55, 0.30, 0.15), "old": (0.0, 0.005, 0.845, 0.15)}
"""Odds of the phases after the introduction, before and after `growth_days`: an old product that rises in a quarter is
more often in season than in growth."""


def prior_odds(age_days: FloatArray, rules: PhaseRules | None = None) -> FloatArray:
    """Return (n, 4) odds of PHASES by age alone; infinite age is old.

    >>> prior_odds(np.array([20.0, 200.0, np.inf])).round(2).tolist()
    [[0.99, 0.0, 0.0, 0.0], [0.0, 0.55, 0.3, 0.15], [0.0, 0.0, 0.84, 0.15]]
    """
    rules = rules or PhaseRules()
    past_introduction = _step((age_days - rules.introduction_days) / rules.softness_days)
    past_growth = _step((age_days - rules.growth_days) / rules.softness_days)
    young, old = np.array(ODDS["young"]), np.array(ODDS["old"])
    later = young * (1 - past_growth[:, None]) + old * past_growth[:, None]
    odds = later * past_introduction[:, None]
    odds[:, 0] = 1.0 - past_introduction
    return odds


def phase_table(view: View, rules: PhaseRules | None = None) -> pd.DataFrame:
    """Return one row a series: `phase`, `phase_code` (place in PHASES), `probability`, `growth` (share, quarter on
    quarter), `growth_z`, and `evidence` in words.
    """
    rules = rules or PhaseRules()
    age = view.age_days
    recent = daily_mean(view, 0, rules.quarter_days)
    before = daily_mean(view, rules.quarter_days, 2 * rules.quarter_days)
    growth = np.divide(recent, before, out=np.full(len(age), np.nan), where=before > 0) - 1
    spread = np.sqrt(_error(view, 0, rules, recent) + _error(view, rules.quarter_days, rules, before))
    z = np.divide(recent - before, spread, out=np.full(len(age), np.nan), where=spread > 0)
    thin = (recent + before) * rules.quarter_days < rules.least_units
    z = np.where(thin | (age < 2 * rules.quarter_days), np.nan, z)
    odds = prior_odds(age, rules) * _likelihood(z, rules)
    odds /= odds.sum(axis=1, keepdims=True)
    code = odds.argmax(axis=1)
    return pd.DataFrame(
        {
            "phase": np.array(PHASES)[code],
            "phase_code": code,
            "probability": odds[np.arange(len(code)), code],
            "growth": growth,
            "growth_z": z,
            "evidence": [_words(*row) for row in zip(age, growth, z, strict=True)],
        }
    )


def _step(value: FloatArray) -> FloatArray:
    return 1.0 / (1.0 + np.exp(-np.clip(value, -60.0, 60.0)))


def _error(view: View, newest: int, rules: PhaseRules, mean: FloatArray) -> FloatArray:
    """Return the squared standard error of a quarter's daily mean: from its weeks' means, at least Poisson's."""
    weeks = rules.quarter_days // 7
    means = np.stack([daily_mean(view, newest + 7 * week, newest + 7 * (week + 1)) for week in range(weeks)])
    known = np.isfinite(means)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, means, 0.0).sum(axis=0) / count
    spread = (np.where(known, means - centre, 0.0) ** 2).sum(axis=0) / np.maximum(count - 1, 1)
    return np.maximum(spread / count, np.nan_to_num(mean) / rules.quarter_days)


def _likelihood(z: FloatArray, rules: PhaseRules) -> FloatArray:
    known = np.isfinite(z)
    clipped = np.clip(np.where(known, z, 0.0), -MOST_Z, MOST_Z)
    means, spreads = np.array(rules.means), np.array(rules.spreads)
    density = np.exp(-0.5 * ((clipped[:, None] - means) / spreads) ** 2) / spreads
    found = np.column_stack([density.mean(axis=1), density])
    return np.where(known[:, None], found, 1.0)


def _words(age: float, growth: float, z: float) -> str:
    old = "older than the records" if not np.isfinite(age) else f"{age / 30.4:.1f} months old"
    if not np.isfinite(z):
        return f"{old}; too little history for a growth test, so age decides"
    return f"{old}; sales of the last quarter {growth:+.0%} against the one before ({z:+.1f} standard errors)"
