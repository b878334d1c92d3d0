"""Train: fit on the past, judge and calibrate on what came after it, then fit again on everything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.errors import InsufficientHistoryError
from core.progress import Progress, silent
from features.panel import Panel
from features.specification import specify_features
from training.backtest import JUDGED_LEVELS, Outcome, outcome, score_table, surprise
from training.baselines import MovingAverage, SeasonalNaive
from training.blend import blended_best
from training.boosted import BoostedForecaster, TrainingSettings, calibrated, fit_boosted
from training.calibration import Calibration, fit_calibration
from training.dependence import Dependence, across_series, fit_dependence, normal_score
from training.distribution import DemandDistribution
from training.level import level_factor, recent_level_factor, season_unknown
from training.segments import recent_pace

__all__ = ["BASELINES", "TrainingResult", "train"]

BASELINES = (SeasonalNaive(), MovingAverage())
"""The models that a champion has to beat."""

CALIBRATION_STRENGTH = 0.5
"""Share of the way from stated to empirical levels: few origins are few independent observations."""

SEGMENTS = 3
"""Slow, middling and fast series are calibrated apart: a third of the judged forecasts each."""

JUDGED_ORIGINS = 4
"""Origins at which a fit is judged and calibrated."""


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """A fitted model, and how it did against the baselines on periods that it had not seen.

    scores: one row a model and origin (`all`: together); columns of `training.backtest.scores`.
    outcomes: the judged forecasts, for plots.
    """

    model: BoostedForecaster
    scores: pd.DataFrame
    outcomes: tuple[Outcome, ...]
    settings: TrainingSettings

    def wql(self, model: str) -> float:
        """Return the weighted quantile loss of `model` over all judged origins."""
        chosen = (self.scores["model"] == model) & (self.scores["origin"] == "all")
        return float(self.scores.loc[chosen, "wql"].iloc[0])

    @property
    def beats_baselines(self) -> bool:
        """Whether the model's weighted quantile loss is below that of every baseline."""
        return all(self.wql(self.model.name) < self.wql(baseline.name) for baseline in BASELINES)

    @property
    def verdict(self) -> str:
        """How the model stands beside the baselines, in one sentence."""
        losses = ", ".join(f"{item.name} {self.wql(item.name):.3f}" for item in BASELINES)
        word = "beats" if self.beats_baselines else "does not beat"
        return f"{self.model.name} {word} the baselines: WQL {self.wql(self.model.name):.3f} against {losses}"


def train(
    panel: Panel, horizon: int, settings: TrainingSettings | None = None, progress: Progress = silent
) -> TrainingResult:
    """Return a calibrated model of the whole panel with its scores beside the baselines.

    horizon: periods ahead that the model must reach. The scores come from a first fit that saw nothing of the judged
    periods; its surprises calibrate the second fit, which sees everything before the panel's end.
    Raises InsufficientHistoryError where history is too short to fit and judge.
    """
    settings = settings or TrainingSettings()
    origins = _judged_origins(panel, horizon)
    past = panel.before(origins[0])
    progress("fitting on the past", 0.05)
    # The trial is told no more of the future than the model that will answer: else it is judged by what that lacks.
    known = specify_features(panel, horizon, settings.features_off, settings.features_on).known
    trial = fit_boosted(past, horizon, settings, known)
    views = [panel.before(origin) for origin in origins]
    parts = [trial.parts(view, horizon) for view in views]
    trial = blended_best(trial, panel, origins, parts)
    young = season_unknown(panel)
    if young:
        trial = replace(trial, level=recent_level_factor(past, trial.assembled(past, parts[0]).mean))
    progress(f"judging from {panel.dates(origins[0], 1)[0]}", 0.45)
    stated = [trial.assembled(view, part) for view, part in zip(views, parts, strict=True)]
    outcomes = [item for place, origin in enumerate(origins) for item in _judged(panel, origin, stated[place])]
    level = _steady_level([item for item in outcomes if item.model == trial.name], panel, origins[0], horizon)
    calibration, dependence = _learn_from(panel, origins, [_times(item, level) for item in stated])
    progress("fitting on everything", 0.5)
    whole = fit_boosted(panel, horizon, settings)
    whole = replace(whole, log_share=trial.log_share if whole.log_head is not None else 0.0)
    if young:
        level *= recent_level_factor(panel, whole.distribution(panel, horizon).mean)
    whole = replace(whole, level=level)
    model = calibrated(whole, calibration, dependence)
    progress("trained", 1.0)
    return TrainingResult(model, score_table(outcomes, JUDGED_LEVELS), tuple(outcomes), settings)


def _judged(panel: Panel, origin: int, stated: DemandDistribution) -> list[Outcome]:
    """Return what the model and the baselines say at an origin beside what then happened."""
    view, horizon = panel.before(origin), len(stated.dates)
    made = (stated, *(baseline.distribution(view, horizon) for baseline in BASELINES))
    return [outcome(item, panel, origin) for item in made]


def _steady_level(outcomes: Sequence[Outcome], panel: Panel, first: int, horizon: int) -> float:
    """Return the level to correct; none where less than one horizon was judged: its origins are one observation."""
    return level_factor(outcomes) if panel.history.last_reported + 1 - first >= horizon else 1.0


def _times(stated: DemandDistribution, factor: float) -> DemandDistribution:
    """Return the forecast of demand times a factor."""
    return replace(stated, marginals=stated.marginals.scaled(factor))


def _judged_origins(panel: Panel, horizon: int) -> list[int]:
    """Return the origins of the judged forecasts: the last two horizons, or a fifth of a short history."""
    observed = panel.history.last_reported + 1
    window = min(2 * horizon, observed // 5)
    if window < 2:
        raise InsufficientHistoryError(
            f"{observed} periods before {panel.as_of} are too few to fit and judge a model; a baseline must do"
        )
    first = observed - window
    step = max(window // JUDGED_ORIGINS, 1)
    return list(range(first, observed, step))[:JUDGED_ORIGINS]


def _learn_from(
    panel: Panel, origins: Sequence[int], stated: Sequence[DemandDistribution]
) -> tuple[Calibration, Dependence]:
    """Return the conformal step and the dependence over the horizon that forecasts at past origins teach."""
    horizon = len(stated[0].dates)
    found = [
        surprise(item.first(panel.periods - origin), panel, origin)
        for origin, item in zip(origins, stated, strict=True)
    ]
    below, upto, horizons = (
        np.concatenate([getattr(item, name) for item in found]) for name in ("below", "upto", "horizons")
    )
    pace = np.concatenate(
        [
            recent_pace(panel.before(origin))[np.nonzero(item.cells)[0]]
            for origin, item in zip(origins, found, strict=True)
        ]
    )
    calibration = fit_calibration(
        below, upto, horizons, horizon, bands=3, strength=CALIBRATION_STRENGTH, pace=pace, segments=SEGMENTS
    )
    tables = []
    for item in found:
        table = np.full((len(item.cells), horizon), np.nan)
        table[:, : item.cells.shape[1]][item.cells] = normal_score(item.below, item.upto)
        tables.append(table)
    return calibration, replace(fit_dependence(np.concatenate(tables)), across=across_series(tables))
