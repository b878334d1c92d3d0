"""How long jobs are kept and how often the worker looks: defaults, and what the environment may change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from core.errors import ConfigurationError

__all__ = ["JobSettings"]


@dataclass(frozen=True, slots=True)
class JobSettings:
    """Times of the job system, in seconds unless named otherwise.

    retention: how long a result is kept after the job ended (`FILLRATE_JOB_RETENTION_DAYS`, default 7 days); then its
    files go and the job answers 410. keep_records: how long the row itself stays after that.
    light_jobs: light jobs that one worker runs at once (`FILLRATE_LIGHT_JOBS`, default 2).
    dispatch_every: between two looks for new rows. heartbeat_every: between two signs of life. silent_after: a worker
    without a sign of life for so long is dead; another one takes over. reconcile_every: between two searches for rows
    whose workflow has ended or is missing. schedules_every, expire_every: between two looks at schedules, old results.
    most_crashes: runs of one job that may end with a dead process; then it is failed: it is the job that kills them.
    """

    retention: timedelta = timedelta(days=7)
    keep_records: timedelta = timedelta(days=90)
    light_jobs: int = 2
    dispatch_every: float = 0.25
    heartbeat_every: float = 5.0
    silent_after: float = 30.0
    reconcile_every: float = 5.0
    schedules_every: float = 2.0
    expire_every: float = 60.0
    most_crashes: int = 50

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings that `environment` asks for; raises ConfigurationError for a value that is none."""
        days = _whole(environment, "FILLRATE_JOB_RETENTION_DAYS", 7)
        return cls(retention=timedelta(days=days), light_jobs=_whole(environment, "FILLRATE_LIGHT_JOBS", 2))


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 3650:
        raise ConfigurationError(f"{name}={text!r} is not a whole number from 1 to 3650; unset it or correct it")
    return int(text)
