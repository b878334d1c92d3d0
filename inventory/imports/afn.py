"""An Amazon-fulfilled inventory report (one row a sku and state) as stock: one row a sku, states added up."""

from decimal import Decimal
from typing import Any

import pandas as pd

from core.errors import UsageError
from inventory.imports.feed import text_table
from inventory.imports.header_match import plain
from inventory.imports.parsed_report import ParsedReport
from inventory.imports.settings import ImportSettings

__all__ = ["afn_tables"]


def afn_tables(report: ParsedReport, settings: ImportSettings) -> dict[str, pd.DataFrame]:
    """Return the table `stock`; raises UsageError without a day, which the report does not name."""
    if settings.day is None:
        raise UsageError("an afn-inventory report names no day; say of which day it is: --date YYYY-MM-DD")
    rows: list[dict[str, Any]] = []
    for sku, state, units in zip(*(report.fields[name] for name in ("sku", "state", "units")), strict=True):
        unsellable = Decimal(0) if plain(state) == "sellable" else units
        place = {"sku": sku, "location": settings.location, "date": settings.day}
        rows.append(place | {"on_hand": units, "reserved": Decimal(0), "unsellable": unsellable})
    return {"stock": text_table("stock", rows, ("on_hand", "reserved", "unsellable"))} if rows else {}
