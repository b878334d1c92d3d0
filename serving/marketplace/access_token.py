"""Login with Amazon: an access token lives an hour, is kept until shortly before its end, and is asked for once."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from core.errors import MarketplaceBusyError, MarketplaceError
from inventory.marketplace.usage_plan import back_off_seconds
from serving.marketplace.account import AmazonAccount
from serving.marketplace.exchange import Reply, exchange

__all__ = ["AccessTokens"]

EARLY_SECONDS = 60.0
"""A token is renewed so long before its end."""
MOST_BYTES = 65_536
ATTEMPTS = 4


class AccessTokens:
    """The tokens of one account; safe between threads: one of them asks, the others wait for its answer.

    Stands in for the official client's own cache, which asks without a time limit, again even where the credentials
    are refused, and hides the reason.
    """

    def __init__(
        self,
        account: AmazonAccount,
        allow_private: bool,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._account = account
        self._allow_private = allow_private
        self._now, self._sleep = now, sleep
        self._token, self._ends = "", 0.0
        self._lock = threading.Lock()

    def get_lwa_access_token(self) -> str:
        """Return a token that holds for a minute at least; the name is the one that the official client calls.

        Raises MarketplaceError where the credentials are refused, MarketplaceBusyError where nobody answers.
        """
        with self._lock:
            if self._now() >= self._ends - EARLY_SECONDS:
                self._renew()
            return self._token

    def forget(self, token: str) -> None:
        """Renew at the next call, because the marketplace did not take this token; a newer one stays."""
        with self._lock:
            if token == self._token:
                self._ends = 0.0

    def _renew(self) -> None:
        account = self._account
        told = {
            "grant_type": "refresh_token",
            "refresh_token": account.refresh_token,
            "client_id": account.client_id,
            "client_secret": account.client_secret,
        }
        for attempt in range(1, ATTEMPTS + 1):
            try:
                reply = exchange("POST", account.token_endpoint, self._allow_private, MOST_BYTES, data=told)
            except MarketplaceBusyError:
                reply = Reply(503, {}, b"")
            if reply.status == 200:
                self._keep(_facts(reply))
                return
            if reply.status != 429 and reply.status < 500:
                facts = _facts(reply)
                reason = str(facts.get("error_description") or facts.get("error") or f"status {reply.status}")
                raise MarketplaceError(f"Amazon refuses the account's credentials: {reason[:300]}; renew them")
            if attempt < ATTEMPTS:
                self._sleep(back_off_seconds(attempt, 0.0, reply.headers.get("retry-after")))
        raise MarketplaceBusyError("Amazon's token route does not answer; try again later")

    def _keep(self, facts: dict[str, Any]) -> None:
        try:
            token, lives = str(facts["access_token"]), float(facts.get("expires_in", 3600))
        except (KeyError, TypeError, ValueError):
            raise MarketplaceError("Amazon's token route answered no access token; try again later") from None
        self._token, self._ends = token, self._now() + lives


def _facts(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
