"""The bytes of reports and feeds: fetched from, and sent to, the address that the marketplace signed for them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import MarketplaceBusyError, MarketplaceError
from inventory.inflate import UploadLimits, gunzip
from inventory.marketplace.usage_plan import back_off_seconds
from serving.marketplace.exchange import exchange

__all__ = ["Document", "fetch_document", "send_document"]

MOST_PACKED_BYTES = 256 * 2**20
LIMITS = UploadLimits(inflated_bytes=2**30, ratio=1_000.0)
"""A report is not an upload of a stranger, but neither may it fill the memory."""
ATTEMPTS = 4
"""Each asks for the address anew: a signature holds for five minutes."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document's bytes, unpacked, with its media type and the character set that the answer named, if it did."""

    data: bytes
    media_type: str
    charset: str | None


def fetch_document(
    describe: Callable[[], Mapping[str, Any]], allow_private: bool, pause: Callable[[float], None]
) -> Document:
    """Return the document; describe: asks the marketplace where it is, again before every attempt.

    Raises MarketplaceError for an answer that is none, MarketplaceBusyError where it cannot be had, and DataError or
    UploadTooLargeError for bytes that do not unpack.
    """
    told = "nothing"
    for attempt in range(1, ATTEMPTS + 1):
        place = describe()
        try:
            reply = exchange("GET", _url(place), allow_private, MOST_PACKED_BYTES)
        except MarketplaceBusyError as error:
            told = str(error)
        else:
            if reply.status == 200:
                media_type, charset = _media_type(reply.headers.get("content-type", ""))
                return Document(_unpacked(place, reply.body), media_type, charset)
            told = f"status {reply.status}"
        if attempt < ATTEMPTS:
            pause(back_off_seconds(attempt, 0.0))
    raise MarketplaceBusyError(f"the marketplace's document cannot be fetched ({told}); try again later")


def send_document(place: Mapping[str, Any], data: bytes, allow_private: bool, pause: Callable[[float], None]) -> None:
    """Put the bytes to where the marketplace wants them; raises as fetch_document does."""
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    told = "nothing"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            reply = exchange("PUT", _url(place), allow_private, MOST_PACKED_BYTES, content=data, headers=headers)
        except MarketplaceBusyError as error:
            told = str(error)
        else:
            if 200 <= reply.status < 300:
                return
            told = f"status {reply.status}"
            if reply.status < 500 and reply.status != 429:
                raise MarketplaceError(f"the marketplace does not take the document ({told}); send it again")
        if attempt < ATTEMPTS:
            pause(back_off_seconds(attempt, 0.0))
    raise MarketplaceBusyError(f"the document cannot be sent ({told}); try again later")


def _url(place: Mapping[str, Any]) -> str:
    url = place.get("url")
    if not isinstance(url, str):
        raise MarketplaceError("the marketplace named no address of the document; ask again")
    return url


def _unpacked(place: Mapping[str, Any], data: bytes) -> bytes:
    packing = place.get("compressionAlgorithm")
    if packing is None:
        return data
    if packing != "GZIP":
        raise MarketplaceError(f"the document is packed by {packing!r}, which is not known; only GZIP is")
    return gunzip("the marketplace's document", data, LIMITS)


def _media_type(header: str) -> tuple[str, str | None]:
    found = re.search(r"charset=\"?([\w.:-]+)", header, re.IGNORECASE)
    return header.split(";")[0].strip().lower(), found[1].lower() if found else None
