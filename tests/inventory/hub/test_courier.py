"""The courier: channels side by side, and what a dead one held is told at once by the one that rises again (H03)."""

import fcntl
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from inventory.hub.channels import find_channel
from inventory.hub.courier import Courier
from inventory.hub.delivery import claim_due, deliver_due, free_leases
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
