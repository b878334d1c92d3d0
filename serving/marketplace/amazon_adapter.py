"""The hub's adapter of kind `amazon`: quantities of merchant-fulfilled listings, told one by one within the rate."""

import os
import time
from collections.abc import Callable, Mapping, Sequence

from core.errors import MarketplaceBusyError, MarketplaceError
from core.settings import Settings
from inventory.hub.channels import Channel
from inventory.hub.delivery import LATER, Update
from inventory.marketplace.listing_quantity import refusal, shown_quantity
from serving.marketplace.account import account_of
from serving.marketplace.selling_partner import SellingPartner

__all__ = ["AmazonAdapter", "amazon_adapter"]

ROUND_SECONDS = 15.0
"""How long one round may take, so that other channels hear of their stock and no lease runs out."""
PATIENCE_SECONDS = 10.0
MOST_SEARCHED = 1_000
"""Listings that a search lists; the marketplace's own limit."""


class AmazonAdapter:
    """Tells quantities by patchListingsItem under the listing's external id, which is the seller SKU at Amazon.

    What does not fit into a round is left for the next one; thousands at once are better told by a feed. Amazon numbers
    no updates; the hub tells one listing by one worker at a time, so the newest is the last.
    """

    def __init__(self, partner: SellingPartner, now: Callable[[], float] = time.monotonic) -> None:
        self.partner = partner
        self._now = now

    def publish(self, channel: Channel, updates: Sequence[Update]) -> Mapping[str, str | None]:
        """Tell as many as fit into a round; the answer is None, why not, or LATER."""
        until, answers = self._now() + ROUND_SECONDS, dict.fromkeys((update.sku for update in updates), LATER)
        told: dict[str, str | None] = dict(answers)
        kind = str(channel.settings.get("product_type", "PRODUCT"))
        for update in updates:
            if self._now() >= until:
                break
            try:
                told[update.sku] = refusal(self.partner.patch_quantity(update.external_id, update.units, kind))
            except MarketplaceBusyError as error:  # the rest would wait in vain too
                told[update.sku] = str(error)
                break
            except MarketplaceError as error:
                told[update.sku] = str(error)[:1000]
        return told

    def shown(self, channel: Channel) -> Mapping[str, int]:
        """Return what merchant-fulfilled listings show, by seller SKU.

        Raises MarketplaceError where there are more listings than a search lists; the job `reconcile` reads the report
        of all listings instead.
        """
        units: dict[str, int] = {}
        token: str | None = None
        while True:
            page = self.partner.search_listings(token)
            if int(page.get("numberOfResults") or 0) > MOST_SEARCHED:
                raise MarketplaceError(
                    f"the seller has more than {MOST_SEARCHED:,} listings; ask for a job of the kind reconcile"
                )
            for item in page.get("items") or ():
                quantity = shown_quantity(item)
                if quantity is not None:
                    units[str(item["sku"])] = quantity
            token = (page.get("pagination") or {}).get("nextToken")
            if not token:
                return units


def amazon_adapter(settings: Settings, tenant: str) -> AmazonAdapter:
    """Return the adapter of the tenant's account; raises ConfigurationError where it has none."""
    account = account_of(settings, tenant, os.environ)
    return AmazonAdapter(SellingPartner(account, settings.private_targets, patience=PATIENCE_SECONDS))
