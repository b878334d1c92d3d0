"""What each area puts into a tenant before the tests over all routes look for leaks; an area adds its own function."""

from collections.abc import Callable, Mapping

from serving.access import Caller, Scope
from serving.access.keys import create_key
from serving.audit import record
from serving.platform import Platform

__all__ = ["MARK", "SEEDS"]

MARK = "ACME-ONLY"
"""Stands in every text that a seed writes: no other tenant may ever read it."""

Seed = Callable[[Platform, Caller], Mapping[str, str]]
"""Writes rows of the caller's tenant and returns values of path parameters that lead to them."""


def seed_access(platform: Platform, caller: Caller) -> Mapping[str, str]:
    """A key and an entry in the trail."""
    with platform.database.transaction() as connection:
        key, _ = create_key(connection, caller.tenant, MARK, [Scope.ADMIN], platform.clock(), None)
        record(connection, caller, "thing.make", f"/v1/things/{MARK}", {"name": MARK}, platform.clock())
    return {"key_id": key.id}


SEEDS: tuple[Seed, ...] = (seed_access,)
