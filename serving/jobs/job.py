"""A job as everybody sees it: what was asked for, how far it is, how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from core.errors import FillrateError

__all__ = ["ENDED", "OPEN", "ItemError", "Job", "JobCancelled", "JobExpired", "JobState", "JobUnknown", "job_of"]


class JobState(StrEnum):
    """Where a job stands: it waits, it runs, or it has ended in one of four ways."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIALLY_SUCCEEDED = "partially_succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)
"""States of jobs that are still to be done."""

ENDED = (JobState.SUCCEEDED, JobState.PARTIALLY_SUCCEEDED, JobState.FAILED, JobState.CANCELLED)
"""States that a job never leaves."""


class JobUnknown(FillrateError):
    """The tenant has no such job."""

    code = "job.unknown"


class JobExpired(FillrateError):
    """The job was there; its result is no longer kept."""

    code = "job.expired"


class JobCancelled(Exception):
    """Raised inside a job that somebody cancelled, at the next place where it looks."""


@dataclass(frozen=True, slots=True)
class ItemError:
    """One item (a series, a row) that a job could not do, and why."""

    item: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Job:
    """One job of one tenant.

    request: what was asked for, as JSON. progress, share: what it does now in words, and the share done (0 … 1).
    refused_items: how many items it could not do. attempts: how often a worker began it. result: what came of it, where
    it succeeded wholly or in part; error: code and message, where it failed. expires_at: until when the result is kept.
    """

    id: str
    tenant: str
    actor: str
    kind: str
    request: Mapping[str, Any]
    natural_key: str | None
    state: JobState
    progress: str
    share: float
    cancel_asked: bool
    refused_items: int
    attempts: int
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    created_at: datetime
    dispatched_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None
    expired: bool

    @property
    def ended(self) -> bool:
        """Whether it will not change any more."""
        return self.state in ENDED


def job_of(row: "sa.Row[Any]") -> Job:
    """Return the job that a row of the table tells of."""
    facts = dict(row._mapping)
    return Job(**(facts | {"state": JobState(facts["state"])}))
