"""Orders: their units once or not at all, and never more sold than owned (H02, H03, H05)."""

import pytest
import sqlalchemy as sa

from core.errors import DataError, StockError, UnknownChannelError, UnknownSkuError
from inventory.hub.channels import pause, resume
from inventory.hub.hub_tables import CHANNEL_LISTINGS, CHANNEL_ORDERS
from inventory.hub.orders import OrderLine, OrderState, accept_order, cancel_order, ship_order
from inventory.ledger.positions import position_now
from tests.inventory.hub.shop import NOW, open_shop


def order(database, order_id, units, channel="own", sku="A", now=NOW) -> OrderState:
    with database.transaction() as connection:
        return accept_order(connection, "t", channel, order_id, [OrderLine(sku, units)], now)


def position(database):
    with database.reading() as connection:
        return position_now(connection, "t").set_index("sku")


def wanted(database) -> dict:
    with database.reading() as connection:
        rows = connection.execute(sa.select(CHANNEL_LISTINGS)).all()
    return {(row.channel, row.sku): row.wanted_units for row in rows}


def test_an_order_on_one_channel_lowers_what_all_channels_show(database) -> None:
    open_shop(database, ["A", "B"])
    assert order(database, "o1", 30) is OrderState.ACCEPTED
    assert wanted(database) == {("amazon", "A"): 70, ("own", "A"): 70, ("amazon", "B"): 100, ("own", "B"): 100}
    assert position(database).loc["A", ["available", "reserved"]].tolist() == [70, 30]


def test_the_same_order_told_again_takes_nothing(database) -> None:
    open_shop(database, ["A"])
    assert [order(database, "o1", 30) for _ in range(3)] == [OrderState.ACCEPTED] * 3
    assert wanted(database)["own", "A"] == 70


def test_an_order_beyond_the_stock_is_refused_whole_and_stays_refused(database) -> None:
    open_shop(database, ["A", "B"])
    with database.transaction() as connection:
        lines = [OrderLine("B", 5), OrderLine("A", 101)]
        assert accept_order(connection, "t", "own", "o1", lines, NOW) is OrderState.REFUSED
    assert position(database)["available"].tolist() == [100, 100]
    assert order(database, "o1", 1) is OrderState.REFUSED
    with database.reading() as connection:
        assert "A at 3pl: 1 available too few" in connection.scalar(sa.select(CHANNEL_ORDERS.c.refused_because))


def test_shipping_sells_and_cancelling_gives_back_once_each(database) -> None:
    open_shop(database, ["A"])
    order(database, "o1", 30)
    order(database, "o2", 10)
    for _ in range(2):
        with database.transaction() as connection:
            assert ship_order(connection, "t", "own", "o1", NOW) is OrderState.SHIPPED
        with database.transaction() as connection:
            assert cancel_order(connection, "t", "own", "o2", NOW) is OrderState.CANCELLED
    assert position(database).loc["A", ["available", "reserved"]].tolist() == [70, 0]
    with pytest.raises(StockError, match="is shipped"), database.transaction() as connection:
        cancel_order(connection, "t", "own", "o1", NOW)
    with pytest.raises(StockError, match="is not known"), database.transaction() as connection:
        ship_order(connection, "t", "own", "o9", NOW)


def test_a_paused_channel_shows_nothing_until_it_is_resumed(database) -> None:
    open_shop(database, ["A"])
    with database.transaction() as connection:
        pause(connection, "t", "own", "stock count", NOW)
    assert wanted(database) == {("amazon", "A"): 100, ("own", "A"): 0}
    with database.transaction() as connection:
        resume(connection, "t", "own", NOW)
    assert wanted(database)["own", "A"] == 100


def test_what_an_order_gets_wrong_is_named(database) -> None:
    open_shop(database, ["A"])
    with pytest.raises(UnknownSkuError, match="not listed on own: Z"):
        order(database, "o1", 1, sku="Z")
    with pytest.raises(UnknownChannelError, match="no channel 'ebay'"):
        order(database, "o1", 1, channel="ebay")
    for units in (0, -3, 10**9):
        with pytest.raises(DataError, match="column 'units'"):
            order(database, "o1", units)
    with pytest.raises(DataError, match="no id or no lines"), database.transaction() as connection:
        accept_order(connection, "t", "own", "", [], NOW)


def test_an_order_reads_its_skus_listings_only_however_many_there_are(database) -> None:
    open_shop(database, ["A"])
    with database.transaction() as connection:
        one = connection.execute(sa.select(CHANNEL_LISTINGS)).mappings().first()
        more = [{**one, "sku": f"S{number}", "external_id": f"s-{number}"} for number in range(4000)]
        connection.execute(CHANNEL_LISTINGS.insert(), more)
        connection.exec_driver_sql("ANALYZE channel_listings")
        how = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        asked = "SELECT sku, wanted_units FROM channel_listings WHERE tenant = 't' AND sku IN ('S7', 'S8')"
        plan = " ".join(str(tuple(row)) for row in connection.exec_driver_sql(f"{how} {asked}"))
    assert "ix_channel_listings_tenant_sku" in plan
