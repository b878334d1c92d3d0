"""The screen of alert rules: which watch the dataset, how bad is how bad; changed by the API's own route."""

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path
from starlette.responses import Response

from core.errors import ConfigurationError, StorageError
from monitoring.rule import ACTIONS, SEVERITIES
from serving.access import Scope
from serving.access.gate import PAGE
from serving.alerts.settings_answers import AlertRulesBody
from serving.alerts.settings_routes import get_rules, put_rules
from serving.alerts.settings_store import Kind, find_settings
from serving.alerts.store import Place
from serving.alerts.told_routes import ROUTES_FILE
from serving.demand.datasets import need_dataset
from serving.demand.version_store import ALERT_RULES
from serving.problems import ApiProblem
from serving.ui.alert_words import rule_sentence
from serving.ui.data_tabs import data_page
from serving.ui.forms import answer_of, as_api, body_of, new_once
from serving.ui.notice_routes import NO_ROUTES, routes_facts
from serving.ui.page import page
from serving.ui.rule_text import rules_text
from serving.ui.visit import Visit, visiting

__all__ = ["change_rule", "edit_rule", "router", "save_own", "show_own", "show_rule", "show_rules", "unset_rule"]

router = APIRouter(prefix=f"{PAGE}/data/alerts")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]
Writing = Annotated[Visit, visiting(Scope.DATA_WRITE)]
RuleName = Annotated[str, Path(max_length=60, pattern="^[a-z0-9-]+$")]
Once = Annotated[str, Form(max_length=100)]
Version = Annotated[int, Form(ge=0, le=2_147_483_647)]
Limit = Annotated[str, Form(max_length=60)]


@router.get("")
def show_rules(visit: Looking) -> Response:
    """Show the rules in force with their limits, and who is told; where a file is wrong, what is wrong with it."""
    wrong = ""
    rules: list[dict[str, Any]] = []
    routes = NO_ROUTES
    try:
        told = answer_of(get_rules(visit.request, visit.known, visit.dataset))
        rules = [_shown(visit, item, told["own"]) for item in told["items"]]
    except ApiProblem as problem:
        if problem.code != "dataset.unknown":
            raise
    except (ConfigurationError, StorageError) as error:
        wrong = str(error)
    try:
        routes = routes_facts(visit)
    except (ConfigurationError, StorageError) as error:
        wrong = str(error)
    facts = {"rules": rules, "wrong": wrong, "rules_file": ALERT_RULES, "routes_file": ROUTES_FILE, **routes}
    return data_page(visit, "data_alerts.html", "alerts", once=new_once, said="", is_bad=False, **_may(visit), **facts)


@router.get("/rules/{name}")
def show_rule(visit: Looking, name: RuleName) -> Response:
    """Show one rule's row."""
    return _row(visit, name)


@router.get("/rules/{name}/edit")
def edit_rule(visit: Writing, name: RuleName) -> Response:
    """Show the form that changes a rule."""
    told, rule = _one(visit, name)
    facts = {"rule": rule, "version": told["version"], "severities": SEVERITIES, "once": new_once}
    return page(visit, "data_rule_edit.html", **facts)


@router.post("/rules/{name}")
def change_rule(
    visit: Writing,
    name: RuleName,
    once: Once,
    version: Version,
    enabled: Annotated[bool, Form()] = False,
    owner: Annotated[str, Form(max_length=60)] = "",
    watch: Limit = "",
    warning: Limit = "",
    urgent: Limit = "",
    critical: Limit = "",
) -> Response:
    """Set limits, owner, and whether the rule is on; what is as it was stays the rule's own business."""
    told, rule = _one(visit, name)
    typed = zip(SEVERITIES, (watch, warning, urgent, critical), strict=True)
    levels = {severity: _limit(text) for severity, text in typed if text.strip()}
    wanted = {"enabled": enabled, "owner": owner.strip(), "levels": levels}
    changed = {key: value for key, value in wanted.items() if value != rule[key]}
    return _put(visit, name, once, version, _with(told["own"], name, changed))


@router.post("/rules/{name}/unset")
def unset_rule(visit: Writing, name: RuleName, once: Once, version: Version) -> Response:
    """Take back what was set of a rule: it is again what is shipped, or what the file says."""
    told, _ = _one(visit, name)
    own = told["own"]
    change = {key: table for key, table in own.get("change", {}).items() if key != name}
    mine = [table for table in own.get("rule", []) if table["id"] != name]
    return _put(visit, name, once, version, {"change": change, "rule": mine})


@router.get("/own")
def show_own(visit: Writing) -> Response:
    """Show all that was set, as TOML, to be edited."""
    kept = _kept(visit)
    facts = {"text": rules_text(kept.content), "version": kept.version, "once": new_once, "refused": ""}
    return page(visit, "data_rules_own.html", **facts)


@router.post("/own")
def save_own(
    visit: Writing, once: Once, version: Version, text: Annotated[str, Form(max_length=100_000)] = ""
) -> Response:
    """Set all of it from TOML; what is wrong is told beside the text, which stays as it was typed."""
    try:
        body = body_of(AlertRulesBody, **_read(text))
        put_rules(as_api(visit.request, once, version), visit.known, body, visit.dataset)
    except ApiProblem as problem:
        if problem.code not in ("request.invalid", "precondition.failed"):
            raise
        facts = {"text": text, "version": version, "once": new_once, "refused": problem}
        return page(visit, "data_rules_own.html", 422 if problem.code == "request.invalid" else 412, **facts)
    return Response(status_code=200, headers={"HX-Redirect": f"{PAGE}/data/alerts"})


def _put(visit: Visit, name: str, once: str, version: int, document: Mapping[str, Any]) -> Response:
    body = body_of(AlertRulesBody, **document)
    try:
        put_rules(as_api(visit.request, once, version), visit.known, body, visit.dataset)
    except ApiProblem as problem:
        if problem.code != "precondition.failed":
            raise
        return _row(visit, name, 412, moved=True)
    return _row(visit, name, saved=True)


def _row(visit: Visit, name: str, status: int = 200, moved: bool = False, saved: bool = False) -> Response:
    _, rule = _one(visit, name)
    return page(visit, "data_rule_row.html", status, rule=rule, moved=moved, saved=saved, **_may(visit))


def _one(visit: Visit, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    told = answer_of(get_rules(visit.request, visit.known, visit.dataset))
    found = [item for item in told["items"] if item["id"] == name]
    if not found:
        raise ApiProblem("resource.unknown", f"There is no rule {name}; GET /v1/alert-rules lists them.")
    return told, _shown(visit, found[0], told["own"])


def _shown(visit: Visit, rule: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    added = [table["id"] for table in own.get("rule", [])]
    return {
        **rule,
        "ladder": [
            (name, limit if isinstance(limit, str) else f"{limit:g}")
            for name in SEVERITIES
            if (limit := rule["levels"].get(name)) is not None
        ],
        "sentence": re.split(r"\{(\w+)[^}]*\}", rule_sentence(visit.words, rule["id"], rule["words"])),
        "suggests": [ACTIONS[action["do"]] for action in rule["actions"]],
        "is_added": rule["id"] in added,
    }


def _with(own: Mapping[str, Any], name: str, changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with keys of one rule set: in the rule that the tenant added, or as a change of another's."""
    rules = [{**table, **changed} if table["id"] == name else table for table in own.get("rule", [])]
    change = dict(own.get("change", {}))
    if name not in [table["id"] for table in rules] and changed:
        change[name] = {**change.get(name, {}), **changed}
    return {"change": change, "rule": rules}


def _limit(text: str) -> float | str:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return text.strip()


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        message = f"not readable as TOML: {error}"
        raise ApiProblem("request.invalid", message, [{"pointer": "#", "code": "toml", "message": message}]) from None


def _kept(visit: Visit) -> Any:
    with visit.platform.database.reading() as connection:
        state = need_dataset(visit.platform, connection, visit.known.tenant, visit.dataset)
        return find_settings(connection, Place(state.tenant, state.model_name), Kind.RULES)


def _may(visit: Visit) -> dict[str, bool]:
    return {"may_write": visit.known.may(Scope.DATA_WRITE), "may_route": visit.known.may(Scope.ADMIN)}
