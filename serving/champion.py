"""Which model answers for a dataset and a day: the registered champion where it fits, else one trained on
the spot."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from core.errors import InsufficientHistoryError, ModelNotFoundError
from core.progress import Progress
from core.settings import Settings
from features.panel import Panel
from inventory.dataset import Dataset
from serving.environment import quiet_tracking
from serving.facts import dataset_id

if TYPE_CHECKING:
    from training.boosted import TrainingSettings
    from training.distribution import DemandDistribution
    from training.forecaster import Forecaster
    from training.pipeline import TrainingResult
    from training.registry import ModelVersion

__all__ = [
    "MAX_MODEL_AGE_DAYS",
    "Champion",
    "Tell",
    "Trained",
    "fitting_champion",
    "load_fitting",
    "rank_of",
    "stand_in",
    "train_and_register",
    "training_settings",
    "usual_recipe",
    "why_unfit",
]

MAX_MODEL_AGE_DAYS = 28
"""Days from a model's `as_of` to the one it may answer for; an older one is trained again."""

Tell = Callable[[str], None]
"""Told, in one sentence, what the user should know while work goes on."""


@dataclass(frozen=True, slots=True)
class Champion:
    """Who forecasts: a model, the version it is registered under, and why a baseline stands in where one
    does.

    version: None where the forecaster is a baseline that nobody registered; `fallback_reason` then says why.
    products: the dataset's table, from which new products find their analogues.
    """

    model: "Forecaster"
    version: "ModelVersion | None"
    fallback_reason: str = ""
    products: pd.DataFrame | None = None

    def distribution(self, panel: Panel, horizon: int) -> "DemandDistribution":
        """Return the forecast of the `horizon` periods after the panel, named after the model's version.

        Periods beyond the model's own horizon, which only plans ask for, repeat its last season.
        """
        from training.cold_start import ColdStartForecaster, ColdStartSettings
        from training.continuation import continued

        baseline = bool(self.fallback_reason)
        model = self.model if baseline else ColdStartForecaster(self.model, ColdStartSettings(), self.products)
        made = continued(model.distribution(panel, min(horizon, model.horizon)), horizon)
        if self.version is not None:
            return replace(made, model=f"{self.version.name}/{self.version.version}")
        return replace(made, series=made.series.assign(fallback_reason=self.fallback_reason)) if baseline else made


@dataclass(frozen=True, slots=True)
class Trained:
    """A fresh training: its result (model, scores, whether it beats the baselines) and its registered
    version."""

    result: "TrainingResult"
    version: "ModelVersion"


def why_unfit(version: "ModelVersion", panel: Panel, horizon: int) -> str | None:
    """Return why a model must not answer for the panel's `as_of`, in words, or None where it may.

    It may where it has seen no fact from `as_of` on, is at most MAX_MODEL_AGE_DAYS old then, reaches far enough, and
    learned from the history that the panel still has.
    """
    if version.as_of > panel.as_of:
        return f"it has seen facts up to {version.as_of}, which {panel.as_of} must not know"
    age = (panel.as_of - version.as_of).days
    if age > MAX_MODEL_AGE_DAYS:
        return f"it is {age} days old (limit {MAX_MODEL_AGE_DAYS})"
    if version.horizon < horizon:
        return f"it reaches {version.horizon} periods and {horizon} are needed"
    origin = panel.origin_of(version.as_of)
    if origin < 1 or version.fingerprint != panel.before(origin).fingerprint():
        return "the history or the categories it learned from have changed"
    return None


def load_fitting(dataset: Dataset, panel: Panel, horizon: int, settings: Settings) -> Champion:
    """Return the registered champion, or where it does not fit the newest earlier winner that does.

    Raises ModelNotFoundError, with the reason why the champion does not fit, where there is neither.
    """
    from training.registry import load_champion, load_former

    name = dataset_id(dataset.folder)
    with quiet_tracking():
        try:
            model, version = load_champion(name, settings)
            reason = why_unfit(version, panel, horizon)
            if reason:
                raise ModelNotFoundError(f"champion {name} version {version.version} does not fit: {reason}")
        except ModelNotFoundError as unfit:
            try:
                model, version = load_former(name, settings, lambda item: why_unfit(item, panel, horizon) is None)
            except ModelNotFoundError:
                raise unfit from None
    return Champion(model, version, products=dataset.table("products"))


def fitting_champion(
    dataset: Dataset, panel: Panel, horizon: int, settings: Settings, progress: Progress, tell: Tell
) -> Champion:
    """Return the champion where it fits; else say why not, train, register, and return the new model.

    A baseline stands in, and every forecast says so, where history is too short to train or no trained model
    is better.
    """
    try:
        return load_fitting(dataset, panel, horizon, settings)
    except ModelNotFoundError as error:
        tell(f"Training first: {error}")
    try:
        trained = train_and_register(dataset, panel, horizon, settings, progress, rank=_rank_by_age)
    except InsufficientHistoryError as error:
        tell(f"A baseline forecasts instead: {error}")
        return stand_in(str(error))
    if not trained.result.beats_baselines:
        tell(f"The better baseline forecasts instead: {trained.result.verdict}")
        return stand_in(trained.result.verdict, trained.result)
    tell(trained.result.verdict)
    return Champion(trained.result.model, trained.version, products=dataset.table("products"))


def train_and_register(
    dataset: Dataset,
    panel: Panel,
    horizon: int,
    settings: Settings,
    progress: Progress,
    recipe: "TrainingSettings | None" = None,
    rank: "Rank | None" = None,
) -> Trained:
    """Train on the panel, track the run and register the model.

    recipe: how to train, by default that of `usual_recipe`. rank: which place a model that beats the baselines gets,
    by default the one of `rank_of`. Raises StorageError, before any work where that can be foreseen, where the
    tracking store cannot be written.
    """
    from training.pipeline import train
    from training.recipe import recipe_digest
    from training.registry import register
    from training.tracking_store import check_store_writable

    check_store_writable(settings)
    with quiet_tracking():
        how = recipe or usual_recipe(dataset, settings)
    result = train(panel, horizon, how, progress)
    name = dataset_id(dataset.folder)
    tuned = how != training_settings(dataset, settings)
    with quiet_tracking():
        place = (rank or rank_of)(name, panel, horizon, settings, recipe_digest(how))
        version = register(result, panel, name, settings, place, tuned)
    return Trained(result, version)


Rank = Callable[[str, Panel, int, Settings, str], str]
"""(registered name, panel, horizon, settings, recipe) → what a winner becomes: champion, challenger or neither."""


def rank_of(name: str, panel: Panel, horizon: int, settings: Settings, recipe: str) -> str:
    """Return what a newly trained winner becomes.

    Champion where there is none, where the champion does not fit the day (a stale champion never blocks), or where it
    was trained by the same recipe: the gate judges recipes, and would compare this one with itself. Else challenger,
    which goes through the gate. Neither where the champion is of a later day: a replay of the past dethrones nobody.
    """
    from training.versions import CHALLENGER, CHAMPION, find_version

    try:
        champion = find_version(name, settings, CHAMPION)
    except ModelNotFoundError:
        return CHAMPION
    if champion.as_of > panel.as_of:
        return ""
    fits = why_unfit(champion, panel, horizon) is None
    return CHALLENGER if fits and champion.recipe not in ("", recipe) else CHAMPION


def _rank_by_age(name: str, panel: Panel, horizon: int, settings: Settings, recipe: str) -> str:
    """Return what a winner becomes that was trained because no registered model could answer."""
    from training.versions import CHALLENGER, CHAMPION

    return CHAMPION if (found := rank_of(name, panel, horizon, settings, recipe)) == CHALLENGER else found


def usual_recipe(dataset: Dataset, settings: Settings) -> "TrainingSettings":
    """Return how a dataset's models are trained where nobody says otherwise.

    By the champion's settings where those were given to it (by tuning or by hand), so that a model that is trained
    again because the champion grew old does not fall back on less; else as shipped. Features are those of
    dataset.toml.
    """
    from training.versions import CHAMPION, find_version, recipe_of

    shipped = training_settings(dataset, settings)
    try:
        champion = find_version(dataset_id(dataset.folder), settings, CHAMPION)
        found = recipe_of(champion, settings, shipped) if champion.tuned else shipped
    except ModelNotFoundError:
        return shipped
    return replace(found, features_off=shipped.features_off, features_on=shipped.features_on)


def training_settings(dataset: Dataset, settings: Settings) -> "TrainingSettings":
    """Return how models of the dataset are trained: threads and seed of the process, features of dataset.toml."""
    from training.boosted import TrainingSettings

    features = dataset.config.features
    return TrainingSettings(
        threads=settings.threads, seed=settings.seed, features_off=features.off, features_on=features.on
    )


def stand_in(reason: str, result: "TrainingResult | None" = None) -> Champion:
    """Return the better baseline: the one with the lower loss where they were judged, else the moving average."""
    from training.pipeline import BASELINES

    candidates: tuple[Forecaster, ...] = BASELINES
    if result is None:
        return Champion(candidates[-1], None, reason)
    return Champion(min(candidates, key=lambda baseline: result.wql(baseline.name)), None, reason)
