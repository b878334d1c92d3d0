"""The promotion gate: a challenger replaces the champion only where it is no worse in any way that costs money."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from core.progress import Progress, silent
from features.panel import Panel
from training.backtest import JUDGED_LEVELS, CostOf, Trial, backtest, pooled, scores
from training.comparison import Difference, bootstrap_difference, cost_by_series, pinball_by_series
from training.evaluation import segment_of_rows
from training.forecaster import Forecaster

__all__ = ["Check", "GateSettings", "Verdict", "judge", "pass_gate"]

CHALLENGER, CHAMPION = "challenger", "champion"


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What a challenger must keep to.

    most_worse: largest mean excess of pinball and of simulated cost over the champion's, as a share; besides, the
        bootstrap interval (`confidence`, `draws`) must reach 0, so that nothing that is surely worse passes.
    most_worse_in_segment: largest excess of pinball in any segment group that has `least_rows` rows and `least_series`
        series, of which an average can be taken.
    most_miscovered: largest distance of a coverage (randomised PIT) from its level; a champion that is further off
        itself sets the bound.
    seconds_a_thousand: of predicting, for each thousand series begun.
    """

    most_worse: float = 0.01
    confidence: float = 0.9
    draws: int = 1000
    most_worse_in_segment: float = 0.05
    least_rows: int = 200
    least_series: int = 5
    most_miscovered: float = 0.05
    seconds_a_thousand: float = 5.0


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: its name, what was found, what is allowed, and whether that is kept."""

    name: str
    found: str
    allowed: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """All conditions of the gate, and the numbers that they were taken from.

    measures: by name, for the tracking store.
    """

    checks: tuple[Check, ...]
    measures: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether every condition is kept."""
        return all(item.passed for item in self.checks)

    @property
    def table(self) -> pd.DataFrame:
        """One row a condition."""
        rows = [{**asdict(item), "passed": "yes" if item.passed else "NO"} for item in self.checks]
        return pd.DataFrame(rows).rename(columns={"name": "check"})


def pass_gate(
    panel: Panel,
    horizon: int,
    origins: Sequence[int],
    challenger: Callable[[Panel, int], Forecaster],
    champion: Callable[[Panel, int], Forecaster],
    cost_of: CostOf,
    settings: GateSettings | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Verdict:
    """Return how the challenger stands beside the champion at origins that neither has seen.

    challenger, champion: what forecasts at an origin; models that were registered before it, or recipes fitted anew to
    what was known there. seed: of the bootstrap.
    """
    fits = {CHALLENGER: challenger, CHAMPION: champion}
    trials = backtest(panel, horizon, origins, fits, JUDGED_LEVELS, progress, cost_of)
    return judge(trials, panel, settings or GateSettings(), seed)


def judge(trials: Sequence[Trial], panel: Panel, settings: GateSettings, seed: int = 0) -> Verdict:
    """Return the verdict on trials of models named `challenger` and `champion` at the same origins."""
    mine = [item for item in trials if item.outcome.model == CHALLENGER]
    theirs = [item for item in trials if item.outcome.model == CHAMPION]
    found = {name: scores(pooled([item.outcome for item in part])) for name, part in _both(mine, theirs)}
    loss = [
        pinball_by_series([item.outcome for item in part], JUDGED_LEVELS, len(panel.series)) for part in (mine, theirs)
    ]
    money = [cost_by_series(part) for part in (mine, theirs)]
    differences = [
        bootstrap_difference(*pair, confidence=settings.confidence, draws=settings.draws, seed=seed)
        for pair in (loss, money)
    ]
    checks = [
        _no_worse("pinball", differences[0], settings),
        _no_worse("simulated cost", differences[1], settings),
        _covered(found[CHALLENGER]["calibration_error"], found[CHAMPION]["calibration_error"], settings),
        _segments(mine, theirs, panel, settings),
        _no_crossing(found[CHALLENGER]["crossing_rate"]),
        _fast(float(np.max([item.predict_seconds for item in mine])), len(panel.series), settings),
    ]
    measures = {f"{who}/{name}": value for who, part in found.items() for name, value in part.items()}
    for name, item in zip(("pinball", "cost"), differences, strict=True):
        measures |= {f"{name}_difference{end}": getattr(item, key) for key, end in _ENDS}
    return Verdict(tuple(checks), measures)


_ENDS = (("share", ""), ("low", "_low"), ("high", "_high"))


def _both(mine: list[Trial], theirs: list[Trial]) -> tuple[tuple[str, list[Trial]], ...]:
    return ((CHALLENGER, mine), (CHAMPION, theirs))


def _no_worse(name: str, difference: Difference, settings: GateSettings) -> Check:
    allowed = f"at most {settings.most_worse:+.1%}, interval reaching 0"
    if math.isnan(difference.share):
        return Check(name, "not known: no series was observed without a gap", allowed, True)
    kept = difference.share <= settings.most_worse and difference.low <= 0
    words = (
        f"{difference.share:+.2%} [{difference.low:+.2%} … {difference.high:+.2%}] over {difference.series:,} series"
    )
    return Check(name, words, allowed, kept)


def _covered(mine: float, theirs: float, settings: GateSettings) -> Check:
    bound = max(settings.most_miscovered, theirs)
    return Check(
        "coverage (PIT)", f"{mine:.3f} off at worst, champion {theirs:.3f}", f"at most {bound:.3f}", mine <= bound
    )


def _segments(mine: list[Trial], theirs: list[Trial], panel: Panel, settings: GateSettings) -> Check:
    groups = segment_of_rows([item.outcome for item in mine], panel)
    whole = [pooled([item.outcome for item in part]) for part in (mine, theirs)]
    worst, where, judged = -math.inf, "", 0
    for segment, labels in groups.items():
        for group in np.unique(labels):
            parts = [item.only(labels == group) for item in whole]
            if len(parts[0].actual) < settings.least_rows or len(np.unique(parts[0].who)) < settings.least_series:
                continue
            judged += 1
            losses = [np.nansum(pinball_by_series([part], JUDGED_LEVELS, len(panel.series))) for part in parts]
            excess = float(losses[0] / losses[1] - 1) if losses[1] > 0 else 0.0
            if excess > worst:
                worst, where = excess, f"{segment} {group}"
    allowed = f"at most {settings.most_worse_in_segment:+.1%}"
    if judged == 0:
        return Check("segments", "none is large enough to judge", allowed, True)
    return Check(
        "segments",
        f"{worst:+.2%} at worst, in {where}; {judged} judged",
        allowed,
        worst <= settings.most_worse_in_segment,
    )


def _no_crossing(rate: float) -> Check:
    return Check("crossing quantiles", f"{rate:.4%} of rows", "none", rate == 0)


def _fast(seconds: float, series: int, settings: GateSettings) -> Check:
    bound = settings.seconds_a_thousand * math.ceil(series / 1000)
    return Check("latency", f"{seconds:.2f} s for {series:,} series", f"at most {bound:g} s", seconds <= bound)
