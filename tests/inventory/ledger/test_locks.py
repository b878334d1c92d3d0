"""The ledger on PostgreSQL while others write: each movement counts once, and no two writers wait for each other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import sqlalchemy as sa

from inventory.ledger.book import Recorded, rebuild_positions, record
from inventory.ledger.movement import Movement, MovementKind
from inventory.ledger.positions import position_now
from tests.postgres import wait_for_one_that_waits

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)


def receipt(reference: str) -> Movement:
    return Movement("A", "fba", DAY, MovementKind.RECEIPT, 10, "erp", reference)


def write(database, *references: str) -> Recorded:
    with database.transaction() as connection:
        return record(connection, "t", [receipt(name) for name in references], NOW)


def available(database) -> int:
    with database.reading() as connection:
        return int(position_now(connection, "t", ["A"])["available"].sum())


def test_a_movement_that_another_tells_between_the_look_and_the_writing_counts_once(postgres_database) -> None:
    write(postgres_database, "old")
    others = iter([["new"]])

    @sa.event.listens_for(postgres_database.engine, "after_cursor_execute")
    def tell_it_too(connection, cursor, statement, *_) -> None:
        if statement.startswith("SELECT movements"):
            for references in others:
                write(postgres_database, *references)

    assert write(postgres_database, "old", "new") == Recorded(0, 2)
    assert next(others, None) is None
    assert available(postgres_database) == 20
    assert rebuild(postgres_database) == 0


def test_what_is_recorded_while_the_positions_are_made_anew_is_not_lost(postgres_database) -> None:
    write(postgres_database, "first")
    with ThreadPoolExecutor(1) as pool, postgres_database.transaction() as connection:
        record(connection, "t", [receipt("second")], NOW)
        wrong = pool.submit(rebuild, postgres_database)
        wait_for_one_that_waits(postgres_database)
        connection.commit()
        assert wrong.result(timeout=10) == 0
    assert available(postgres_database) == 20


def rebuild(database) -> int:
    with database.transaction() as connection:
        return rebuild_positions(connection, "t")


def test_two_that_tell_the_same_movements_in_different_orders_do_not_wait_for_each_other(
    postgres_database, monkeypatch
) -> None:
    monkeypatch.setattr("inventory.ledger.book.BATCH", 1)  # so that the first is written before the second is read
    with ThreadPoolExecutor(1) as pool:
        told = []

        def in_one_order():
            yield receipt("a")
            told.append(pool.submit(write, postgres_database, "b", "a"))
            wait_for_one_that_waits(postgres_database)
            yield receipt("b")

        with postgres_database.transaction() as connection:
            assert record(connection, "t", in_one_order(), NOW) == Recorded(2, 0)
        assert told[0].result(timeout=10) == Recorded(0, 2)
    assert available(postgres_database) == 20
