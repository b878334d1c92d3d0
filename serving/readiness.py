"""Whether this process can answer: its database, at the revision that it needs, and its model."""

from functools import cache

from core.errors import StorageError
from core.migration import current_revision, newest_revision
from serving.platform import Platform
from serving.problems import ApiProblem

__all__ = ["check_ready"]


def check_ready(platform: Platform) -> None:
    """Raise ApiProblem `service.not_ready` that says what is missing."""
    try:
        found = current_revision(platform.database)
    except StorageError as error:
        raise ApiProblem("service.not_ready", f"Not ready: {error}.") from error
    if found != _needed():
        raise ApiProblem(
            "service.not_ready",
            f"Not ready: the database is at revision {found or 'none'}, {_needed()} is needed; run `fillrate migrate`.",
        )
    platform.host.context()


@cache
def _needed() -> str:
    return newest_revision()
