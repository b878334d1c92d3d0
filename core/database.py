"""The service's own database: SQLite in the home folder by default, PostgreSQL by URL, through SQLAlchemy Core.

Rooms define their tables on `METADATA`; `core.migration` makes and changes them. What both databases promise here:
a transaction is all or nothing, what was committed survives a killed process, and one writer at a time changes a row.
"""

import fcntl
import json
import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from core.errors import ConfigurationError, StorageError

__all__ = ["METADATA", "Database", "DecimalText", "JsonText", "Moment"]

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of the service's database, whichever room owns them."""

BUSY_SECONDS = 20
"""How long a writer waits for another before the database is called locked."""
READING, URGENT = "fillrate_reading", "fillrate_urgent"
PAUSE_SECONDS = (0.0005, 0.003)
"""Between two tries for SQLite's write lock, at random: who pauses equally long has equal chances."""
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class Moment(sa.types.TypeDecorator[datetime]):
    """A point in time: an aware datetime in Python, kept as UTC; naive datetimes are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return the moment as UTC; raises ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return the moment, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DecimalText(sa.types.TypeDecorator[Decimal]):
    """An exact decimal number (money), kept as text: SQLite would make a float of it."""

    impl = sa.String(64)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        """Return the number as plain text without an exponent."""
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:
        """Return the exact number."""
        return None if value is None else Decimal(value)


class JsonText(sa.types.TypeDecorator[Any]):
    """Anything that JSON can say, kept as text with sorted keys: the same value is the same bytes."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Return the JSON text; raises ValueError for NaN and infinities."""
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        """Return what the text says."""
        return None if value is None else json.loads(value)


class Database:
    """One database; safe between threads, not between forks: make one in each process.

    engine: for libraries that want SQLAlchemy's own; our code uses `transaction` and `reading`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the database at `url`: `sqlite:///file` or `postgresql://user:password@host/name`.

        Connects at first use. Raises ConfigurationError for an address that names no database of these two kinds.
        """
        address = _address(url)
        if address.drivername.startswith("sqlite"):
            return cls(_sqlite_engine(address))
        try:
            return cls(
                sa.create_engine(address, pool_pre_ping=True, pool_size=10, connect_args={"connect_timeout": 10})
            )
        except ModuleNotFoundError:
            raise ConfigurationError(
                'PostgreSQL is named but its driver is not installed; install it with pip install "fillrate[postgres]"'
            ) from None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file: one writer at a time in the whole database."""
        return self.engine.dialect.name == "sqlite"

    @property
    def shown_url(self) -> str:
        """Return the address without its password, for messages."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self, urgent: bool = False) -> Iterator[sa.Connection]:
        """Yield a connection in a writing transaction: committed at the end, undone where anything is raised.

        On SQLite the write lock is taken at once, so that what is read inside cannot change before it is written. On
        PostgreSQL lock what you read and will change: `select(...).with_for_update()`. Raises StorageError where the
        database cannot be reached, is locked for longer than 20 s, or is full.

        urgent: on SQLite, go before the writers that stand in line; for short writes of few, such as the courier's.
        """
        with self._trouble("written"), self.engine.connect() as connection:
            writer = connection.execution_options(**{URGENT: True}) if urgent and self.is_sqlite else connection
            with writer.begin():
                yield writer

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Yield a connection that sees one state of the database and changes nothing; never waits for a writer on
        SQLite.
        """
        options = {READING: True} if self.is_sqlite else {"postgresql_readonly": True}
        with self._trouble("read"), self.engine.connect() as connection:
            reader = connection.execution_options(**options)
            with reader.begin():
                yield reader

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _trouble(self, verb: str) -> Iterator[None]:
        try:
            yield
        except sa.exc.IntegrityError:
            raise
        except (DBAPIError, sa.exc.TimeoutError) as error:
            told = _first_line(error)
            raise StorageError(f"the database {self.shown_url} cannot be {verb}: {told}; {_remedy(told)}") from error


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise ConfigurationError(
            "FILLRATE_DATABASE_URL is no database address; write sqlite:///FILE or postgresql://…"
        ) from None
    driver = DRIVERS.get(address.drivername.split("+")[0])
    if driver is None:
        raise ConfigurationError(
            f"FILLRATE_DATABASE_URL names {address.drivername!r}; SQLite and PostgreSQL are known: sqlite:///FILE or postgresql://…"
        )
    return address.set(drivername=driver)


def _sqlite_engine(address: URL) -> sa.Engine:
    if address.database and address.database != ":memory:":
        folder = Path(address.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"{folder} cannot be made: {error.strerror}; set FILLRATE_HOME to another folder"
            ) from error
    engine = sa.create_engine(address, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver would begin by itself, too late for a write lock
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={int(BUSY_SECONDS * 1000)}",
        "cache_size=-262144",  # up to 256 MiB: indexes of a million rows do not fit into the default 2 MiB
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if options.get(READING, False):
        connection.exec_driver_sql("BEGIN")
    else:
        _begin_writing(connection, bool(options.get(URGENT, False)))


def _begin_writing(connection: sa.Connection, urgent: bool) -> None:
    """Take the write lock: stand in line for the place of the next one, then wait for the lock itself.

    SQLite's own waiting pauses longer and longer, and whoever has just written takes the lock again before the others
    wake: among eight busy writers one waited for the whole 20 s. The one next place, a lock on a file beside the
    database, makes whoever has just written stand in line like everybody else. Who is urgent does not: it has one
    writer against it, not all of them.
    """
    driver: Any = connection.connection.driver_connection
    deadline = time.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    try:
        with nullcontext() if urgent else _next_place(connection.engine.url.database, deadline):
            while True:
                try:
                    driver.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > deadline:
                        raise DBAPIError("BEGIN IMMEDIATE", None, error) from error
                    time.sleep(random.uniform(*PAUSE_SECONDS))
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")


@contextmanager
def _next_place(database: str | None, deadline: float) -> Iterator[None]:
    """Hold the place of the next writer; the system lets go of it when the process dies. Where the file cannot be
    opened, or the deadline passes, everybody waits for the lock itself.
    """
    if not database or database == ":memory:":
        yield
        return
    try:
        file = os.open(f"{database}-queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        yield
        return
    try:
        while time.monotonic() <= deadline:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(random.uniform(*PAUSE_SECONDS))
        yield
    finally:
        os.close(file)


def _first_line(error: SQLAlchemyError) -> str:
    cause = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")


def _remedy(told: str) -> str:
    if "locked" in told or "deadlock" in told or "lock timeout" in told:
        return "another process holds it: try again"
    if "full" in told or "readonly" in told or "read-only" in told:
        return "free space, or set FILLRATE_HOME to another folder"
    if "no such table" in told or "does not exist" in told:
        return "run `fillrate migrate`"
    return "check FILLRATE_DATABASE_URL and that the server runs"
