"""The resources of /v1; each is one call to the context and one to `rendering`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from core.errors import UnknownSkuError, UsageError
from serving import rendering
from serving.access import LOCAL_TENANT, Caller, Scope, needs
from serving.answers import ChampionAnswer, ForecastAnswer, PlanAnswer, ProductsAnswer
from serving.context import Rows, ServiceContext
from serving.documentation import CHANGES_NOTHING, problems_of
from serving.platform import platform_of
from serving.problems import ApiProblem
from serving.schemas import MAX_SERIES, ForecastRequest, PlanRequest

__all__ = ["create_forecast", "create_plan", "get_champion", "list_products", "router"]

MAX_PAGE = 500


router = APIRouter(prefix="/v1")


Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]


def _context(request: Request, caller: Caller) -> ServiceContext:
    if caller.tenant != LOCAL_TENANT:
        raise ApiProblem("dataset.unknown", f"The tenant {caller.tenant} has no dataset here.")
    return platform_of(request).host.context()


@router.post(
    "/forecasts",
    operation_id="createForecast",
    tags=["forecasts"],
    openapi_extra=dict(CHANGES_NOTHING),
    response_model=ForecastAnswer,
    responses=problems_of(404),
)
def create_forecast(request: Request, caller: Reader, body: ForecastRequest) -> Response:
    """Forecast some series: mean and quantiles of each future period.

    An unknown SKU is a 404 that names every unknown one; nothing is answered for the others then.
    """
    context = _context(request, caller)
    rows = _forecast_rows(context, body)
    horizon = body.horizon or min(context.horizon, context.dataset.config.frequency.default_horizon)
    if horizon > context.horizon:
        message = f"at most {context.horizon} periods are kept ready; ask for fewer"
        raise _invalid("#/horizon", message)
    made = context.forecast(rows, horizon, body.levels)
    return JSONResponse(rendering.forecast_answer(context, made))


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
    context = _context(request, caller)
    skus = body.skus if body.skus is not None else list(context.rows_by_sku)
    rows = _find(context, skus)
    _check_count(rows, "#/skus")
    changes = body.what_if.changes() if body.what_if else {}
    try:
        base, plan = context.plan(rows, changes)
    except UsageError as error:
        raise _invalid("#/what_if", str(error)) from error
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
) -> Response:
    """List the products by SKU, a page at a time."""
    context = _context(request, caller)
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
def get_champion(request: Request, caller: Reader) -> Response:
    """Show the model in use."""
    return JSONResponse(rendering.champion_answer(_context(request, caller)))


def _forecast_rows(context: ServiceContext, body: ForecastRequest) -> Rows:
    if body.skus is not None:
        rows = _find(context, body.skus)
        _check_count(rows, "#/skus")
        return rows
    keys = [(item.sku, item.location) for item in body.series or []]
    missing = [place for place, key in enumerate(keys) if key not in context.rows]
    if missing:
        names = [f"{sku} at {location}" for sku, location in keys]
        raise _unknown("series", missing, names)
    return context.find_series(keys)


def _find(context: ServiceContext, skus: list[str]) -> Rows:
    missing = [place for place, sku in enumerate(skus) if sku not in context.rows_by_sku]
    if missing:
        raise _unknown("skus", missing, skus)
    return context.find_skus(skus)


def _unknown(name: str, missing: list[int], words: list[str]) -> ApiProblem:
    errors = [
        {
            "pointer": f"#/{name}/{place}",
            "code": UnknownSkuError.code,
            "message": f"{words[place]} is not in the dataset",
        }
        for place in missing
    ]
    shown = ", ".join(words[place] for place in missing[:10]) + (" …" if len(missing) > 10 else "")
    return ApiProblem(UnknownSkuError.code, f"Not in the dataset: {shown}. GET /v1/products lists what is.", errors)


def _check_count(rows: Rows, pointer: str) -> None:
    if len(rows) > MAX_SERIES:
        message = f"{len(rows):,} series (SKU × location) are more than {MAX_SERIES:,}; name fewer SKUs"
        raise _invalid(pointer, message)


def _invalid(pointer: str, message: str) -> ApiProblem:
    error = {"pointer": pointer, "code": "limit", "message": message}
    return ApiProblem("request.invalid", f"{pointer}: {message}", [error])
