"""The contract of a dataset: its tables, their columns, kinds, bounds, defaults and natural keys."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

__all__ = ["LARGEST_NUMBER", "STAGES", "TABLES", "TEXT", "Column", "Kind", "Table", "empty_frame"]

TEXT = pd.StringDtype(na_value=np.nan)
"""The dtype of text columns: pandas' `str`, with NaN for missing."""

LARGEST_NUMBER = 1e12
"""No unit count, price or cost is larger: what is, came from a wrong column or a lost decimal mark."""

STAGES = ("factory", "domestic", "transit", "customs", "port", "receiving")
"""Where an open order can be, in the order of its way: made, on the way to the port, at sea or in the air, …"""


class Kind(StrEnum):
    """What a cell holds: text kept to the letter, a day, a number, a share 0 … 1, yes/no, or price breaks."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    SHARE = "share"
    FLAG = "flag"
    BREAKS = "breaks"

    @property
    def dtype(self) -> str | pd.StringDtype:
        """The pandas dtype of a normalised column of this kind."""
        return {"date": "datetime64[s]", "number": "float64", "share": "float64", "flag": "bool"}.get(self, TEXT)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `required` means there, never empty; an empty optional cell is `default` (None: missing).

    `low` and `high` bound numbers inclusively; `whole` numbers have no fraction.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    default: str | float | bool | None = None
    low: float | None = None
    high: float | None = None
    whole: bool = False
    only_if_present: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the contract.

    key: columns that name a row; two rows with the same key are refused. Where `key_needs` is given, only
    rows that have that column are compared (without an order number two equal returns may both be real).
    ordered: pairs of date columns, the first never after the second.
    keeps_extras: further columns become static features; in other tables they are reported and ignored.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    key_needs: str | None = None
    ordered: tuple[tuple[str, str], ...] = ()
    keeps_extras: bool = False

    def __getitem__(self, name: str) -> Column:
        """Return the column called `name`."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)


def empty_frame(table: Table) -> pd.DataFrame:
    """Return `table` without rows: all contract columns (but those kept only if present) in their dtypes."""
    columns = [column for column in table.columns if not column.only_if_present]
    return pd.DataFrame({column.name: pd.Series([], dtype=column.kind.dtype) for column in columns})


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def _dates(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.DATE) for name in names)


def _amounts(*names: str, default: float | None = None) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.NUMBER, low=0.0, default=default) for name in names)


def _additions(*names: str, high: float | None = None) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.NUMBER, low=0.0, high=high, only_if_present=True) for name in names)


def _packs(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.NUMBER, low=1.0, whole=True) for name in names)


SKU = Column("sku", required=True)
LOCATION = Column("location", default="main")
DATE = Column("date", Kind.DATE, required=True)
QUANTITY = Column("quantity", Kind.NUMBER, required=True, low=0.0)
UNITS = Column("units", Kind.NUMBER, required=True, low=0.0)

_ALL = (
    Table(
        "sales",
        (
            *(SKU, LOCATION, DATE, UNITS, *_amounts("price")),
            Column("in_stock", Kind.SHARE, default=1.0, low=0.0, high=1.0),
            Column("channel", only_if_present=True),
        ),
        key=("sku", "location", "date", "channel"),
    ),
    Table(
        "products",
        (
            *(SKU, *_text("name", "category", "brand", "parent"), *_dates("launched_on")),
            *(*_amounts("unit_cost", "price", "volume", "weight"), *_text("size_tier")),
            *_amounts("holding_cost", "stockout_cost", "shelf_life_days"),
            *_additions("salvage_value"),
            *_additions("cycle_service_floor", "fill_rate_floor", "referral_rate", high=0.999),
            *_additions("fulfilment_fee", "advertising_cost"),
        ),
        key=("sku",),
        keeps_extras=True,
    ),
    Table(
        "locations",
        (Column("location", required=True), *_text("kind", "name"), *_amounts("capacity")),
        key=("location",),
        keeps_extras=True,
    ),
    Table(
        "stock",
        (
            *(SKU, LOCATION, DATE, Column("on_hand", Kind.NUMBER, required=True, low=0.0)),
            *_amounts("reserved", "unsellable", default=0.0),
        ),
        key=("sku", "location", "date"),
    ),
    Table(
        "open_orders",
        (
            *(Column("order_id"), SKU, LOCATION, QUANTITY, Column("expected_on", Kind.DATE, required=True)),
            *(*_text("supplier", "mode"), *_dates("placed_on")),
            Column("stage", only_if_present=True),
            Column("stage_since", Kind.DATE, only_if_present=True),
        ),
        key=("order_id", "sku", "location", "expected_on", "supplier", "mode"),
        ordered=(("placed_on", "expected_on"),),
    ),
    Table(
        "supply",
        (
            *(SKU, *_text("location", "supplier", "mode"), *_amounts("lead_time_days", "lead_time_sd_days")),
            *(*_amounts("unit_cost"), *_amounts("order_cost", "freight_cost", default=0.0)),
            *(*_packs("minimum_order_quantity", "case_pack"), Column("price_breaks", Kind.BREAKS)),
            *(*_amounts("capacity"), Column("available", Kind.FLAG, default=True)),
            *_additions("duty_rate", "minimum_order_value"),
            Column("order_days", only_if_present=True),
            Column("vmi", Kind.FLAG, default=False, only_if_present=True),
            *_additions("vmi_units"),
        ),
        key=("sku", "location", "supplier", "mode"),
    ),
    Table(
        "signals",
        (
            *(DATE, Column("name", required=True), Column("value", Kind.NUMBER, required=True)),
            *(*_text("sku", "category", "keyword", "location"), *_dates("available_on")),
            Column("known_ahead", Kind.FLAG, default=False),
        ),
        key=("date", "name", "sku", "category", "keyword", "location", "available_on"),
    ),
    Table(
        "keywords",
        (Column("keyword", required=True), SKU, *_amounts("weight", default=1.0)),
        key=("keyword", "sku"),
    ),
    Table(
        "promotions",
        (
            *_text("sku", "category", "location"),
            *(Column("start", Kind.DATE, required=True), Column("end", Kind.DATE, required=True)),
            *(Column("kind"), Column("discount", Kind.NUMBER, low=0.0, high=1.0), *_dates("known_from")),
        ),
        key=("sku", "category", "location", "start", "end", "kind"),
        ordered=(("start", "end"),),
    ),
    Table(
        "events",
        (DATE, Column("name", required=True), *_text("kind", "location")),
        key=("date", "name", "location"),
    ),
    Table(
        "returns",
        (SKU, LOCATION, DATE, UNITS, *_text("grade", "reason", "batch", "supplier", "order_id")),
        key=("order_id", "sku", "location", "date", "grade", "reason", "batch", "supplier"),
        key_needs="order_id",
    ),
    Table(
        "receipts",
        (
            *(
                Column("order_id"),
                SKU,
                LOCATION,
                *_text("supplier", "mode"),
                *_dates("placed_on", "promised_on"),
            ),
            *(Column("received_on", Kind.DATE, required=True), QUANTITY, *_amounts("defective", default=0.0)),
        ),
        key=("order_id", "sku", "location", "received_on"),
        key_needs="order_id",
        ordered=(("placed_on", "received_on"),),
    ),
    Table(
        "kits",
        (SKU, Column("component", required=True), Column("quantity", Kind.NUMBER, default=1.0, low=0.001)),
        key=("sku", "component"),
    ),
    Table(
        "listings",
        (
            *(SKU, Column("channel", required=True), Column("status")),
            *(*_amounts("buffer", default=0.0), *_amounts("published_quantity"), Column("external_id")),
        ),
        key=("sku", "channel"),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _ALL}
"""The contract: table name → Table."""
