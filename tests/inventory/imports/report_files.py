"""Reports made up from their layouts: values by field, and the same values as a file in any order, encoding, format."""

import datetime as dt
import json
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal

from inventory.imports.layout import Field, FieldKind, Layout, load_layout
from inventory.imports.report_reading import Source

__all__ = ["JSON_KINDS", "TEXT_KINDS", "as_json", "as_text", "made_up_rows", "source_of"]

JSON_KINDS = ("sales-traffic", "search-query-performance", "search-terms", "vendor-forecast")
TEXT_KINDS = (
    *("afn-inventory", "all-orders", "customer-returns", "estimated-fees", "inventory-planning", "ledger-detail"),
    *("ledger-summary", "long-term-storage", "myi", "overage-fees", "reimbursements", "reserved", "restock"),
    *("storage-fees", "stranded"),
)
WORDS = ("Lamp", "Mug, large", "Müesli 'fein'", "50% off; now", "Ünïcode Ware", "N-1")
EVENTS = ("Receipts", "Shipments", "CustomerReturns", "VendorReturns", "WhseTransfers", "Adjustments")
Row = dict[str, object]


def made_up_rows(layout: Layout, count: int, seed: int) -> list[Row]:
    """Return rows of values by field: text, Decimal, date or bool; None where an optional cell is empty."""
    dice = random.Random(seed)
    return [{asked.name: _value(asked, dice, number) for asked in layout.fields} for number in range(count)]


def _value(asked: Field, dice: random.Random, number: int) -> object:
    if not (asked.required or asked.needed or asked.name == "sku") and dice.random() < 0.2:
        return None
    if asked.kind is FieldKind.DAY:
        return dt.date(2026, 1, 1) + dt.timedelta(days=dice.randrange(300))
    if asked.kind is FieldKind.WHOLE:
        return Decimal(dice.randrange(-50 if asked.signed else 0, 500))
    if asked.kind is FieldKind.NUMBER:
        return Decimal(dice.randrange(-1_000 if asked.signed else 0, 100_000)) / 100
    if asked.kind is FieldKind.FLAG:
        return dice.random() < 0.5
    if asked.name == "event":
        return dice.choice(EVENTS)
    if asked.name == "disposition":
        return dice.choice(("SELLABLE", "DEFECTIVE", "CUSTOMER_DAMAGED"))
    named = asked.name in ("sku", "asin", "fnsku", "order_id", "license", "reimbursement_id")
    return f"{asked.name.upper()}-{number}" if named else dice.choice(WORDS)


def cell(value: object, comma: bool = False) -> str:
    """Return a value as a report writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    text = str(value)
    return text.replace(".", ",") if comma and isinstance(value, Decimal) else text


def as_text(
    layout: Layout,
    rows: Sequence[Row],
    *,
    separator: str = "\t",
    encoding: str = "utf-8",
    columns: Sequence[str] | None = None,
    comma: bool = False,
    beside: Mapping[str, str] | None = None,
    quoted: bool = False,
) -> bytes:
    """Return rows as delimited text under the published headers.

    columns: fields in the file's order (default: the layout's). beside: further columns, the same cell in every row.
    """
    names = list(columns or [asked.name for asked in layout.fields])
    lines = [[*(layout[name].headers[0] for name in names), *(beside or {})]]
    lines += [[*(cell(row[name], comma) for name in names), *(beside or {}).values()] for row in rows]
    text = "\r\n".join(separator.join(_quoted(word, separator, quoted) for word in line) for line in lines) + "\r\n"
    return text.encode(encoding)


def _quoted(word: str, separator: str, always: bool) -> str:
    return '"' + word.replace('"', '""') + '"' if always or separator in word else word


def as_json(layout: Layout, rows: Sequence[Row]) -> bytes:
    """Return rows as the report's JSON: dotted headers nested again, the specification taken from the first row."""
    report: dict[str, object] = {layout.records[0]: []}
    for row in rows:
        record: dict[str, object] = {}
        for asked in layout.fields:
            value = row[asked.name]
            if value is None:
                continue
            path = asked.headers[0].split(".")
            place = report if path[0] == "reportSpecification" else record
            for step in path[:-1]:
                place = place.setdefault(step, {})  # type: ignore[assignment]
            number = isinstance(value, Decimal)
            place[path[-1]] = json.loads(str(value)) if number else str(value)
        report[layout.records[0]].append(record)  # type: ignore[attr-defined]
    return json.dumps(report).encode()


def source_of(kind: str, rows: Sequence[Row], name: str = "report.txt") -> Source:
    """Return rows of a kind as a file."""
    layout = load_layout(kind)
    return Source(name, as_json(layout, rows) if layout.is_json else as_text(layout, rows))
