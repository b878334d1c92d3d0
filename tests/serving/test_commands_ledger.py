"""`fillrate ledger`: balances of every day, and positions that somebody wrote by hand (H01, H11)."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from inventory.ledger.book import rebuild_positions, record
from inventory.ledger.ledger_tables import POSITIONS
from inventory.ledger.movement import Movement, MovementKind
from inventory.ledger.positions import position_now
from serving.ledger_check import check_ledger

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def ledger(sqlite_database):
    moves = [
        Movement("A", "3pl", date(2026, 5, 1), MovementKind.RECEIPT, 10, "erp", "r1"),
        Movement("A", "3pl", date(2026, 5, 1), MovementKind.SALE, 3, "erp", "s1"),
        Movement("A", "3pl", date(2026, 5, 9), MovementKind.SALE, 4, "erp", "s2"),
        Movement("B", "3pl", date(2026, 5, 9), MovementKind.RECEIPT, 5, "erp", "r2"),
        Movement("B", "3pl", date(2026, 5, 2), MovementKind.SALE, 2, "erp", "s3"),
    ]
    with sqlite_database.transaction() as connection:
        record(connection, "local", moves, NOW)
    return sqlite_database


def spoil(database) -> None:
    """Write into the running sums by hand."""
    with database.transaction() as connection:
        connection.execute(POSITIONS.update().where(POSITIONS.c.sku == "A").values(units=99))


def test_every_day_adds_up_and_a_sale_before_its_receipt_is_told(ledger) -> None:
    with ledger.reading() as connection:
        found = check_ledger(connection, "local")
    days = found.balances[found.balances["sku"] == "A"]
    assert days[["start", "came_in", "went_out", "end"]].to_numpy().tolist() == [[0, 10, 3, 7], [7, 0, 4, 3]]
    assert found.below[["sku", "end"]].to_numpy().tolist() == [["B", -2]]
    assert (found.sound, found.movements) == (True, 5)


def test_positions_written_by_hand_are_found_and_made_anew(ledger) -> None:
    spoil(ledger)
    with ledger.reading() as connection:
        found = check_ledger(connection, "local", ["A"])
    assert found.astray.to_numpy().tolist() == [["A", "3pl", "available", 99, 3]]
    with ledger.transaction() as connection:
        assert rebuild_positions(connection, "local") == 1
    with ledger.reading() as connection:
        assert check_ledger(connection, "local").sound
        assert position_now(connection, "local").set_index("sku")["available"].to_dict() == {"A": 3, "B": 3}


def test_the_command_fails_until_the_positions_are_made_anew(fillrate, ledger, monkeypatch, tmp_path) -> None:
    url = ledger.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("FILLRATE_DATABASE_URL", url)
    sound = fillrate("ledger", "--sku", "A", "--out", tmp_path / "balances.csv")
    assert (sound.code, "5" in sound.out) == (0, True), sound.err
    assert (tmp_path / "balances.csv").read_text().startswith("sku,location,bucket,date,start,came_in,went_out,end")
    spoil(ledger)
    spoiled = fillrate("ledger")
    assert spoiled.code == 3
    assert "1 positions astray" in spoiled.out
    mended = fillrate("ledger", "--rebuild")
    assert (mended.code, "1 positions made anew" in mended.out) == (0, True), mended.err
    assert fillrate("ledger").code == 0
    with ledger.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(POSITIONS)) > 0
