"""Quantities as the published contract wants them, and what is answered."""

import json

import pytest

from core.errors import MarketplaceError
from inventory.marketplace.listing_quantity import (
    listings_feed,
    quantity_patch,
    read_verdict,
    refusal,
    shown_quantity,
)
from tests.serving.marketplace.published_contract import operations


@pytest.mark.parametrize("units", [0, 1, 2_000_000])
def test_a_patch_keeps_the_published_contract(units) -> None:
    body = quantity_patch(units, "LUGGAGE")
    assert operations()["patchListingsItem"].trouble({"marketplaceIds": "US"}, body) == ""
    (patch,) = body["patches"]
    assert patch["value"] == [{"fulfillment_channel_code": "DEFAULT", "quantity": units}]


def test_the_published_answers_are_read() -> None:
    operation = operations()["patchListingsItem"]
    assert refusal(operation.example()) is None
    assert refusal({"status": "VALID", "issues": [{"code": "1", "message": "m", "severity": "WARNING"}]}) is None
    issue = {"code": "90000900", "message": "The attributes are invalid.", "severity": "ERROR"}
    assert refusal({"status": "INVALID", "issues": [issue, issue | {"severity": "WARNING", "code": "0"}]}) == (
        "90000900: The attributes are invalid."
    )
    assert "no reason" in refusal({"status": "INVALID"})


def test_a_feed_holds_one_numbered_message_a_listing() -> None:
    document = json.loads(listings_feed("SELLER", [("A/1", 3), ("Ü", 0)]))
    assert document["header"] == {"sellerId": "SELLER", "version": "2.0", "issueLocale": "en_US"}
    assert [(one["messageId"], one["sku"], one["operationType"]) for one in document["messages"]] == [
        (1, "A/1", "PATCH"),
        (2, "Ü", "PATCH"),
    ]
    assert document["messages"][0]["patches"] == quantity_patch(3)["patches"]


@pytest.mark.parametrize("count", [0, 10_001])
def test_a_feed_of_no_or_too_many_messages_is_refused(count) -> None:
    with pytest.raises(MarketplaceError, match="1 … 10,000"):
        listings_feed("SELLER", [("A", 1)] * count)


def test_a_verdict_names_each_message_that_was_refused_and_no_warning() -> None:
    issues = [
        {"messageId": 2, "code": "8541", "message": "unknown sku", "severity": "ERROR"},
        {"messageId": 2, "code": "9", "message": "again", "severity": "ERROR"},
        {"messageId": 1, "code": "1", "message": "hm", "severity": "WARNING"},
    ]
    verdict = read_verdict(json.dumps({"issues": issues, "summary": {"messagesAccepted": 1}}).encode())
    assert (verdict.accepted, verdict.refused) == (1, {2: "8541: unknown sku; 9: again"})


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b"<html>", b'{"issues": [{}], "summary": {}}'])
def test_a_verdict_that_is_none_is_told(document) -> None:
    with pytest.raises(MarketplaceError, match="cannot be read"):
        read_verdict(document)


def test_only_what_the_seller_ships_has_a_quantity_to_compare() -> None:
    merchant = {"fulfillmentChannelCode": "DEFAULT", "quantity": 4}
    assert shown_quantity({"fulfillmentAvailability": [{"fulfillmentChannelCode": "AMAZON_NA"}, merchant]}) == 4
    assert shown_quantity({"fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT"}]}) == 0
    assert shown_quantity({"fulfillmentAvailability": [{"fulfillmentChannelCode": "AMAZON_NA"}]}) is None
    assert shown_quantity({}) is None
