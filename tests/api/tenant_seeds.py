"""What each area puts into a tenant before the tests over all routes look for leaks; an area adds its own function."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from inventory.hub.channels import Channel, Listing, add_channel, add_listings
from inventory.hub.orders import OrderLine, accept_order
from inventory.ledger.book import record as record_movements
from inventory.ledger.movement import Movement, MovementKind
from serving.access import Caller, Scope
from serving.access.keys import create_key
from serving.audit import record
from serving.platform import Platform

__all__ = ["MARK", "SEEDS"]

MARK = "ACME-ONLY"
"""Stands in every text that a seed writes: no other tenant may ever read it."""

Seed = Callable[[Platform, Caller], Mapping[str, str]]
"""Writes rows of the caller's tenant and returns values of path parameters that lead to them."""


def seed_access(platform: Platform, caller: Caller) -> Mapping[str, str]:
    """A key and an entry in the trail."""
    with platform.database.transaction() as connection:
        key, _ = create_key(connection, caller.tenant, MARK, [Scope.ADMIN], platform.clock(), None)
        record(connection, caller, "thing.make", f"/v1/things/{MARK}", {"name": MARK}, platform.clock())
    return {"key_id": key.id}


def seed_stock(platform: Platform, caller: Caller) -> Mapping[str, str]:
    """Stock, a channel that shows it, and an order."""
    now, sku = platform.clock(), f"SKU-{MARK}"
    receipt = Movement(sku, "main", now.date(), MovementKind.RECEIPT, 9, "erp", "r1", unit_cost=Decimal(2))
    with platform.database.transaction() as connection:
        record_movements(connection, caller.tenant, [receipt], now)
        add_channel(connection, caller.tenant, Channel("acme-shop", "file", "main"))
        add_listings(connection, caller.tenant, "acme-shop", [Listing(sku, MARK)], now)
        accept_order(connection, caller.tenant, "acme-shop", "acme-order", [OrderLine(sku, 2)], now)
    return {"channel": "acme-shop", "order_id": "acme-order"}


SEEDS: tuple[Seed, ...] = (seed_access, seed_stock)
