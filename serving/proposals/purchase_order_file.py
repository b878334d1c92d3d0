"""Orders as a file: JSON, CSV or XLSX, the same bytes for the same orders, safe in a spreadsheet."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

__all__ = ["COLUMNS", "FileFormat", "Sheet", "format_named", "render", "render_sheet"]

COLUMNS = (
    "draft_id",
    "supplier",
    "mode",
    "ship_to",
    "currency",
    "position",
    "sku",
    "quantity",
    "unit",
    "case_pack",
    "cases",
    "unit_cost",
    "line_total",
    "order_by",
    "arrive_on",
    "proposal_id",
)
HEADER = ("draft_id", "supplier", "mode", "ship_to", "currency")
NUMBERS = ("position", "quantity", "case_pack", "cases")
AMOUNTS = ("unit_cost", "line_total")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is run as a formula by spreadsheets (OWASP, CSV injection)."""

MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How a file is written. separator, decimal, bom, guard count for CSV only.

    guard: put an apostrophe before texts that a spreadsheet would run as a formula; off for programs that need every
    SKU to the letter. XLSX needs none: there a text is a text.
    """

    kind: Literal["json", "csv", "xlsx"] = "json"
    separator: Literal[",", ";"] = ","
    decimal: Literal[".", ","] = "."
    bom: bool = False
    guard: bool = True

    @property
    def name(self) -> str:
        """Return the format's name in addresses: `json`, `xlsx`, `csv`, `csv-semicolon-comma-bom`, …"""
        if self.kind != "csv":
            return self.kind
        words = [
            "semicolon" * (self.separator == ";"),
            "comma" * (self.decimal == ","),
            "bom" * self.bom,
            "raw" * (not self.guard),
        ]
        return "-".join(["csv", *filter(None, words)])

    @property
    def media_type(self) -> str:
        """Return the media type of the file."""
        return MEDIA_TYPES[self.kind]

    @property
    def suffix(self) -> str:
        """Return the ending of the file's name."""
        return f".{self.kind}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to write. rows: one value a column each. numbers: columns of whole numbers, amounts: of decimal texts;
    the others are texts.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    numbers: Sequence[str] = NUMBERS
    amounts: Sequence[str] = AMOUNTS


def format_named(name: str) -> FileFormat | None:
    """Return the format of that name, None for a name that no format has."""
    words = name.split("-")[1:]
    for form in (FileFormat("json"), FileFormat("xlsx")):
        if name == form.name:
            return form
    made = FileFormat(
        "csv",
        ";" if "semicolon" in words else ",",
        "," if "comma" in words else ".",
        "bom" in words,
        "raw" not in words,
    )
    return made if made.name == name else None


def render(form: FileFormat, document: Mapping[str, Any], exported_at: datetime) -> bytes:
    """Return the file of a draft; document: its answer with `lines`. exported_at: what the file says it was made at."""
    if form.kind == "json":
        return (json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")
    rows = [_row(document, line) for line in document["lines"]]
    return render_sheet(form, Sheet("purchase order", COLUMNS, rows), exported_at)


def render_sheet(form: FileFormat, sheet: Sheet, exported_at: datetime) -> bytes:
    """Return a table as CSV or XLSX. exported_at: what a workbook says it was made at."""
    return _csv(form, sheet) if form.kind == "csv" else _xlsx(sheet, exported_at)


def _row(document: Mapping[str, Any], line: Mapping[str, Any]) -> list[Any]:
    return [document[name] if name in HEADER else line[name] for name in COLUMNS]


def _csv(form: FileFormat, sheet: Sheet) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=form.separator, lineterminator="\r\n")
    writer.writerow(sheet.columns)
    for row in sheet.rows:
        cells = zip(sheet.columns, row, strict=True)
        writer.writerow([_cell(form, value, name in sheet.amounts) for name, value in cells])
    return (b"\xef\xbb\xbf" if form.bom else b"") + text.getvalue().encode("utf-8")


def _cell(form: FileFormat, value: Any, is_amount: bool) -> Any:
    if value is None:
        return ""
    if is_amount:
        return str(value).replace(".", form.decimal)
    if form.guard and isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _xlsx(table: Sheet, exported_at: datetime) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import Cell

    book = Workbook()
    sheet = book.active
    sheet.title = table.title
    sheet.append(list(table.columns))
    for place, row in enumerate(table.rows, start=2):
        for at, (name, value) in enumerate(zip(table.columns, row, strict=True), start=1):
            cell: Cell = sheet.cell(place, at)
            if value is None:
                continue
            if name in table.amounts:
                cell.value, cell.number_format = float(value), "0.00##"
            elif name in table.numbers:
                cell.value = value
            else:
                cell.value = _printable(str(value))
                cell.data_type = "s"  # whatever it looks like: never a formula
                cell.quotePrefix = True
    book.properties.creator = "Fillrate"
    book.properties.created = exported_at.replace(tzinfo=None, microsecond=0)
    written = io.BytesIO()
    book.save(written)
    return _dated(written.getvalue(), book, exported_at)


def _printable(text: str) -> str:
    """Return the text without control characters, which a workbook cannot hold."""
    return "".join(letter for letter in text if letter in "\t\n\r" or letter >= " ")


def _dated(content: bytes, book: Any, exported_at: datetime) -> bytes:
    """Return the workbook with `exported_at` where its writer put the present moment: same draft, same bytes."""
    from openpyxl.xml.functions import tostring

    book.properties.modified = exported_at.replace(tzinfo=None, microsecond=0)
    moment = exported_at.timetuple()[:6]
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = tostring(book.properties.to_tree()) if name == "docProps/core.xml" else old.read(name)
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return packed.getvalue()
