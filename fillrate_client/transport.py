"""Requests that count once however often they are sent: one Idempotency-Key over all tries, and patience."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx

from fillrate_client.problem import ProblemError, UnreachableError

__all__ = ["Patience", "Transport"]

NOTHING: Mapping[str, Any] = MappingProxyType({})
BUSY = (429, 502, 503, 504)
"""Statuses after which the same request is sent again."""
IN_PROGRESS = "idempotency.in_progress"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request is tried: `tries` in all, first waiting `first_wait` seconds, then twice as long each time, at
    most `longest_wait`; where the service says Retry-After, that long, but never more than `most_wait`.
    """

    tries: int = 6
    first_wait: float = 0.5
    longest_wait: float = 20.0
    most_wait: float = 120.0

    def wait_of(self, attempt: int, told: float | None) -> float:
        """Return the seconds to wait after try number `attempt` (1 is the first)."""
        if told is not None:
            return min(told, self.most_wait)
        return float(min(self.first_wait * 2 ** (attempt - 1), self.longest_wait))


class Transport:
    """The connection of one client; `sleep` is what waiting does."""

    def __init__(
        self, client: httpx.Client, patience: Patience | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.client = client
        self.patience = patience or Patience()
        self.sleep = sleep

    def send(
        self,
        method: str,
        template: str,
        *names: str,
        json: Any = None,
        content: bytes | None = None,
        query: Mapping[str, Any] = NOTHING,
        headers: Mapping[str, str] = NOTHING,
        key: str | None = None,
        asks: bool = False,
    ) -> httpx.Response:
        """Send a request and return its answer of 200 … 299.

        template: the path with `{…}` where `names` go, in order. key: the Idempotency-Key of a changing request, a new
        one where it is None; each try carries the same. asks: a POST that changes nothing needs none. Raises
        ProblemError for what the service refuses, UnreachableError where it never answered.
        """
        sent = dict(headers)
        if method != "GET" and not asks:
            sent["Idempotency-Key"] = key = key or str(uuid.uuid4())
        asked = {name: _text(value) for name, value in query.items() if value is not None}
        body = {"json": json} if json is not None else {"content": content} if content is not None else {}
        request = self.client.build_request(method, _path(template, names), params=asked, headers=sent, **body)
        for attempt in range(1, self.patience.tries + 1):
            is_last = attempt == self.patience.tries
            try:
                answer = self.client.send(request)
            except httpx.TransportError as error:
                if is_last:
                    raise UnreachableError(f"{method} {request.url}: {error}", key) from error
                told = None
            else:
                if answer.is_success:
                    return answer
                problem = _problem(answer)
                if is_last or not (answer.status_code in BUSY or problem.code == IN_PROGRESS):
                    raise problem
                told = problem.retry_after
            self.sleep(self.patience.wait_of(attempt, told))
        raise AssertionError("a patience of no tries")

    def json(self, method: str, template: str, *names: str, **asked: Any) -> Any:
        """Send a request as `send` does and return what its answer says."""
        return self.send(method, template, *names, **asked).json()

    def pages(
        self, template: str, *names: str, items: str = "items", query: Mapping[str, Any] = NOTHING
    ) -> Iterator[Any]:
        """Yield the items of all pages, asking for the next one when it is needed."""
        cursor = None
        while True:
            page = self.json("GET", template, *names, query={**query, "cursor": cursor})
            yield from page[items]
            cursor = page.get("next_cursor")
            if cursor is None:
                return


def _path(template: str, names: tuple[str, ...]) -> str:
    parts = template.split("{")
    filled = [parts[0]]
    for part, name in zip(parts[1:], names, strict=True):
        filled.append(quote(str(name), safe="") + part.split("}", 1)[1])
    return "".join(filled)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _problem(answer: httpx.Response) -> ProblemError:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):  # a proxy's own page
        document = {"code": f"http.{answer.status_code}", "detail": answer.text[:200]}
    return ProblemError(answer.status_code, document, _retry_after(answer.headers.get("Retry-After")))


def _retry_after(text: str | None) -> float | None:
    """Return the seconds that the header asks for: a number, or a date."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else None
