"""Fees for moving a unit: inbound placement, removal and disposal, referral, the surcharge on fulfilment (C11, C14)."""

import math
from datetime import date
from decimal import Decimal

from core.errors import FeeUnknownError, UsageError
from inventory.fees.charge import Charge
from inventory.fees.rate_card import RateCard
from inventory.fees.stored_item import StoredItem

__all__ = ["SPLITS", "fulfilment_surcharge", "placement_fee", "referral_fee", "removal_fee", "shipping_weight"]

SPLITS = ("minimal", "partial", "optimised")


def shipping_weight(item: StoredItem) -> Decimal | None:
    """Return the pounds that removals are charged by, None where the weight is unknown.

    Standard sizes of less than a pound are rounded up to a tenth of a pound, all others to whole pounds.
    """
    if item.pounds is None:
        return None
    if item.storage_class == "standard" and item.pounds < 1:
        return Decimal(math.ceil(item.pounds * 10)) / 10
    return Decimal(math.ceil(item.pounds))


def placement_fee(
    card: RateCard, item: StoredItem, day: date, split: str = "minimal", location_factor: Decimal = Decimal("0.5")
) -> Charge | None:
    """Return the inbound placement fee of one unit, None where no source gives one for the item.

    split: how the shipment is spread, one of SPLITS; spreading it as the marketplace proposes is free. Rates are
    ranges; location_factor 0 … 1 says where in the range the receiving place lies (west of the United States: high).
    Raises UsageError for an unknown split or factor, FeeUnknownError for a day without a table.
    """
    if split not in SPLITS or not 0 <= location_factor <= 1:
        raise UsageError(
            f"split {split!r} or location factor {location_factor} is none; use {', '.join(SPLITS)}, 0 … 1"
        )
    table = card.on(day)
    rate = None if item.pounds is None else table.find(item.tier, item.pounds, split)
    if rate is None:
        return None
    top = rate.highest if rate.highest is not None else rate.rate
    fee = rate.rate + location_factor * (top - rate.rate)
    words = f"{split} split, {rate.rate} … {top}"
    return Charge(item.sku, table.fee, day, Decimal(1), "units", fee, fee, words, rate.confidence, table.source)


def removal_fee(card: RateCard, item: StoredItem, ordered_on: date) -> Charge | None:
    """Return what removing or disposing of one unit costs by the table of the order's day; None: weight unknown.

    Raises FeeUnknownError for a day without a table.
    """
    table, pounds = card.on(ordered_on), shipping_weight(item)
    rate = None if pounds is None else table.find(item.storage_class, pounds)
    if pounds is None or rate is None:
        return None
    fee = rate.rate + rate.per_pound * (pounds - rate.low if rate.per_pound else 0)
    words = f"{pounds} lb, {item.storage_class}"
    return Charge(item.sku, table.fee, ordered_on, Decimal(1), "units", fee, fee, words, rate.confidence, table.source)


def referral_fee(card: RateCard, price: Decimal, day: date, share: Decimal | None = None) -> Decimal:
    """Return the referral fee of a unit sold at `price`: its share, at least the table's least fee.

    share: the category's own, where the seller knows it. Raises FeeUnknownError for a day without a table.
    """
    rate = card.on(day).find("any", price)
    if rate is None:
        raise FeeUnknownError(f"the referral fee of a price of {price} is not known; give referral_rate in products")
    return max(price * (rate.rate if share is None else share), rate.per_unit)


def fulfilment_surcharge(card: RateCard, fulfilment: Decimal, day: date) -> Decimal:
    """Return the fuel and logistics surcharge on a fulfilment fee; 0 before there was one."""
    table = card.known(day)
    rate = None if table is None else table.find("any", fulfilment)
    return Decimal(0) if rate is None else fulfilment * rate.rate
