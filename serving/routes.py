"""The resources of /v1; each is one call to the context and one to `rendering`."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from core.buckets import Buckets
from core.errors import UsageError
from serving import rendering
from serving.access import Caller, Scope, needs
from serving.answers import ChampionAnswer, ForecastAnswer, PlanAnswer, ProductsAnswer
from serving.context import ServiceContext
from serving.demand.bucketed import check_calendar
from serving.demand.contexts import context_of, planned_context
from serving.demand.datasets import DEFAULT_DATASET
from serving.demand.forecasting import MAX_EXPLAINED, forecast_answer
from serving.demand.issued import issue, new_forecast_id
from serving.documentation import CHANGES_NOTHING, problems_of
from serving.jobs.job_answers import JobAnswer
from serving.jobs.job_schemas import ForecastJobRequest
from serving.jobs.submission import submit_if_preferred
from serving.ledger_stock import context_from_ledger
from serving.once import Answer, run_once
from serving.platform import platform_of
from serving.problems import ApiProblem
from serving.schemas import ForecastRequest, PlanRequest
from serving.selection import check_count, find_skus, forecast_rows, invalid

__all__ = ["create_forecast", "create_plan", "get_champion", "list_products", "router"]

MAX_PAGE = 500


router = APIRouter(prefix="/v1")


Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Dataset = Annotated[str, Query(max_length=63, description="GET /v1/datasets lists them")]


def _context(request: Request, caller: Caller, dataset: str) -> ServiceContext:
    return platform_of(request).host.context(caller.tenant, dataset)


@router.post(
    "/forecasts",
    operation_id="createForecast",
    tags=["forecasts"],
    openapi_extra=dict(CHANGES_NOTHING),
    response_model=ForecastAnswer,
    responses={
        201: {"model": ForecastAnswer, "description": "Issued and kept"},
        202: {"model": JobAnswer, "description": "Prefer: respond-async: a job does it"},
        **problems_of(404, 409),
    },
)
def create_forecast(request: Request, caller: Reader, body: ForecastRequest) -> Response:
    """Forecast some series: mean and quantiles of each future period.

    An unknown SKU is a 404 that names every unknown one; nothing is answered for the others then. Overrides in force
    are counted, and shown in `override_trace`.
    With `store` the answer is kept as issued, under its `forecast_id`, and answered with 201. With `Prefer:
    respond-async` (and an Idempotency-Key) the forecast of `skus` becomes a job: 202, and its address in Location.
    """
    if body.skus is not None:
        later = submit_if_preferred(request, caller, "forecast", lambda: _as_job(body))
        if later is not None:
            return later
    platform = platform_of(request)
    planned = planned_context(platform, caller.tenant, body.dataset)
    context = planned.context
    rows = forecast_rows(context, body)
    if body.explain and len(rows) > MAX_EXPLAINED:
        raise invalid("#/explain", f"at most {MAX_EXPLAINED} series are explained at once; ask for fewer")
    horizon = body.horizon or min(context.horizon, context.dataset.config.frequency.default_horizon)
    if horizon > context.horizon:
        message = f"at most {context.horizon} periods are kept ready; ask for fewer"
        raise invalid("#/horizon", message)
    calendar = _calendar(body, context)
    made = context.forecast(rows, horizon, body.levels)
    if not body.store:
        return JSONResponse(forecast_answer(planned, made, rows, body.dataset, body.explain, calendar=calendar))
    now, name = platform.clock(), new_forecast_id()
    answer = forecast_answer(planned, made, rows, body.dataset, body.explain, name, now, calendar)

    def effect(connection: sa.Connection) -> Answer:
        issue(connection, caller, body.dataset, answer, now)
        return Answer(201, answer, {"Location": f"/v1/issued-forecasts/{name}"})

    return run_once(request, caller, effect)


def _calendar(body: ForecastRequest, context: ServiceContext) -> Buckets | None:
    """Return the calendar of buckets that was asked for; raises ApiProblem for one that the dataset does not fit."""
    if body.buckets is None:
        return None
    calendar = body.buckets.calendar()
    try:
        check_calendar(calendar, context.dataset.config.frequency)
    except UsageError as error:
        raise invalid("#/buckets", str(error)) from error
    return calendar


def _as_job(body: ForecastRequest) -> dict[str, Any]:
    """Return what a forecast job is told instead."""
    names = ("dataset", "skus", "horizon", "levels", "buckets")
    facts = {name: getattr(body, name) for name in names}
    return ForecastJobRequest.model_validate(facts).facts()


@router.post(
    "/plans",
    operation_id="createPlan",
    tags=["plans"],
    openapi_extra=dict(CHANGES_NOTHING),
    response_model=PlanAnswer,
    responses=problems_of(404),
)
def create_plan(request: Request, caller: Reader, body: PlanRequest) -> Response:
    """Propose orders, as the data say or under a what-if; the answer shows the difference from the base plan.

    A budget is shared by the SKUs asked for. Nothing is stored.
    """
    platform = platform_of(request)
    context = context_of(platform, caller.tenant, body.dataset)
    skus = body.skus if body.skus is not None else list(context.rows_by_sku)
    rows = find_skus(context, skus)
    check_count(rows, "#/skus")
    with platform.database.reading() as connection:
        context = context_from_ledger(context, connection, caller.tenant)
    changes = body.what_if.changes() if body.what_if else {}
    try:
        base, plan = context.plan(rows, changes)
    except UsageError as error:
        raise invalid("#/what_if", str(error)) from error
    return JSONResponse(rendering.plan_answer(context, base, plan, changes))


@router.get(
    "/products",
    operation_id="listProducts",
    tags=["products"],
    response_model=ProductsAnswer,
    responses=problems_of(404, 422),
)
def list_products(
    request: Request,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Products a page")] = 50,
    cursor: Annotated[str | None, Query(max_length=2_000, description="next_cursor of the page before")] = None,
    dataset: Dataset = DEFAULT_DATASET,
) -> Response:
    """List the products by SKU, a page at a time."""
    context = _context(request, caller, dataset)
    try:
        after = rendering.read_cursor(cursor)
    except ValueError:
        error = {"parameter": "cursor", "code": "cursor", "message": "not a cursor of this resource"}
        raise ApiProblem("request.invalid", "cursor: not a cursor of this resource", [error]) from None
    return JSONResponse(rendering.products_answer(context, after, limit))


@router.get(
    "/models/champion",
    operation_id="getChampion",
    tags=["models"],
    response_model=ChampionAnswer,
    responses=problems_of(404),
)
def get_champion(request: Request, caller: Reader, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """Show the model in use."""
    return JSONResponse(rendering.champion_answer(_context(request, caller, dataset)))
