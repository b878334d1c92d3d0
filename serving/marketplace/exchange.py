"""One exchange with a server that a marketplace names: the token route, a document to fetch or to send.

The address is looked at first (`serving.egress`), redirects are not followed, and answers end in size and in time.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from core.errors import MarketplaceBusyError, MarketplaceError
from serving.egress import resolve_target, trusted_certificates

__all__ = ["Reply", "exchange"]

READ_SECONDS, WHOLE_SECONDS = 30.0, 600.0
"""Longest silence, and longest exchange."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said; headers by their lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def exchange(method: str, url: str, allow_private: bool, most_bytes: int, **sent: Any) -> Reply:
    """Return the reply, whatever its status; sent: content, data or headers of the request, as httpx takes them.

    Raises MarketplaceBusyError where the connection fails, is cut or too slow, MarketplaceError for an answer above
    `most_bytes`, UsageError for an address that is not allowed. Neither names more of the address than its host: what
    follows may be a signature.
    """
    target = resolve_target(url, allow_private)
    headers = {**sent.pop("headers", {}), **target.headers}
    host, started, body = target.headers["Host"], time.monotonic(), b""
    try:
        with (
            httpx.Client(
                timeout=READ_SECONDS, follow_redirects=False, trust_env=False, verify=trusted_certificates()
            ) as client,
            client.stream(method, target.url, headers=headers, extensions=target.extensions, **sent) as answer,
        ):
            for part in answer.iter_raw():
                body += part
                if len(body) > most_bytes:
                    raise MarketplaceError(f"{host} answered more than {most_bytes:,} bytes; ask for less at once")
                if time.monotonic() - started > WHOLE_SECONDS:
                    raise httpx.ReadTimeout("the answer did not end in time")
            return Reply(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, body)
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise MarketplaceBusyError(f"{host} did not answer ({type(error).__name__}); try again later") from None
