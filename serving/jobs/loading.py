"""What a bulk job works from: the dataset that is asked about, and a model that fits: trained first where none does."""

import os
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from core.errors import InsufficientHistoryError, ModelNotFoundError, UsageError
from serving.access import LOCAL_TENANT
from serving.context import ServiceContext
from serving.demand.datasets import DEFAULT_DATASET, dataset_folder
from serving.demand.override_store import active_overrides
from serving.demand.overrides import apply_overrides
from serving.jobs.asking import request_job
from serving.jobs.job import Job, JobState
from serving.jobs.records import find_job
from serving.jobs.run import JobRun, StepFailed
from serving.problems import ApiProblem

__all__ = ["as_of_of", "context_of", "dataset_of", "folder_of"]

WAIT_SECONDS = 1.0


def dataset_of(run: JobRun) -> str:
    """Return the name of the dataset that the request is about."""
    return str(run.request.get("dataset") or "default")


def as_of_of(run: JobRun) -> date | None:
    """Return the day that the request names, None for the day after the newest sales."""
    text = run.request.get("as_of")
    return date.fromisoformat(str(text)) if text else None


def folder_of(run: JobRun) -> Path:
    """Return the folder of the dataset's tables as they count now; raises UsageError where there is no such dataset.

    A worker that is started alone knows the local default dataset by FILLRATE_DATA.
    """
    tenant, dataset = run.job.tenant, dataset_of(run)
    try:
        return dataset_folder(run.platform, tenant, dataset)
    except ApiProblem as problem:
        folder = os.environ.get("FILLRATE_DATA")
        if folder and (tenant, dataset) == (LOCAL_TENANT, DEFAULT_DATASET):
            return Path(folder)
        raise UsageError(problem.detail) from problem


def context_of(run: JobRun, tell: Callable[[str], None]) -> ServiceContext:
    """Return the dataset's context as of the request's day.

    Where no registered model fits, a training job is asked for and waited for, so that training stays in its own
    process; where history is too short, or no model beats the baselines, a baseline stands in and the forecasts say so.
    Planners' overrides that are in force count.
    """
    from serving import use_cases

    folder, day = folder_of(run), as_of_of(run)
    try:
        context = use_cases.load_service(folder, day, run.settings, tell)
    except ModelNotFoundError as error:
        tell(f"Trained first: {error}")
        context = use_cases.load_service(folder, day, run.settings, tell, _train_first(run))
    with run.database.reading() as connection:
        overrides = active_overrides(connection, run.job.tenant, dataset_of(run), run.clock())
    return apply_overrides(context, overrides).context if overrides else context


def _train_first(run: JobRun) -> str:
    """Wait for a training job of the same dataset and day; return why a baseline must stand in, "" where none must."""
    request = {name: run.request[name] for name in ("dataset", "as_of") if run.request.get(name)}
    with run.database.transaction() as connection:
        job = request_job(connection, run.job, "train", request, f"for job {run.job.id}", now=run.clock())
    while not job.ended:
        run.progress(f"waiting for training ({job.progress})", 0.05)
        time.sleep(WAIT_SECONDS)
        job = _again(run, job)
    if job.state is JobState.FAILED:
        return _why_short(job.error or {})
    result = job.result or {}
    return "" if result.get("beats_baselines") else str(result.get("verdict", "the training job was cancelled"))


def _again(run: JobRun, job: Job) -> Job:
    with run.database.reading() as connection:
        return find_job(connection, job.tenant, job.id)


def _why_short(error: Mapping[str, object]) -> str:
    if error.get("code") != InsufficientHistoryError.code:
        raise StepFailed({"code": "job.failed", "message": "training failed", "errors": [], **error})
    return str(error["message"])
