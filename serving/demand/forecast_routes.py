"""Further forecast routes: percentiles and Business Central's shape, forecasts as issued, and their accuracy by lag."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from serving import rendering
from serving.access import Caller, Scope, needs
from serving.answers import ForecastAnswer
from serving.context import ServiceContext
from serving.demand.business_central import business_central_answer
from serving.demand.contexts import context_of
from serving.demand.datasets import DEFAULT_DATASET
from serving.demand.forecast_schemas import (
    AccuracyAnswer,
    BusinessCentralAnswer,
    BusinessCentralRequest,
    IssuedAnswer,
    PercentileAnswer,
    PercentileRequest,
)
from serving.demand.issued import accuracy_by_lag, find_issued, list_issued
from serving.documentation import CHANGES_NOTHING, problems_of
from serving.paging import Cursor, Limit
from serving.platform import platform_of
from serving.schemas import ForecastRequest
from serving.selection import forecast_rows, invalid

__all__ = [
    "create_business_central_forecast",
    "create_percentile_forecast",
    "get_accuracy",
    "get_issued_forecast",
    "list_issued_forecasts",
    "router",
]

PERCENTILES = (0.7, 0.8, 0.9)

router = APIRouter(prefix="/v1", tags=["forecasts"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Dataset = Annotated[str, Query(max_length=63)]


@router.post(
    "/forecasts/percentiles",
    operation_id="createPercentileForecast",
    openapi_extra=dict(CHANGES_NOTHING),
    response_model=PercentileAnswer,
    responses=problems_of(404),
)
def create_percentile_forecast(request: Request, caller: Reader, body: PercentileRequest) -> Response:
    """Forecast some series as flat rows with p70, p80 and p90: the same numbers as POST /v1/forecasts gives."""
    context = context_of(platform_of(request), caller.tenant, body.dataset)
    asked = ForecastRequest(
        skus=body.skus, series=body.series, horizon=body.horizon, levels=list(PERCENTILES), buckets=None
    )
    rows = forecast_rows(context, asked)
    horizon = body.horizon or min(context.horizon, context.dataset.config.frequency.default_horizon)
    if horizon > context.horizon:
        raise invalid("#/horizon", f"at most {context.horizon} periods are kept ready; ask for fewer")
    made = rendering.forecast_answer(context, context.forecast(rows, horizon, PERCENTILES))
    return JSONResponse({**{name: made[name] for name in ("model", "data", "unit")}, "rows": _flat(context, made)})


@router.post(
    "/forecasts/business-central",
    operation_id="createBusinessCentralForecast",
    openapi_extra=dict(CHANGES_NOTHING),
    response_model=BusinessCentralAnswer,
)
def create_business_central_forecast(request: Request, caller: Reader, body: BusinessCentralRequest) -> Response:
    """Forecast the history that comes with the question, in the shape of Business Central's forecast extension."""
    table, asked = body.Inputs.input1, body.GlobalParameters
    numbers = int(asked.horizon), int(asked.seasonality), int(asked.confidence_level)
    return JSONResponse(business_central_answer(table.ColumnNames, table.Values, *numbers))


@router.get(
    "/issued-forecasts", operation_id="listIssuedForecasts", response_model=IssuedAnswer, responses=problems_of(422)
)
def list_issued_forecasts(
    request: Request, caller: Reader, dataset: Dataset = DEFAULT_DATASET, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """List the forecasts that were issued (`store`), newest first."""
    with platform_of(request).database.reading() as connection:
        items, following = list_issued(connection, caller.tenant, dataset, limit, cursor)
    return JSONResponse({"items": items, "next_cursor": following})


@router.get(
    "/issued-forecasts/{forecast_id}",
    operation_id="getIssuedForecast",
    response_model=ForecastAnswer,
    responses=problems_of(404, 422),
)
def get_issued_forecast(request: Request, caller: Reader, forecast_id: Annotated[str, Path(max_length=32)]) -> Response:
    """Show an issued forecast exactly as it was answered."""
    with platform_of(request).database.reading() as connection:
        return JSONResponse(find_issued(connection, caller.tenant, forecast_id))


@router.get(
    "/forecast-accuracy",
    operation_id="getForecastAccuracy",
    response_model=AccuracyAnswer,
    responses=problems_of(404, 422),
)
def get_accuracy(request: Request, caller: Reader, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """Hold issued forecasts against what was sold since, by lag: how far ahead they were made."""
    platform = platform_of(request)
    context = platform.host.context(caller.tenant, dataset)
    end = context.freshness.last_observed + timedelta(days=context.dataset.config.frequency.period_days)
    sales, frequency = context.dataset.table("sales"), context.dataset.config.frequency
    with platform.database.reading() as connection:
        lags = accuracy_by_lag(connection, caller.tenant, dataset, sales, frequency, end)
    return JSONResponse({"dataset": dataset, "as_of": str(end), "lags": lags})


def _flat(context: ServiceContext, made: dict[str, Any]) -> list[dict[str, Any]]:
    days = timedelta(days=context.dataset.config.frequency.period_days - 1)
    names = [f"q{level:g}" for level in PERCENTILES]
    return [
        {
            "sku": series["sku"],
            "location": series["location"],
            "start_date": period["date"],
            "end_date": str(date.fromisoformat(period["date"]) + days),
            "mean": period["mean"],
            **{f"p{name[3:]}0": period["quantiles"][name] for name in names},
            "status": series["status"],
        }
        for series in made["series"]
        for period in series["periods"]
    ]
