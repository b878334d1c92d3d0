"""Every operation that Fillrate asks of the Selling Partner API: at its rate, patient, with a token that holds."""

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from core.errors import MarketplaceBusyError, MarketplaceError
from inventory.marketplace.listing_quantity import FEED_TYPE, quantity_patch
from inventory.marketplace.report_flow import ReportOrder
from inventory.marketplace.usage_plan import UsagePlan, back_off_seconds
from serving.egress import resolve_target
from serving.marketplace.access_token import AccessTokens
from serving.marketplace.account import AmazonAccount
from serving.marketplace.official_client import OfficialClient

__all__ = ["OutcomeUnknown", "SellingPartner"]

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
TOO_MANY = 429
DENIED = (401, 403)
UNWELL = (0, 500, 502, 503, 504)
"""0: no answer at all."""
PATIENCE_SECONDS = 300.0

Answer = Mapping[str, Any]


class OutcomeUnknown(Exception):
    """Something was asked for that must not be asked for twice, and nobody knows whether it arrived."""


class _Wire:
    """What all users of one account in this process share: tokens, buckets, connections."""

    def __init__(self, account: AmazonAccount, allow_private: bool) -> None:
        resolve_target(account.endpoint, allow_private)
        self.tokens = AccessTokens(account, allow_private)
        self.plan = UsagePlan()
        self.client = OfficialClient(account.endpoint, self.tokens)


@lru_cache(maxsize=64)
def _wire(account: AmazonAccount, allow_private: bool) -> _Wire:
    return _Wire(account, allow_private)


class SellingPartner:
    """The account's operations. Each waits for its place in the usage plan, is asked again after 429 and 5xx with
    growing pauses, and once more with a new token after 401 or 403.

    pause: waits so many seconds (a job looks meanwhile whether it was cancelled). patience: seconds after which an
    operation gives up. Operations raise MarketplaceError where the marketplace refuses, MarketplaceBusyError where
    patience ends. The first one of an account asks for a token.
    """

    def __init__(
        self,
        account: AmazonAccount,
        allow_private: bool = False,
        pause: Callable[[float], None] = time.sleep,
        patience: float = PATIENCE_SECONDS,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self.account = account
        self.allow_private = allow_private
        self._wire = _wire(account, allow_private)
        self._pause, self._patience, self._spread = pause, patience, spread

    def create_report(self, order: ReportOrder) -> str:
        """Return the id of a new report; raises OutcomeUnknown where the answer got lost: it may be there."""
        call = self._wire.client.reports.create_report_with_http_info
        return str(self._ask("createReport", call, order.body(), repeatable=False)["reportId"])

    def get_report(self, report_id: str) -> Answer:
        """Return how far a report is."""
        return self._ask("getReport", self._wire.client.reports.get_report_with_http_info, report_id)

    def get_reports(self, report_type: str, since: datetime) -> list[Answer]:
        """Return the newest 100 reports of a type that were made since then."""
        asked: dict[str, Any] = {"report_types": [report_type], "created_since": since, "page_size": 100}
        answer = self._ask("getReports", self._wire.client.reports.get_reports_with_http_info, **asked)
        return list(answer.get("reports") or ())

    def get_report_document(self, document_id: str) -> Answer:
        """Return where a report's bytes are, for the next five minutes."""
        call = self._wire.client.reports.get_report_document_with_http_info
        return self._ask("getReportDocument", call, document_id)

    def get_inventory_summaries(self, marketplace_id: str, token: str | None = None) -> Answer:
        """Return one page of the stock in Amazon's warehouses."""
        more: dict[str, Any] = {} if token is None else {"next_token": token}
        call = self._wire.client.stock.get_inventory_summaries_with_http_info
        place = ("Marketplace", marketplace_id, [marketplace_id])
        return self._ask("getInventorySummaries", call, *place, details=True, **more)

    def patch_quantity(self, sku: str, units: int, product_type: str = "PRODUCT") -> Answer:
        """Tell the quantity of one listing; return what the marketplace says to it."""
        call = self._wire.client.listings.patch_listings_item_with_http_info
        where = (self.account.seller_id, sku, list(self.account.marketplace_ids))
        return self._ask("patchListingsItem", call, *where, quantity_patch(units, product_type))

    def search_listings(self, token: str | None = None) -> Answer:
        """Return one page of the seller's listings with what each shows."""
        more: dict[str, Any] = {} if token is None else {"page_token": token}
        call = self._wire.client.listings.search_listings_items_with_http_info
        where = (self.account.seller_id, list(self.account.marketplace_ids))
        return self._ask(
            "searchListingsItems", call, *where, included_data=["fulfillmentAvailability"], page_size=20, **more
        )

    def create_feed_document(self) -> Answer:
        """Return the id of a new document, and where its bytes are to be put."""
        body = {"contentType": "application/json; charset=UTF-8"}
        call = self._wire.client.feeds.create_feed_document_with_http_info
        return self._ask("createFeedDocument", call, body)

    def create_feed(self, document_id: str) -> str:
        """Return the id of the feed that takes up the document; the same document twice changes nothing."""
        body = {
            "feedType": FEED_TYPE,
            "marketplaceIds": list(self.account.marketplace_ids),
            "inputFeedDocumentId": document_id,
        }
        return str(self._ask("createFeed", self._wire.client.feeds.create_feed_with_http_info, body)["feedId"])

    def get_feed(self, feed_id: str) -> Answer:
        """Return how far a feed is."""
        return self._ask("getFeed", self._wire.client.feeds.get_feed_with_http_info, feed_id)

    def get_feed_document(self, document_id: str) -> Answer:
        """Return where a feed's result is."""
        call = self._wire.client.feeds.get_feed_document_with_http_info
        return self._ask("getFeedDocument", call, document_id)

    def _ask(
        self, operation: str, call: Callable[..., Any], *words: Any, repeatable: bool = True, **named: Any
    ) -> dict[str, Any]:
        started, attempt, renewed = time.monotonic(), 0, False
        while True:
            attempt += 1
            self._wait(self._wire.plan.reserve(operation, time.monotonic()), started, operation)
            token = self._wire.tokens.get_lwa_access_token()
            status, headers, found = self._once(call, *words, **named)
            self._wire.plan.learn(operation, headers.get("x-amzn-RateLimit-Limit"), time.monotonic())
            if status == 200:
                return _object(operation, found)
            if status in DENIED and not renewed:
                self._wire.tokens.forget(token)
                renewed = True
                continue
            if status in UNWELL and not repeatable:
                raise OutcomeUnknown(operation)
            if status != TOO_MANY and status not in UNWELL:
                raise MarketplaceError(f"the marketplace refuses {operation}: {_reason(status, found)}")
            if status == TOO_MANY:
                self._wire.plan.refused(operation, time.monotonic())
            self._wait(back_off_seconds(attempt, self._spread(), headers.get("Retry-After")), started, operation)

    def _once(self, call: Callable[..., Any], *words: Any, **named: Any) -> tuple[int, Mapping[str, str], Any]:
        """Return status (200 for any success, 0 for no answer), headers and what was answered."""
        from urllib3.exceptions import HTTPError

        try:
            found, _, headers = call(*words, _request_timeout=(CONNECT_SECONDS, READ_SECONDS), **named)
        except self._wire.client.failure as error:
            return int(getattr(error, "status", 0) or 0), getattr(error, "headers", None) or {}, _body(error)
        except (HTTPError, OSError):
            return 0, {}, ""
        return 200, headers, found

    def _wait(self, seconds: float, started: float, operation: str) -> None:
        if time.monotonic() + seconds - started > self._patience:
            raise MarketplaceBusyError(
                f"the marketplace lets {operation} wait for more than {self._patience:.0f} s; try again later"
            )
        if seconds > 0:
            self._pause(seconds)


def _object(operation: str, found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise MarketplaceError(f"the marketplace answered {operation} with {str(found)[:100]!r}; try again")
    return found


def _body(error: Exception) -> str:
    return str(getattr(error, "body", "") or "")


def _reason(status: int, body: str) -> str:
    """Return code, message and details of the marketplace's errors in words."""
    import json

    try:
        errors = json.loads(body)["errors"]
        told = "; ".join(f"{item.get('code')}: {item.get('message')} {item.get('details') or ''}" for item in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        told = body[:200]
    return f"{status} {told}".strip()[:800] + "; correct what was asked, or the rights of the account"
