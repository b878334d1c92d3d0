"""What a bulk job works from: the dataset that is asked about, and a model that fits: trained first where none does."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.errors import InsufficientHistoryError, ModelNotFoundError
from serving.context import ServiceContext
from serving.demand.datasets import need_dataset
from serving.demand.override_store import active_overrides
from serving.demand.overrides import apply_overrides
from serving.jobs.asking import request_job
from serving.jobs.job import OPEN, Job, JobState, job_of
from serving.jobs.job_tables import JOBS
from serving.jobs.records import find_job
from serving.jobs.run import JobRun, StepFailed
from serving.problems import ApiProblem

if TYPE_CHECKING:
    from serving.question import Question

__all__ = ["AskedDataset", "asked_dataset", "asked_question", "context_of"]

WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class AskedDataset:
    """The dataset that a job is about: its name, the newest version, the folder of that one, the first day not observed
    (None: the day after the newest sales).
    """

    name: str
    version: int
    folder: Path
    as_of: date | None


def asked_dataset(run: JobRun) -> AskedDataset:
    """Return what the request is about; the folder never changes, so a job that is run again sees the same facts.

    Raises StepFailed `dataset.unknown` where there is no such dataset, or nothing in it.
    """
    name = str(run.request.get("dataset") or "default")
    try:
        with run.database.reading() as connection:
            found = need_dataset(run.platform, connection, run.job.tenant, name)
    except ApiProblem as problem:
        raise StepFailed({"code": problem.code, "message": problem.detail, "errors": []}) from None
    if found.folder is None:
        raise StepFailed(
            {"code": "dataset.unknown", "message": f"nothing was uploaded to the dataset {name!r} yet", "errors": []}
        )
    day = run.request.get("as_of") or (os.environ.get("FILLRATE_AS_OF") if found.version == 0 else None)
    return AskedDataset(name, found.version, found.folder, date.fromisoformat(str(day)) if day else None)


def asked_question(run: JobRun) -> "Question":
    """Return what is asked of models: the dataset as of the request's day, over the request's horizon."""
    from serving import use_cases

    asked = asked_dataset(run)
    dataset = use_cases.open_dataset(asked.folder, False, run.settings, lambda sentence: None)
    return use_cases.ask(dataset, asked.as_of, run.request.get("horizon"), run.settings)


def context_of(run: JobRun, asked: AskedDataset, tell: Callable[[str], None]) -> ServiceContext:
    """Return the dataset's context as of the request's day.

    Where no registered model fits, a training job is asked for and waited for, so that training stays in its own
    process; where history is too short, or no model beats the baselines, a baseline stands in and the forecasts say so.
    Planners' overrides that are in force count.
    """
    from serving import use_cases

    known = asked.folder, asked.as_of, run.settings, tell
    try:
        context = use_cases.load_service(*known, "", asked.version)
    except ModelNotFoundError as error:
        tell(f"Trained first: {error}")
        context = use_cases.load_service(*known, _train_first(run, asked), asked.version)
    with run.database.reading() as connection:
        overrides = active_overrides(connection, run.job.tenant, asked.name, run.clock())
    return apply_overrides(context, overrides).context if overrides else context


def _train_first(run: JobRun, asked: AskedDataset) -> str:
    """Wait for a training job of the same dataset and day; return why a baseline must stand in, "" where none must."""
    request: dict[str, object] = {"dataset": asked.name}
    if asked.as_of is not None:
        request["as_of"] = asked.as_of.isoformat()
    with run.database.transaction() as connection:
        job = _open_training(connection, run.job.tenant, request)
        if job is None:
            job = request_job(connection, run.job, "train", request, now=run.clock())
    while not job.ended:
        run.progress(f"waiting for training ({job.progress})", 0.05)
        time.sleep(WAIT_SECONDS)
        with run.database.reading() as connection:
            job = find_job(connection, job.tenant, job.id)
    if job.state is JobState.FAILED:
        return _why_short(job.error or {})
    result = job.result or {}
    return "" if result.get("beats_baselines") else str(result.get("verdict", "the training job was cancelled"))


def _open_training(connection: sa.Connection, tenant: str, request: Mapping[str, object]) -> Job | None:
    """Return a training job of the same request that waits or runs."""
    mine = (JOBS.c.tenant == tenant) & (JOBS.c.kind == "train") & JOBS.c.state.in_(OPEN)
    rows = connection.execute(sa.select(JOBS).where(mine).order_by(JOBS.c.created_at)).all()
    return next((job_of(row) for row in rows if row.request == request), None)


def _why_short(error: Mapping[str, object]) -> str:
    if error.get("code") != InsufficientHistoryError.code:
        raise StepFailed({"code": "job.failed", "message": "training failed", "errors": [], **error})
    return str(error["message"])
