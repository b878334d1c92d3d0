"""A database with our tables and nothing in them, migrated once in a process: 13 revisions cost each test a second."""

import tempfile
from functools import cache
from pathlib import Path

from core.database import Database
from core.migration import migrate

__all__ = ["migrated_file"]


@cache
def migrated_file() -> bytes:
    """Return the bytes of the SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        made = Database.of(f"sqlite:///{path}")
        migrate(made)
        with made.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        made.close()
        return path.read_bytes()
