"""Who holds the contexts that answer: one a tenant and dataset, loaded in the background, swapped when a newer one is
ready, the least recently used one let go.

A request never waits for a load and never sees half of one: it gets the context that is there, or a 503 with the
reason.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from core.errors import FillrateError
from serving.access.tenants import LOCAL_TENANT
from serving.context import ServiceContext
from serving.demand.overrides import Overriding
from serving.problems import ApiProblem

__all__ = ["ContextHost", "ContextSource", "Loaded"]

DATASET = "default"
MOST_CONTEXTS = 8
"""Contexts in memory at most."""
MOST_SERIES = 200_000
"""Series in memory at most, all contexts together; the newest context stays whatever its size."""
WATCH_SECONDS = 5.0
"""How often it is looked for newer versions of what is in memory."""
RETRY_SECONDS = 60.0
"""How long after a failed load the same is not tried again."""

logger = logging.getLogger("fillrate.service")

Key = tuple[str, str]


class Loaded(NamedTuple):
    """A context, and what the user should know of it (an older version answers, a baseline stands in)."""

    context: ServiceContext
    remark: str = ""


class ContextSource(Protocol):
    """Where contexts come from."""

    def stamp(self, tenant: str, dataset: str) -> str:
        """Return what should answer now, as a word that changes when it does; raises ApiProblem `dataset.unknown`."""
        ...

    def load(self, tenant: str, dataset: str) -> Loaded:
        """Return a context of what should answer now."""
        ...


@dataclass
class _Slot:
    """What is known of one tenant's dataset: the context that answers, what it was loaded for, and what is odd."""

    context: ServiceContext | None = None
    stamp: str = ""
    reason: str = "nothing has been loaded yet"
    loading: threading.Thread | None = None
    failed: str = ""
    failed_at: float = 0.0


class ContextHost:
    """The contexts in memory; until one is loaded (or where loading failed) a 503 with the reason.

    Without a source (`serve`) there is only the context that `load` or `start` was given. after_load: called in turn,
    with tenant and dataset, when a newer context answers; they must take no time.
    """

    def __init__(self, most_contexts: int = MOST_CONTEXTS, most_series: int = MOST_SERIES) -> None:
        self.most_contexts = most_contexts
        self.most_series = most_series
        self.overriding = Overriding()
        self.after_load: list[Callable[[str, str], object]] = []
        self._source: ContextSource | None = None
        self._slots: OrderedDict[Key, _Slot] = OrderedDict()
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._watching: threading.Event | None = None

    def start(self, load: Callable[[], ServiceContext]) -> threading.Thread:
        """Load the local default context in the background, so that liveness answers meanwhile; return the thread."""
        self._slot((LOCAL_TENANT, DATASET)).reason = "the model and the data are being loaded"
        thread = threading.Thread(target=self.load, args=(load,), name="load-context", daemon=True)
        thread.start()
        return thread

    def load(self, load: Callable[[], ServiceContext]) -> None:
        """Load the local default context now; what goes wrong is kept as the reason and logged."""
        self._fill((LOCAL_TENANT, DATASET), "", lambda: Loaded(load()))

    def serve(self, source: ContextSource, watch_seconds: float = WATCH_SECONDS) -> None:
        """Answer for every tenant's datasets from `source`; 0 seconds: look for newer ones when nudged only."""
        self._source = source
        if watch_seconds and self._watching is None:
            self._watching = threading.Event()
            watch = threading.Thread(target=self._watch, args=(self._watching, watch_seconds), daemon=True)
            watch.start()

    def stop(self) -> None:
        """Look for newer versions no more."""
        if self._watching is not None:
            self._watching.set()

    def context(self, tenant: str = LOCAL_TENANT, dataset: str = DATASET) -> ServiceContext:
        """Return the context; raises ApiProblem `service.not_ready` with the reason, or `dataset.unknown`."""
        with self._lock:
            slot = self._slots.get((tenant, dataset))
            if slot is not None and slot.context is not None:
                self._slots.move_to_end((tenant, dataset))
                return slot.context
        try:
            self.nudge(tenant, dataset)
        except ApiProblem:
            if slot is None:
                raise
        slot = self._slot((tenant, dataset))
        if slot.context is not None:
            return slot.context
        raise ApiProblem("service.not_ready", f"Not ready: {slot.reason}.")

    def nudge(self, tenant: str, dataset: str) -> threading.Thread | None:
        """Look whether something newer should answer, and load it in the background; return the loading thread.

        Raises ApiProblem `dataset.unknown`.
        """
        if self._source is None:
            if (tenant, dataset) != (LOCAL_TENANT, DATASET):
                raise ApiProblem("dataset.unknown", f"There is no dataset {dataset!r}; GET /v1/datasets lists them.")
            return None
        source, key, stamp = self._source, (tenant, dataset), self._source.stamp(tenant, dataset)
        slot = self._slot(key)
        with self._lock:
            if slot.loading is not None:
                return slot.loading
            waits = slot.failed == stamp and time.monotonic() - slot.failed_at < RETRY_SECONDS
            if slot.stamp == stamp or waits:
                return None
            if slot.context is None:
                slot.reason = "the model and the data are being loaded"
            slot.loading = threading.Thread(
                target=self._fill, args=(key, stamp, lambda: source.load(tenant, dataset)), daemon=True
            )
            slot.loading.start()
            return slot.loading

    def settle(self, tenant: str, dataset: str) -> None:
        """Wait until what should answer does, or has failed to: for tests and for those who have time."""
        thread = self.nudge(tenant, dataset)
        while thread is not None:
            thread.join()
            thread = self.nudge(tenant, dataset)

    def explain(self, tenant: str, dataset: str, reason: str) -> None:
        """Say why nothing answers for a dataset that nobody has told of yet."""
        self._slot((tenant, dataset)).reason = reason

    def described(self, tenant: str, dataset: str) -> dict[str, Any]:
        """Return what answers for a dataset: version and model in memory, and what is odd."""
        with self._lock:
            slot = self._slots.get((tenant, dataset))
        if slot is None:
            return {"version": None, "model": None, "reason": "nobody has asked yet"}
        if slot.context is None:
            return {"version": None, "model": None, "reason": slot.reason}
        context = slot.context
        return {"version": context.dataset_version, "model": context.distribution.model, "reason": slot.reason or None}

    def _slot(self, key: Key) -> _Slot:
        with self._lock:
            return self._slots.setdefault(key, _Slot())

    def _fill(self, key: Key, stamp: str, load: Callable[[], Loaded]) -> None:
        """Load a context and put it in place; where that fails, the one that is there stays."""
        slot = self._slot(key)
        try:
            with self._loading:  # one at a time: each takes all cores and much memory
                found = load()
        except FillrateError as error:
            logger.error("the service cannot get ready: %s", error)
            self._failed(slot, stamp, str(error))
        except Exception as error:
            logger.exception("the service cannot get ready")
            what = f"loading failed unexpectedly ({type(error).__name__}); the log has the details"
            self._failed(slot, stamp, what)
        else:
            with self._lock:
                slot.context, slot.stamp, slot.reason, slot.failed = found.context, stamp, found.remark, ""
                slot.loading = None
                self._slots[key] = slot
                self._slots.move_to_end(key)
                self._let_go(key)
            for told in self.after_load:
                told(*key)

    def _failed(self, slot: _Slot, stamp: str, reason: str) -> None:
        with self._lock:
            slot.reason, slot.failed, slot.failed_at, slot.loading = reason, stamp, time.monotonic(), None

    def _let_go(self, newest: Key) -> None:
        """Drop the least recently used contexts beyond the limits; requests that hold one keep it to their end."""
        for key in list(self._slots):
            held = [slot.context for slot in self._slots.values() if slot.context is not None]
            if len(held) <= self.most_contexts and sum(len(item.rows) for item in held) <= self.most_series:
                return
            if key != newest and self._slots[key].loading is None:
                del self._slots[key]

    def _watch(self, stopped: threading.Event, seconds: float) -> None:
        while not stopped.wait(seconds):
            with self._lock:
                keys = list(self._slots)
            for tenant, dataset in keys:
                try:
                    self.nudge(tenant, dataset)
                except Exception:  # one broken dataset must not end the watch over all others
                    logger.exception("cannot look for newer versions of %s of %s", dataset, tenant)
