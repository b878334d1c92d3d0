"""What kinds of job there are: a name, the scope that asking for one needs, the queue it waits in, what it does."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from core.errors import UsageError

if TYPE_CHECKING:
    from serving.jobs.run import JobRun

__all__ = ["JobKind", "JobKinds", "Queue"]


class Queue(StrEnum):
    """Where a job waits; each queue is worked off by processes of its own.

    LIGHT: forecasts, plans, imports, a few at a time. TRAINING: one at a time, so that the rest stays quick.
    """

    LIGHT = "light"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job.

    scope: what a caller must be allowed who asks for one. run: does it, and returns the result as JSON; it may be run
    again from its last finished step, so whatever it changes is inside `JobRun.step` or `JobRun.once`.
    """

    name: str
    scope: str
    run: Callable[["JobRun"], Mapping[str, Any]]
    queue: Queue = Queue.LIGHT


class JobKinds:
    """The kinds that a worker knows, by name."""

    def __init__(self, kinds: Iterable[JobKind]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def __iter__(self) -> Iterator[JobKind]:
        """Yield all kinds."""
        return iter(self._kinds.values())

    def __getitem__(self, name: str) -> JobKind:
        """Return a kind; raises UsageError for one that is not there."""
        if name not in self._kinds:
            raise UsageError(f"there is no kind of job {name!r}; there are {', '.join(sorted(self._kinds))}")
        return self._kinds[name]

    def __contains__(self, name: object) -> bool:
        """Return whether there is such a kind."""
        return name in self._kinds
