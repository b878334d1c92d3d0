"""The screen of alert rules: which rules watch the dataset, how bad is how bad, and who is told by which way."""

import os
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.responses import Response

from core.errors import ConfigurationError, StorageError
from monitoring.notification import NoticeRoute
from monitoring.rule import ACTIONS, Rule, shipped_rules
from serving.access import Scope, tenant_settings
from serving.access.gate import PAGE
from serving.alerts.alert_job import ROUTES_FILE
from serving.alerts.notices import routes_of
from serving.alerts.watching import RULES_FILE, rules_of
from serving.demand.datasets import dataset_state
from serving.ui.data_tabs import data_page
from serving.ui.visit import Visit, visiting

__all__ = ["router", "show_rules"]

router = APIRouter(prefix=f"{PAGE}/data/alerts")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]


@router.get("")
def show_rules(visit: Looking) -> Response:
    """Show the rules in force with their limits, and the notification routes without their secrets."""
    wrong = ""
    rules: list[dict[str, Any]] = []
    routes: list[dict[str, Any]] = []
    try:
        folder = _folder(visit)
        rules = [_rule(rule) for rule in (shipped_rules() if folder is None else rules_of(folder))]
        routes = [_route(route) for route in _routes(visit)]
    except (ConfigurationError, StorageError) as error:
        wrong = str(error)
    names = {"rules_file": RULES_FILE, "routes_file": ROUTES_FILE}
    may_write = visit.known.may(Scope.DATA_WRITE)
    facts = {"rules": rules, "routes": routes, "wrong": wrong, "may_write": may_write, **names}
    return data_page(visit, "data_alerts.html", "alerts", **facts)


def _folder(visit: Visit) -> Path | None:
    """Return the dataset's folder, where its own rules lie; None before anything was uploaded."""
    with visit.platform.database.reading() as connection:
        state = dataset_state(visit.platform, connection, visit.known.tenant, visit.dataset)
    return None if state is None else state.folder


def _routes(visit: Visit) -> tuple[NoticeRoute, ...]:
    path = tenant_settings(visit.platform.settings, visit.known.tenant).home / ROUTES_FILE
    return routes_of(path, os.environ) if path.is_file() else ()


def _rule(rule: Rule) -> dict[str, Any]:
    ladder = [(severity, limit if isinstance(limit, str) else f"{limit:g}") for severity, limit in rule.levels]
    return {
        "id": rule.id,
        "cause": rule.cause,
        "words": re.sub(r"\{(\w+)[^}]*\}", lambda found: f"‹{found[1].replace('_', ' ')}›", rule.words),
        "fact": rule.fact,
        "comparison": rule.comparison,
        "ladder": ladder,
        "actions": [ACTIONS[action.do] for action in rule.actions],
        "owner": rule.owner,
        "enabled": rule.enabled,
        "rows": ", ".join(rule.rows),
    }


def _route(route: NoticeRoute) -> dict[str, Any]:
    """Return a route as it may be shown: of its address only the kind, for the rest may hold a secret."""
    quiet = "" if route.quiet_from is None else f"{route.quiet_from:%H:%M}–{route.quiet_until:%H:%M} {route.time_zone}"
    return {
        "name": route.name,
        "kind": urlsplit(route.url).scheme,
        "least": route.least,
        "owners": ", ".join(route.owners),
        "digest": f"{route.digest_at:%H:%M} {route.time_zone}" if route.digest else "",
        "quiet": quiet,
    }
