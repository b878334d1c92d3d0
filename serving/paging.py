"""Pages of a list: an opaque cursor says after which item the next page begins."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Query

from serving.problems import ApiProblem

__all__ = ["MAX_PAGE", "Cursor", "Limit", "cut_page", "decode_cursor", "encode_cursor"]

MAX_PAGE = 500

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Items a page")]
Cursor = Annotated[str | None, Query(max_length=2_000, description="next_cursor of the page before")]

Position = str | int
Row = TypeVar("Row")

_LARGEST = 2**63


def encode_cursor(resource: str, *position: Position) -> str:
    """Return the cursor of a position (the sort key of the last item shown) in a list of one kind."""
    text = json.dumps([resource, *position], ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def decode_cursor(resource: str, cursor: str | None, *kinds: type[Position]) -> tuple[Any, ...] | None:
    """Return the position that a cursor stands for, of the kinds given; None for the first page.

    Raises ApiProblem `request.invalid` (422) for what is no cursor of this list.

    >>> decode_cursor("audit", encode_cursor("audit", "2024-01-31", 7), str, int)
    ('2024-01-31', 7)
    """
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise _no_cursor() from None
    if not isinstance(found, list) or len(found) != len(kinds) + 1 or found[0] != resource:
        raise _no_cursor()
    if not all(_is_of(part, kind) for part, kind in zip(found[1:], kinds, strict=True)):
        raise _no_cursor()
    return tuple(found[1:])


def cut_page(
    resource: str, rows: Sequence[Row], limit: int, position: Callable[[Row], tuple[Position, ...]]
) -> tuple[Sequence[Row], str | None]:
    """Return the page and its next_cursor, from up to `limit + 1` rows: one too many says that there is more."""
    page = rows[:limit]
    return page, encode_cursor(resource, *position(page[-1])) if len(rows) > limit else None


def _is_of(part: Any, kind: type[Position]) -> bool:
    if type(part) is not kind:
        return False
    if isinstance(part, int):
        return -_LARGEST <= part < _LARGEST
    # PostgreSQL's texts have no NUL, UTF-8 has no half of a surrogate pair.
    return "\0" not in part and not any("\ud800" <= letter <= "\udfff" for letter in part)


def _no_cursor() -> ApiProblem:
    error = {"parameter": "cursor", "code": "cursor", "message": "not a cursor of this resource"}
    return ApiProblem("request.invalid", "cursor: not a cursor of this resource", [error])
