"""What the routes of alerts stand on: the caller's dataset as of its day, its facts computed once and kept."""

import threading
from weakref import WeakKeyDictionary

from starlette.requests import Request

from serving.access import LOCAL_TENANT, Caller, tenant_settings
from serving.alerts.store import Place
from serving.alerts.watching import Watched, rules_of, watch
from serving.context import ServiceContext
from serving.facts import dataset_id
from serving.platform import platform_of
from serving.problems import ApiProblem
from serving.question import ask

__all__ = ["context_for", "place_for", "warm_up", "watched_for"]

_KEPT: "WeakKeyDictionary[ServiceContext, Watched]" = WeakKeyDictionary()
_WORKING = threading.Lock()


def context_for(request: Request, caller: Caller) -> ServiceContext:
    """Return what answers for the caller's dataset; raises ApiProblem `dataset.unknown` or `service.not_ready`."""
    if caller.tenant != LOCAL_TENANT:
        raise ApiProblem("dataset.unknown", f"The tenant {caller.tenant} has no dataset here.")
    return platform_of(request).host.context()


def place_for(request: Request, caller: Caller) -> Place:
    """Return where the caller's alerts are kept: under the name of the dataset's models, as the command line does."""
    return Place(caller.tenant, dataset_id(context_for(request, caller).dataset.folder))


def watched_for(request: Request, caller: Caller) -> Watched:
    """Return facts and alerts of the caller's dataset, computed once for each context; one computation at a time."""
    context = context_for(request, caller)
    with _WORKING:
        if context not in _KEPT:
            settings = tenant_settings(platform_of(request).settings, caller.tenant)
            question = ask(context.dataset, context.freshness.as_of, None, settings)
            rules = rules_of(context.dataset.folder)
            _KEPT[context] = watch(question, rules, _quiet, _silent, context.champion)
        return _KEPT[context]


def warm_up(request: Request, caller: Caller) -> None:
    """Compute the facts before a transaction begins, so that it holds no lock meanwhile; refusals come later, once."""
    if request.headers.get("idempotency-key"):
        watched_for(request, caller)


def _quiet(step: str, done: float) -> None:
    pass


def _silent(sentence: str) -> None:
    pass
