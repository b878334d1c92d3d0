"""Better settings by trial: Optuna over rolling origins of history, dropped early where hopeless, resumable."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd

from core.errors import InsufficientHistoryError, StorageError, UsageError
from core.progress import Progress, silent
from features.panel import Panel
from training.backtest import JUDGED_LEVELS, origins_before, outcome
from training.boosted import TrainingSettings, fit_boosted
from training.metrics import pinball

__all__ = ["SPACE", "Choice", "Tuned", "TuningSettings", "tune", "tuning_origins"]

LEAST_ORIGINS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """Where one setting is looked for: low … high, whole numbers or not, even in the logarithm or not."""

    low: float
    high: float
    whole: bool = False
    logarithm: bool = False


SPACE: dict[str, Choice] = {
    "history_years": Choice(1.0, 4.0),
    "head.rounds": Choice(60, 400, whole=True, logarithm=True),
    "head.learning_rate": Choice(0.02, 0.2, logarithm=True),
    "head.leaves": Choice(7, 127, whole=True, logarithm=True),
    "head.tweedie_power": Choice(1.05, 1.6),
    "head.weight_power": Choice(0.0, 1.0),
    "head.half_life_years": Choice(0.5, 6.0, logarithm=True),
    "head.dispersion_rounds": Choice(30, 200, whole=True, logarithm=True),
    "head.robust_share": Choice(0.0, 0.3),
    "head.own_history_share": Choice(0.0, 0.8),
    "head.extra.min_data_in_leaf": Choice(20, 400, whole=True, logarithm=True),
    "head.extra.feature_fraction": Choice(0.4, 1.0),
    "head.extra.lambda_l2": Choice(0.1, 30.0, logarithm=True),
}
"""Settings that are tried, where the training has them."""


@dataclass(frozen=True, slots=True)
class TuningSettings:
    """How long to look, and where to keep what was found.

    trials: at most, those of an earlier run that is resumed included; seconds: no trial begins later (None: no limit).
    level: quantile whose pinball loss counts, None: the mean of the usual levels. origins: at least 3, all inside
    history. storage: SQLite file; study: name in it; resume: go on where it stopped.
    """

    storage: Path
    study: str
    trials: int = 30
    seconds: float | None = None
    level: float | None = None
    origins: int = LEAST_ORIGINS
    resume: bool = False
    seed: int = 20240415


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was found.

    settings: of the best trial; loss: its pinball [units]; shipped: that of the settings that the search began from;
    trials: one row a trial, `number, state, loss` and its settings; origins: days from which it was judged.
    """

    settings: TrainingSettings
    loss: float
    shipped: float
    trials: pd.DataFrame
    origins: tuple[str, ...]

    @property
    def gain(self) -> float:
        """Share of the starting settings' loss that the best ones save."""
        return 1 - self.loss / self.shipped if self.shipped > 0 else 0.0


def tuning_origins(panel: Panel, horizon: int, count: int) -> list[int]:
    """Return at least three origins inside history, a horizon apart or closer where history is short.

    Raises InsufficientHistoryError where not even half a history is left before the first of them.
    """
    if count < LEAST_ORIGINS:
        raise UsageError(f"{count} origins are too few to tune on; ask for at least {LEAST_ORIGINS}")
    seen = panel.before(int(panel.history.last_reported) + 1)
    for step in (horizon, max(horizon // 2, 1), max(horizon // 4, 1), 1):
        origins = origins_before(seen, horizon, count, step)
        if len(origins) == count:
            return origins
    raise InsufficientHistoryError(
        f"{seen.periods} periods before {panel.as_of} are too few to tune on {count} origins with {horizon} periods "
        "after each; add history or shorten the horizon"
    )


def tune(
    panel: Panel, horizon: int, base: TrainingSettings, settings: TuningSettings, progress: Progress = silent
) -> Tuned:
    """Return the settings of least pinball loss over rolling origins of the panel; nothing after its end is seen.

    The search begins from `base`, then follows the tree-structured Parzen estimator (Bergstra et al. 2011); a trial is
    dropped where its mean loss after an origin is above the median of earlier trials there. One fit an origin, without
    the conformal step. Raises InsufficientHistoryError where history is too short, UsageError for a study that is there
    already and is not resumed, StorageError where it cannot be kept.
    """
    origins = tuning_origins(panel, horizon, settings.origins)
    space = _space(base)
    _quiet()
    study = _study(settings)
    if not study.trials:
        study.enqueue_trial(_values(base, space))
    done = sum(trial.state.is_finished() for trial in study.trials)

    def objective(trial: optuna.Trial) -> float:
        chosen = _with(base, {name: _suggested(trial, name, choice) for name, choice in space.items()})
        losses = []
        for place, origin in enumerate(origins):
            share = (trial.number + place / len(origins)) / max(settings.trials, 1)
            progress(f"trial {trial.number + 1} of {settings.trials}, origin {place + 1}", min(share, 0.99))
            losses.append(_loss(panel, origin, horizon, chosen, settings.level))
            trial.report(float(np.mean(losses)), place)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(losses))

    if settings.trials > done:
        study.optimize(objective, n_trials=settings.trials - done, timeout=settings.seconds)
    progress("tuned", 1.0)
    return _tuned(study, panel, base, space, origins)


def _loss(panel: Panel, origin: int, horizon: int, settings: TrainingSettings, level: float | None) -> float:
    past = panel.before(origin)
    levels = JUDGED_LEVELS if level is None else (level,)
    found = outcome(fit_boosted(past, horizon, settings).distribution(past, horizon), panel, origin, levels)
    return float(pinball(found.actual, found.quantiles, levels).mean())


def _tuned(
    study: optuna.Study, panel: Panel, base: TrainingSettings, space: dict[str, Choice], origins: Sequence[int]
) -> Tuned:
    whole = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    if not whole:
        raise UsageError("no trial was finished; give more --timeout or more --trials, and --resume")
    best = min(whole, key=lambda trial: (trial.value, trial.number))
    rows = [
        {"number": trial.number, "state": trial.state.name.lower(), "loss": _last(trial), **trial.params}
        for trial in study.trials
    ]
    days = tuple(str(panel.dates(origin, 1)[0]) for origin in origins)
    return Tuned(
        _with(base, best.params), float(best.value or 0.0), float(whole[0].value or 0.0), pd.DataFrame(rows), days
    )


def _last(trial: optuna.trial.FrozenTrial) -> float:
    told = trial.intermediate_values
    return float(trial.value if trial.value is not None else told[max(told)] if told else float("nan"))


def _study(settings: TuningSettings) -> optuna.Study:
    try:
        settings.storage.parent.mkdir(parents=True, exist_ok=True)
        storage = optuna.storages.RDBStorage(f"sqlite:///{settings.storage}")
        there = settings.study in optuna.get_all_study_names(storage)
    except Exception as error:  # SQLAlchemy's, alembic's and the operating system's, each in its own words
        raise StorageError(
            f"{settings.storage} cannot be used for tuning ({str(error).splitlines()[0]}); move it away, or set "
            "FILLRATE_HOME to another folder"
        ) from error
    if there and not settings.resume:
        raise UsageError(
            f"a tuning of the same history, horizon and objective is there ({settings.study}); --resume goes on with it"
        )
    begun = len(optuna.load_study(study_name=settings.study, storage=storage).trials) if there else 0
    return optuna.create_study(
        study_name=settings.study,
        storage=storage,
        direction="minimize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=settings.seed + begun),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4),
    )


def _quiet() -> None:
    optuna.logging.set_verbosity(logging.ERROR)


def _has(base: TrainingSettings, name: str) -> bool:
    parts = name.split(".")
    if parts[0] != "head":
        return parts[0] in {item.name for item in fields(base)}
    return parts[1] in {item.name for item in fields(base.head)}


def _space(base: TrainingSettings) -> dict[str, Choice]:
    """Return the settings that the training has, each range reaching to the value that the search begins from."""
    begin = _values(base, [name for name in SPACE if _has(base, name)])
    return {
        name: replace(SPACE[name], low=min(SPACE[name].low, value), high=max(SPACE[name].high, value))
        for name, value in begin.items()
    }


def _values(base: TrainingSettings, names: Collection[str]) -> dict[str, Any]:
    """Return the settings that the search begins from."""
    values: dict[str, Any] = {}
    for name in names:
        node: Any = base
        for part in name.split("."):
            node = node.get(part, SHIPPED_EXTRA.get(part)) if isinstance(node, dict) else getattr(node, part)
        values[name] = node
    return values


SHIPPED_EXTRA = {"min_data_in_leaf": 100, "feature_fraction": 0.7, "lambda_l2": 1.0}
"""LightGBM parameters of the shipped head that are no settings of their own."""


def _with(base: TrainingSettings, values: dict[str, Any]) -> TrainingSettings:
    own = {name: value for name, value in values.items() if "." not in name}
    head = {name.split(".")[1]: value for name, value in values.items() if name.count(".") == 1}
    extra = {name.split(".")[2]: value for name, value in values.items() if name.count(".") == 2}
    return replace(base, **own, head=replace(base.head, **head, extra={**base.head.extra, **extra}))


def _suggested(trial: optuna.Trial, name: str, choice: Choice) -> float:
    if choice.whole:
        return trial.suggest_int(name, int(choice.low), int(choice.high), log=choice.logarithm)
    return trial.suggest_float(name, choice.low, choice.high, log=choice.logarithm)
