"""A real PostgreSQL server for the tests: started once in a session, in a folder of its own.

Use the fixture `database`: each test that takes it runs once on SQLite and once on PostgreSQL, on an empty, migrated
database of its own. Where the server's programs are not installed the PostgreSQL runs are skipped and say so.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.database import Database
from core.migration import migrate
from tests.migrated import migrated_file

PROGRAMS = ("initdb", "pg_ctl", "postgres")
FOLDERS = "/usr/lib/postgresql/*/bin"


def find_programs() -> Path | None:
    """Return the folder of the server's programs: what pg_config names, or Debian's newest."""
    candidates = [Path(found).parent for name in ("postgres",) if (found := shutil.which(name))]
    if config := shutil.which("pg_config"):
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(told.stdout.strip()))
    candidates += sorted(Path("/").glob(FOLDERS.lstrip("/")), reverse=True)
    return next((folder for folder in candidates if all((folder / name).is_file() for name in PROGRAMS)), None)


def _as_server_user(words: list[str]) -> list[str]:
    """Return the command as a user whom PostgreSQL accepts: it refuses to run as root."""
    if os.geteuid() != 0:
        return words
    return ["runuser", "-u", _server_user(), "--", *words]


def _server_user() -> str:
    known = {line.split(":")[0] for line in Path("/etc/passwd").read_text().splitlines()}
    return "postgres" if "postgres" in known else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(programs: Path, folder: Path) -> str:
    """Start a server with its data in `folder` and return the address of its first database."""
    data, port = folder / "data", _free_port()
    if os.geteuid() == 0:
        shutil.chown(folder, _server_user())
    initdb = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "fillrate",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    _run(initdb)
    options = f"-p {port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60"
    _run([str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"])
    return f"postgresql://fillrate@127.0.0.1:{port}/postgres"


def stop_server(programs: Path, folder: Path) -> None:
    """Stop the server at once."""
    _run([str(programs / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop"])


def _run(words: list[str]) -> None:
    done = subprocess.run(_as_server_user(words), capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed: {done.stdout}{done.stderr}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a running server's first database; skips where PostgreSQL's programs are not installed."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server programs (initdb, pg_ctl, postgres) are not installed")
    pytest.importorskip("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="fillrate-postgres-"))  # pytest's own folders are closed to other users
    try:
        yield start_server(programs, folder)
        stop_server(programs, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres) -> Iterator[Database]:
    """An empty, migrated PostgreSQL database of the test's own."""
    name = f"t{uuid.uuid4().hex[:12]}"
    server = sa.create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{_template(connection, postgres)}"')
    made = Database.of(postgres.rsplit("/", 1)[0] + "/" + name)
    yield made
    made.close()
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.dispose()


def _template(connection: sa.Connection, address: str) -> str:
    """Return the database that is migrated once and copied for each test."""
    name = "template_fillrate"
    found = connection.execute(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).scalar()
    if not found:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        made = Database.of(address.rsplit("/", 1)[0] + "/" + name)
        migrate(made)
        made.close()
    return name


@pytest.fixture
def sqlite_database(tmp_path) -> Iterator[Database]:
    """An empty, migrated SQLite database of the test's own."""
    path = tmp_path / "database" / "fillrate.db"
    path.parent.mkdir()
    path.write_bytes(migrated_file())
    made = Database.of(f"sqlite:///{path}")
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> Database:
    """An empty, migrated database of the test's own: once SQLite, once PostgreSQL."""
    return request.getfixturevalue("sqlite_database" if request.param == "sqlite" else "postgres_database")


def wait_for_one_that_waits(database: Database) -> None:
    """Return as soon as a connection waits for another one's lock; fails where none does within ten seconds."""
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    deadline = time.monotonic() + 10
    while True:
        with database.reading() as connection:
            if connection.execute(waiting).scalar():
                return
        assert time.monotonic() < deadline
        time.sleep(0.01)
