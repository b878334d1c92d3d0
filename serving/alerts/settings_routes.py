"""The resources of alert rules and notification routes: which are in force, and the tenant's own, set as a whole."""

import os
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import time
from typing import Annotated, Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from core.errors import ConfigurationError
from monitoring.condition import Condition
from monitoring.notification import NoticeRoute
from monitoring.rule import Rule, shipped_rules
from serving.access import Caller, Scope, needs, tenant_settings
from serving.alerts.in_force import rules_in_force
from serving.alerts.served import Dataset
from serving.alerts.settings_answers import (
    AlertRulesAnswer,
    AlertRulesBody,
    NoticeRoutesAnswer,
    NoticeRoutesBody,
)
from serving.alerts.settings_store import Kind, find_settings, keep_settings
from serving.alerts.store import Place
from serving.alerts.told_routes import OWN_ROUTES, check_address, own_routes, told_of
from serving.alerts.watching import OWN, rules_of
from serving.audit import record
from serving.demand.datasets import DEFAULT_DATASET, DatasetState, need_dataset
from serving.documentation import problems_of
from serving.etag import check_if_match, etag_of
from serving.once import Answer, replayed, run_once
from serving.platform import platform_of
from serving.problems import ApiProblem

__all__ = ["get_routes", "get_rules", "put_routes", "put_rules", "router"]

router = APIRouter(prefix="/v1", tags=["alerts"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Writer = Annotated[Caller, needs(Scope.DATA_WRITE)]
Administrator = Annotated[Caller, needs(Scope.ADMIN)]


@router.get(
    "/alert-rules", operation_id="listAlertRules", response_model=AlertRulesAnswer, responses=problems_of(404, 422)
)
def get_rules(request: Request, caller: Reader, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """List every rule that watches a dataset, those that are off too, and what of them the tenant has set."""
    with platform_of(request).database.reading() as connection:
        body = _rules_answer(connection, _state(request, connection, caller, dataset))
    return JSONResponse(body, headers={"ETag": etag_of(body["version"])})


@router.put(
    "/alert-rules",
    operation_id="putAlertRules",
    response_model=AlertRulesAnswer,
    responses=problems_of(404, 412, 422, 428),
)
def put_rules(request: Request, caller: Writer, body: AlertRulesBody, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """Set a dataset's own rules, all of them, over the shipped ones and those of alerts.toml. Needs If-Match."""
    platform, wanted = platform_of(request), body.plain()

    def effect(connection: sa.Connection) -> Answer:
        state = _state(request, connection, caller, dataset)
        place = _place(state)
        before = find_settings(connection, place, Kind.RULES, lock=True)
        check_if_match(request, etag_of(before.version))
        try:
            rules_of(state.folder, own=wanted)
        except ConfigurationError as error:
            raise _refused(error, OWN, wanted) from None
        now = platform.clock()
        keep_settings(connection, place, Kind.RULES, wanted, caller.actor, now)
        facts = {"before": dict(before.content), "after": wanted}
        record(connection, caller, "alert-rules.change", f"/v1/alert-rules?dataset={dataset}", facts, now)
        told = _rules_answer(connection, state)
        return Answer(200, told, {"ETag": etag_of(told["version"])})

    return run_once(request, caller, effect)


@router.get("/notification-routes", operation_id="listNotificationRoutes", response_model=NoticeRoutesAnswer)
def get_routes(request: Request, caller: Reader) -> Response:
    """List who is told and when, without the addresses."""
    with platform_of(request).database.reading() as connection:
        body = _routes_answer(request, connection, caller)
    return JSONResponse(body, headers={"ETag": etag_of(body["version"])})


@router.put(
    "/notification-routes",
    operation_id="putNotificationRoutes",
    response_model=NoticeRoutesAnswer,
    responses=problems_of(412, 422, 428),
)
def put_routes(request: Request, caller: Administrator, body: NoticeRoutesBody) -> Response:
    """Set the tenant's own routes, all of them; one of the same name as the operator's counts instead. Needs If-Match.

    Addresses are mail (`mailto://`, `mailtos://`) or those of Slack, Discord, Telegram, WeCom, DingTalk, Feishu and
    Lark, and never lead into the service's own network.
    """
    kept = replayed(request, caller)
    if kept is not None:
        return kept
    platform, place = platform_of(request), Place(caller.tenant, "")
    with platform.database.reading() as connection:
        seen = find_settings(connection, place, Kind.ROUTES)
    wanted = _with_addresses(body, seen.content)
    _check_routes(wanted, platform.settings.private_targets)  # asks the name service: never within the transaction

    def effect(connection: sa.Connection) -> Answer:
        before = find_settings(connection, place, Kind.ROUTES, lock=True)
        check_if_match(request, etag_of(before.version))
        if before.version != seen.version:
            raise ApiProblem("precondition.failed", "It was changed this very moment; read it again.")
        now = platform.clock()
        keep_settings(connection, place, Kind.ROUTES, wanted, caller.actor, now)
        facts = {"before": _without_addresses(before.content), "after": _without_addresses(wanted)}
        record(connection, caller, "notification-routes.change", "/v1/notification-routes", facts, now)
        told = _routes_answer(request, connection, caller)
        return Answer(200, told, {"ETag": etag_of(told["version"])})

    return run_once(request, caller, effect)


def _state(request: Request, connection: sa.Connection, caller: Caller, dataset: str) -> DatasetState:
    return need_dataset(platform_of(request), connection, caller.tenant, dataset)


def _place(state: DatasetState) -> Place:
    return Place(state.tenant, state.model_name)


def _rules_answer(connection: sa.Connection, state: DatasetState) -> dict[str, Any]:
    rules, kept = rules_in_force(connection, _place(state), state.folder)
    own = {*kept.content.get("change", {}), *(item["id"] for item in kept.content.get("rule", []))}
    shipped = {rule.id: rule for rule in shipped_rules()}
    items = [_rule(rule, "own" if rule.id in own else _source(rule, shipped)) for rule in rules]
    return {"items": items, "own": dict(kept.content), "version": kept.version}


def _source(rule: Rule, shipped: Mapping[str, Rule]) -> str:
    return "shipped" if shipped.get(rule.id) == rule else "file"


def _rule(rule: Rule, source: str) -> dict[str, Any]:
    plain = {field.name: getattr(rule, field.name) for field in fields(Rule)}
    plain |= {name: list(value) for name, value in plain.items() if isinstance(value, tuple)}
    return plain | {
        "source": source,
        "scope": rule.scope.value,
        "levels": dict(rule.levels),
        "when": [_condition(item) for item in rule.when],
        "actions": [{"do": item.do, "when": [_condition(part) for part in item.when]} for item in rule.actions],
    }


def _condition(item: Condition) -> dict[str, Any]:
    return {"fact": item.fact, item.comparison: item.value, "times": item.times}


def _routes_answer(request: Request, connection: sa.Connection, caller: Caller) -> dict[str, Any]:
    settings = platform_of(request).settings
    home = tenant_settings(settings, caller.tenant).home
    told = told_of(connection, caller.tenant, home, os.environ)
    kept = find_settings(connection, Place(caller.tenant, ""), Kind.ROUTES)
    return {"items": [_route(item.route, item.source) for item in told], "version": kept.version}


def _route(route: NoticeRoute, source: str) -> dict[str, Any]:
    plain = {field.name: getattr(route, field.name) for field in fields(NoticeRoute) if field.name != "url"}
    plain |= {name: f"{value:%H:%M}" for name, value in plain.items() if isinstance(value, time)}
    return plain | {"kind": urlsplit(route.url).scheme, "source": source, "owners": list(route.owners)}


def _with_addresses(body: NoticeRoutesBody, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document, with the address that each route had where the body leaves it out."""
    known = {item["name"]: item["url"] for item in before.get("route", [])}
    given = [item.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for item in body.route]
    return {"route": [{"url": known[item["name"]], **item} if item["name"] in known else item for item in given]}


def _without_addresses(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in item.items() if name != "url"} for item in content.get("route", [])]


def _check_routes(wanted: Mapping[str, Any], allow_private: bool) -> None:
    for number, item in enumerate(wanted["route"]):
        if "url" in item:
            _check_url(number, item["url"], allow_private)
    try:
        own_routes(wanted)
    except ConfigurationError as error:
        raise _refused(error, OWN_ROUTES, wanted) from None


def _check_url(number: int, url: str, allow_private: bool) -> None:
    try:
        check_address(url, allow_private)
    except ConfigurationError as error:
        raise _invalid(f"#/route/{number}/url", str(error)) from None


def _refused(error: ConfigurationError, file: str, wanted: Mapping[str, Any]) -> ApiProblem:
    """Return the refusal that points at the key which the engine's sentence names."""
    message = str(error).removeprefix(f"{file}: ")
    found = re.match(r"(?:(rule|route) |(change)\.)([^:]+): ?'?(\w+)?", message)
    if found is None:
        return _invalid("#", message)
    kind, name, key = found[1] or found[2], found[3], found[4]
    numbers = [place for place, item in enumerate(wanted.get(kind, [])) if kind != "change"]
    named = next((place for place in numbers if name in (wanted[kind][place].get(n) for n in ("id", "name"))), name)
    known = {field.name for field in (*fields(Rule), *fields(NoticeRoute))}
    return _invalid(f"#/{kind}/{named}" + (f"/{key}" if key in known else ""), message)


def _invalid(pointer: str, message: str) -> ApiProblem:
    return ApiProblem(
        "request.invalid",
        f"{pointer}: {message}",
        [{"pointer": pointer, "code": "configuration", "message": message}],
    )
