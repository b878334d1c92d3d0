"""/v1/plan-runs: plans that are stored, and whose orders become proposals."""

from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from core.errors import UsageError
from serving.jobs.job_answers import JobAnswer
from serving.jobs.job_schemas import PlanJobRequest
from serving.jobs.submission import submit_if_preferred
from serving.once import Answer, replayed, run_once
from serving.paging import Cursor, Limit, cut_page, decode_cursor
from serving.platform import platform_of
from serving.problems import ApiProblem
from serving.proposals import answers
from serving.proposals.planning import make_plan_run
from serving.proposals.requests import PlanRunRequest
from serving.proposals.route_parts import (
    NameInPath,
    Planner,
    Reader,
    Word,
    context_for,
    problems,
    read_position,
    rows_of,
)
from serving.proposals.run_store import find_run, list_runs, store_plan

__all__ = ["create_plan_run", "get_plan_run", "list_plan_run_lines", "list_plan_runs", "router"]

router = APIRouter(prefix="/v1", tags=["plan runs"])


@router.post(
    "/plan-runs",
    operation_id="createPlanRun",
    response_model=answers.PlanRunAnswer,
    status_code=201,
    responses=problems(
        404,
        409,
        also={
            200: {"description": "The same plan was stored before", "model": answers.PlanRunAnswer},
            202: {"description": "Prefer: respond-async: a job does it", "model": JobAnswer},
        },
    ),
)
def create_plan_run(request: Request, caller: Planner, body: PlanRunRequest) -> Response:
    """Plan orders and store them as proposals to decide about.

    The same data give the same run and the same proposals, however often it is asked. Open drafts of the same series
    from earlier plans are superseded; what is approved or further stays, and counts as on the way. With `Prefer:
    respond-async` a job does it: 202, and its address in Location.
    """
    later = submit_if_preferred(request, caller, "plan", lambda: _as_job(body))
    if later is not None:
        return later
    kept = replayed(request, caller)
    if kept is not None:
        return kept
    platform = platform_of(request)
    context = context_for(request, caller, body.dataset)
    rows = rows_of(context, body.skus)
    changes = body.what_if.changes() if body.what_if else {}
    options: dict[str, Any] = {"skus": sorted(set(body.skus)) if body.skus else None, "what_if": changes}
    try:
        run, suggestions = make_plan_run(
            platform.database, caller.tenant, context, body.dataset, rows, changes, options
        )
    except UsageError as error:
        found = {"pointer": "#/what_if", "code": "limit", "message": str(error)}
        raise ApiProblem("request.invalid", f"#/what_if: {error}", [found]) from error

    def effect(connection: sa.Connection) -> Answer:
        stored = store_plan(connection, caller, run, suggestions, platform.clock())
        row = find_run(connection, caller.tenant, stored.run_id)
        where = {"Location": f"/v1/plan-runs/{stored.run_id}"}
        return Answer(200 if stored.again else 201, answers.run_answer(row, stored), where)

    return run_once(request, caller, effect)


def _as_job(body: PlanRunRequest) -> dict[str, Any]:
    """Return what a plan job is told instead."""
    return PlanJobRequest.model_validate(body.model_dump(exclude_none=True)).facts()


@router.get("/plan-runs", operation_id="listPlanRuns", response_model=answers.PlanRunsAnswer, responses=problems())
def list_plan_runs(
    request: Request, caller: Reader, dataset: Word = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the stored plans, the newest first."""
    before = read_position("plan-runs", cursor)
    with platform_of(request).database.reading() as connection:
        rows = list_runs(connection, caller.tenant, dataset, before, limit + 1)
    page, after = cut_page("plan-runs", rows, limit, lambda row: (row.created_at.isoformat(), row.run_id))
    return JSONResponse({"items": [answers.run_answer(row) for row in page], "next_cursor": after})


@router.get(
    "/plan-runs/{run_id}",
    operation_id="getPlanRun",
    response_model=answers.PlanRunAnswer,
    responses=problems(404),
)
def get_plan_run(request: Request, caller: Reader, run_id: NameInPath) -> Response:
    """Show a stored plan: what was asked, of which data and model, and what it costs."""
    with platform_of(request).database.reading() as connection:
        return JSONResponse(answers.run_answer(find_run(connection, caller.tenant, run_id)))


@router.get(
    "/plan-runs/{run_id}/lines",
    operation_id="listPlanRunLines",
    response_model=answers.PlanLinesAnswer,
    responses=problems(404),
)
def list_plan_run_lines(
    request: Request, caller: Reader, run_id: NameInPath, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List what a run said of each series, as it was said: later decisions change nothing here."""
    found = decode_cursor("plan-run-lines", cursor, str, int)
    first = found[1] if found and found[0] == run_id else 0
    with platform_of(request).database.reading() as connection:
        lines = find_run(connection, caller.tenant, run_id, with_lines=True).lines
    numbered = list(enumerate(lines))[max(first, 0) : max(first, 0) + limit + 1]
    page, after = cut_page("plan-run-lines", numbered, limit, lambda item: (run_id, item[0] + 1))
    return JSONResponse({"items": [answers.line_answer(line) for _, line in page], "next_cursor": after})
