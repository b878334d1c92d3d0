"""Resources of the administrator: the tenant's keys and its audit trail."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import JSONResponse, Response

from serving.access.answers import AuditAnswer, KeyAnswer, KeysAnswer
from serving.access.caller import Caller, Scope, needs
from serving.access.keys import list_keys, revoke_key
from serving.audit import Entry, list_entries, record
from serving.documentation import problems_of
from serving.once import Answer, run_once
from serving.paging import Cursor, Limit, cut_page, decode_cursor
from serving.platform import platform_of
from serving.problems import ApiProblem

__all__ = ["get_audit", "get_keys", "revoke", "router"]

router = APIRouter(prefix="/v1")

Administrator = Annotated[Caller, needs(Scope.ADMIN)]


@router.get(
    "/keys",
    operation_id="listKeys",
    tags=["access"],
    response_model=KeysAnswer,
)
def get_keys(request: Request, caller: Administrator) -> Response:
    """List the tenant's API keys, also those that let nobody in any more; `fillrate keys create` makes new ones."""
    with platform_of(request).database.reading() as connection:
        keys = list_keys(connection, caller.tenant)
    return JSONResponse({"items": [key.facts() for key in keys]})


@router.delete(
    "/keys/{key_id}",
    operation_id="revokeKey",
    tags=["access"],
    response_model=KeyAnswer,
    responses=problems_of(404),
)
def revoke(request: Request, caller: Administrator, key_id: Annotated[str, Path(max_length=100)]) -> Response:
    """Revoke a key: within seconds it lets nobody in, for ever."""
    platform = platform_of(request)

    def effect(connection: Any) -> Answer:
        now = platform.clock()
        key = revoke_key(connection, key_id, now, caller.tenant)
        if key is None:
            raise ApiProblem("key.unknown", f"There is no key {key_id}; GET /v1/keys lists what is.")
        if key.revoked_at == now:
            record(connection, caller, "key.revoke", f"/v1/keys/{key_id}", {"name": key.name}, now)
        return Answer(200, key.facts())

    return run_once(request, caller, effect)


@router.get(
    "/audit",
    operation_id="listAudit",
    tags=["access"],
    response_model=AuditAnswer,
    responses=problems_of(422),
)
def get_audit(
    request: Request,
    caller: Administrator,
    limit: Limit = 50,
    cursor: Cursor = None,
    since: Annotated[AwareDatetime | None, Query(description="Only what was done then or later")] = None,
    actor: Annotated[str | None, Query(max_length=200)] = None,
    action: Annotated[str | None, Query(max_length=100)] = None,
    resource: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    """List what was changed, by whom and when, the newest first, a page at a time."""
    position = decode_cursor("audit", cursor, int)
    with platform_of(request).database.reading() as connection:
        entries = list_entries(
            connection,
            caller.tenant,
            limit + 1,
            position[0] if position else None,
            since,
            actor=actor,
            action=action,
            resource=resource,
        )
    page, following = cut_page("audit", entries, limit, lambda entry: (entry.id,))
    return JSONResponse({"items": [_entry(entry) for entry in page], "next_cursor": following})


def _entry(entry: Entry) -> dict[str, Any]:
    return {**asdict(entry), "at": entry.at.isoformat()}
