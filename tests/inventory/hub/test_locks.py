"""Whoever changes several listings takes them in one order: on PostgreSQL no two wait for each other."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from inventory.hub.channels import Listing, add_listings, lock_listings, pause, refresh
from inventory.hub.delivery import claim_due, deliver_due, free_leases
from inventory.hub.hub_tables import CHANNEL_LISTINGS
from inventory.hub.reconciliation import reconcile
from tests.inventory.hub.shop import NOW, Clock, Shop, open_shop
from tests.postgres import wait_for_one_that_waits

LISTED = CHANNEL_LISTINGS.c


def list_again(database) -> None:
    with database.transaction() as connection:
        add_listings(connection, "t", "own", [Listing("B", "own-B"), Listing("A", "own-A")], NOW)


def free(database) -> None:
    assert free_leases(database, "w1") == 4


def mend(database) -> None:
    shown = {"amazon-A": 99, "amazon-B": 99}
    with database.transaction() as connection:
        assert len(reconcile(connection, "t", "amazon", shown, NOW).differences) == 2


def hold_back(database) -> None:
    with database.transaction() as connection:
        pause(connection, "t", "amazon", "looking", NOW)


@pytest.mark.parametrize("change", [list_again, free, mend, hold_back], ids=lambda one: one.__name__)
def test_a_writer_of_many_listings_never_waits_for_one_that_waits_for_it(postgres_database, change) -> None:
    open_shop(postgres_database, ["A", "B"], pause_share=1)
    deliver_due(postgres_database, lambda *_: Shop(), Clock())
    with postgres_database.transaction() as connection:
        connection.execute(CHANNEL_LISTINGS.update().values(due_at=NOW))
    assert len(claim_due(postgres_database, NOW, holder="w1")) == 2
    with postgres_database.transaction() as connection:  # the rows of A now lie behind those of B in the table
        connection.execute(CHANNEL_LISTINGS.update().where(LISTED.sku == "A").values(attempts=0))
    with ThreadPoolExecutor(1) as pool, postgres_database.transaction() as connection:
        lock_listings(connection, LISTED.sku == "A", LISTED.channel == "amazon")
        changed = pool.submit(change, postgres_database)
        wait_for_one_that_waits(postgres_database)
        refresh(connection, "t", ["A", "B"], NOW)  # a deadlock, where the other holds one of them
        connection.commit()
        changed.result(timeout=10)
