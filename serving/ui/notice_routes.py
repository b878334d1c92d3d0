"""Who is told of alerts, on the screen of alert rules: routes added, changed and removed by the API's own route."""

import os
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form
from starlette.responses import Response

from monitoring.rule import SEVERITIES
from serving.access import Scope, tenant_settings
from serving.access.gate import PAGE
from serving.alerts.settings_answers import NoticeRoutesBody
from serving.alerts.settings_routes import put_routes
from serving.alerts.settings_store import Kind, find_settings
from serving.alerts.store import Place
from serving.alerts.told_routes import CARRIERS, ROUTES_FILE, Told, told_of
from serving.problems import ApiProblem
from serving.ui.forms import as_api, body_of, new_once
from serving.ui.page import page
from serving.ui.visit import Visit, visiting

__all__ = ["NO_ROUTES", "remove_route", "router", "routes_facts", "save_route"]

router = APIRouter(prefix=f"{PAGE}/data/alerts/routes")

Administrating = Annotated[Visit, visiting(Scope.ADMIN)]
Once = Annotated[str, Form(max_length=100)]
Version = Annotated[int, Form(ge=0, le=2_147_483_647)]
Name = Annotated[str, Form(max_length=60)]
NO_ROUTES: dict[str, Any] = {"routes": [], "routes_version": 0, "severities": SEVERITIES, "carriers": CARRIERS}
"""What the template shows where a file is wrong."""
Hour = Annotated[str, Form(max_length=8)]


@router.post("")
def save_route(
    visit: Administrating,
    once: Once,
    version: Version,
    name: Name,
    url: Annotated[str, Form(max_length=1000)] = "",
    least: Name = "warning",
    owners: Annotated[str, Form(max_length=400)] = "",
    digest_at: Hour = "",
    quiet_from: Hour = "",
    quiet_until: Hour = "",
    time_zone: Name = "UTC",
) -> Response:
    """Add a route, or change the own one of this name; an address that is left empty stays as it was."""
    typed: dict[str, Any] = {"name": name.strip(), "least": least, "time_zone": time_zone.strip() or "UTC"}
    typed["owners"] = [owner.strip() for owner in owners.split(",") if owner.strip()]
    hours = {"digest_at": digest_at, "quiet_from": quiet_from, "quiet_until": quiet_until}
    typed |= {key: value for key, value in hours.items() if value} | ({"digest": True} if digest_at else {})
    if url.strip():
        typed["url"] = url.strip()
    others = [item for item in _own(visit) if item["name"] != typed["name"]]
    return _put(visit, once, version, [*others, typed], "The route {name} is saved.", typed["name"])


@router.post("/remove")
def remove_route(visit: Administrating, once: Once, version: Version, name: Name) -> Response:
    """Remove an own route; one of the operator's file comes back where it had the same name."""
    others = [item for item in _own(visit) if item["name"] != name]
    return _put(visit, once, version, others, "The route {name} is removed.", name)


def routes_facts(visit: Visit) -> dict[str, Any]:
    """Return what the template shows of routes: of an address only the kind, for the rest may hold a secret.

    Raises ConfigurationError and StorageError where the operator's file cannot be used.
    """
    tenant = visit.known.tenant
    home = tenant_settings(visit.platform.settings, tenant).home
    with visit.platform.database.reading() as connection:
        told = told_of(connection, tenant, home, os.environ)
        version = find_settings(connection, Place(tenant, ""), Kind.ROUTES).version
    return {**NO_ROUTES, "routes": [_shown(item) for item in told], "routes_version": version}


def _shown(item: Told) -> dict[str, Any]:
    route = item.route
    return {
        "name": route.name,
        "source": item.source,
        "kind": urlsplit(route.url).scheme,
        "least": route.least,
        "owners": ", ".join(route.owners),
        "digest": f"{route.digest_at:%H:%M} {route.time_zone}" if route.digest else "",
        "quiet": "" if route.quiet_from is None or route.quiet_until is None else _hours(item),
    }


def _hours(item: Told) -> str:
    return f"{item.route.quiet_from:%H:%M}–{item.route.quiet_until:%H:%M} {item.route.time_zone}"


def _own(visit: Visit) -> list[dict[str, Any]]:
    """Return the own routes as they were set, without their addresses: the API's route keeps these."""
    with visit.platform.database.reading() as connection:
        kept = find_settings(connection, Place(visit.known.tenant, ""), Kind.ROUTES).content
    return [{key: value for key, value in item.items() if key != "url"} for item in kept.get("route", [])]


def _put(visit: Visit, once: str, version: int, routes: Sequence[dict[str, Any]], said: str, name: str) -> Response:
    status = 200
    try:
        put_routes(as_api(visit.request, once, version), visit.known, body_of(NoticeRoutesBody, route=routes))
    except ApiProblem as problem:
        if problem.code != "precondition.failed":
            raise
        status, said = 412, "Somebody else changed the routes meanwhile; your change was not saved."
    words = visit.words(said, name=name) if "{name}" in said else visit.words(said)
    facts = {"said": words, "is_bad": status != 200, "may_route": True, "routes_file": ROUTES_FILE, "once": new_once}
    return page(visit, "data_routes.html", status, **facts, **routes_facts(visit))
