"""The courier: channels side by side, and what a dead one held is told at once by the one that rises again (H03)."""

import fcntl
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from inventory.hub.channels import find_channel
from inventory.hub.courier import Courier
from inventory.hub.delivery import claim_due, deliver_due, free_leases, tell_channel
from inventory.hub.hub_tables import CHANNEL_LISTINGS
from inventory.hub.orders import OrderLine, accept_order
from tests.inventory.hub.shop import NOW, Clock, Shop, open_shop


def wait(true) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class SlowShop(Shop):
    """A shop that answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()
        self.asked = 0

    def publish(self, channel, updates):
        self.asked += 1
        assert self.may.wait(10)
        return super().publish(channel, updates)


def test_a_slow_channel_holds_up_nobody_but_itself(sqlite_database) -> None:
    open_shop(sqlite_database, ["A", "B"])
    slow, quick, clock = SlowShop(), Shop(), Clock()
    courier = Courier(sqlite_database, lambda _, channel: {"amazon": slow, "own": quick}[channel.channel], clock)
    assert courier.look() == 2
    wait(lambda: quick.units == {"own-A": 100, "own-B": 100})
    assert courier.look() == 0, "a channel that is being told is not told twice at once"
    slow.may.set()
    courier.stop()
    assert (slow.units, slow.asked) == ({"amazon-A": 100, "amazon-B": 100}, 1)


def test_a_courier_that_rises_again_tells_at_once_what_it_held(sqlite_database) -> None:
    open_shop(sqlite_database, ["A", "B"])
    shop, clock = Shop(), Clock()
    assert len(claim_due(sqlite_database, clock(), holder="w1")) == 2  # and the process dies
    other = Courier(sqlite_database, lambda _, channel: shop, clock, "w2")
    assert other.look() == 0
    other.stop()
    again = Courier(sqlite_database, lambda _, channel: shop, clock, "w1")
    assert again.look() == 2
    again.stop()
    assert len(shop.units) == 4


def test_a_lease_of_nobody_we_know_still_ends_by_itself(sqlite_database) -> None:
    open_shop(sqlite_database, ["A"])
    shop, clock = Shop(), Clock()
    claim_due(sqlite_database, clock(), holder="gone")
    assert deliver_due(sqlite_database, lambda *_: shop, clock).told == 0
    clock.forward(seconds=61)
    assert deliver_due(sqlite_database, lambda *_: shop, clock).told == 2


def test_freeing_leases_frees_those_of_the_holder_alone(sqlite_database) -> None:
    open_shop(sqlite_database, ["A", "B"])
    claim_due(sqlite_database, NOW, most=1, holder="w1")
    claim_due(sqlite_database, NOW, most=2, holder="w2")
    assert [free_leases(sqlite_database, name) for name in ("w1", "w1", "w2", "w3")] == [1, 0, 2, 0]


def test_a_thread_that_fails_is_logged_and_the_channel_is_told_later(sqlite_database, caplog, monkeypatch) -> None:
    open_shop(sqlite_database, ["A"], channels=("own",))
    shop, clock = Shop(), Clock()

    def failing(connection, tenant, channel, lock=False):
        raise ZeroDivisionError

    monkeypatch.setattr("inventory.hub.delivery.find_channel", failing)
    courier = Courier(sqlite_database, lambda *_: shop, clock)
    courier.look()
    wait(lambda: "telling channel own of t failed" in caplog.text)
    monkeypatch.setattr("inventory.hub.delivery.find_channel", find_channel)
    clock.forward(seconds=61)
    wait(lambda: courier.look() == 1)
    courier.stop()
    assert shop.units == {"own-A": 100}


@pytest.mark.parametrize("channels", [12])
def test_more_channels_than_threads_are_all_told(sqlite_database, channels) -> None:
    names = [f"c{number}" for number in range(channels)]
    open_shop(sqlite_database, ["A"], channels=names)
    shops = {name: Shop() for name in names}
    courier = Courier(sqlite_database, lambda _, channel: shops[channel.channel], Clock())
    wait(lambda: courier.look() == 0 and all(shop.units for shop in shops.values()))
    courier.stop()


def test_a_courier_that_stands_by_takes_only_what_has_been_due_for_a_while(sqlite_database) -> None:
    open_shop(sqlite_database, ["A"])
    shop, clock = Shop(), Clock()
    standby = Courier(sqlite_database, lambda *_: shop, clock, "w2", overdue=timedelta(seconds=1))
    assert standby.look() == 0, "the first courier is quicker"
    clock.forward(seconds=1)
    assert standby.look() == 2, "nobody else told them"
    standby.stop()
    assert shop.units == {"amazon-A": 100, "own-A": 100}


def test_what_comes_due_while_a_channel_is_told_is_told_next_without_another_look(database) -> None:
    open_shop(database, ["A"], channels=("own",))
    shop, clock = SlowShop(), Clock()
    courier = Courier(database, lambda *_: shop, clock)
    assert courier.look() == 1
    wait(lambda: shop.asked == 1)
    for number in range(3):
        with database.transaction() as connection:
            accept_order(connection, "t", "own", f"o{number}", [OrderLine("A", 10)], clock())
    shop.may.set()
    wait(lambda: shop.units == {"own-A": 70})
    courier.stop()
    assert shop.told == [("A", 100, 1), ("A", 70, 4)], "three orders are one number: the newest"
    assert claim_due(database, clock()) == {}


def test_a_courier_that_ends_claims_nothing_more(sqlite_database) -> None:
    open_shop(sqlite_database, ["A"], channels=("own",))
    shop, clock = SlowShop(), Clock()
    courier = Courier(sqlite_database, lambda *_: shop, clock)
    courier.look()
    wait(lambda: shop.asked == 1)
    with sqlite_database.transaction() as connection:
        accept_order(connection, "t", "own", "o1", [OrderLine("A", 10)], clock())
    ending = threading.Thread(target=courier.stop)
    ending.start()
    wait(lambda: courier._ending)
    shop.may.set()
    ending.join(10)
    assert shop.told == [("A", 100, 1)]
    assert deliver_due(sqlite_database, lambda *_: shop, clock).told == 1


def test_a_listing_that_a_writer_is_changing_holds_up_no_other(postgres_database) -> None:
    open_shop(postgres_database, ["A", "B", "C"], channels=("own",))
    shop, clock = Shop(), Clock()
    table = CHANNEL_LISTINGS.c
    told = sa.select(table.sku, table.told_units, table.leased_until).order_by(table.sku)
    claimed = claim_due(postgres_database, clock())
    with postgres_database.transaction() as writer:
        writer.execute(sa.select(table.sku).where(table.sku == "B").with_for_update()).all()
        telling = threading.Thread(
            target=tell_channel,
            args=(postgres_database, lambda *_: shop, ("t", "own"), claimed["t", "own"], clock),
        )
        telling.start()

        def settled() -> list[object]:
            with postgres_database.reading() as connection:
                return [row.told_units for row in connection.execute(told) if row.leased_until is None]

        wait(lambda: settled() == [100, 100])
        with postgres_database.transaction() as other:  # an order of A takes its lock while the courier waits for B
            other.execute(sa.select(table.sku).where(table.sku == "A").with_for_update(nowait=True)).all()
    telling.join(10)
    assert settled() == [100, 100, 100]


def test_a_courier_does_not_stand_in_the_writers_line(sqlite_database) -> None:
    open_shop(sqlite_database, ["A"])
    done, shop = threading.Event(), Shop()

    def write() -> None:
        with sqlite_database.transaction() as connection:
            connection.exec_driver_sql("SELECT 1")
        done.set()

    with Path(f"{sqlite_database.engine.url.database}-queue").open("a") as line:
        fcntl.flock(line, fcntl.LOCK_EX)  # whoever is next in line
        writer = threading.Thread(target=write)
        writer.start()
        assert deliver_due(sqlite_database, lambda *_: shop, Clock()).told == 2
        assert not done.is_set(), "a writer waits for its turn meanwhile"
    writer.join(20)
    assert done.is_set()
