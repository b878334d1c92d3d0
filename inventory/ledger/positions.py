"""Read the ledger: what is where now, what was where on any past day, and whether every day adds up."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

from inventory.ledger.ledger_tables import MOVEMENTS, POSITIONS
from inventory.ledger.movement import Bucket

__all__ = ["BUCKETS", "FOLDED", "daily_balance", "movements_until", "position_at", "position_now", "stock_table"]

BUCKETS = [bucket.value for bucket in Bucket if bucket is not Bucket.OUTSIDE]
KEYS = ["sku", "location"]
FOLDED = ("id", "sku", "location", "to_location", "date", "kind", "leaves", "enters", "units", "unit_cost")


def position_now(connection: sa.Connection, tenant: str, skus: Sequence[str] | None = None) -> pd.DataFrame:
    """Return `sku, location` and the units in each bucket, one row a SKU and location with any movement.

    skus: only these. Read from the running sums, so that it takes the time of the rows that it returns.
    """
    columns = POSITIONS.c
    query = sa.select(columns.sku, columns.location, columns.bucket, columns.units).where(columns.tenant == tenant)
    if skus is not None:
        query = query.where(columns.sku.in_(list(skus)))
    return _wide(_frame(connection, query, [*KEYS, "bucket", "units"]))


def position_at(connection: sa.Connection, tenant: str, day: date, known_at: datetime | None = None) -> pd.DataFrame:
    """Return the position at the start of `day`: the fold over all movements dated before it, as `position_now`.

    known_at: only what had been recorded by then, to see what a plan of that moment saw (default: all that is known
    today). A bucket is negative where the ledger holds an outgoing movement whose incoming one is dated later.
    """
    moved = [MOVEMENTS.c[name] for name in ("sku", "location", "to_location", "leaves", "enters")]
    query = sa.select(*moved, sa.func.sum(MOVEMENTS.c.units)).where(*_until(tenant, day, known_at)).group_by(*moved)
    flows = _frame(connection, query, ["sku", "location", "to_location", "leaves", "enters", "units"])
    flows = flows.astype({"units": "int64"})
    left = flows[["sku", "location", "leaves"]].assign(units=-flows["units"])
    came = flows[["sku", "to_location", "enters", "units"]]
    both = pd.concat(
        [left.set_axis([*KEYS, "bucket", "units"], axis=1), came.set_axis([*KEYS, "bucket", "units"], axis=1)]
    )
    both = both[both["bucket"] != Bucket.OUTSIDE.value]
    return _wide(both.groupby([*KEYS, "bucket"], as_index=False)["units"].sum())


def movements_until(
    connection: sa.Connection, tenant: str, day: date | None = None, skus: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the movements dated before `day` (None: all), the columns FOLDED, in the order in which they are folded:
    by date, within a day as they were recorded.
    """
    columns = MOVEMENTS.c
    query = sa.select(*(columns[name] for name in FOLDED)).where(*_until(tenant, day, None))
    query = query.order_by(columns.date, columns.id)
    if skus is not None:
        query = query.where(columns.sku.in_(list(skus)))
    table = _frame(connection, query, [column.name for column in query.selected_columns])
    return table.astype({"units": "int64"})


def daily_balance(movements: pd.DataFrame) -> pd.DataFrame:
    """Return `sku, location, bucket, date, start, came_in, went_out, end` for each day on which units moved.

    movements: as `movements_until` returns them. start + came_in − went_out = end on every row, and each start is the
    end before it; a negative end shows an outgoing movement that was told without its incoming one.
    """
    out = movements.rename(columns={"leaves": "bucket"})[[*KEYS, "bucket", "date", "units"]]
    came = movements.drop(columns="location").rename(columns={"to_location": "location", "enters": "bucket"})
    both = pd.concat(
        [
            out.rename(columns={"units": "went_out"}).assign(came_in=0),
            came[[*KEYS, "bucket", "date", "units"]].rename(columns={"units": "came_in"}).assign(went_out=0),
        ]
    )
    both = both[both["bucket"] != Bucket.OUTSIDE.value]
    days = both.groupby([*KEYS, "bucket", "date"], as_index=False)[["came_in", "went_out"]].sum()
    net = days["came_in"] - days["went_out"]
    end = net.groupby([days[name] for name in (*KEYS, "bucket")]).cumsum()
    table = days.assign(start=end - net, end=end)
    return table[[*KEYS, "bucket", "date", "start", "came_in", "went_out", "end"]].reset_index(drop=True)


def stock_table(position: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return a position as the dataset's `stock` table: what is physically there at the start of `day`.

    on_hand counts available, reserved and unsellable units together, as the table's contract has it.
    """
    there = position[["available", "reserved", "unsellable"]]
    table = position[KEYS].assign(
        date=pd.Timestamp(day),
        on_hand=there.sum(axis=1),
        reserved=position["reserved"],
        unsellable=position["unsellable"],
    )
    return table.reset_index(drop=True)


def _until(tenant: str, day: date | None, known_at: datetime | None) -> list[sa.ColumnElement[bool]]:
    conditions = [MOVEMENTS.c.tenant == tenant]
    if day is not None:
        conditions.append(MOVEMENTS.c.date < day)
    if known_at is not None:
        conditions.append(MOVEMENTS.c.recorded_at <= known_at)
    return conditions


def _frame(connection: sa.Connection, query: sa.Select[Any], names: list[str]) -> pd.DataFrame:
    """Return the rows as a frame; plain tuples, because pandas asks each of SQLAlchemy's rows what it is."""
    return pd.DataFrame([tuple(row) for row in connection.execute(query)], columns=names)


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a SKU and location with a column for each bucket."""
    table = rows.pivot_table(index=KEYS, columns="bucket", values="units", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=BUCKETS, fill_value=0).astype("int64")
    table.columns.name = None
    return table.reset_index()
