"""The hub's adapter of kind `walmart`: Walmart's Marketplace API, inventory of seller-fulfilled items (H14).

By the published contract (developer.walmart.com, us-marketplace): `POST /v3/token` with the client's id and secret
gives a token of 15 minutes for the header WM_SEC.ACCESS_TOKEN; `PUT /v3/inventory` sets one SKU's quantity at a ship
node; `GET /v3/inventories` lists all SKUs by node, fifty a page, until no `nextCursor` follows.
"""

import json
import os
import threading
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from core.errors import MarketplaceBusyError, MarketplaceError
from core.settings import Settings
from inventory.hub.channels import Channel
from inventory.hub.delivery import LATER, Update
from serving.marketplace.exchange import Reply, exchange
from serving.marketplace.walmart_account import WalmartAccount, walmart_account_of

__all__ = ["WalmartAdapter", "WalmartMarket", "walmart_adapter"]

ROUND_SECONDS = 15.0
"""How long one round may take, so that other channels hear of their stock and no lease runs out."""
EARLY_SECONDS, PAGE, MOST_PAGES = 60.0, 50, 2_000
MOST_BYTES = 4 * 2**20


class WalmartMarket:
    """One account's calls; safe between threads. A token is kept until a minute before its end."""

    def __init__(
        self, account: WalmartAccount, allow_private: bool = False, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._account, self._allow_private, self._now = account, allow_private, now
        self._token, self._ends = "", 0.0
        self._lock = threading.Lock()

    def ask(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> dict[str, Any]:
        """Return the answer of a call as JSON; a token that is not taken is renewed once.

        Raises MarketplaceBusyError where the market is busy or does not answer, MarketplaceError where it refuses.
        """
        for last in (False, True):
            token = self._access()
            sent = {} if body is None else {"content": json.dumps(body).encode()}
            reply = self._exchange(method, f"{path}?{urlencode(query)}", {"WM_SEC.ACCESS_TOKEN": token}, **sent)
            if reply.status != 401 or last:
                break
            self._forget(token)
        return _facts(_taken(reply))

    def _access(self) -> str:
        with self._lock:
            if self._now() >= self._ends - EARLY_SECONDS:
                form = {"content": b"grant_type=client_credentials"}
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                facts = _facts(_taken(self._exchange("POST", "/v3/token", kind, **form)))
                if not facts.get("access_token"):
                    raise MarketplaceError("Walmart's token route answered no access token; try again later")
                self._token = str(facts["access_token"])
                self._ends = self._now() + float(facts.get("expires_in") or 900)
            return self._token

    def _forget(self, token: str) -> None:
        with self._lock:
            if token == self._token:
                self._ends = 0.0

    def _exchange(self, method: str, path: str, headers: Mapping[str, str], **sent: Any) -> Reply:
        secret = f"{self._account.client_id}:{self._account.client_secret}".encode()
        told = {
            "Authorization": f"Basic {b64encode(secret).decode()}",
            "WM_SVC.NAME": "Walmart Marketplace",
            "WM_QOS.CORRELATION_ID": str(uuid.uuid4()),
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            **headers,
        }
        return exchange(method, self._account.endpoint + path, self._allow_private, MOST_BYTES, headers=told, **sent)


class WalmartAdapter:
    """Tells quantities one by one under the listing's external id, which is the seller SKU at Walmart.

    What does not fit into a round, or comes after the market said that it is busy, is left for the next one. Walmart
    numbers no updates; the hub tells one listing by one worker at a time, so the newest is the last.
    """

    def __init__(self, market: WalmartMarket, now: Callable[[], float] = time.monotonic) -> None:
        self._market, self._now = market, now

    def publish(self, channel: Channel, updates: Sequence[Update]) -> Mapping[str, str | None]:
        """Tell as many as fit into a round; the answer is None, why not, or LATER."""
        until = self._now() + ROUND_SECONDS
        told: dict[str, str | None] = dict.fromkeys((update.sku for update in updates), LATER)
        for update in updates:
            if self._now() >= until:
                break
            try:
                told[update.sku] = self._tell(channel, update)
            except MarketplaceBusyError as error:  # the rest would wait in vain too
                told[update.sku] = str(error)
                break
            except MarketplaceError as error:
                told[update.sku] = str(error)[:1000]
        return told

    def _tell(self, channel: Channel, update: Update) -> str | None:
        body = {"sku": update.external_id, "quantity": {"unit": "EACH", "amount": update.units}}
        answer = self._market.ask("PUT", "/v3/inventory", {"sku": update.external_id, **_node(channel)}, body)
        told = answer.get("quantity")
        shown = told.get("amount") if isinstance(told, dict) else None
        return None if shown in (None, update.units) else f"Walmart shows {shown}, not {update.units}"

    def shown(self, channel: Channel) -> Mapping[str, int]:
        """Return the quantities that Walmart was told, by seller SKU: at the channel's ship node, else at all of them.

        Raises MarketplaceError where the pages do not end.
        """
        units: dict[str, int] = {}
        query = {"limit": str(PAGE)}
        for _ in range(MOST_PAGES):
            page = self._market.ask("GET", "/v3/inventories", query)
            for item in (page.get("elements") or {}).get("inventories") or ():
                amounts = _amounts(item, channel.settings.get("ship_node"))
                if amounts:
                    units[str(item["sku"])] = sum(amounts)
            cursor = (page.get("meta") or {}).get("nextCursor")
            if not cursor:
                return units
            query = {"limit": str(PAGE), "nextCursor": str(cursor)}
        raise MarketplaceError(f"Walmart's inventory has more than {MOST_PAGES:,} pages; ask its support")


def walmart_adapter(settings: Settings, tenant: str) -> WalmartAdapter:
    """Return the adapter of the tenant's account; raises ConfigurationError where it has none."""
    return WalmartAdapter(_market_of(walmart_account_of(settings, tenant, os.environ), settings.private_targets))


@lru_cache(maxsize=256)
def _market_of(account: WalmartAccount, allow_private: bool) -> WalmartMarket:
    """Return the account's calls, the same in the whole process: one token serves for a quarter of an hour."""
    return WalmartMarket(account, allow_private)


def _node(channel: Channel) -> dict[str, str]:
    node = channel.settings.get("ship_node")
    return {"shipNode": str(node)} if node else {}


def _amounts(item: Mapping[str, Any], node: object) -> list[int]:
    """Return what was told of an item (`inputQty`), by node; errors of single nodes have no quantity."""
    return [
        int(place["inputQty"]["amount"])
        for place in item.get("nodes") or ()
        if isinstance(place.get("inputQty"), dict) and (not node or place.get("shipNode") == node)
    ]


def _taken(reply: Reply) -> Reply:
    """Return a reply of success; raises MarketplaceBusyError or MarketplaceError with what the market says."""
    if reply.status == 429 or reply.status >= 500:
        raise MarketplaceBusyError(f"Walmart is busy (status {reply.status}); try again later")
    if not 200 <= reply.status < 300:
        raise MarketplaceError(f"Walmart refuses it: {_reason(reply)}; correct the listing or the account")
    return reply


def _reason(reply: Reply) -> str:
    facts = _facts(reply)
    errors = facts.get("errors") or facts.get("error") or ()
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    words = first.get("description") or first.get("info") or first.get("code") or f"status {reply.status}"
    return str(words)[:300]


def _facts(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
