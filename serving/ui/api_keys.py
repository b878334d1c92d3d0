"""The administrator's screen of API keys: made, shown once, revoked."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path
from starlette.responses import Response

from serving.access import Scope
from serving.access.gate import PAGE
from serving.access.keys import create_key
from serving.access.routes import get_keys, revoke
from serving.audit import record
from serving.problems import ApiProblem
from serving.ui.data_tabs import data_page
from serving.ui.forms import answer_of, as_api, new_once
from serving.ui.page import page
from serving.ui.visit import Visit, visiting

__all__ = ["make_key", "revoke_key", "router", "show_keys"]

router = APIRouter(prefix=f"{PAGE}/data/keys")

Administrating = Annotated[Visit, visiting(Scope.ADMIN)]
LONGEST_DAYS = 3_650


@router.get("")
def show_keys(visit: Administrating) -> Response:
    """Show the tenant's keys, also those that let nobody in any more."""
    return data_page(visit, "data_keys.html", "keys", text="", **_keys(visit))


@router.post("")
def make_key(
    visit: Administrating,
    name: Annotated[str, Form(max_length=100)],
    scope: Annotated[list[Scope], Form()] = [],  # noqa: B006  FastAPI copies it
    days: Annotated[int, Form(ge=1, le=LONGEST_DAYS)] = 365,
) -> Response:
    """Make a key and show its text, this once; it is kept nowhere, so no answer of it is kept for repetition either."""
    if not scope:
        error = {"pointer": "#/scope", "code": "missing", "message": "choose at least one scope"}
        raise ApiProblem("request.invalid", "#/scope: choose at least one scope", [error])
    caller, now = visit.known, visit.platform.clock()
    with visit.platform.database.transaction() as connection:
        key, text = create_key(connection, caller.tenant, name.strip(), scope, now, now + timedelta(days=days))
        facts = {"name": key.name, "scopes": sorted(key.scopes), "expires_at": key.facts()["expires_at"]}
        record(connection, caller, "key.create", f"/v1/keys/{key.id}", facts, now)
    return page(visit, "data_keys_list.html", text=text, **_keys(visit))


@router.post("/{key_id}/revoke")
def revoke_key(
    visit: Administrating,
    key_id: Annotated[str, Path(max_length=100)],
    once: Annotated[str, Form(max_length=100)],
) -> Response:
    """Revoke a key, for ever."""
    revoke(as_api(visit.request, once), visit.known, key_id)
    return page(visit, "data_keys_list.html", text="", **_keys(visit))


def _keys(visit: Visit) -> dict[str, Any]:
    items = answer_of(get_keys(visit.request, visit.known))["items"]
    now = visit.platform.clock().isoformat()
    for item in items:
        is_over = item["expires_at"] is not None and item["expires_at"] <= now
        item["state"] = "revoked" if item["revoked_at"] else "expired" if is_over else "valid"
    return {"keys": items, "scopes": list(Scope), "once": new_once, "is_local": visit.known.actor == "local"}
