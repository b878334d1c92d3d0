"""What all listings of a seller show, from the report of all of them: the only reading without an upper limit."""

import csv
from collections.abc import Mapping
from io import StringIO

from core.errors import MarketplaceError

__all__ = ["LISTINGS_REPORT", "listed_quantities"]

LISTINGS_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
SKU, QUANTITY, CHANNEL = "seller-sku", "quantity", "fulfillment-channel"
MERCHANT = ("", "DEFAULT")
"""What the report calls a listing that the seller ships."""


def listed_quantities(data: bytes, charset: str | None) -> Mapping[str, int]:
    """Return the units that merchant-fulfilled listings show, by seller SKU; an empty quantity is 0.

    data: tab-separated text, columns by name in any order. charset: as the download named it; else UTF-8, and Windows
    1252 where it is none. Raises MarketplaceError where a column is missing or a quantity is no number.
    """
    rows = csv.DictReader(StringIO(_text(data, charset)), delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = sorted({SKU, QUANTITY} - set(rows.fieldnames or ()))
    if missing:
        raise MarketplaceError(f"the report of all listings has no column {missing[0]!r}; its layout has changed")
    found: dict[str, int] = {}
    for number, row in enumerate(rows, 2):
        units = (row[QUANTITY] or "").strip()
        if (row.get(CHANNEL) or "").strip() not in MERCHANT:
            continue
        if units and not units.isdecimal():
            raise MarketplaceError(f"row {number} of the report of all listings shows {units!r} units; look at it")
        found[row[SKU]] = int(units or 0)
    return found


def _text(data: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8-sig", "cp1252"):
        try:
            if name:
                return data.decode("utf-8-sig" if name in ("utf-8", "utf8") else name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")
