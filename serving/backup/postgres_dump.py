"""PostgreSQL's own programs: a dump of one snapshot, and a restore in one transaction."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from core.database import Database
from core.errors import ConfigurationError, StorageError

__all__ = ["dump_postgres", "exported_snapshot", "has_tables", "restore_postgres"]

LOCK_WAIT = "20s"
EMPTY_SCHEMA = f"""
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '{LOCK_WAIT}';
DO $$
DECLARE found record;
BEGIN
  FOR found IN SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE %I.%I CASCADE', current_schema(), found.tablename);
  END LOOP;
  FOR found IN
    SELECT oid::regprocedure AS signature FROM pg_catalog.pg_proc
    WHERE pronamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
  LOOP
    EXECUTE format('DROP ROUTINE %s CASCADE', found.signature);
  END LOOP;
END $$;
DROP SCHEMA IF EXISTS dbos CASCADE;
"""
"""What comes before the restored tables; DBOS's schema goes too: it tells of jobs as they were not (decision 20)."""


@contextmanager
def exported_snapshot(database: Database) -> Iterator[tuple[sa.Connection, str]]:
    """Yield a connection that sees one state, and the name by which pg_dump sees the same one."""
    with database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection, str(connection.execute(sa.text("SELECT pg_export_snapshot()")).scalar_one())


def has_tables(database: Database) -> bool:
    """Return whether there is anything in the schema that Fillrate works in."""
    with database.reading() as connection:
        return bool(sa.inspect(connection).get_table_names())


def dump_postgres(database: Database, snapshot: str, target: Path) -> None:
    """Write the tables of the snapshot to a file that pg_restore reads.

    Raises ConfigurationError where pg_dump is not installed, StorageError with its words where it fails.
    """
    words = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--schema={_schema(database)}"]
    _run(database, [_program("pg_dump"), *words, f"--snapshot={snapshot}", f"--file={target}"])


def restore_postgres(database: Database, source: Path, folder: Path) -> None:
    """Put the dump in the place of all tables of the schema, in one transaction: all of it or nothing.

    folder: for the script. Raises as `dump_postgres` does.
    """
    script, empty = folder / "restore.sql", folder / "empty.sql"
    told = [f"--schema={_schema(database)}", "--no-owner", "--no-privileges", f"--file={script}", str(source)]
    _call([_program("pg_restore"), *told], {})
    empty.write_text(EMPTY_SCHEMA, encoding="utf-8")
    words = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    database.close()
    _run(database, [_program("psql"), *words, f"--file={empty}", f"--file={script}"])
    for path in (script, empty):
        path.unlink()


def _schema(database: Database) -> str:
    with database.reading() as connection:
        name = str(connection.execute(sa.text("SELECT current_schema()")).scalar_one())
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        raise ConfigurationError(f"the database's schema is called {name!r}; name it with a-z, 0-9 and _")
    return name


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ConfigurationError(
            f"{name} is not installed; a PostgreSQL database is saved and restored by the server's own programs: "
            "install its client package (Debian: postgresql-client)"
        )
    return found


def _run(database: Database, words: Sequence[str]) -> None:
    """Run a program on the database; the password goes by the environment, which other users cannot read."""
    address = database.engine.url.set(drivername="postgresql")
    password = {"PGPASSWORD": str(address.password)} if address.password is not None else {}
    shown = address.set(password=None).render_as_string(hide_password=False)
    _call([*words, f"--dbname={shown}"], password)


def _call(words: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        told = next((line for line in lines if "error:" in line.lower()), lines[0])
        raise StorageError(f"{Path(words[0]).name} failed: {told}; nothing was changed")
