"""Better settings for a dataset: the search, where it is kept, and the file that training reads."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.progress import Progress, silent
from serving.environment import quiet_tracking
from serving.facts import dataset_id
from serving.judging import recipe
from serving.ordering_cost import critical_level
from serving.question import Question

if TYPE_CHECKING:
    from training.tuning import Tuned

__all__ = ["Found", "settings_file", "tune"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, the level whose pinball it was judged by (None: all), and the MLflow run that keeps it."""

    tuned: "Tuned"
    level: float | None
    run_id: str


def tune(
    question: Question,
    *,
    trials: int,
    seconds: float | None,
    origins: int,
    costly: bool,
    resume: bool,
    file: Path | None = None,
    progress: Progress = silent,
) -> Found:
    """Search for settings by rolling origins inside the question's history, and log what was found.

    costly: judge by pinball at the dataset's cost-critical level, else by the mean of the usual levels. file: settings
    to begin from. The study lives in `tuning.db` of FILLRATE_HOME, named after dataset, day, horizon and objective.
    """
    from training.recipe import recipe_digest
    from training.tuning import TuningSettings, tuning_origins
    from training.tuning import tune as search

    q = question
    base = recipe(q, file)
    tuning_origins(q.panel, q.horizon, origins)  # too short a history is told before anything is stored
    level = round(critical_level(q), 3) if costly else None
    study = "/".join(
        [
            dataset_id(q.dataset.folder),
            q.panel.fingerprint()[:8],
            f"{q.horizon} ahead",
            f"{origins} origins",
            "all levels" if level is None else f"q{level:g}",
            recipe_digest(base),
        ]
    )
    how = TuningSettings(q.settings.home / "tuning.db", study, trials, seconds, level, origins, resume, q.settings.seed)
    tuned = search(q.panel, q.horizon, base, how, progress)
    with quiet_tracking():
        return Found(tuned, level, _track(q, tuned, level, study))


def settings_file(found: Found) -> str:
    """Return what `--out` holds: the settings for `fillrate train --settings`, and how they were found."""
    from training.recipe import facts_of

    facts = {
        "settings": facts_of(found.tuned.settings),
        "loss": found.tuned.loss,
        "loss_before": found.tuned.shipped,
        "level": found.level,
        "origins": list(found.tuned.origins),
        "trials": len(found.tuned.trials),
    }
    return json.dumps(facts, indent=1) + "\n"


def _track(q: Question, tuned: "Tuned", level: float | None, study: str) -> str:
    from training.recipe import facts_of
    from training.tracking import track

    def write(folder: Path) -> None:
        tuned.trials.to_csv(folder / "trials.csv", index=False)
        (folder / "settings.json").write_text(json.dumps(facts_of(tuned.settings), indent=1), encoding="utf-8")

    chosen = tuned.trials.loc[tuned.trials["loss"] == tuned.loss].iloc[:1].drop(columns=["number", "state", "loss"])
    return track(
        dataset_id(q.dataset.folder),
        f"tuning as of {q.as_of}",
        q.settings,
        tags={"kind": "tuning", "as_of": str(q.as_of), "fingerprint": q.panel.fingerprint()},
        parameters={
            "study": study,
            "level": level,
            "origins": ", ".join(tuned.origins),
            **{f"best.{name}": value for name, value in chosen.to_dict("records")[0].items()},
        },
        measures={"loss": tuned.loss, "loss_before": tuned.shipped, "gain": tuned.gain, "trials": len(tuned.trials)},
        write=write,
    )
