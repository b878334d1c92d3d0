"""Reconciliation: small differences are mended, odd ones handed over, grave ones pause the channel (H08, H09, E31)."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.errors import DataError, UnknownChannelError, UnknownResourceError
from inventory.hub.channels import Channel, find_channel
from inventory.hub.delivery import deliver_due
from inventory.hub.file_adapter import FileAdapter
from inventory.hub.health import sync_health
from inventory.hub.hub_tables import RECONCILIATIONS
from inventory.hub.orders import OrderLine, accept_order
from inventory.hub.reconciliation import Outcome, find_reconciliation, list_reconciliations, reconcile
from tests.inventory.hub.shop import NOW, Clock, Shop, open_shop

SKUS = [f"S{number}" for number in range(10)]


@pytest.fixture
def shop(database):
    shop = Shop()
    open_shop(database, SKUS, channels=("own",), fix_units=3, pause_units=50, pause_share=Decimal("0.3"))
    deliver_due(database, lambda tenant, channel: shop, Clock())
    return shop


def check(database, shown):
    with database.transaction() as connection:
        return reconcile(connection, "t", "own", shown, NOW)


def test_what_agrees_is_left_alone(database, shop) -> None:
    report = check(database, shop.shown(None))
    assert (report.outcome, report.listings, report.differences) == (Outcome.AGREES, 10, ())


@pytest.mark.parametrize(
    ("off", "outcome"), [(3, Outcome.FIXED), (4, Outcome.HANDED_OVER), (50, Outcome.HANDED_OVER), (51, Outcome.PAUSED)]
)
def test_the_size_of_the_difference_decides(database, shop, off, outcome) -> None:
    shop.units["own-S1"] -= off
    assert check(database, shop.shown(None)).outcome is outcome
    deliver_due(database, lambda tenant, channel: shop, Clock())
    mended = {Outcome.FIXED: 100, Outcome.HANDED_OVER: 100 - off, Outcome.PAUSED: 0}[outcome]
    assert shop.units["own-S1"] == mended


@pytest.mark.parametrize(("many", "outcome"), [(3, Outcome.FIXED), (4, Outcome.PAUSED)])
def test_too_large_a_share_of_differing_listings_pauses(database, shop, many, outcome) -> None:
    for sku in SKUS[:many]:
        shop.units[f"own-{sku}"] -= 1
    report = check(database, shop.shown(None))
    assert report.outcome is outcome
    if outcome is Outcome.PAUSED:
        assert report.reason == "4 of 10 listings differ, more than 30 %"
        with database.reading() as connection:
            assert find_channel(connection, "t", "own").paused_because == report.reason


def test_a_listing_that_one_side_does_not_know_is_handed_over(database, shop) -> None:
    shown = shop.shown(None)
    del shown["own-S2"]
    shown["own-unknown"] = 0
    report = check(database, shown)
    assert {(one.external_id, one.action) for one in report.differences} == {
        ("own-S2", "handed over"),
        ("own-unknown", "handed over"),
    }
    assert report.outcome is Outcome.PAUSED, "a listing of 100 units that is gone is off by 100"


def test_what_is_under_way_is_no_difference(database, shop) -> None:
    with database.transaction() as connection:
        accept_order(connection, "t", "own", "o1", [OrderLine("S1", 40)], NOW)
    assert check(database, shop.shown(None)).outcome is Outcome.AGREES


def test_what_was_told_after_the_channel_was_read_is_no_difference(database, shop) -> None:
    read_at = NOW + timedelta(seconds=1)
    old = shop.shown(None)
    clock = Clock()
    clock.forward(seconds=2)
    with database.transaction() as connection:
        accept_order(connection, "t", "own", "o1", [OrderLine("S1", 40)], clock())
    deliver_due(database, lambda tenant, channel: shop, clock)
    clock.forward(seconds=1)
    with database.transaction() as connection:
        assert reconcile(connection, "t", "own", old, clock(), read_at).outcome is Outcome.AGREES
        assert reconcile(connection, "t", "own", old, clock()).outcome is Outcome.HANDED_OVER


def test_reports_are_listed_newest_first_and_found_by_their_id(database, shop) -> None:
    shop.units["own-S1"] -= 51
    first, second = (check(database, shop.shown(None)) for _ in range(2))
    with database.reading() as connection:
        assert list_reconciliations(connection, "t", "own") == [second, first]
        assert list_reconciliations(connection, "t", "own", before=second.id, limit=5) == [first]
        assert find_reconciliation(connection, "t", "own", first.id) == first
        assert (first.outcome, first.reason) == (Outcome.PAUSED, "S1 is off by 51 units, more than 50")
        for tenant, report, error in (("t", second.id + 1, UnknownResourceError), ("u", 1, UnknownChannelError)):
            with pytest.raises(error):
                find_reconciliation(connection, tenant, "own", report)


def test_the_report_is_kept_and_gives_the_accuracy(database, shop) -> None:
    shop.units["own-S1"] -= 1
    check(database, shop.shown(None))
    with database.reading() as connection:
        kept = connection.execute(sa.select(RECONCILIATIONS)).one()
        assert sync_health(connection, "t", "own", NOW, NOW).accuracy == 0.9
    assert (kept.differing, kept.outcome, kept.differences[0]["sku"]) == (1, "fixed", "S1")


def test_a_broken_channel_file_names_its_row(tmp_path) -> None:
    (tmp_path / "own.csv").write_text("external_id,sku,units,number\na,A,5,1\nb,B,many,2\n")
    with pytest.raises(DataError, match=r"own.csv:3: is no row of a channel file"):
        FileAdapter(tmp_path).shown(Channel("own", "file", "3pl"))
