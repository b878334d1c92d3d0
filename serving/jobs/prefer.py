"""The Prefer header (RFC 7240): answer at once with a job, and how long the client would wait for its end."""

import re
from dataclasses import dataclass
from typing import Self

from starlette.requests import Request

__all__ = ["MAX_WAIT_SECONDS", "Preference"]

MAX_WAIT_SECONDS = 30
"""The longest that we hold a request for a job's end, whatever the client prefers."""

_WAIT = re.compile(r'wait="?(\d{1,9})"?')


@dataclass(frozen=True, slots=True)
class Preference:
    """What a client prefers; `wait` is in seconds, at most MAX_WAIT_SECONDS, 0 where it did not say."""

    respond_async: bool = False
    wait: int = 0

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return the preferences of a request; what we do not know is left out, as the RFC asks."""
        words = [word.strip().lower() for line in request.headers.getlist("prefer") for word in re.split(r"[,;]", line)]
        waits = [int(found.group(1)) for word in words if (found := _WAIT.fullmatch(word))]
        return cls("respond-async" in words, min(waits[0], MAX_WAIT_SECONDS) if waits else 0)

    @property
    def applied(self) -> dict[str, str]:
        """Return the header that says which of them we followed."""
        told = (["respond-async"] if self.respond_async else []) + ([f"wait={self.wait}"] if self.wait else [])
        return {"Preference-Applied": ", ".join(told)} if told else {}
