"""Write movements: each once, all or none, and never more units out of a bucket than are in it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import StockError
from inventory.ledger.ledger_tables import MOVEMENTS, POSITIONS
from inventory.ledger.movement import Bucket, Movement

__all__ = ["Recorded", "rebuild_positions", "record"]

Item = TypeVar("Item")

BATCH = 5_000
"""Movements that are written, and looked up, at once."""
Place = tuple[str, str, str]
"""SKU, location, bucket."""

_COMPARED = ("sku", "location", "to_location", "date", "kind", "leaves", "enters", "units")


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many movements were new, and how many were told before and left as they are."""

    new: int
    repeated: int


def record(connection: sa.Connection, tenant: str, movements: Iterable[Movement], now: datetime) -> Recorded:
    """Write the movements and move the positions in the caller's transaction.

    A movement that was told before (same origin and reference) counts once. Raises DataError for an impossible
    movement, StockError where a bucket would fall below zero or a reference comes again with other contents; the
    caller's transaction is to be undone then.
    """
    new = repeated = 0
    change: dict[Place, int] = defaultdict(int)
    for group in _batches(movements):
        rows = [_row(tenant, movement, now) for movement in group]
        fresh = _not_told_before(connection, tenant, rows)
        if fresh:
            connection.execute(MOVEMENTS.insert(), fresh)
        for row in fresh:
            _add(change, row)
        new, repeated = new + len(fresh), repeated + len(rows) - len(fresh)
    _move(connection, tenant, change)
    return Recorded(new, repeated)


def rebuild_positions(connection: sa.Connection, tenant: str) -> int:
    """Make the positions anew from the movements and return how many buckets were wrong: 0 unless somebody wrote into
    the tables by hand.
    """
    before = _positions(connection, tenant)
    change: dict[Place, int] = defaultdict(int)
    columns = MOVEMENTS.c
    told = sa.select(columns.sku, columns.location, columns.to_location, columns.leaves, columns.enters, columns.units)
    for row in connection.execute(told.where(columns.tenant == tenant)).mappings():
        _add(change, row)
    connection.execute(POSITIONS.delete().where(POSITIONS.c.tenant == tenant))
    _move(connection, tenant, change)
    return len({place for place, _ in before.items() ^ _positions(connection, tenant).items()})


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield the items in lists of at most BATCH."""
    source = iter(items)
    while group := list(islice(source, BATCH)):
        yield group


def _row(tenant: str, movement: Movement, now: datetime) -> dict[str, Any]:
    movement.check()
    leaves, enters = movement.path
    return {
        "tenant": tenant,
        "sku": movement.sku,
        "location": movement.location,
        "to_location": movement.destination,
        "date": movement.date,
        "kind": movement.kind.value,
        "leaves": leaves.value,
        "enters": enters.value,
        "units": movement.units,
        "origin": movement.origin,
        "reference": movement.reference,
        "unit_cost": movement.unit_cost,
        "reason": movement.reason,
        "recorded_at": now,
    }


def _not_told_before(connection: sa.Connection, tenant: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows whose origin and reference are new, each once."""
    told: dict[tuple[str, str], Mapping[str, Any]] = {}
    by_origin: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_origin[row["origin"]].append(row["reference"])
    columns = MOVEMENTS.c
    for origin, references in by_origin.items():
        wanted = sa.select(MOVEMENTS).where(
            columns.tenant == tenant, columns.origin == origin, columns.reference.in_(references)
        )
        told |= {(row["origin"], row["reference"]): row for row in connection.execute(wanted).mappings()}
    fresh = []
    for row in rows:
        key = row["origin"], row["reference"]
        if key not in told:
            told[key] = row
            fresh.append(row)
        elif any(told[key][name] != row[name] for name in _COMPARED):
            raise StockError(
                f"movement {row['origin']}/{row['reference']} was recorded with other contents; "
                "give a correction a reference of its own"
            )
    return fresh


def _add(change: dict[Place, int], row: Mapping[Any, Any]) -> None:
    if row["leaves"] != Bucket.OUTSIDE:
        change[row["sku"], row["location"], row["leaves"]] -= row["units"]
    if row["enters"] != Bucket.OUTSIDE:
        change[row["sku"], row["to_location"], row["enters"]] += row["units"]


def _move(connection: sa.Connection, tenant: str, change: Mapping[Place, int]) -> None:
    """Add the changes to the positions, in one order everywhere, so that two writers cannot wait for each other."""
    rows = [
        {"tenant": tenant, "sku": sku, "location": location, "bucket": bucket, "units": units}
        for (sku, location, bucket), units in sorted(change.items())
        if units
    ]
    if not rows:
        return
    connection.execute(_adding(connection), rows)
    for group in _batches(rows):
        _refuse_less_than_nothing(connection, tenant, {str(row["sku"]) for row in group})


def _adding(connection: sa.Connection) -> sa.Insert:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(POSITIONS)
    added = {"units": POSITIONS.c.units + insert.excluded.units}
    return insert.on_conflict_do_update(index_elements=["tenant", "sku", "location", "bucket"], set_=added)


def _refuse_less_than_nothing(connection: sa.Connection, tenant: str, skus: Iterable[str]) -> None:
    columns = POSITIONS.c
    short = (
        sa.select(POSITIONS)
        .where(columns.tenant == tenant, columns.units < 0, columns.sku.in_(sorted(skus)))
        .order_by(columns.sku, columns.location, columns.bucket)
        .limit(4)
    )
    found = connection.execute(short).all()
    if found:
        named = ", ".join(f"{row.sku} at {row.location}: {-row.units} {row.bucket} too few" for row in found[:3])
        more = " …" if len(found) > 3 else ""
        raise StockError(f"there is not so much stock: {named}{more}; record what came in first, or an adjustment")


def _positions(connection: sa.Connection, tenant: str) -> dict[Place, int]:
    columns = POSITIONS.c
    rows = connection.execute(sa.select(POSITIONS).where(columns.tenant == tenant, columns.units != 0))
    return {(row.sku, row.location, row.bucket): row.units for row in rows}
