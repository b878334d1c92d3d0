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
from serving.platform import platform_of
from serving.question import ask

__all__ = ["Dataset", "context_for", "place_for", "warm_up", "watched_for"]

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
    platform = platform_of(request)
    with platform.database.reading() as connection:
        state = dataset_state(platform, connection, caller.tenant, dataset)
    if state is None:
        return Place(caller.tenant, dataset_id(context_for(request, caller, dataset).dataset.folder))
    return Place(caller.tenant, state.model_name)


def watched_for(request: Request, caller: Caller, dataset: str) -> Watched:
    """Return facts and alerts of the caller's dataset, computed once for each context; one computation at a time.

    Where the tenant has changed its rules since, the same facts are asked anew.
    """
    context = context_for(request, caller, dataset)
    place = place_for(request, caller, dataset)
    with platform_of(request).database.reading() as connection:
        rules, _ = rules_in_force(connection, place, context.dataset.folder)
    with _WORKING:
        kept = _KEPT.get(context)
        if kept is None:
            settings = tenant_settings(platform_of(request).settings, caller.tenant)
            question = ask(context.dataset, context.freshness.as_of, None, settings)
            kept = watch(question, rules, _quiet, _silent, context.champion)
        elif kept.rules != rules:
            kept = replace(kept, rules=rules, alerts=raise_alerts(rules, kept.facts))
        _KEPT[context] = kept
        return kept


def warm_up(request: Request, caller: Caller, dataset: str) -> None:
    """Compute the facts before a transaction begins, so that it holds no lock meanwhile; refusals come later, once."""
    if request.headers.get("idempotency-key"):
        watched_for(request, caller, dataset)


def _quiet(step: str, done: float) -> None:
    pass


def _silent(sentence: str) -> None:
    pass
