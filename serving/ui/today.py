"""The first screen: how the stock stands, what looks wrong, and what changed since the last plan."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from monitoring.fact import Scope as FactScope
from monitoring.health import ALERT_BELOW, PILLARS, explain
from monitoring.kpi import KPIS
from serving.access import Scope
from serving.access.gate import PAGE
from serving.alerts.alert_answers import DraftDecision, SnoozeRequest
from serving.alerts.drafts import drafts
from serving.alerts.routes import decide_draft, evaluate, make_alert_draft, snooze
from serving.alerts.served import place_for
from serving.alerts.store import health_trend
from serving.demand.contexts import context_of
from serving.proposals.requests import PlanRunRequest
from serving.proposals.run_routes import create_plan_run
from serving.proposals.run_store import find_run
from serving.schemas import MAX_SERIES
from serving.ui.board import board_of, keep_warm
from serving.ui.exceptions import exceptions_of
from serving.ui.forms import answer_of, as_api
from serving.ui.newest_run import changes_between, newest_runs
from serving.ui.page import page, redirect
from serving.ui.visit import Visit, visiting

__all__ = [
    "act_on_draft",
    "draft_action",
    "look_again",
    "make_plan",
    "router",
    "show_board",
    "show_changes",
    "show_today",
    "sleep_on",
]

router = APIRouter(prefix=f"{PAGE}/today")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]
Planning = Annotated[Visit, visiting(Scope.SCENARIO_WRITE)]
Writing = Annotated[Visit, visiting(Scope.DATA_WRITE)]
Approving = Annotated[Visit, visiting(Scope.PO_APPROVE)]
Name = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]

SHOWN = 25
"""Alerts and changes shown at first."""
SNOOZE_DAYS = 7


@router.get("")
def show_today(visit: Looking) -> Response:
    """Show the frame at once; what takes longer comes in parts."""
    context = context_of(visit.platform, visit.known.tenant, visit.dataset)
    return page(
        visit,
        "today.html",
        screen="today",
        freshness=context.freshness,
        products=len(context.rows_by_sku),
        model=context.distribution.model,
        remark=context.champion.fallback_reason,
    )


@router.get("/board")
def show_board(visit: Looking, everything: bool = False) -> Response:
    """Show key figures and alerts."""
    return _board(visit, everything)


@router.get("/changes")
def show_changes(visit: Looking) -> Response:
    """Show what the newest stored plan orders otherwise than the one before."""
    return _changes(visit)


@router.post("/evaluate")
def look_again(visit: Writing) -> Response:
    """Run the rules and keep what they say, so that alerts can be acted on."""
    told = answer_of(evaluate(visit.request, visit.known, visit.dataset))
    return _board(visit, said=("{count} alerts are up to date.", {"count": told["alerts"]}))


@router.post("/alerts/{alert_id}/snooze")
def sleep_on(visit: Planning, alert_id: Name, days: int = SNOOZE_DAYS) -> Response:
    """Put an alert to sleep; it wakes at once if it becomes critical."""
    context = context_of(visit.platform, visit.known.tenant, visit.dataset)
    until = context.freshness.as_of + timedelta(days=min(max(days, 1), 90))
    told = answer_of(snooze(visit.request, visit.known, alert_id, SnoozeRequest(until=until), visit.dataset))
    values = {"subject": told["alert"]["subject"], "day": visit.formats.day(until)}
    return _board(visit, said=("{subject} is silent until {day}.", values))


@router.post("/alerts/{alert_id}/draft")
def draft_action(visit: Planning, alert_id: Name) -> Response:
    """Make what an alert suggests a draft with its numbers; nothing is done by itself."""
    make_alert_draft(visit.request, visit.known, alert_id, visit.dataset)
    return _board(visit, said=("The action is drafted; decide about it below.", {}))


@router.post("/drafts/{draft_id}/{decision}")
def act_on_draft(
    visit: Approving, draft_id: Name, decision: Annotated[str, Path(pattern="^(approve|reject)$")]
) -> Response:
    """Approve or reject a drafted action."""
    decide_draft(visit.request, visit.known, draft_id, DraftDecision(decision=decision), visit.dataset)
    return _board(visit, said=("The decision is kept.", {}))


@router.post("/plan")
def make_plan(visit: Writing) -> Response:
    """Plan the orders of all products and store them as proposals; of many products a job does it, which is shown."""
    context = context_of(visit.platform, visit.known.tenant, visit.dataset)
    is_long = len(context.rows) > MAX_SERIES
    asked = as_api(visit.request, headers={"Prefer": "respond-async"}) if is_long else visit.request
    create_plan_run(asked, visit.known, PlanRunRequest(dataset=visit.dataset, skus=None, what_if=None))
    if is_long:
        return redirect(visit, f"{PAGE}/data/jobs")
    keep_warm(visit.platform, visit.known.tenant, visit.dataset)
    return _changes(visit)


def _board(visit: Visit, everything: bool = False, said: tuple[str, dict[str, Any]] | None = None) -> Response:
    board, _ = board_of(visit)
    score, figures = board.health
    place = place_for(visit.request, visit.known, visit.dataset)
    with visit.platform.database.reading() as connection:
        trend = health_trend(connection, place)
        open_drafts = drafts(connection, place, "draft")
    found = exceptions_of(visit, most=None if everything else SHOWN)
    series = board.seen.facts[FactScope.SERIES]
    return page(
        visit,
        "today_board.html",
        currency=board.currency,
        score=score,
        costs=explain({name: float(score[name]) for name in PILLARS}, figures),
        kpis=figures,
        meanings=KPIS,
        alert_below=ALERT_BELOW,
        risk=float(series["stockout_loss"].sum(min_count=1)),
        excess=float(series["excess_value"].sum(min_count=1)),
        trend=trend["score"].tolist(),
        found=found,
        drafts=open_drafts,
        said=said,
    )


def _changes(visit: Visit) -> Response:
    tenant = visit.known.tenant
    with visit.platform.database.reading() as connection:
        runs = newest_runs(connection, tenant, visit.dataset)
        lines = [find_run(connection, tenant, run.run_id, with_lines=True).lines for run in runs]
    changed = changes_between(lines[1], lines[0]) if len(runs) > 1 else []
    return page(visit, "today_changes.html", runs=runs, changed=changed, shown=changed[:SHOWN])
