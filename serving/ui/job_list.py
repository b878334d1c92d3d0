"""The screen of jobs: what runs, how far it is, what came of it, and how to stop it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from serving.access import Scope
from serving.access.gate import PAGE
from serving.jobs.job import OPEN
from serving.jobs.job_answers import job_document, result_document
from serving.jobs.job_schemas import AlertsJobRequest, PlanJobRequest
from serving.jobs.records import item_errors
from serving.jobs.routes import cancel, create_plan_job, list_all
from serving.jobs.submission import read_job, submit
from serving.ui.data_tabs import data_page
from serving.ui.forms import answer_of, as_api, body_of, new_once
from serving.ui.page import page, redirect
from serving.ui.visit import Visit, visiting

__all__ = ["begin_alerts", "begin_plan", "router", "show_job", "show_jobs", "stop"]

router = APIRouter(prefix=f"{PAGE}/data/jobs")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]
Writing = Annotated[Visit, visiting(Scope.DATA_WRITE)]
JobId = Annotated[str, Path(max_length=36)]
Once = Annotated[str, Form(max_length=100)]
SHOWN_JOBS = 30
SHOWN_ERRORS = 20


@router.get("")
def show_jobs(visit: Looking, cursor: Annotated[str | None, Query(max_length=2_000)] = None) -> Response:
    """Show the jobs, newest first; while one is open the list draws itself anew."""
    facts = _jobs(visit, cursor)
    if visit.request.headers.get("hx-target") == "jobs":
        return page(visit, "data_jobs_list.html", **facts)
    return data_page(visit, "data_jobs.html", "jobs", **facts)


@router.get("/{job_id}")
def show_job(visit: Looking, job_id: JobId, brief: bool = False) -> Response:
    """Show one job: progress, what could not be done, what came of it; brief: its progress alone."""
    job = read_job(visit.platform, visit.known.tenant, job_id)
    if brief:
        return page(visit, "data_job.html", job=job_document(job), once=new_once)
    with visit.platform.database.reading() as connection:
        errors = item_errors(connection, job, limit=SHOWN_ERRORS)
    result = result_document(job) if job.result is not None else None
    return page(visit, "data_job_detail.html", job=job_document(job), errors=errors, result=result)


@router.post("/plan")
async def begin_plan(visit: Writing, once: Once) -> Response:
    """Ask for a plan of all products; its orders become proposals."""
    body = body_of(PlanJobRequest, dataset=visit.dataset, formats=["csv"])
    await create_plan_job(as_api(visit.request, once), visit.known, body)
    return redirect(visit, f"{PAGE}/data/jobs")


@router.post("/alerts")
async def begin_alerts(visit: Writing, once: Once) -> Response:
    """Ask for a run of the alert rules, with its notifications."""
    body = body_of(AlertsJobRequest, dataset=visit.dataset)
    await submit(as_api(visit.request, once), visit.known, "alerts", body.facts())
    return redirect(visit, f"{PAGE}/data/jobs")


@router.post("/{job_id}/cancel")
async def stop(visit: Looking, job_id: JobId, once: Once) -> Response:
    """Cancel a job: at once where it waits, soon where it runs."""
    await cancel(as_api(visit.request, once), visit.known, job_id)
    facts = await run_in_threadpool(_jobs, visit, None)
    return page(visit, "data_jobs_list.html", **facts)


def _jobs(visit: Visit, cursor: str | None) -> dict[str, Any]:
    told = answer_of(list_all(visit.request, visit.known, None, None, SHOWN_JOBS, cursor))
    jobs = told["jobs"]
    is_open = any(job["state"] in OPEN for job in jobs)
    may_write = visit.known.may(Scope.DATA_WRITE)
    following = told["next_cursor"]
    return {"jobs": jobs, "following": following, "is_open": is_open, "once": new_once, "may_write": may_write}
