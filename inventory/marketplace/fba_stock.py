"""Stock in Amazon's warehouses as getInventorySummaries tells it: one row a seller SKU."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from core.errors import MarketplaceError

__all__ = ["FBA_COLUMNS", "fba_stock", "next_token"]

DETAILS: Mapping[str, tuple[str, ...]] = {
    "available": ("fulfillableQuantity",),
    "inbound_working": ("inboundWorkingQuantity",),
    "inbound_shipped": ("inboundShippedQuantity",),
    "inbound_receiving": ("inboundReceivingQuantity",),
    "reserved": ("reservedQuantity", "totalReservedQuantity"),
    "reserved_orders": ("reservedQuantity", "pendingCustomerOrderQuantity"),
    "in_transfer": ("reservedQuantity", "pendingTransshipmentQuantity"),
    "in_processing": ("reservedQuantity", "fcProcessingQuantity"),
    "researching": ("researchingQuantity", "totalResearchingQuantity"),
    "unsellable": ("unfulfillableQuantity", "totalUnfulfillableQuantity"),
}
"""Our column → the path of the published definition InventoryDetails."""
FBA_COLUMNS = ("sku", "fnsku", "asin", "condition", *DETAILS, "total", "updated_at")


def fba_stock(pages: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the summaries of all pages as a frame of FBA_COLUMNS by sku; units not told are 0.

    Raises MarketplaceError for a page without summaries, and where a SKU comes twice (a listing in two conditions is
    two SKUs): a changed page is not summed up in silence.
    """
    rows = [_row(summary) for page in pages for summary in _summaries(page)]
    frame = pd.DataFrame(rows, columns=list(FBA_COLUMNS))
    twice = frame["sku"][frame["sku"].duplicated()]
    if len(twice):
        raise MarketplaceError(f"the marketplace listed {twice.iloc[0]!r} twice while it was read; read it again")
    return frame.sort_values("sku", ignore_index=True)


def next_token(page: Mapping[str, Any]) -> str | None:
    """Return what asks for the next page, None on the last."""
    return (page.get("pagination") or {}).get("nextToken") or None


def _summaries(page: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    try:
        found: Iterable[Mapping[str, Any]] = page["payload"]["inventorySummaries"]
    except (KeyError, TypeError):
        raise MarketplaceError(f"the marketplace answered no stock but {str(page)[:200]}; ask again") from None
    return found


def _row(summary: Mapping[str, Any]) -> dict[str, Any]:
    details = summary.get("inventoryDetails") or {}
    return {
        "sku": summary.get("sellerSku") or "",
        "fnsku": summary.get("fnSku") or "",
        "asin": summary.get("asin") or "",
        "condition": summary.get("condition") or "",
        **{name: _units(details, path) for name, path in DETAILS.items()},
        "total": int(summary.get("totalQuantity") or 0),
        "updated_at": summary.get("lastUpdatedTime") or "",
    }


def _units(details: Mapping[str, Any], path: tuple[str, ...]) -> int:
    value: Any = details
    for name in path:
        value = (value or {}).get(name)
    return int(value or 0)
