"""Operations that will go: said in one place, told by every answer of theirs and in the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from starlette.datastructures import MutableHeaders

__all__ = ["DEPRECATIONS", "NOTICE_DAYS", "Deprecation", "add_deprecations", "tell_deprecation"]

NOTICE_DAYS = 180
"""Days that an operation goes on answering after it was called deprecated, at least."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """That an operation is deprecated: since when, when it goes, and where it is written what to ask instead.

    since, sunset: aware moments, at least NOTICE_DAYS apart. document: address of the words. Raises ValueError for less
    notice, or for a moment without zone.
    """

    since: datetime
    sunset: datetime
    document: str

    def __post_init__(self) -> None:
        """Refuse what would surprise callers."""
        if self.since.tzinfo is None or self.sunset.tzinfo is None:
            raise ValueError("a deprecation needs moments with a zone")
        if (self.sunset - self.since).days < NOTICE_DAYS:
            raise ValueError(f"callers need {NOTICE_DAYS} days to change; sunset is too early")

    def headers(self) -> list[tuple[str, str]]:
        """Return `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and the links of both."""
        return [
            ("Deprecation", f"@{int(self.since.timestamp())}"),
            ("Sunset", format_datetime(self.sunset.astimezone(UTC), usegmt=True)),
            ("Link", f'<{self.document}>; rel="deprecation"; type="text/html"'),
            ("Link", f'<{self.document}>; rel="sunset"; type="text/html"'),
        ]


DEPRECATIONS: dict[str, Deprecation] = {}
"""By operation id; empty: all that /v1 has is there to stay."""


def tell_deprecation(route: Any, headers: MutableHeaders) -> None:
    """Add the headers to an answer of a deprecated operation; route: what was matched, None where nothing was."""
    if DEPRECATIONS and (found := DEPRECATIONS.get(getattr(route, "operation_id", None) or "")):
        for name, value in found.headers():
            headers.append(name, value)


def add_deprecations(paths: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    """Mark deprecated operations in the paths of a document, and say so of the headers of their answers."""
    for operations in paths.values():
        for operation in operations.values():
            found = DEPRECATIONS.get(operation.get("operationId", ""))
            if found is None:
                continue
            operation["deprecated"] = True
            operation["description"] += (
                f"\n\nDeprecated since {found.since.date()}; it goes on {found.sunset.date()}: {found.document}"
            )
            for answer in operation["responses"].values():
                told = answer.setdefault("headers", {})
                for name, words in (("Deprecation", "Since when, RFC 9745"), ("Sunset", "Until when, RFC 8594")):
                    told[name] = {"description": words, "schema": {"type": "string"}}
