"""The kind of job `promote`: a registered version goes through the gate; where it fails the champion stays."""

from collections.abc import Mapping
from typing import Any

from serving.access import Scope
from serving.jobs.kinds import JobKind, Queue
from serving.jobs.loading import asked_dataset
from serving.jobs.run import JobRun

__all__ = ["PROMOTE"]


def _promote(run: JobRun) -> Mapping[str, Any]:
    """Return what came of it: promoted or not, on what it was judged, each condition of the gate."""
    made: dict[str, Any] = run.step("gate", lambda: _judge(run))
    return made


def _judge(run: JobRun) -> dict[str, Any]:
    from serving import use_cases
    from serving.promotion import promote

    about, asked = asked_dataset(run), run.request
    dataset = use_cases.open_dataset(about.folder, False, run.settings, lambda sentence: None)
    question = use_cases.ask(dataset, about.as_of, None, run.settings)
    done = promote(
        question,
        str(asked["version"]),
        origins=int(asked.get("origins", 2)),
        reason=str(asked.get("reason") or ""),
        progress=run.progress,
    )
    checks = [] if done.verdict is None else done.verdict.table.to_dict("records")
    return {
        "version": done.version.version,
        "promoted": done.promoted,
        "champion_before": None if done.champion is None else done.champion.version,
        "how": done.how,
        "checks": checks,
    }


PROMOTE = JobKind("promote", Scope.MODEL_TRAIN, _promote, Queue.TRAINING)
"""Asked for by POST /v1/models/{version}/promote."""
