"""The resources of health and reports: scores with their reasons, the weekly report as data, page or workbook."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from monitoring.health import ALERT_BELOW
from monitoring.kpi import KPIS
from monitoring.weekly_report import weekly_report
from serving.access import Caller, Scope, needs
from serving.alerts.alert_answers import ClosedLoopAnswer, HealthAnswer, ReportAnswer
from serving.alerts.health_board import health_board
from serving.alerts.loop_board import loop_summary, loop_table, told_loop
from serving.alerts.report_files import report_bytes
from serving.alerts.served import Dataset, context_for, place_for, watched_for
from serving.alerts.store import health_trend
from serving.demand.datasets import DEFAULT_DATASET
from serving.documentation import problems_of
from serving.platform import platform_of

__all__ = ["get_closed_loop", "get_health", "get_weekly", "router"]

router = APIRouter(prefix="/v1")

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
By = Annotated[str, Query(pattern="^(all|category|location|sku|series)$", description="One row for each of these")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Rows at most, lowest score first")]
MEDIA = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMS: dict[int | str, dict[str, Any]] = {
    200: {"content": {media.partition(";")[0]: {"schema": {"type": "string"}} for media in MEDIA.values()}}
}
"""The report's other forms, for the document; JSON is its model."""


@router.get(
    "/health-score",
    operation_id="getHealthScore",
    tags=["reports"],
    response_model=HealthAnswer,
    responses=problems_of(404, 422),
)
def get_health(
    request: Request, caller: Reader, by: By = "all", limit: Limit = 100, dataset: Dataset = DEFAULT_DATASET
) -> Response:
    """Score the stock from 0 to 100 with the reason, for all of it or by category, location or product."""
    seen, place = watched_for(request, caller, dataset), place_for(request, caller, dataset)
    scores, kpis = health_board(seen, by)
    with platform_of(request).database.reading() as connection:
        trend = health_trend(connection, place)
    figures = kpis.to_dict("records")
    items = [
        {
            **{name: _known(value) for name, value in row.items()},
            "kpis": {name: _known(figures[at][name]) for name in KPIS},
        }
        for at, row in enumerate(scores.head(limit).to_dict("records"))
    ]
    points = [{"day": str(row.day), "score": float(row.score)} for row in trend.itertuples()]
    body = {"as_of": seen.view.as_of.isoformat(), "alert_below": ALERT_BELOW, "items": items, "trend": points}
    return JSONResponse(body)


@router.get(
    "/reports/weekly",
    operation_id="getWeeklyReport",
    tags=["reports"],
    response_model=ReportAnswer,
    responses=FORMS | problems_of(404, 422),
)
def get_weekly(
    request: Request,
    caller: Reader,
    form: Annotated[str, Query(alias="format", pattern="^(json|html|xlsx)$")] = "json",
    dataset: Dataset = DEFAULT_DATASET,
) -> Response:
    """Answer the week's report: health, key figures, alerts, slow movers, what to restock first, suppliers, market."""
    seen, place = watched_for(request, caller, dataset), place_for(request, caller, dataset)
    with platform_of(request).database.reading() as connection:
        trend = health_trend(connection, place)
        loop = loop_summary(connection, caller.tenant, dataset, seen.view)
    currency = context_for(request, caller, dataset).dataset.config.currency
    report = weekly_report(seen.view, seen.facts, seen.firing, currency, loop, trend)
    if form == "json":
        return JSONResponse(report.as_plain())
    name = f'attachment; filename="fillrate-week-{report.as_of}.{form}"'
    headers = {"Content-Disposition": name} if form == "xlsx" else {}
    return Response(report_bytes(report, f".{form}"), media_type=MEDIA[form], headers=headers)


@router.get(
    "/reports/closed-loop",
    operation_id="getClosedLoop",
    tags=["reports"],
    response_model=ClosedLoopAnswer,
    responses=problems_of(404, 422),
)
def get_closed_loop(request: Request, caller: Reader, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """Report what became of suggestions: followed, changed or ignored, cost and lateness, lead times, levels."""
    seen = watched_for(request, caller, dataset)
    with platform_of(request).database.reading() as connection:
        table = loop_table(connection, caller.tenant, dataset, seen.view)
    return JSONResponse(told_loop(table, seen))


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value
