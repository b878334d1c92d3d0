"""Any table of the dataset's contract out of a file of any format and headers, by a mapping that can be saved."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from core.errors import DataError, Issue, UsageError
from inventory.breach import RawTable
from inventory.delta import check_delta
from inventory.imports.feed import cell_text
from inventory.imports.layout import Field, FieldKind, Layout
from inventory.imports.parsed_report import ParsedReport
from inventory.inflate import UploadLimits
from inventory.moment_text import DateOrder
from inventory.schema import TABLES, Column, Kind

__all__ = ["SavedMapping", "generic_layout", "generic_tables", "read_mapping"]

KINDS = {Kind.DATE: FieldKind.DAY, Kind.NUMBER: FieldKind.NUMBER}
KEYS = {"table", "columns", "constants", "date_order"}


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """How one kind of file is read: which table it is, column → header, column → text for all rows, order of dates."""

    table: str
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    date_order: DateOrder = DateOrder.AUTO

    def text(self) -> str:
        """Return the mapping as a TOML file that `read_mapping` reads."""
        lines = [f"table = {_quoted(self.table)}"]
        if self.date_order is not DateOrder.AUTO:
            lines.append(f"date_order = {_quoted(str(self.date_order))}")
        for name, pairs in (("columns", self.columns), ("constants", self.constants)):
            if pairs:
                lines += ["", f"[{name}]", *(f"{_quoted(ours)} = {_quoted(word)}" for ours, word in pairs.items())]
        return "\n".join(lines) + "\n"


def read_mapping(file: str, text: str) -> SavedMapping:
    """Return a saved mapping; raises DataError for what is none, naming the key and the remedy."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError([Issue(file, f"is not TOML ({error})", "write it by --save-mapping")]) from None
    strange = sorted(set(told) - KEYS)
    if strange or not isinstance(told.get("table"), str):
        rule = f"has an unknown key {strange[0]!r}" if strange else "names no table"
        raise DataError([Issue(file, rule, f"keys are {', '.join(sorted(KEYS))}")])
    order = told.get("date_order", "auto")
    if order not in list(DateOrder):
        raise DataError([Issue(file, f"has the date_order {order!r}", f"write {', '.join(DateOrder)}")])
    return SavedMapping(told["table"], _pairs(file, told, "columns"), _pairs(file, told, "constants"), DateOrder(order))


def generic_layout(mapping: SavedMapping) -> Layout:
    """Return the layout of files of one table: its columns found under their own names unless the mapping says so.

    Raises UsageError for a table or a column that is not there.
    """
    if mapping.table not in TABLES:
        raise UsageError(f"there is no table {mapping.table!r}; there are {', '.join(TABLES)}")
    table = TABLES[mapping.table]
    strange = [name for name in (*mapping.columns, *mapping.constants) if name not in table.names]
    if strange and not table.keeps_extras:
        raise UsageError(f"{table.name} has no column {strange[0]!r}; it has {', '.join(table.names)}")
    columns = [*table.columns, *(Column(name) for name in dict.fromkeys(strange))]
    fields = tuple(_field(column) for column in columns if column.name not in mapping.constants)
    title = f"any file as the table {table.name}"
    return Layout("generic", "a file of your own", title, table.name, fields, ())


def generic_tables(report: ParsedReport, mapping: SavedMapping, limits: UploadLimits) -> dict[str, pd.DataFrame]:
    """Return the one table of a report that `generic_layout` laid out, judged by the contract as an upload is.

    A row that breaks it (a bound, a repeated key, …) is refused in the report.
    """
    if not report.kept:
        return {}
    names = [asked.name for asked in report.layout.fields if asked.name in report.headers]
    texts = {name: [cell_text(value) for value in report.fields[name]] for name in names}
    texts |= {name: [word] * report.kept for name, word in mapping.constants.items()}
    cells = {name: pa.chunked_array([column], pa.string()) for name, column in texts.items()}
    raw = RawTable(mapping.table, report.files[0].name, cells, np.arange(report.kept, dtype=np.int64))
    delta = check_delta(raw, None, None, limits)
    found = {}
    for row, column, rule, remedy, value in delta.rejected.itertuples(index=False):
        told = [None if pd.isna(word) else str(word) for word in (column, value)]
        found[int(row)] = (told[0] and report.headers.get(told[0], told[0]), str(rule), str(remedy), told[1])
    table = pd.DataFrame(texts, dtype=object).drop(index=list(found)).reset_index(drop=True)
    report.refuse_rows(found)
    report.warnings += [warning for warning in raw.warnings if "unknown columns" not in warning]
    return {mapping.table: table} if len(table) else {}


def _field(column: Column) -> Field:
    kind = KINDS.get(column.kind, FieldKind.TEXT)
    whole = FieldKind.WHOLE if column.whole else kind
    return Field(column.name, (column.name,), whole, column.required, signed=column.low is None)


def _pairs(file: str, told: Mapping[str, Any], name: str) -> dict[str, str]:
    pairs = told.get(name, {})
    if not isinstance(pairs, dict) or not all(isinstance(word, str) for word in pairs.values()):
        raise DataError([Issue(file, f"has {name} that are no texts", f'write [{name}] and lines like sku = "Item"')])
    return pairs


def _quoted(text: str) -> str:
    """Return a TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or c == "\x7f" else c for c in escaped) + '"'
