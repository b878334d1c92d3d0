"""What the routes of alerts stand on: the caller's dataset as of its day, its facts computed once and kept."""

import threading
from dataclasses import replace
from typing import Annotated
from weakref import WeakKeyDictionary

from fastapi import Query
from starlette.requests import Request

from monitoring.alerts import raise_alerts
from serving.access import Caller, tenant_settings
from serving.alerts.in_force import rules_in_force
from serving.alerts.store import Place
from serving.alerts.watching import Watched, watch
from serving.context import ServiceContext
from serving.demand.datasets import dataset_state
from serving.facts import dataset_id
from serving.platform import Platform, platform_of
from serving.question import ask

__all__ = ["Dataset", "context_for", "place_for", "warm_up", "watched_for", "watched_of"]

Dataset = Annotated[str, Query(max_length=63, description="GET /v1/datasets lists them")]

_KEPT: "WeakKeyDictionary[ServiceContext, Watched]" = WeakKeyDictionary()
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
    """Return facts and alerts of the caller's dataset, computed once for each context; one computation at a time."""
    return watched_of(platform_of(request), caller.tenant, dataset)


def watched_of(platform: Platform, tenant: str, dataset: str) -> Watched:
    """Return the same of a tenant's dataset; where the tenant has changed its rules since, the facts are asked anew."""
    context, place = platform.host.context(tenant, dataset), _place(platform, tenant, dataset)
    with platform.database.reading() as connection:
        rules, _ = rules_in_force(connection, place, context.dataset.folder)
    with _WORKING:
        kept = _KEPT.get(context)
        if kept is None:
            settings = tenant_settings(platform.settings, tenant)
            question = ask(context.dataset, context.freshness.as_of, None, settings)
            kept = watch(question, rules, _quiet, _silent, context.champion)
        elif kept.rules != rules:
            kept = replace(kept, rules=rules, alerts=raise_alerts(rules, kept.facts))
        _KEPT[context] = kept
        return kept


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
