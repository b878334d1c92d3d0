"""The hub's channel at Amazon: one listing at a time, within the rate, and what there is no time for is left."""

import pytest

from core.errors import MarketplaceError
from inventory.hub.channels import Channel
from inventory.hub.delivery import LATER, Update, deliver_due
from serving.marketplace.amazon_adapter import AmazonAdapter
from serving.marketplace.selling_partner import SellingPartner
from tests.inventory.hub.shop import NOW, Clock, open_shop

CHANNEL = Channel("amazon-us", "amazon", "3pl", settings={"product_type": "LUGGAGE"})


class Seconds:
    """A clock that every look moves."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def updates(*skus) -> list[Update]:
    return [Update(sku, f"{sku}-US", 5, 1, NOW, 1) for sku in skus]


def test_each_quantity_is_told_and_each_refusal_named(amazon, partner) -> None:
    amazon.invalid = {"B-US": "The product type does not fit"}
    answers = AmazonAdapter(partner).publish(CHANNEL, updates("A", "B", "C"))
    assert answers == {"A": None, "B": "4000001: The product type does not fit", "C": None}
    assert amazon.quantities == {"A-US": 5, "C-US": 5}


def test_what_does_not_fit_into_a_round_is_left_for_the_next(amazon, partner) -> None:
    adapter = AmazonAdapter(partner, Seconds(6.0))
    answers = adapter.publish(CHANNEL, updates("A", "B", "C", "D"))
    assert answers == {"A": None, "B": None, "C": LATER, "D": LATER}


def test_an_amazon_that_does_not_answer_is_not_asked_for_each_listing(amazon) -> None:
    partner = SellingPartner(amazon.account(), True, lambda seconds: None, patience=0.5)
    amazon.faults["patchListingsItem"] = ["503"] * 99
    answers = AmazonAdapter(partner).publish(CHANNEL, updates("A", "B", "C"))
    assert "try again later" in answers["A"]
    assert (answers["B"], answers["C"]) == (LATER, LATER)


def test_what_is_left_for_later_stays_due_and_is_no_failure(sqlite_database, amazon, partner) -> None:
    open_shop(sqlite_database, ["A", "B", "C"], channels=("amazon-us",))
    clock = Clock()

    def adapter(tenant, channel):
        return AmazonAdapter(partner, Seconds(6.0))

    done = [deliver_due(sqlite_database, adapter, clock) for _ in range(3)]
    rounds = [(one.told, one.failed) for one in done]
    assert rounds == [(2, 0), (1, 0), (0, 0)]
    assert len(amazon.quantities) == 3


def test_what_merchant_fulfilled_listings_show_is_read_page_by_page(amazon, partner) -> None:
    amazon.quantities = {f"S{number:02d}": number for number in range(45)}
    assert AmazonAdapter(partner).shown(CHANNEL) == amazon.quantities
    assert amazon.asked["searchListingsItems"] == 3


def test_more_listings_than_a_search_lists_are_not_read_in_part(amazon, partner) -> None:
    amazon.quantities = {f"S{number:04d}": 1 for number in range(1001)}
    with pytest.raises(MarketplaceError, match="more than 1,000 listings"):
        AmazonAdapter(partner).shown(CHANNEL)
