"""A raw table against its contract: headers matched by name, contract columns typed, others kept or told."""

import difflib
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import Issue
from inventory.breach import Breach, RawTable
from inventory.cells import as_text
from inventory.number_text import uses_decimal_comma
from inventory.parsing import parse_column
from inventory.schema import TABLES, TEXT, Column, Kind, Table

__all__ = ["TypedTable", "cell_texts", "type_table"]

SCALARS = (
    *(
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_boolean,
        pa.types.is_string,
    ),
    *(pa.types.is_large_string, pa.types.is_string_view, pa.types.is_dictionary, pa.types.is_date),
    *(pa.types.is_timestamp, pa.types.is_null),
)


@dataclass(slots=True)
class TypedTable:
    """A table with typed cells; what was wrong is in `breaches` (rows) and `issues` (whole file)."""

    table: Table
    raw: RawTable
    frame: pd.DataFrame
    breaches: list[Breach]
    issues: list[Issue]
    headers: dict[str, str]


def type_table(raw: RawTable) -> TypedTable:
    """Return `raw` typed by its contract: all contract columns present, missing ones with their defaults."""
    table = TABLES[raw.name]
    typed = TypedTable(table, raw, pd.DataFrame(index=range(len(raw.rows))), [], [], _match_headers(table, raw))
    _report_headers(typed)
    comma = raw.comma and uses_decimal_comma(_number_cells(typed))
    columns = {}
    for column in table.columns:
        if column.name in typed.headers:
            columns[column.name] = _typed_column(typed, column, comma)
        elif not column.only_if_present:
            columns[column.name] = _absent(column, len(raw.rows))
    if table.keeps_extras:
        columns |= _extras(typed)
    typed.frame = pd.DataFrame(columns)
    return typed


def cell_texts(typed: TypedTable, column: str, positions: np.ndarray) -> list[str | None]:
    """Return the cells of `column` at `positions` as they stand in the file."""
    header = typed.headers.get(column)
    if header is None:
        return [None] * len(positions)
    cells: pa.ChunkedArray = typed.raw.cells[header]
    return as_text(cells.take(pa.array(positions))).to_pylist()


def _match_headers(table: Table, raw: RawTable) -> dict[str, str]:
    """Return contract column → header: the same name, or the same but for case, spaces and hyphens."""
    loose = {re.sub(r"[\s-]+", "_", header.casefold()): header for header in raw.cells}
    headers = {}
    for name in table.names:
        if name in raw.cells:
            headers[name] = name
        elif name in loose:
            headers[name] = loose[name]
            raw.warnings.append(f"{raw.file}: column '{loose[name]}' is read as '{name}'")
    return headers


def _report_headers(typed: TypedTable) -> None:
    raw, used = typed.raw, set(typed.headers.values())
    spare = [header for header in raw.cells if header not in used]
    for column in typed.table.columns:
        if column.required and column.name not in typed.headers:
            typed.issues.append(_missing_column(raw.file, column.name, list(raw.cells)))
    if spare and not typed.table.keeps_extras:
        names = ", ".join(f"'{header}'" for header in spare[:10]) + (", …" if len(spare) > 10 else "")
        raw.warnings.append(f"{raw.file}: unknown columns ignored: {names}")


def _missing_column(file: str, name: str, headers: list[str]) -> Issue:
    loose = {header.casefold(): header for header in headers}
    near = difflib.get_close_matches(name, loose, n=1, cutoff=0.5)
    shown = ", ".join(f"'{header[:40]}'" for header in headers[:8]) + (", …" if len(headers) > 8 else "")
    hint = f"the nearest header is '{loose[near[0]]}'" if near else f"the file has {shown}"
    return Issue(file, "required column is missing", f"add or rename it; {hint}", None, name)


def _number_cells(typed: TypedTable) -> list[pa.ChunkedArray]:
    kinds = {column.name for column in typed.table.columns if column.kind in (Kind.NUMBER, Kind.SHARE)}
    return [typed.raw.cells[header] for name, header in typed.headers.items() if name in kinds]


def _typed_column(typed: TypedTable, column: Column, comma: bool) -> pd.Series:
    header = typed.headers[column.name]
    cells: pa.ChunkedArray = typed.raw.cells[header]
    if not any(is_kind(cells.type) for is_kind in SCALARS):
        remedy = "write text, numbers, booleans or dates"
        rule = f"holds values of the type {cells.type}"
        typed.issues.append(Issue(typed.raw.file, rule, remedy, None, column.name))
        return _absent(column, len(cells))
    series, breaches, trimmed = parse_column(column, cells, comma)
    typed.breaches.extend(breaches)
    if trimmed and column.kind is Kind.TEXT:
        warning = f"{typed.raw.file}: column '{header}': spaces around {trimmed:,} cells removed"
        typed.raw.warnings.append(warning)
    return series


def _absent(column: Column, count: int) -> pd.Series:
    if column.kind is Kind.DATE:
        return pd.Series(np.full(count, np.datetime64("NaT"), dtype="datetime64[s]"))
    if column.kind in (Kind.NUMBER, Kind.SHARE):
        return pd.Series(np.full(count, np.nan if column.default is None else column.default, dtype=np.float64))
    if column.kind is Kind.FLAG:
        return pd.Series(np.full(count, bool(column.default)))
    texts = pa.array([column.default], pa.large_string()).take(pa.array(np.zeros(count, np.int64)))
    return pd.Series(pd.array(texts, dtype=TEXT))


def _extras(typed: TypedTable) -> dict[str, pd.Series]:
    """Return further columns: text (whole numbers are codes), but measurements with decimals as numbers."""
    used = set(typed.headers.values())
    kept: dict[str, pd.Series] = {}
    for header, cells in typed.raw.cells.items():
        if header in used:
            continue
        if header == "" or header in typed.table.names or not any(is_kind(cells.type) for is_kind in SCALARS):
            typed.raw.warnings.append(f"{typed.raw.file}: column '{header}' has no name or no plain values; ignored")
            continue
        text = as_text(cells)
        measured = bool(pc.any(pc.match_substring_regex(text, r"^\s*[+-]?\d*\.\d+\s*$")).as_py())
        numeric, faults, _ = parse_column(Column(header, Kind.NUMBER), text)
        kept[header] = numeric if measured and not faults else parse_column(Column(header), text)[0]
    return kept
