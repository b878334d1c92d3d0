"""`/v1/scenarios`: what-ifs that are named, kept for a while, compared with the base plan, and promoted if wanted."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse, Response

from core.errors import UsageError
from optimizer.plan import OrderPlan
from serving.access import Caller, Scope, needs
from serving.context import Rows, ServiceContext
from serving.demand.contexts import context_of
from serving.demand.dataset_views import shown_moment
from serving.demand.datasets import DEFAULT_DATASET
from serving.demand.deltas import Delta
from serving.demand.scenario_schemas import ScenarioAnswer, ScenarioRequest, ScenariosAnswer
from serving.demand.scenario_store import (
    add_scenario,
    delete_scenario,
    find_scenario,
    list_scenarios,
    note_promotion,
)
from serving.demand.scenarios import answer_scenario, scenario_plans
from serving.documentation import problems_of
from serving.once import Answer, replayed, run_once
from serving.paging import Cursor, Limit
from serving.platform import Platform, platform_of
from serving.problems import ApiProblem
from serving.proposals import answers as proposal_answers
from serving.proposals.commitments import counted, with_commitments
from serving.proposals.run_store import committed, find_run, store_plan
from serving.proposals.suggestion import PlanRun, Suggestion, suggestions_of
from serving.selection import check_count, find_skus

__all__ = [
    "create_scenario",
    "get_scenario",
    "page_scenarios",
    "plan_scenario",
    "promote_scenario",
    "remove_scenario",
    "router",
]

router = APIRouter(prefix="/v1/scenarios", tags=["scenarios"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Planner = Annotated[Caller, needs(Scope.SCENARIO_WRITE)]
Name = Annotated[str, Path(max_length=32)]


@router.post(
    "",
    operation_id="createScenario",
    status_code=201,
    response_model=ScenarioAnswer,
    responses=problems_of(404),
)
def create_scenario(request: Request, caller: Planner, body: ScenarioRequest) -> Response:
    """Plan as things are and as they would be, and keep both answers' difference until the scenario expires.

    Nothing of it is in any plan.
    """
    kept = replayed(request, caller)
    if kept is not None:
        return kept
    platform = platform_of(request)
    context, base, plan, assumed = plan_scenario(platform, caller, body)
    answer = answer_scenario(context, base, plan, assumed) | {"dataset_version": context.dataset_version}
    asked = body.model_dump(mode="json", exclude_none=True)

    def effect(connection: sa.Connection) -> Answer:
        made = add_scenario(connection, caller, asked, answer, platform.clock())
        return Answer(201, _shown(made), {"Location": f"/v1/scenarios/{made.scenario_id}"})

    return run_once(request, caller, effect)


@router.get("", operation_id="listScenarios", response_model=ScenariosAnswer, responses=problems_of(422))
def page_scenarios(
    request: Request,
    caller: Reader,
    dataset: Annotated[str, Query(max_length=63)] = DEFAULT_DATASET,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the scenarios that have not expired, newest first."""
    platform = platform_of(request)
    with platform.database.reading() as connection:
        rows, following = list_scenarios(connection, caller.tenant, dataset, platform.clock(), limit, cursor)
    return JSONResponse({"items": [_summary(row) for row in rows], "next_cursor": following})


@router.get(
    "/{scenario_id}", operation_id="getScenario", response_model=ScenarioAnswer, responses=problems_of(404, 422)
)
def get_scenario(request: Request, caller: Reader, scenario_id: Name) -> Response:
    """Show a scenario as it was answered."""
    platform = platform_of(request)
    with platform.database.reading() as connection:
        return JSONResponse(_shown(find_scenario(connection, caller.tenant, scenario_id, platform.clock())))


@router.delete("/{scenario_id}", operation_id="deleteScenario", status_code=204, responses=problems_of(404))
def remove_scenario(request: Request, caller: Planner, scenario_id: Name) -> Response:
    """Forget a scenario; a plan that came of it stays."""
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        delete_scenario(connection, caller, scenario_id, platform.clock())
        return Answer(204, None)

    return run_once(request, caller, effect)


@router.post(
    "/{scenario_id}/promote",
    operation_id="promoteScenario",
    status_code=201,
    response_model=proposal_answers.PlanRunAnswer,
    responses={
        200: {"model": proposal_answers.PlanRunAnswer, "description": "The same plan was stored before"},
        **problems_of(404, 409),
    },
)
def promote_scenario(request: Request, caller: Planner, scenario_id: Name) -> Response:
    """Plan under the scenario's deltas with the data of now, and store the plan: its orders become proposals."""
    kept = replayed(request, caller)
    if kept is not None:
        return kept
    platform = platform_of(request)
    with platform.database.reading() as connection:
        found = find_scenario(connection, caller.tenant, scenario_id, platform.clock())
    body = ScenarioRequest.model_validate(found.request)
    run, suggestions = _run_of(request, caller, scenario_id, body)

    def effect(connection: sa.Connection) -> Answer:
        find_scenario(connection, caller.tenant, scenario_id, platform.clock(), lock=True)
        stored = store_plan(connection, caller, run, suggestions, platform.clock())
        note_promotion(connection, caller, scenario_id, stored.run_id)
        row = find_run(connection, caller.tenant, stored.run_id)
        where = {"Location": f"/v1/plan-runs/{stored.run_id}"}
        return Answer(200 if stored.again else 201, proposal_answers.run_answer(row, stored), where)

    return run_once(request, caller, effect)


def _run_of(
    request: Request, caller: Caller, scenario_id: str, body: ScenarioRequest
) -> tuple[PlanRun, list[Suggestion]]:
    """Return the run to store: the scenario's plan, with orders that are decided for counted as on the way."""
    platform = platform_of(request)
    context = context_of(platform, caller.tenant, body.dataset)
    rows = _rows(context, body.skus)
    with platform.database.reading() as connection:
        known = committed(connection, caller.tenant, body.dataset)
    keys = list(context.rows)
    series = {keys[row] for row in rows.tolist()}
    mine = [item for item in known if (item.sku, item.location) in series]
    counting = with_commitments(context, counted(mine, context.dataset, context.freshness.as_of))
    try:
        _, plan, _ = scenario_plans(counting, rows, _deltas(counting, body))
    except UsageError as error:
        raise _about_deltas(error) from error
    options: dict[str, Any] = {
        "skus": sorted(set(body.skus)) if body.skus else None,
        "scenario": {"id": scenario_id, "name": body.name, "deltas": body.model_dump(mode="json")["deltas"]},
    }
    return suggestions_of(context, plan, body.dataset, options, mine)


def plan_scenario(
    platform: Platform, caller: Caller, body: ScenarioRequest
) -> tuple[ServiceContext, OrderPlan, OrderPlan, tuple[str, ...]]:
    """Return what answers for the dataset, the base plan, the plan under the deltas, and what these assume.

    Raises ApiProblem for names that the dataset does not have and for deltas that need a longer forecast.
    """
    context = context_of(platform, caller.tenant, body.dataset)
    rows = _rows(context, body.skus)
    try:
        return context, *scenario_plans(context, rows, _deltas(context, body))
    except UsageError as error:
        raise _about_deltas(error) from error


def _rows(context: ServiceContext, skus: list[str] | None) -> Rows:
    rows = find_skus(context, list(context.rows_by_sku) if skus is None else skus)
    check_count(rows, "#/skus")
    return rows


def _deltas(context: ServiceContext, body: ScenarioRequest) -> list[Delta]:
    """Return the deltas; raises ApiProblem for a SKU, supplier or mode that the dataset does not have."""
    ways = context.holdings.buying.ways
    known = {name: set() if ways is None else set(ways[name].dropna()) for name in ("supplier", "mode")}
    for place, delta in enumerate(body.deltas):
        unknown = [sku for sku in delta.skus if sku not in context.rows_by_sku]
        if unknown:
            pointer = f"#/deltas/{place}/skus/{delta.skus.index(unknown[0])}"
            error = {"pointer": pointer, "code": "sku.unknown", "message": f"{unknown[0]} is not in the dataset"}
            raise ApiProblem("sku.unknown", f"Not in the dataset: {', '.join(unknown[:10])}.", [error])
        for name, values in known.items():
            asked = getattr(delta, name, None)
            if asked is not None and asked not in values:
                there = ", ".join(sorted(item for item in values if item)) or "none"
                message = f"no way to buy has the {name} {asked!r}; there are: {there}"
                error = {"pointer": f"#/deltas/{place}/{name}", "code": f"{name}.unknown", "message": message}
                raise ApiProblem("request.invalid", f"#/deltas/{place}/{name}: {message}", [error])
    return [delta.delta() for delta in body.deltas]


def _about_deltas(error: UsageError) -> ApiProblem:
    details = [{"pointer": "#/deltas", "code": "limit", "message": str(error)}]
    return ApiProblem("request.invalid", f"#/deltas: {error}", details)


def _summary(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "scenario_id": row.scenario_id,
        "name": row.name,
        "dataset": row.dataset,
        "user": row.actor,
        "created_at": shown_moment(row.created_at),
        "expires_at": shown_moment(row.expires_at),
        "promoted_plan": row.promoted_plan,
    }


def _shown(row: sa.Row[Any]) -> dict[str, Any]:
    return {**_summary(row), "request": row.request, **row.answer}
