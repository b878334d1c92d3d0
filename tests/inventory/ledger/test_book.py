"""Recording: once, all or none, never below zero; the positions are the fold over the movements (H01, H11)."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.database import Database
from core.errors import StockError
from core.migration import migrate
from inventory.ledger.book import Recorded, rebuild_positions, record
from inventory.ledger.ledger_tables import POSITIONS
from inventory.ledger.lots import fold_lots
from inventory.ledger.movement import ALLOWED, Bucket, Movement, MovementKind
from inventory.ledger.positions import BUCKETS, daily_balance, movements_until, position_at, position_now

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)
RECEIPT = Movement("A", "fba", DAY, MovementKind.RECEIPT, 10, "erp", "r1")


def write(database, *movements, tenant="t", now=NOW) -> Recorded:
    with database.transaction() as connection:
        return record(connection, tenant, movements, now)


def available(database, sku="A", tenant="t") -> int:
    with database.reading() as connection:
        return int(position_now(connection, tenant, [sku])["available"].sum())


def test_a_movement_told_twice_counts_once(database) -> None:
    assert write(database, RECEIPT, RECEIPT) == Recorded(1, 1)
    assert write(database, RECEIPT) == Recorded(0, 1)
    assert available(database) == 10


def test_a_reference_that_comes_again_with_other_contents_is_refused(database) -> None:
    write(database, RECEIPT)
    with pytest.raises(StockError, match="erp/r1 was recorded with other contents"):
        write(database, replace(RECEIPT, units=11))
    assert available(database) == 10


def test_no_more_units_leave_than_are_there_and_then_nothing_of_the_batch_is_written(database) -> None:
    write(database, RECEIPT)
    sale = Movement("A", "fba", DAY, MovementKind.SALE, 8, "shop", "o1")
    with pytest.raises(StockError, match="A at fba: 6 available too few"):
        write(database, sale, replace(sale, reference="o2"))
    assert available(database) == 10
    with database.reading() as connection:
        assert len(movements_until(connection, "t")) == 1


def test_one_tenant_never_sees_or_moves_the_stock_of_another(database) -> None:
    write(database, RECEIPT)
    assert available(database, tenant="other") == 0
    with pytest.raises(StockError):
        write(database, Movement("A", "fba", DAY, MovementKind.SALE, 1, "shop", "o1"), tenant="other")


def test_sales_of_many_threads_never_sell_more_than_there_is(database) -> None:
    write(database, RECEIPT)
    sold = []

    def sell(name: int) -> None:
        for count in range(4):
            try:
                write(database, Movement("A", "fba", DAY, MovementKind.SALE, 1, "shop", f"{name}-{count}"))
                sold.append(1)
            except StockError:
                pass

    threads = [threading.Thread(target=sell, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sold) == 10
    assert available(database) == 0


def test_positions_written_by_hand_are_found_and_mended(database) -> None:
    write(database, RECEIPT)
    with database.transaction() as connection:
        connection.execute(sa.update(POSITIONS).values(units=99))
    with database.transaction() as connection:
        assert rebuild_positions(connection, "t") == 1
    assert available(database) == 10
    with database.transaction() as connection:
        assert rebuild_positions(connection, "t") == 0


def test_what_was_known_then_leaves_out_what_was_told_later(database) -> None:
    write(database, RECEIPT)
    write(database, replace(RECEIPT, reference="late", units=5), now=NOW + timedelta(days=2))
    with database.reading() as connection:
        assert position_at(connection, "t", DAY + timedelta(1))["available"].sum() == 15
        assert position_at(connection, "t", DAY + timedelta(1), known_at=NOW)["available"].sum() == 10
        assert position_at(connection, "t", DAY)["available"].sum() == 0


PAIRS = [(kind, leaves, enters) for kind, ways in ALLOWED.items() for leaves, enters in ways]


class LedgerMachine(RuleBasedStateMachine):
    """The ledger beside a Counter of (sku, location, bucket); days only grow, as in a shop's life."""

    @initialize()
    def begin(self) -> None:
        self.database = Database.of("sqlite://")
        migrate(self.database)
        self.model: Counter = Counter()
        self.day = DAY
        self.days: list[tuple[date, Counter]] = []
        self.told: list[Movement] = []

    @rule(
        sku=st.sampled_from("AB"),
        location=st.sampled_from(["fba", "3pl"]),
        way=st.sampled_from(PAIRS),
        units=st.integers(1, 9),
    )
    def move(self, sku, location, way, units) -> None:
        kind, leaves, enters = way
        to = {"fba": "3pl", "3pl": "fba"}[location] if kind is MovementKind.TRANSFER_SENT else None
        movement = Movement(
            sku, location, self.day, kind, units, "test", f"m{len(self.told)}", leaves, enters, to_location=to
        )
        possible = leaves is Bucket.OUTSIDE or self.model[sku, location, leaves] >= units
        if not possible:
            with pytest.raises(StockError):
                write(self.database, movement)
            return
        assert write(self.database, movement) == Recorded(1, 0)
        self.told.append(movement)
        self.model[sku, location, leaves] -= units
        self.model[sku, to or location, enters] += units

    @rule(data=st.data())
    def tell_again(self, data) -> None:
        if self.told:
            assert write(self.database, data.draw(st.sampled_from(self.told))) == Recorded(0, 1)

    @rule(days=st.integers(1, 3))
    def sleep(self, days) -> None:
        self.day += timedelta(days=days)
        self.days.append((self.day, Counter(self.model)))

    @invariant()
    def the_position_is_the_model(self) -> None:
        if hasattr(self, "model"):
            with self.database.reading() as connection:
                assert counted(position_now(connection, "t")) == ours(self.model)

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        with self.database.reading() as connection:
            for day, model in self.days:
                assert counted(position_at(connection, "t", day)) == ours(model)
            movements = movements_until(connection, "t")
        balance = daily_balance(movements)
        assert (balance["start"] + balance["came_in"] - balance["went_out"] == balance["end"]).all()
        assert (balance["end"] >= 0).all()
        lots = fold_lots(movements)
        shelf = sum(units for (_, _, bucket), units in self.model.items() if bucket in ("available", "reserved"))
        assert lots.lots[lots.lots["state"] == "sellable"]["units"].sum() == shelf
        assert lots.missing.empty
        self.database.close()


def counted(position) -> dict:
    tall = position.melt(id_vars=["sku", "location"], value_vars=BUCKETS, var_name="bucket", value_name="units")
    return {(row.sku, row.location, row.bucket): row.units for row in tall.itertuples() if row.units}


def ours(model: Counter) -> dict:
    return {key: units for key, units in model.items() if units and key[2] != "outside"}


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=8, stateful_step_count=40, deadline=None)


@pytest.mark.slow
def test_the_ledger_agrees_with_the_model_over_five_thousand_steps() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(LedgerMachine, settings=settings(max_examples=100, stateful_step_count=50, deadline=None))
