"""Ask for a job over HTTP: once per Idempotency-Key, answered by 202 at once, or by its end where the client waits."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from serving import audit
from serving.access import Caller, Scope
from serving.jobs.asking import request_job
from serving.jobs.job import Job, JobExpired
from serving.jobs.job_answers import job_document, job_path
from serving.jobs.named import check_named
from serving.jobs.prefer import Preference
from serving.jobs.records import find_job
from serving.once import Answer, run_once
from serving.platform import Platform, platform_of
from serving.problems import ApiProblem

__all__ = [
    "RETRY_AFTER_SECONDS",
    "accepted",
    "check_scope",
    "read_job",
    "submit",
    "submit_for",
    "submit_if_preferred",
    "wait_for_end",
]

RETRY_AFTER_SECONDS = 2
"""When it is worth looking again."""
SCOPES: Mapping[str, Scope] = {
    "train": Scope.MODEL_TRAIN,
    "promote": Scope.MODEL_TRAIN,
    "plan": Scope.DATA_WRITE,
    "import": Scope.DATA_WRITE,
    "amazon-report": Scope.DATA_WRITE,
    "amazon-stock": Scope.DATA_WRITE,
    "amazon-feed": Scope.DATA_WRITE,
    "reconcile": Scope.DATA_WRITE,
    "report": Scope.DATA_WRITE,
    "alerts": Scope.DATA_WRITE,
    "backtest": Scope.MODEL_TRAIN,
    "tune": Scope.MODEL_TRAIN,
}
"""Kinds of job that need more than reading forecasts."""
FIRST_LOOK, LONGEST_LOOK = 0.05, 1.0


def submit_if_preferred(
    request: Request, caller: Caller, kind: str, facts: Callable[[], dict[str, Any]]
) -> Response | None:
    """Return the 202 of a job where the client sent `Prefer: respond-async`, None where it wants the answer itself.

    facts: what the job is told, asked for only then. The client sends an Idempotency-Key with it.
    """
    preference = Preference.of(request)
    if not preference.respond_async:
        return None
    check_scope(caller, kind)
    try:
        told = facts()
    except ValidationError as error:
        found = [
            {"pointer": "#/" + "/".join(map(str, item["loc"])), "code": item["type"], "message": item["msg"]}
            for item in error.errors()
        ]
        raise ApiProblem("request.invalid", f"{found[0]['pointer']}: {found[0]['message']}", found) from None
    return _ask(request, caller, kind, told, None, preference)


def submit_for(request: Request, caller: Caller, kind: str, facts: dict[str, Any]) -> Response:
    """Return the 202 of a job for a request that takes longer than a client should wait, whatever it prefers."""
    check_scope(caller, kind)
    return _ask(request, caller, kind, facts, None, Preference.of(request))


async def submit(
    request: Request, caller: Caller, kind: str, facts: dict[str, Any], natural_key: str | None = None
) -> Response:
    """Return 202 with the queued job; with `Prefer: wait=N` its end, where it comes within N seconds, as 200.

    What is kept for the Idempotency-Key is the 202.
    """
    platform = platform_of(request)
    preference = Preference.of(request)
    response = await run_in_threadpool(_ask, request, caller, kind, facts, natural_key, preference)
    if response.status_code != 202 or not preference.wait:
        return response
    job_id = response.headers["location"].rsplit("/", 1)[-1]
    job = await wait_for_end(platform, caller.tenant, job_id, preference.wait)
    return JSONResponse(job_document(job), 200, preference.applied) if job.ended else response


def _ask(
    request: Request, caller: Caller, kind: str, facts: dict[str, Any], natural_key: str | None, preference: Preference
) -> Response:
    platform = platform_of(request)
    now = platform.clock()

    def effect(connection: sa.Connection) -> Answer:
        check_named(platform, connection, caller.tenant, kind, facts)
        job = request_job(connection, caller, kind, facts, natural_key, now=now)
        audit.record(connection, caller, "job.request", job_path(job.id), {"kind": kind, "request": facts}, now)
        return accepted(job, preference)

    return run_once(request, caller, effect)


def check_scope(caller: Caller, kind: str) -> None:
    """Raise ApiProblem `scope.missing` (403) where the caller may not ask for jobs of a kind."""
    needed = SCOPES.get(kind, Scope.FORECAST_READ)
    if not caller.may(needed):
        missing = [{"code": "scope.missing", "message": str(needed)}]
        raise ApiProblem("scope.missing", f"Jobs of kind {kind} need the scope {needed}.", missing)


def accepted(job: Job, preference: Preference = Preference()) -> Answer:  # noqa: B008  it is frozen
    """Return the answer to a request that became a job: where it is, and when to look again."""
    headers = {"Location": job_path(job.id), "Retry-After": str(RETRY_AFTER_SECONDS), **preference.applied}
    return Answer(202, job_document(job), headers)


class _Waiting:
    """How many requests wait for a job's end in this process; each takes one of its places for requests at work."""

    count = 0

    def __enter__(self) -> None:
        type(self).count += 1

    def __exit__(self, *error: object) -> None:
        type(self).count -= 1


async def wait_for_end(platform: Platform, tenant: str, job_id: str, seconds: float) -> Job:
    """Return the job when it has ended, or as it is after so many seconds; holds no thread meanwhile.

    Where a quarter of the process's places are taken by requests that wait, a further one is answered at once.
    """
    loop = asyncio.get_running_loop()
    job = await run_in_threadpool(read_job, platform, tenant, job_id)
    if _Waiting.count >= max(1, platform.limits.in_flight // 4):
        return job
    deadline, pause = loop.time() + seconds, FIRST_LOOK
    with _Waiting():
        while not job.ended and loop.time() + pause <= deadline:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_LOOK)
            job = await run_in_threadpool(read_job, platform, tenant, job_id)
    return job


def read_job(platform: Platform, tenant: str, job_id: str) -> Job:
    """Return a job of the tenant; raises JobUnknown, and JobExpired where its time is over."""
    with platform.database.reading() as connection:
        job = find_job(connection, tenant, job_id)
    if job.expired or (job.expires_at is not None and job.expires_at <= platform.clock()):
        raise JobExpired(f"the job {job_id} ended {job.ended_at}; what came of it is no longer kept")
    return job
