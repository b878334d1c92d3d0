"""Quantities of merchant-fulfilled listings: told one at a time (PATCH) or many at once (JSON_LISTINGS_FEED).

The marketplace takes both without a sequence number: the later one wins, whatever it says. What Amazon ships itself
(FBA) cannot be set.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import MarketplaceError

__all__ = ["FEED_TYPE", "FeedVerdict", "listings_feed", "quantity_patch", "read_verdict", "refusal", "shown_quantity"]

FEED_TYPE = "JSON_LISTINGS_FEED"
MERCHANT = "DEFAULT"
"""The fulfilment channel of what the seller ships."""
MOST_MESSAGES = 10_000


@dataclass(frozen=True, slots=True)
class FeedVerdict:
    """What a feed's result document says: messages that were accepted, and why others were not, by message number."""

    accepted: int
    refused: Mapping[int, str]


def quantity_patch(units: int, product_type: str = "PRODUCT") -> dict[str, Any]:
    """Return the body of patchListingsItem that sets the quantity."""
    return {
        "productType": product_type,
        "patches": [
            {
                "op": "replace",
                "path": "/attributes/fulfillment_availability",
                "value": [{"fulfillment_channel_code": MERCHANT, "quantity": units}],
            }
        ],
    }


def refusal(answer: Mapping[str, Any]) -> str | None:
    """Return why a patch was not taken, None where it was; warnings are no refusal."""
    if answer.get("status") in ("ACCEPTED", "VALID"):
        return None
    told = [f"{issue.get('code')}: {issue.get('message')}" for issue in _errors(answer.get("issues") or ())]
    return "; ".join(told)[:1000] or f"the marketplace answered {answer.get('status')!r} and no reason"


def listings_feed(seller_id: str, quantities: Sequence[tuple[str, int]], product_type: str = "PRODUCT") -> bytes:
    """Return the feed's document; quantities: the marketplace's SKU and its units; message n is the n-th of them.

    Raises MarketplaceError for none, or for more than one feed may hold.
    """
    if not 0 < len(quantities) <= MOST_MESSAGES:
        raise MarketplaceError(f"a feed holds 1 … {MOST_MESSAGES:,} messages, not {len(quantities):,}; split it")
    messages = [
        {"messageId": number, "sku": sku, "operationType": "PATCH", **quantity_patch(units, product_type)}
        for number, (sku, units) in enumerate(quantities, 1)
    ]
    header = {"sellerId": seller_id, "version": "2.0", "issueLocale": "en_US"}
    return json.dumps({"header": header, "messages": messages}, separators=(",", ":")).encode()


def read_verdict(document: bytes) -> FeedVerdict:
    """Return what a feed's result document says; raises MarketplaceError for one that is none."""
    try:
        told = json.loads(document)
        refused: dict[int, str] = {}
        for issue in _errors(told.get("issues") or ()):
            number = int(issue["messageId"])
            refused[number] = "; ".join(filter(None, (refused.get(number), f"{issue['code']}: {issue['message']}")))
        return FeedVerdict(int(told["summary"]["messagesAccepted"]), refused)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MarketplaceError(f"the feed's result cannot be read ({error!r}); look at it by its feed id") from None


def shown_quantity(item: Mapping[str, Any]) -> int | None:
    """Return the units that a listing shows, None where the seller does not ship it."""
    for entry in item.get("fulfillmentAvailability") or ():
        if entry.get("fulfillmentChannelCode") == MERCHANT:
            return int(entry.get("quantity") or 0)
    return None


def _errors(issues: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [issue for issue in issues if issue.get("severity", "ERROR") == "ERROR"]
