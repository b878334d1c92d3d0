"""What the routes of alerts stand on: the caller's dataset as of its day, its facts computed once and kept."""

import threading
from dataclasses import replace
from typing import Annotated
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from fastapi import Query
from starlette.requests import Request

from inventory.ledger.ledger_tables import MOVEMENTS
from monitoring.alerts import raise_alerts
from monitoring.rule import Rule
from serving.access import Caller, tenant_settings
from serving.alerts.in_force import rules_in_force
from serving.alerts.store import Place
from serving.alerts.watching import Watched, watch
from serving.context import ServiceContext
from serving.demand.datasets import dataset_state
from serving.facts import dataset_id
from serving.ledger_stock import LEDGER
from serving.ledger_tables import question_from_ledger
from serving.platform import Platform, platform_of
from serving.question import ask

__all__ = ["Dataset", "context_for", "place_for", "warm_up", "watched_for", "watched_of"]

Dataset = Annotated[str, Query(max_length=63, description="GET /v1/datasets lists them")]

_KEPT: "WeakKeyDictionary[ServiceContext, tuple[int, Watched]]" = WeakKeyDictionary()
"""What was seen of a context, and the newest movement of the ledger then (0 where the ledger does not count)."""
_WORKING = threading.Lock()


def context_for(request: Request, caller: Caller, dataset: str) -> ServiceContext:
    """Return what answers for the caller's dataset; raises ApiProblem `dataset.unknown` or `service.not_ready`."""
    return platform_of(request).host.context(caller.tenant, dataset)


def place_for(request: Request, caller: Caller, dataset: str) -> Place:
    """Return where the caller's alerts are kept: under the name of the dataset's models, as the command line does.

    That name stays when new versions are uploaded.
    """
    return _place(platform_of(request), caller.tenant, dataset)


def watched_for(request: Request, caller: Caller, dataset: str) -> Watched:
    """Return facts and alerts of the caller's dataset, computed once; see `watched_of`."""
    return watched_of(platform_of(request), caller.tenant, dataset)


def watched_of(platform: Platform, tenant: str, dataset: str) -> Watched:
    """Return facts and alerts of a tenant's dataset, computed once for each context and state of the ledger that it
    plans from; one computation at a time. Where the tenant has changed its rules since, the same facts are asked anew.
    """
    context, place = platform.host.context(tenant, dataset), _place(platform, tenant, dataset)
    with _WORKING:
        with platform.database.reading() as connection:
            rules, _ = rules_in_force(connection, place, context.dataset.folder)
            newest = _newest_movement(context, connection, tenant)
            kept = _KEPT.get(context)
            if kept is not None and kept[0] == newest:
                return _asked_by(rules, kept[1], context, newest)
            settings = tenant_settings(platform.settings, tenant)
            question = ask(context.dataset, context.freshness.as_of, None, settings)
            question = question_from_ledger(question, connection, tenant)
        seen = watch(question, rules, _quiet, _silent, context.champion)
        _KEPT[context] = newest, seen
        return seen


def _asked_by(rules: tuple[Rule, ...], seen: Watched, context: ServiceContext, newest: int) -> Watched:
    if seen.rules == rules:
        return seen
    again = replace(seen, rules=rules, alerts=raise_alerts(rules, seen.facts))
    _KEPT[context] = newest, again
    return again


def _newest_movement(context: ServiceContext, connection: sa.Connection, tenant: str) -> int:
    if context.dataset.config.planning.stock_from != LEDGER:
        return 0
    return int(connection.scalar(sa.select(sa.func.max(MOVEMENTS.c.id)).where(MOVEMENTS.c.tenant == tenant)) or 0)


def _place(platform: Platform, tenant: str, dataset: str) -> Place:
    with platform.database.reading() as connection:
        state = dataset_state(platform, connection, tenant, dataset)
    if state is None:
        return Place(tenant, dataset_id(platform.host.context(tenant, dataset).dataset.folder))
    return Place(tenant, state.model_name)


def warm_up(request: Request, caller: Caller, dataset: str) -> None:
    """Compute the facts before a transaction begins, so that it holds no lock meanwhile; refusals come later, once."""
    if request.headers.get("idempotency-key"):
        watched_for(request, caller, dataset)


def _quiet(step: str, done: float) -> None:
    pass


def _silent(sentence: str) -> None:
    pass
