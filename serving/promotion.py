"""Who is champion: the gate between a challenger and the champion, and the way back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ModelNotFoundError, UsageError
from core.progress import Progress, silent
from features.panel import Panel
from serving.champion import Tell, training_settings
from serving.environment import quiet_tracking
from serving.facts import dataset_id
from serving.judging import rolling_origins
from serving.ordering_cost import yardstick
from serving.question import Question

if TYPE_CHECKING:
    from training.boosted import TrainingSettings
    from training.forecaster import Forecaster
    from training.gate import GateSettings, Verdict
    from training.versions import ModelVersion

__all__ = ["Promotion", "promote"]

UNSEEN_SHARE = 0.5
"""Share of a horizon that must have been observed after both models' histories, to judge them as they are."""

Fit = Callable[[Panel, int], "Forecaster"]


@dataclass(frozen=True, slots=True)
class Promotion:
    """What came of a promotion.

    version: who wanted to be champion; champion: who was (None: nobody); verdict: of the gate, None where there was
    nobody to compare with; promoted: whether the version is champion now; how: on what it was judged, in words.
    """

    version: "ModelVersion"
    champion: "ModelVersion | None"
    verdict: "Verdict | None"
    promoted: bool
    how: str


def promote(
    question: Question,
    wanted: str,
    *,
    origins: int,
    reason: str = "",
    gate: "GateSettings | None" = None,
    progress: Progress = silent,
    tell: Tell = lambda sentence: None,
) -> Promotion:
    """Put a version through the gate, and make it champion where it passes or where a `reason` forces it.

    wanted: a version's number, or `challenger`. Raises ModelNotFoundError for a version that is not there, UsageError
    for one that is champion already.
    """
    from training.versions import CHAMPION, crown, find_version

    name, settings = dataset_id(question.dataset.folder), question.settings
    with quiet_tracking():
        version = find_version(name, settings, wanted)
        if version.is_champion:
            raise UsageError(f"version {version.version} is the champion already; name another, or `fillrate rollback`")
        try:
            champion = find_version(name, settings, CHAMPION)
        except ModelNotFoundError:
            champion = None
        if champion is None:
            return _without_rival(version, question, reason)
        verdict, how = _judged(question, version, champion, origins, gate, progress, tell)
        promoted = verdict.passed or bool(reason)
        _keep(question, version, champion, verdict, how, reason)
        if promoted:
            note = f"forced: {reason}" if reason and not verdict.passed else "passed the gate"
            crown(name, version.version, settings, note)
            version = find_version(name, settings, version.version)
    return Promotion(version, champion, verdict, promoted, how)


def _without_rival(version: "ModelVersion", question: Question, reason: str) -> Promotion:
    from training.versions import crown, find_version

    how = "there is no champion: what counts is whether it beat the baselines when it was trained"
    promoted = version.beats_baselines or bool(reason)
    if promoted:
        crown(version.name, version.version, question.settings, f"forced: {reason}" if reason else "the first")
        version = find_version(version.name, question.settings, version.version)
    return Promotion(version, None, None, promoted, how)


def _judged(
    question: Question,
    version: "ModelVersion",
    champion: "ModelVersion",
    origins: int,
    gate: "GateSettings | None",
    progress: Progress,
    tell: Tell,
) -> tuple["Verdict", str]:
    from training.gate import pass_gate

    q = replace(question, horizon=min(question.horizon, version.horizon, champion.horizon))
    places = _unseen_origins(q, (version, champion), origins)
    if places:
        fits = tuple(_as_registered(q, item) for item in (version, champion))
        how = f"both as registered, from {len(places)} days after both histories end"
    else:
        places = rolling_origins(q, origins, None)
        fits = _recipes(q, version, champion, tell)
        how = f"both recipes fitted anew at {len(places)} past days: too little was observed after both histories end"
    tell(f"Version {version.version} against champion {champion.version}: {how}")
    cost_of = yardstick(q)
    verdict = pass_gate(q.panel, q.horizon, places, fits[0], fits[1], cost_of, gate, q.settings.seed, progress)
    return verdict, how


def _unseen_origins(q: Question, versions: tuple["ModelVersion", ...], origins: int) -> list[int]:
    """Return origins after what both versions have seen, or none where too little was observed since or history is not
    what they learned from."""
    first = max(q.panel.origin_of(item.as_of) for item in versions)
    end = q.panel.origin_of(q.panel.last_observed) + 1
    if end - first < max(UNSEEN_SHARE * q.horizon, 1):
        return []
    for item in versions:
        if item.fingerprint != q.panel.before(q.panel.origin_of(item.as_of)).fingerprint():
            return []
    step = max((end - first) // origins, 1)
    return list(range(first, end, step))[:origins]


def _as_registered(q: Question, version: "ModelVersion") -> Fit:
    from training.registry import load_version

    model = load_version(version, q.settings, q.settings.threads)
    return lambda panel, horizon: model


def _recipes(q: Question, version: "ModelVersion", champion: "ModelVersion", tell: Tell) -> tuple[Fit, Fit]:
    """Return the fits of both recipes; equal recipes are fitted once.

    A champion of before recipes were kept, or of a version of Fillrate with other settings, counts as trained as
    shipped: an unreadable past must not lock the gate.
    """
    from training.pipeline import train
    from training.versions import recipe_of

    base = training_settings(q.dataset, q.settings)
    made: dict[tuple[str, int], Forecaster] = {}
    try:
        recipe = recipe_of(champion, q.settings, base)
    except ModelNotFoundError as error:
        tell(f"The champion's recipe is taken to be the shipped one: {error}")
        recipe = base

    def fit_of(settings: "TrainingSettings") -> Fit:
        def fit(panel: Panel, horizon: int) -> "Forecaster":
            key = (repr(settings), panel.periods)
            if key not in made:
                made[key] = train(panel, horizon, settings).model
            return made[key]

        return fit

    return fit_of(recipe_of(version, q.settings, base)), fit_of(recipe)


def _keep(
    q: Question, version: "ModelVersion", champion: "ModelVersion", verdict: "Verdict", how: str, reason: str
) -> None:
    """Log the gate as a run, so that anyone can see later why a version is champion or not."""
    from training.tracking import track

    measures = {name: value for name, value in verdict.measures.items() if np.isfinite(value)}
    track(
        version.name,
        f"gate of version {version.version} against {champion.version}",
        q.settings,
        tags={"kind": "gate", "passed": str(verdict.passed).lower(), "reason": reason, "as_of": str(q.as_of)},
        parameters={"version": version.version, "champion": champion.version, "how": how},
        measures=measures,
        write=lambda folder: verdict.table.to_csv(folder / "gate.csv", index=False),
    )
