"""The database: all or nothing, one writer at a time, and every trouble in one sentence."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

import pytest
import sqlalchemy as sa

from core.database import Database, DecimalText, JsonText, Moment
from core.errors import ConfigurationError, StorageError

NOTES = sa.Table(
    "notes",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Moment),
    sa.Column("price", DecimalText),
    sa.Column("facts", JsonText),
)


@pytest.fixture
def database(tmp_path):
    made = Database.of(f"sqlite:///{tmp_path / 'deep' / 'notes.db'}")
    NOTES.metadata.create_all(made.engine)
    yield made
    made.close()


def count(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(NOTES))


def test_moments_money_and_json_come_back_exactly(database) -> None:
    at = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    row = {"id": 1, "at": at, "price": Decimal("1234567890.10"), "facts": {"b": [1, None], "a": "ü"}}
    with database.transaction() as connection:
        connection.execute(NOTES.insert(), row)
    with database.reading() as connection:
        found = connection.execute(sa.select(NOTES)).mappings().one()
    assert dict(found) == row
    assert found["at"].tzinfo is UTC
    assert str(found["price"]) == "1234567890.10"


def test_a_naive_datetime_is_refused(database) -> None:
    with pytest.raises(sa.exc.StatementError, match="no time zone"), database.transaction() as connection:
        connection.execute(NOTES.insert(), {"id": 1, "at": datetime(2026, 3, 1)})


def test_what_is_raised_inside_undoes_everything(database) -> None:
    def write_and_fail() -> None:
        with database.transaction() as connection:
            connection.execute(NOTES.insert(), {"id": 1})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert count(database) == 0


def test_writers_wait_for_each_other_and_lose_no_update(database) -> None:
    with database.transaction() as connection:
        connection.execute(NOTES.insert(), {"id": 1, "price": Decimal(0)})

    def add_one() -> None:
        for _ in range(20):
            with database.transaction() as connection:
                found = connection.scalar(sa.select(NOTES.c.price))
                connection.execute(NOTES.update().values(price=found + 1))

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert connection.scalar(sa.select(NOTES.c.price)) == 80


def test_who_has_just_written_stands_in_line_again(database) -> None:
    turns: list[int] = []
    deadline = time.monotonic() + 3

    def write(name: int) -> None:
        while time.monotonic() < deadline:
            with database.transaction():
                turns.append(name)
                time.sleep(0.01)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(turns) > 20
    again = sum(first == second for first, second in pairwise(turns[:-4]))
    assert again < len(turns) / 2, "the next writer had the place, so nobody writes twice while others wait"
    assert all(turns.count(name) > len(turns) / 40 for name in range(4))


def test_a_reader_sees_one_state_while_a_writer_commits(database) -> None:
    with database.reading() as reader:
        before = reader.scalar(sa.select(sa.func.count()).select_from(NOTES))
        with database.transaction() as connection:
            connection.execute(NOTES.insert(), {"id": 1})
        assert reader.scalar(sa.select(sa.func.count()).select_from(NOTES)) == before == 0
    assert count(database) == 1


def test_what_was_committed_survives_a_killed_process(database) -> None:
    code = (
        "import os, sys, sqlalchemy as sa\nfrom core.database import Database\n"
        "d = Database.of(sys.argv[1])\n"
        "with d.transaction() as c: c.exec_driver_sql('INSERT INTO notes (id) VALUES (1)')\n"
        "with d.transaction() as c:\n"
        "    c.exec_driver_sql('INSERT INTO notes (id) VALUES (2)')\n    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(database.engine.url)], check=False)
    assert done.returncode == -9
    assert count(database) == 1


def test_a_locked_database_is_told_with_the_remedy(database, monkeypatch) -> None:
    monkeypatch.setattr("core.database.BUSY_SECONDS", 0.05)
    other = Database.of(str(database.engine.url))
    with (
        database.transaction(),
        pytest.raises(StorageError, match="locked; another process holds it: try again"),
        other.transaction(),
    ):
        pass


@pytest.mark.parametrize("url", ["mysql://host/name", "no address", "oracle://x"])
def test_an_address_of_no_known_database_is_refused(url) -> None:
    with pytest.raises(ConfigurationError, match="FILLRATE_DATABASE_URL"):
        Database.of(url)


def test_a_password_is_never_shown() -> None:
    database = Database.of("postgresql://user:secret@127.0.0.1:1/name")
    with pytest.raises(StorageError) as caught, database.transaction():
        pass
    assert "secret" not in str(caught.value)
    assert "FILLRATE_DATABASE_URL" in str(caught.value)
