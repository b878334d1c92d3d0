"""Amazon's official client (`amzn-sp-api`), tamed: our tokens, no redirects, plain JSON, and a quiet import.

It brings the paths, parameters and bodies of every operation. Left out of it are its token cache, its generated models
(which refuse an answer with a state that is newer than they are) and the logging that its import switches on.
"""

import json
import logging
from typing import Any

from core.errors import ConfigurationError, MarketplaceError
from serving.marketplace.access_token import AccessTokens

__all__ = ["OfficialClient"]


class OfficialClient:
    """The operations of the official client by API: `reports`, `feeds`, `listings`, `stock`; each answers JSON.

    Raises ConfigurationError where the package is not installed.
    """

    def __init__(self, endpoint: str, tokens: AccessTokens) -> None:
        spapi = _import()
        configuration = spapi.Configuration()
        configuration.host = endpoint.rstrip("/")
        configuration.access_token_cache = tokens
        client = _plain(spapi)(configuration=configuration)
        client.rest_client.pool_manager.connection_pool_kw["retries"] = _no_retries()
        self.failure: type[Exception] = spapi.ApiException
        self.reports = spapi.ReportsApi(client)
        self.feeds = spapi.FeedsApi(client)
        self.listings = spapi.ListingsApi(client)
        self.stock = spapi.FbaInventoryApi(client)


def _import() -> Any:
    """Import the package, and undo what that does to logging."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    try:
        import spapi
    except ModuleNotFoundError:
        raise ConfigurationError(
            'the marketplace connector needs the package amzn-sp-api; install it with pip install "fillrate[amazon]"'
        ) from None
    root.setLevel(level)
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
    return spapi


def _plain(spapi: Any) -> Any:
    class PlainClient(spapi.ApiClient):
        """Answers what JSON says."""

        def deserialize(self, response: Any, response_type: str) -> Any:
            try:
                return json.loads(response.data) if response.data else {}
            except ValueError:
                raise MarketplaceError("the marketplace answered something that is not JSON; try again") from None

    return PlainClient


def _no_retries() -> Any:
    """Return the rule that nothing is asked twice or elsewhere without us: we know what may be repeated."""
    from urllib3.util.retry import Retry

    return Retry(total=0, raise_on_redirect=False)
