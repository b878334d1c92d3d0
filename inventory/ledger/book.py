"""Write movements: each once, all or none, and never more units out of a bucket than are in it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

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
    for number, group in enumerate(_batches(movements)):
        rows = [_row(tenant, movement, now) for movement in group]
        if number == 0:
            _take_turns(connection, rows)
        fresh = _insert_new(connection, tenant, rows)
        for row in fresh:
            _add(change, row)
        new, repeated = new + len(fresh), repeated + len(rows) - len(fresh)
    _move(connection, tenant, change)
    return Recorded(new, repeated)


def rebuild_positions(connection: sa.Connection, tenant: str) -> int:
    """Make the positions anew from the movements and return how many buckets were wrong: 0 unless somebody wrote into
    the tables by hand.
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer; here nobody may write between look and change
        connection.exec_driver_sql("LOCK TABLE positions IN SHARE ROW EXCLUSIVE MODE")
    before = _positions(connection, tenant)
    change: dict[Place, int] = defaultdict(int)
    columns = MOVEMENTS.c
    told = sa.select(columns.sku, columns.location, columns.to_location, columns.leaves, columns.enters, columns.units)
    for row in connection.execute(told.where(columns.tenant == tenant)):
        _add(change, row)
    connection.execute(POSITIONS.delete().where(POSITIONS.c.tenant == tenant))
    _move(connection, tenant, change)
    return len({place for place, _ in before.items() ^ _positions(connection, tenant).items()})


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield the items in lists of at most BATCH."""
    source = iter(items)
    while group := list(islice(source, BATCH)):
        yield group


class _Row(NamedTuple):
    """A movement as the table has it, the columns in the order of COLUMNS."""

    tenant: str
    sku: str
    location: str
    to_location: str
    date: date
    kind: str
    leaves: str
    enters: str
    units: int
    origin: str
    reference: str
    unit_cost: Decimal | None
    reason: str | None
    recorded_at: datetime


def _row(tenant: str, movement: Movement, now: datetime) -> _Row:
    movement.check()
    leaves, enters = movement.path
    return _Row(
        tenant,
        movement.sku,
        movement.location,
        movement.destination,
        movement.date,
        movement.kind.value,
        leaves.value,
        enters.value,
        movement.units,
        movement.origin,
        movement.reference,
        movement.unit_cost,
        movement.reason,
        now,
    )


def _take_turns(connection: sa.Connection, rows: Sequence[_Row]) -> None:
    """Let one writer of an origin at a time insert references in an order of its own, until its transaction ends.

    On PostgreSQL whoever inserts a reference that another is inserting waits for that one: two that tell the same ones
    in different orders would wait for each other. The order told is kept, so that it cannot be made one; those who
    tell a few in order of reference go side by side, and whoever tells a single one waits with nothing in hand.
    """
    if connection.dialect.name == "sqlite" or len(rows) == 1 < BATCH:
        return
    references = [(row.origin, row.reference) for row in rows]
    in_order = references == sorted(references) and len(rows) < BATCH
    lock = sa.func.pg_advisory_xact_lock_shared if in_order else sa.func.pg_advisory_xact_lock
    for origin in sorted({row.origin for row in rows}):
        digest = hashlib.sha256(f"ledger\n{rows[0].tenant}\n{origin}".encode()).digest()
        connection.execute(sa.select(lock(int.from_bytes(digest[:8], "big", signed=True))))


def _insert_new(connection: sa.Connection, tenant: str, rows: list[_Row]) -> list[_Row]:
    """Insert the rows whose origin and reference are new and return them.

    As a rule all are: so they are inserted first, and looked up only where the database left some out. Between that
    look and the next try another transaction may have told one of them, so that the database's own count decides.
    """
    fresh = rows
    while fresh:
        attempt = connection.begin_nested()
        if _insert(connection, fresh) == len(fresh):
            attempt.commit()
            break
        attempt.rollback()
        fresh = _not_told_before(connection, tenant, fresh)
    return fresh


def _insert(connection: sa.Connection, rows: list[_Row]) -> int:
    """Insert rows and return how many the table did not have: straight to the driver, since SQLAlchemy's own way to
    bind a million rows takes longer than the database.
    """
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    values = ", ".join([mark] * len(_Row._fields))
    statement = f"INSERT INTO movements ({', '.join(_Row._fields)}) VALUES ({values}) ON CONFLICT DO NOTHING"
    table, dialect = MOVEMENTS.c, connection.dialect
    as_day, as_moment, as_cost = (
        table[name].type.dialect_impl(dialect).bind_processor(dialect) or _as_is
        for name in ("date", "recorded_at", "unit_cost")
    )
    when = as_moment(rows[0].recorded_at)
    bound = [(*row[:4], as_day(row[4]), *row[5:11], as_cost(row[11]), row[12], when) for row in rows]
    return connection.exec_driver_sql(statement, bound).rowcount


def _as_is(value: Any) -> Any:
    return value


def _not_told_before(connection: sa.Connection, tenant: str, rows: Sequence[_Row]) -> list[_Row]:
    """Return the rows whose origin and reference are new, each once."""
    told: dict[tuple[str, str], Mapping[str, Any]] = {}
    by_origin: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_origin[row.origin].append(row.reference)
    columns = MOVEMENTS.c
    for origin, references in by_origin.items():
        wanted = sa.select(MOVEMENTS).where(
            columns.tenant == tenant, columns.origin == origin, columns.reference.in_(references)
        )
        told |= {(row["origin"], row["reference"]): row for row in connection.execute(wanted).mappings()}
    fresh = []
    for row in rows:
        key = row.origin, row.reference
        if key not in told:
            told[key] = row._asdict()
            fresh.append(row)
        elif any(told[key][name] != getattr(row, name) for name in _COMPARED):
            raise StockError(
                f"movement {row.origin}/{row.reference} was recorded with other contents; "
                "give a correction a reference of its own"
            )
    return fresh


def _add(change: dict[Place, int], row: Any) -> None:
    if row.leaves != Bucket.OUTSIDE.value:
        change[row.sku, row.location, row.leaves] -= row.units
    if row.enters != Bucket.OUTSIDE.value:
        change[row.sku, row.to_location, row.enters] += row.units


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
    insert = _dialect(connection).insert(POSITIONS)
    added = {"units": POSITIONS.c.units + insert.excluded.units}
    return insert.on_conflict_do_update(index_elements=["tenant", "sku", "location", "bucket"], set_=added)


def _dialect(connection: sa.Connection) -> ModuleType:
    return sqlite if connection.dialect.name == "sqlite" else postgresql


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
