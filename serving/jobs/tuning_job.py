"""The kind `tune`: a search for better training settings, which a job of the kind `train` may then use."""

from collections.abc import Mapping
from typing import Any

from serving.access import Scope
from serving.jobs.job_results import FORMATS, job_folder, write_bytes, write_result
from serving.jobs.kinds import JobKind, Queue
from serving.jobs.loading import asked_question
from serving.jobs.run import JobRun

__all__ = ["TUNE"]


def _tune(run: JobRun) -> Mapping[str, Any]:
    made: dict[str, Any] = run.step("tune", lambda: _search(run))
    return made


def _search(run: JobRun) -> dict[str, Any]:
    """Search; where the process dies the study goes on where it stopped, for it lies in the tenant's own file."""
    from serving import tuning
    from training.recipe import facts_of

    asked, facts = asked_question(run), run.request
    found = tuning.tune(
        asked,
        trials=facts["trials"],
        seconds=facts.get("seconds"),
        origins=facts["origins"],
        costly=bool(facts.get("critical")),
        resume=True,
        progress=run.progress,
    )
    folder = job_folder(run.platform.settings, run.job.tenant, run.job.id)
    tables = [
        write_result(folder, "trials", found.tuned.trials, list(facts.get("formats") or FORMATS)),
        write_bytes(folder, "settings", {"json": tuning.settings_file(found).encode()}),
    ]
    return {
        "dataset": str(facts.get("dataset") or "default"),
        "as_of": str(asked.as_of),
        "horizon": asked.horizon,
        "origins": list(found.tuned.origins),
        "trials": len(found.tuned.trials),
        "loss": found.tuned.loss,
        "loss_before": found.tuned.shipped,
        "gain": found.tuned.gain,
        "settings": facts_of(found.tuned.settings),
        "run_id": found.run_id,
        "tables": tables,
    }


TUNE = JobKind("tune", Scope.MODEL_TRAIN, _tune, Queue.TRAINING)
"""Asked for by POST /v1/jobs/tune."""
