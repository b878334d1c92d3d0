"""The client: one connection, and the areas of the API as attributes."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from fillrate_client.access import Access
from fillrate_client.datasets import Datasets
from fillrate_client.forecasts import Forecasts, Overrides
from fillrate_client.imports import Imports
from fillrate_client.jobs import Jobs, Schedules
from fillrate_client.models import Models
from fillrate_client.money import Money, Returns
from fillrate_client.orders import Drafts, Plans, Proposals
from fillrate_client.scenarios import Scenarios
from fillrate_client.stock import Channels, Stock
from fillrate_client.transport import Patience, Transport
from fillrate_client.watching import Alerts, Reports
from fillrate_client.webhooks import Webhooks

__all__ = ["Client"]

TIMEOUT = httpx.Timeout(60.0, connect=10.0)


class Client:
    """Fillrate's API, used by `with Client("http://127.0.0.1:3000", key) as fillrate: …`.

    api_key: an API key or an OAuth2 token; a service without keys needs none on its own machine. patience: how long a
    request is tried. Every changing method takes `key`, an Idempotency-Key of the caller's own, so that one that was
    killed can send its request again and it counts once; without it each call makes one for all its tries.
    http: a client of one's own instead (a proxy, a certificate, a test).
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:3000",
        api_key: str | None = None,
        patience: Patience | None = None,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http or httpx.Client(base_url=base_url, timeout=TIMEOUT)
        if api_key is not None:
            self._http.headers["Authorization"] = f"Bearer {api_key}"
        transport = Transport(self._http, patience, sleep)
        self.jobs = Jobs(transport)
        self.schedules = Schedules(transport)
        self.datasets = Datasets(transport, self.jobs)
        self.forecasts = Forecasts(transport)
        self.overrides = Overrides(transport)
        self.plans = Plans(transport)
        self.proposals = Proposals(transport)
        self.drafts = Drafts(transport)
        self.scenarios = Scenarios(transport)
        self.models = Models(transport, self.jobs)
        self.imports = Imports(transport, self.jobs)
        self.money = Money(transport)
        self.returns = Returns(transport)
        self.stock = Stock(transport)
        self.channels = Channels(transport)
        self.alerts = Alerts(transport)
        self.reports = Reports(transport)
        self.webhooks = Webhooks(transport)
        self.access = Access(transport)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()
