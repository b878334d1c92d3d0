"""Delivery: the newest state, at least once, again until acknowledged, in order (H06, H07, H12)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from inventory.hub.channels import Channel
from inventory.hub.delivery import Delivered, Update, deliver_due, retry_delay
from inventory.hub.file_adapter import FileAdapter
from inventory.hub.health import sync_health
from inventory.hub.hub_tables import DELIVERY_LOG
from inventory.hub.orders import OrderLine, accept_order
from tests.inventory.hub.shop import NOW, Clock, Shop, open_shop


@pytest.fixture
def shops():
    return {"amazon": Shop(), "own": Shop()}


@pytest.fixture
def deliver(database, shops):
    clock = Clock()

    def run(**span) -> Delivered:
        clock.forward(**span)
        return deliver_due(database, lambda tenant, channel: shops[channel.channel], clock)

    return run


def sell(database, order_id, units, now=NOW) -> None:
    with database.transaction() as connection:
        accept_order(connection, "t", "own", order_id, [OrderLine("A", units)], now)


def test_every_channel_hears_of_an_order_and_then_there_is_nothing_to_tell(database, shops, deliver) -> None:
    open_shop(database, ["A"])
    sell(database, "o1", 30)
    assert deliver() == Delivered(2, 0)
    assert shops["own"].units == {"own-A": 70}
    assert shops["amazon"].units == {"amazon-A": 70}
    assert deliver(hours=1) == Delivered(0, 0)


def test_a_channel_that_was_down_hears_the_newest_state_once_and_the_others_do_not_wait(
    database, shops, deliver
) -> None:
    open_shop(database, ["A"])
    shops["own"].down = True
    assert deliver() == Delivered(1, 1)
    for number in range(5):
        sell(database, f"o{number}", 1)
        deliver(seconds=1)
    assert shops["amazon"].units == {"amazon-A": 95}
    shops["own"].down = False
    assert deliver(hours=2) == Delivered(1, 0)
    assert shops["own"].told == [("A", 95, 6)]


def test_failures_are_logged_and_tried_again_later_and_later(database, shops, deliver) -> None:
    open_shop(database, ["A"], channels=("own",))
    shops["own"].down = True
    deliver()
    assert deliver(seconds=1) == Delivered(0, 0), "it waits before it tries again"
    assert deliver(seconds=10) == Delivered(0, 1)
    with database.reading() as connection:
        log = connection.execute(sa.select(DELIVERY_LOG.c.attempt, DELIVERY_LOG.c.error)).all()
    assert log == [(1, "ConnectionError: the shop is down"), (2, "ConnectionError: the shop is down")]


def test_waiting_times_double_to_an_hour_and_are_spread() -> None:
    seconds = [retry_delay(attempt, 0).total_seconds() for attempt in range(1, 13)]
    assert seconds == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    assert timedelta(seconds=5) < retry_delay(1, 7) <= timedelta(seconds=6.25)


def test_a_worker_that_dies_while_telling_leaves_its_listings_to_the_next(database, shops, deliver) -> None:
    open_shop(database, ["A"], channels=("own",))

    class Killed(BaseException):
        pass

    def die(tenant, channel):
        raise Killed

    with pytest.raises(Killed):
        deliver_due(database, die, Clock())
    assert deliver(seconds=30) == Delivered(0, 0), "leased"
    assert deliver(seconds=31) == Delivered(1, 0)


def test_the_channel_ignores_a_number_that_is_older_than_what_it_has(tmp_path) -> None:
    """H04: a channel without an API has a file, replaced whole."""
    channel, adapter = Channel("walmart", "file", "3pl"), FileAdapter(tmp_path / "out")
    new, old = (Update("A", "w-1", units, number, NOW, 1) for units, number in ((5, 2), (9, 1)))
    for update in (new, old):
        assert adapter.publish(channel, [update]) == {"A": None}
    assert adapter.shown(channel) == {"w-1": 5}
    assert (tmp_path / "out" / "walmart.csv").read_text().splitlines() == ["external_id,sku,units,number", "w-1,A,5,2"]


def test_health_tells_lag_failures_and_what_waits(database, shops, deliver) -> None:
    open_shop(database, ["A"], channels=("own",))
    shops["own"].down = True
    deliver(seconds=2)
    with database.reading() as connection:
        waiting = sync_health(connection, "t", "own", NOW, NOW + timedelta(seconds=4))
    assert (waiting.failure_rate, waiting.waiting, waiting.waiting_seconds) == (1.0, 1, 4.0)
    shops["own"].down = False
    deliver(seconds=8)
    with database.reading() as connection:
        told = sync_health(connection, "t", "own", NOW, NOW + timedelta(seconds=20))
    assert (told.told, told.lag_seconds_p99, told.failure_rate, told.waiting) == (1, 10.0, 0.5, 0)
