"""How forecasts are judged before they are trusted: rolling origins, in losses and in money."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import UsageError
from core.progress import Progress, silent
from serving.champion import training_settings
from serving.environment import quiet_tracking
from serving.facts import dataset_id
from serving.ordering_cost import yardstick
from serving.question import Question

if TYPE_CHECKING:
    from training.boosted import TrainingSettings
    from training.evaluation import Evaluation

__all__ = ["backtest", "backtest_page", "recipe", "rolling_origins", "series_names", "track_backtest"]


def recipe(question: Question, file: Path | None = None) -> "TrainingSettings":
    """Return how to train: as the dataset says, or as a settings file does, with threads and seed of the run."""
    from training.recipe import read_settings

    base = training_settings(question.dataset, question.settings)
    return base if file is None else read_settings(file, base)


def rolling_origins(question: Question, origins: int, step: int | None) -> list[int]:
    """Return `origins` periods to forecast from, `step` apart (default: a horizon); a whole horizon follows each.

    Raises UsageError where history is too short for so many.
    """
    q = question
    step = q.horizon if step is None else step
    newest = q.panel.origin_of(q.panel.last_observed) + 1
    places = [newest - q.horizon - step * back for back in range(origins - 1, -1, -1)]
    if places[0] < 2:
        raise UsageError(
            f"{newest} periods are too few for {origins} origins, {step} periods apart, with {q.horizon} periods after "
            "each; ask for fewer origins, a shorter --step or a shorter --horizon"
        )
    return places


def backtest(
    question: Question,
    models: Sequence[str],
    origins: int,
    step: int | None = None,
    levels: Sequence[float] | None = None,
    settings: "TrainingSettings | None" = None,
    progress: Progress = silent,
) -> "Evaluation":
    """Return how the named models did at the last origins, each fitted anew to what was known there.

    models: names of `training.candidates`, empty for the usual ones; settings: how boosted models are trained.
    Registers nothing. Raises UsageError for an unknown name or too short a history.
    """
    from training import backtest as rolling
    from training.candidates import DEFAULT_CANDIDATES, named_fits
    from training.evaluation import evaluate

    q = question
    tau = tuple(levels or rolling.JUDGED_LEVELS)
    fits = named_fits(tuple(models) or DEFAULT_CANDIDATES, settings or recipe(q))
    places = rolling_origins(q, origins, step)
    trials = rolling.backtest(q.panel, q.horizon, places, fits, tau, progress, yardstick(q))
    return evaluate(trials, q.panel, q.horizon, tau, seed=q.settings.seed)


def backtest_page(question: Question, evaluation: "Evaluation") -> str:
    """Return the backtest as an HTML page."""
    from training.report import backtest_report

    q = question
    days = sorted({str(item.outcome.origin) for item in evaluation.trials})
    facts = {
        "series": f"{len(q.panel.series):,}",
        "periods ahead": str(evaluation.horizon),
        "origins": ", ".join(days),
        "currency": q.dataset.config.currency,
        "history": q.panel.fingerprint()[:12],
    }
    return backtest_report(evaluation, series_names(q), f"Backtest of {q.dataset.folder.name} as of {q.as_of}", facts)


def series_names(question: Question) -> list[str]:
    """Return (n,) what the panel's series are called in words."""
    series = question.panel.series
    alone = series["location"].nunique() == 1
    if alone:
        return [str(sku) for sku in series["sku"]]
    return [f"{sku} at {location}" for sku, location in zip(series["sku"], series["location"], strict=True)]


def track_backtest(question: Question, evaluation: "Evaluation", page: str) -> str:
    """Log a backtest as a run of the dataset's experiment; return the run's id."""
    from training.tracking import track

    q = question
    measures = {
        f"{row['model']}/{name}": float(row[name])
        for _, row in evaluation.summary.iterrows()
        for name in evaluation.summary.columns
        if isinstance(row[name], int | float | np.number)
    }
    days: list[date] = sorted({item.outcome.origin.astype(object) for item in evaluation.trials})

    def write(folder: Path) -> None:
        evaluation.scores.to_csv(folder / "backtest.csv", index=False)
        evaluation.differences.to_csv(folder / "differences.csv", index=False)
        (folder / "report.html").write_text(page, encoding="utf-8")

    with quiet_tracking():
        return track(
            dataset_id(q.dataset.folder),
            f"backtest as of {q.as_of}",
            q.settings,
            tags={"kind": "backtest", "as_of": str(q.as_of), "fingerprint": q.panel.fingerprint()},
            parameters={
                "models": ", ".join(evaluation.models),
                "origins": ", ".join(str(day) for day in days),
                "horizon": q.horizon,
                "seed": q.settings.seed,
            },
            measures=measures,
            write=write,
        )
