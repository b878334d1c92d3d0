"""`/v1/overrides`: a planner's changes, each with who, why and until when; changed and deleted by ETag only."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from serving.access import Caller, Scope, needs
from serving.demand.dataset_views import shown_moment
from serving.demand.datasets import DEFAULT_DATASET
from serving.demand.override_schemas import OverrideAnswer, OverrideChange, OverrideRequest, OverridesAnswer
from serving.demand.override_store import add_override, change_override, find_override, list_overrides
from serving.documentation import problems_of
from serving.etag import check_if_match, etag_of
from serving.once import Answer, run_once
from serving.paging import Cursor, Limit
from serving.platform import Platform, platform_of
from serving.problems import ApiProblem

__all__ = ["create_override", "delete_override", "get_override", "page_overrides", "patch_override", "router"]

router = APIRouter(prefix="/v1/overrides", tags=["overrides"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Planner = Annotated[Caller, needs(Scope.SCENARIO_WRITE)]
Name = Annotated[str, Path(max_length=32)]


@router.post(
    "",
    operation_id="createOverride",
    status_code=201,
    response_model=OverrideAnswer,
    responses=problems_of(404),
)
def create_override(request: Request, caller: Planner, body: OverrideRequest) -> Response:
    """Add an override; forecasts and plans count it from the next request on, until it expires or is deleted."""
    platform = platform_of(request)
    facts = body.model_dump(exclude={"dataset"}) | {"kind": str(body.kind)}

    _check_known(platform, caller, body.dataset, body.sku, body.location)

    def effect(connection: sa.Connection) -> Answer:
        made = add_override(connection, caller, body.dataset, facts, platform.clock())
        place = {"Location": f"/v1/overrides/{made.override_id}", "ETag": etag_of(made.revision)}
        return Answer(201, _shown(platform, made), place)

    return run_once(request, caller, effect)


@router.get("", operation_id="listOverrides", response_model=OverridesAnswer, responses=problems_of(422))
def page_overrides(
    request: Request,
    caller: Reader,
    dataset: Annotated[str, Query(max_length=63)] = DEFAULT_DATASET,
    sku: Annotated[str | None, Query(max_length=200)] = None,
    active: Annotated[bool, Query(description="Only those that have not expired")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """List the overrides of a dataset in the order in which they were added; deleted ones are in the audit trail."""
    platform = platform_of(request)
    with platform.database.reading() as connection:
        now = platform.clock()
        rows, following = list_overrides(connection, caller.tenant, dataset, now, sku, active, limit, cursor)
    return JSONResponse({"items": [_shown(platform, row) for row in rows], "next_cursor": following})


@router.get(
    "/{override_id}", operation_id="getOverride", response_model=OverrideAnswer, responses=problems_of(404, 422)
)
def get_override(request: Request, caller: Reader, override_id: Name) -> Response:
    """Show an override, with its ETag."""
    platform = platform_of(request)
    with platform.database.reading() as connection:
        found = find_override(connection, caller.tenant, override_id)
    return JSONResponse(_shown(platform, found), headers={"ETag": etag_of(found.revision)})


@router.patch(
    "/{override_id}",
    operation_id="patchOverride",
    response_model=OverrideAnswer,
    responses=problems_of(404, 412, 428),
)
def patch_override(request: Request, caller: Planner, override_id: Name, body: OverrideChange) -> Response:
    """Change an override that is as the client read it (If-Match)."""
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        found = find_override(connection, caller.tenant, override_id, lock=True)
        check_if_match(request, etag_of(found.revision))
        facts = body.model_dump(exclude_unset=True)
        facts = {name: value for name, value in facts.items() if value is not None or name == "expires_at"}
        _check_change(found, facts)
        change_override(connection, caller, found, facts, platform.clock(), "change")
        made = find_override(connection, caller.tenant, override_id)
        return Answer(200, _shown(platform, made), {"ETag": etag_of(made.revision)})

    return run_once(request, caller, effect)


@router.delete("/{override_id}", operation_id="deleteOverride", status_code=204, responses=problems_of(404, 412, 428))
def delete_override(request: Request, caller: Planner, override_id: Name) -> Response:
    """Delete an override that is as the client read it (If-Match); forecasts are then as if it had never been."""
    platform = platform_of(request)

    def effect(connection: sa.Connection) -> Answer:
        found = find_override(connection, caller.tenant, override_id, lock=True)
        check_if_match(request, etag_of(found.revision))
        now = platform.clock()
        change_override(connection, caller, found, {"deleted_at": now}, now, "delete")
        return Answer(204, None)

    return run_once(request, caller, effect)


def _check_known(platform: Platform, caller: Caller, dataset: str, sku: str, location: str) -> None:
    """Refuse a SKU that the dataset in memory does not have; while none is loaded nobody can tell."""
    try:
        context = platform.host.context(caller.tenant, dataset)
    except ApiProblem as problem:
        if problem.code == "service.not_ready":
            return
        raise
    known = sku in context.rows_by_sku if location == "*" else (sku, location) in context.rows
    if not known:
        where = "" if location == "*" else f" at {location}"
        error = {"pointer": "#/sku", "code": "sku.unknown", "message": f"{sku}{where} is not in the dataset"}
        raise ApiProblem("sku.unknown", f"Not in the dataset: {sku}{where}. GET /v1/products lists what is.", [error])


def _check_change(found: sa.Row[Any], facts: dict[str, Any]) -> None:
    """Check the override as it would be by the rules of a new one."""
    names = ("dataset", "kind", "sku", "location", "start", "end", "value", "reason", "expires_at")
    whole = {name: getattr(found, name) for name in names} | facts
    try:
        OverrideRequest.model_validate(whole)
    except ValidationError as error:
        message = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        details = [{"pointer": "#", "code": "value", "message": message}]
        raise ApiProblem("request.invalid", f"#: {message}", details) from None


def _shown(platform: Platform, row: sa.Row[Any]) -> dict[str, Any]:
    names = ("override_id", "dataset", "kind", "sku", "location", "reason", "revision")
    return {
        **{name: getattr(row, name) for name in names},
        "start": str(row.start),
        "end": str(row.end),
        "value": f"{row.value:f}",
        "user": row.actor,
        "active": row.expires_at is None or row.expires_at > platform.clock(),
        "expires_at": None if row.expires_at is None else shown_moment(row.expires_at),
        "created_at": shown_moment(row.created_at),
        "updated_at": shown_moment(row.updated_at),
    }
