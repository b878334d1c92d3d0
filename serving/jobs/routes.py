"""/v1/jobs: ask for a job of each kind, see how far it is, fetch what came of it, cancel it."""

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, Response

from serving import audit
from serving.access import Caller, Scope, needs
from serving.documentation import problems_of
from serving.jobs.asking import cancel_job
from serving.jobs.job import ENDED, Job, JobState
from serving.jobs.job_answers import (
    ASKED,
    ItemErrorsAnswer,
    JobAnswer,
    JobsAnswer,
    ResultAnswer,
    item_errors_document,
    job_document,
    job_path,
    result_document,
)
from serving.jobs.job_results import MEDIA_TYPES, job_folder, result_file
from serving.jobs.job_schemas import (
    BacktestJobRequest,
    ForecastJobRequest,
    PlanJobRequest,
    ReviewJobRequest,
    TrainJobRequest,
    TuneJobRequest,
    WeeklyReportJobRequest,
)
from serving.jobs.job_settings import JobSettings
from serving.jobs.prefer import Preference
from serving.jobs.records import find_job, item_errors, list_jobs
from serving.jobs.submission import RETRY_AFTER_SECONDS, check_scope, read_job, submit, wait_for_end
from serving.once import Answer, run_once
from serving.paging import Cursor, Limit, cut_page, decode_cursor
from serving.platform import platform_of
from serving.problems import ApiProblem

__all__ = [
    "cancel",
    "create_backtest_job",
    "create_forecast_job",
    "create_plan_job",
    "create_review_job",
    "create_training_job",
    "create_tuning_job",
    "create_weekly_report_job",
    "get_job",
    "get_result",
    "get_result_file",
    "list_all",
    "list_item_errors",
    "router",
]

JobId = Annotated[str, Path(max_length=36, description="The job's id", examples=["4b7e1c9a-…"])]


READ = problems_of(404, 410, 422)
Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Trainer = Annotated[Caller, needs(Scope.MODEL_TRAIN)]

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@router.post("/train", operation_id="createTrainingJob", **ASKED)
async def create_training_job(request: Request, caller: Trainer, body: TrainJobRequest) -> Response:
    """Train a model as a job; where it fails the gate the champion keeps serving."""
    return await submit(request, caller, "train", body.facts(), body.natural_key)


@router.post("/forecast", operation_id="createForecastJob", **ASKED)
async def create_forecast_job(request: Request, caller: Reader, body: ForecastJobRequest) -> Response:
    """Forecast all series, or those of some SKUs, into files."""
    return await submit(request, caller, "forecast", body.facts(), body.natural_key)


@router.post("/plan", operation_id="createPlanJob", **ASKED)
async def create_plan_job(
    request: Request, caller: Annotated[Caller, needs(Scope.DATA_WRITE)], body: PlanJobRequest
) -> Response:
    """Plan the orders of all series, or of some SKUs, and store them as proposals to decide about."""
    return await submit(request, caller, "plan", body.facts(), body.natural_key)


@router.post("/backtest", operation_id="createBacktestJob", **ASKED)
async def create_backtest_job(request: Request, caller: Trainer, body: BacktestJobRequest) -> Response:
    """Score models at rolling origins of the history, into tables and a page; registers nothing."""
    return await submit(request, caller, "backtest", body.facts(), body.natural_key)


@router.post("/tune", operation_id="createTuningJob", **ASKED)
async def create_tuning_job(request: Request, caller: Trainer, body: TuneJobRequest) -> Response:
    """Search for better training settings; `settings_of` of a training job then uses them."""
    return await submit(request, caller, "tune", body.facts(), body.natural_key)


@router.post("/weekly-report", operation_id="createWeeklyReportJob", **ASKED)
async def create_weekly_report_job(request: Request, caller: Reader, body: WeeklyReportJobRequest) -> Response:
    """Make the week's report as page, workbook and data."""
    return await submit(request, caller, "weekly-report", body.facts(), body.natural_key)


@router.post("/safety-stock-review", operation_id="createReviewJob", **ASKED)
async def create_review_job(request: Request, caller: Reader, body: ReviewJobRequest) -> Response:
    """Review the closed loop: suggestions, orders, receipts, lead times, service levels; changes nothing."""
    return await submit(request, caller, "safety-stock-review", body.facts(), body.natural_key)


@router.get("", operation_id="listJobs", response_model=JobsAnswer, responses=problems_of(422))
def list_all(
    request: Request,
    caller: Reader,
    kind: Annotated[str | None, Query(max_length=40, pattern=r"^[a-z-]+$")] = None,
    state: JobState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List jobs, newest first, a page at a time."""
    place = decode_cursor("jobs", cursor, str, str)
    before = None if place is None else (_read_moment(place[0]), place[1])
    with platform_of(request).database.reading() as connection:
        found = list_jobs(connection, caller.tenant, kind=kind, state=state, before=before, limit=limit + 1)
    page, following = cut_page("jobs", found, limit, lambda job: (job.created_at.isoformat(), job.id))
    return JSONResponse({"jobs": [job_document(job) for job in page], "next_cursor": following})


@router.get("/{job_id}", operation_id="getJob", response_model=JobAnswer, responses=READ)
async def get_job(request: Request, caller: Reader, job_id: JobId) -> Response:
    """Show a job; with `Prefer: wait=N` when it has ended, or after N seconds."""
    preference = Preference.of(request)
    job = await wait_for_end(platform_of(request), caller.tenant, job_id, preference.wait)
    headers = {} if job.ended else {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return JSONResponse(job_document(job), 200, headers | Preference(wait=preference.wait).applied)


@router.get(
    "/{job_id}/errors",
    operation_id="listJobErrors",
    response_model=ItemErrorsAnswer,
    responses=READ,
)
def list_item_errors(
    request: Request,
    caller: Reader,
    job_id: JobId,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """List what a job could not do, by item."""
    place = decode_cursor("job_errors", cursor, str)
    job = read_job(platform_of(request), caller.tenant, job_id)
    with platform_of(request).database.reading() as connection:
        found = item_errors(connection, job, after="" if place is None else place[0], limit=limit + 1)
    page, following = cut_page("job_errors", found, limit, lambda error: (error.item,))
    return JSONResponse({"errors": item_errors_document(list(page)), "next_cursor": following})


@router.get(
    "/{job_id}/result",
    operation_id="getJobResult",
    response_model=ResultAnswer,
    responses=READ | problems_of(409),
)
def get_result(request: Request, caller: Reader, job_id: JobId) -> Response:
    """Show what came of a job, with the address of each file."""
    return JSONResponse(result_document(_finished(request, caller, job_id)))


@router.get(
    "/{job_id}/result/{file}",
    operation_id="getJobResultFile",
    response_class=FileResponse,
    responses={
        200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}, "description": "The file"},
        **READ,
        **problems_of(409),
    },
)
def get_result_file(
    request: Request,
    caller: Reader,
    job_id: JobId,
    file: Annotated[
        str, Path(pattern=r"^[a-z_]{1,40}\.(csv|ndjson|parquet|html|json|xlsx)$", examples=["forecast.csv"])
    ],
) -> Response:
    """Download one file of a result: a table in one format, a page, a workbook, settings."""
    job = _finished(request, caller, job_id)
    name, kind = file.rsplit(".", 1)
    path = result_file(job_folder(platform_of(request).settings, caller.tenant, job.id), name, kind)
    return FileResponse(path, media_type=MEDIA_TYPES[kind], filename=f"{name}-{job.id}.{kind}")


@router.delete(
    "/{job_id}",
    operation_id="cancelJob",
    status_code=202,
    response_model=JobAnswer,
    responses={200: {"description": "The job has ended", "model": JobAnswer}, **READ},
)
async def cancel(request: Request, caller: Reader, job_id: JobId) -> Response:
    """Cancel a job: at once where it waits, at its next look (within seconds) where it runs. One that ended stays.

    Needs, beside the scope named, the one that asking for a job of this kind needs.
    """
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        now = platform.clock()
        check_scope(caller, find_job(connection, caller.tenant, job_id).kind)
        job = cancel_job(connection, caller.tenant, job_id, now=now, expires_at=now + JobSettings().retention)
        audit.record(connection, caller, "job.cancel", job_path(job.id), {"state": job.state.value}, now)
        headers = {} if job.ended else {"Location": job_path(job.id), "Retry-After": str(RETRY_AFTER_SECONDS)}
        return Answer(200 if job.ended else 202, job_document(job), headers)

    return await run_in_threadpool(run_once, request, caller, effect)


def _finished(request: Request, caller: Caller, job_id: str) -> Job:
    job = read_job(platform_of(request), caller.tenant, job_id)
    if job.state not in ENDED:
        raise ApiProblem(
            "job.unfinished",
            f"The job {job.id} is {job.state.value}; its result is there when it has succeeded.",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    if job.result is None:
        why = (job.error or {}).get("message", "nothing was kept")
        raise ApiProblem("job.no_result", f"The job {job.id} has {job.state.value} and left no result: {why}")
    return job


def _read_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        error = {"parameter": "cursor", "code": "cursor", "message": "not a cursor of this resource"}
        raise ApiProblem("request.invalid", "cursor: not a cursor of this resource", [error])
    return moment
