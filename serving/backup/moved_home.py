"""Addresses in restored databases that name the home: where it was, and where it is now."""

import sqlite3
from contextlib import closing
from pathlib import Path

from core.database import Database
from serving.demand.demand_tables import DATASETS

__all__ = ["move_addresses", "move_base_folders"]

ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("logged_models", "artifact_location"),
)
"""Columns of MLflow's store that hold a folder or its file: address."""


def move_addresses(database: Path, before: Path, after: Path) -> int:
    """Let the SQLite file name `after` where it names `before`; return how many addresses that were.

    Only whole folder names count: what was in `/data/shop` moves, `/data/shop-2` does not.
    """
    if before == after:
        return 0
    moved = 0
    with closing(sqlite3.connect(database)) as connection, connection:
        for table, column in ADDRESSES:
            if column in {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}:
                for old, new in ((str(before), str(after)), (before.as_uri(), after.as_uri())):
                    moved += _move(connection, table, column, old, new)
    return moved


def move_base_folders(database: Database, before: Path, after: Path) -> None:
    """Let datasets whose own folder was in the home name it where it is now."""
    folder = DATASETS.c.base_folder
    with database.transaction() as connection:
        for row in connection.execute(DATASETS.select().where(folder.is_not(None))).all():
            place = Path(row.base_folder)
            if before != after and place.is_relative_to(before):
                mine = (DATASETS.c.tenant == row.tenant) & (DATASETS.c.dataset == row.dataset)
                connection.execute(
                    DATASETS.update().where(mine).values(base_folder=str(after / place.relative_to(before)))
                )


def _move(connection: sqlite3.Connection, table: str, column: str, old: str, new: str) -> int:
    done = connection.execute(
        f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ? OR substr({column}, 1, ?) = ?",
        (new, len(old) + 1, old, len(old) + 1, old + "/"),
    )
    return done.rowcount
