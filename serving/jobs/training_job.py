"""The kind `train`: train, judge, register, put a challenger through the gate; where it fails the champion stays."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from serving.access import Scope
from serving.jobs.kinds import JobKind, Queue
from serving.jobs.loading import asked_question
from serving.jobs.records import find_job
from serving.jobs.run import JobRun, StepFailed

if TYPE_CHECKING:
    from serving.question import Question
    from training.boosted import TrainingSettings

__all__ = ["TRAIN"]

GATE_ORIGINS = 4
"""Past days at which the gate compares a challenger with the champion."""


def _train(run: JobRun) -> Mapping[str, Any]:
    """Return what was registered: version, rank, whether it beats the baselines, the gate's verdict."""
    trained = run.step("train", lambda: _register(run))
    if not (trained["rank"] == "challenger" and run.request.get("promote")):
        return {**trained, "gate": None}
    gate = run.step("gate", lambda: _pass_gate(run, trained["version"]))
    return {**trained, "rank": "champion" if gate["promoted"] else "challenger", "gate": gate}


def _register(run: JobRun) -> dict[str, Any]:
    from serving import use_cases

    question = _question(run)
    trained = use_cases.train(question, run.progress, _tuned(run, question))
    version = trained.version
    rank = "champion" if version.is_champion else "challenger" if version.is_challenger else "none"
    return {
        "model": version.name,
        "version": str(version.version),
        "rank": rank,
        "as_of": str(question.as_of),
        "horizon": question.horizon,
        "beats_baselines": bool(trained.result.beats_baselines),
        "verdict": use_cases.verdict(trained),
        "run_id": version.run_id,
    }


def _pass_gate(run: JobRun, version: str) -> dict[str, Any]:
    from serving.promotion import promote

    made = promote(_question(run), version, origins=GATE_ORIGINS, progress=run.progress)
    passed = made.verdict is not None and made.verdict.passed
    return {"promoted": made.promoted, "passed": passed, "how": made.how}


def _tuned(run: JobRun, question: "Question") -> "TrainingSettings | None":
    """Return the settings that a tuning job found, None where the request names none.

    Raises StepFailed `job.no_result` for a job that is no tuning job, or has found none.
    """
    from serving.judging import recipe
    from training.recipe import settings_of

    name = run.request.get("settings_of")
    if name is None:
        return None
    with run.database.reading() as connection:
        job = find_job(connection, run.job.tenant, str(name))
    if job.kind != "tune" or not job.result:
        message = f"the job {name} is no tuning job that found settings; GET /v1/jobs?kind=tune lists those"
        raise StepFailed({"code": "job.no_result", "message": message, "errors": []})
    return settings_of(job.result["settings"], recipe(question), f"settings of job {name}")


def _question(run: JobRun) -> "Question":
    """Return what is asked: as far ahead as plans look where the request does not say."""
    from serving import use_cases

    question = asked_question(run)
    return question if run.request.get("horizon") else replace(question, horizon=use_cases.model_reach(question))


TRAIN = JobKind("train", Scope.MODEL_TRAIN, _train, Queue.TRAINING)
"""Asked for by POST /v1/jobs/train."""
