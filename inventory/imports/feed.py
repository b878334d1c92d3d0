"""A report's rows as rows of tables, as its layout says: columns, constants, one row a measure, sums by key."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import UsageError
from inventory.imports.fact_tables import table_key
from inventory.imports.layout import Feed, Layout
from inventory.imports.parsed_report import ParsedReport
from inventory.imports.settings import ImportSettings

__all__ = ["cell_text", "feed_tables", "text_table"]

Values = npt.NDArray[np.object_]
Tables = dict[str, pd.DataFrame]


def feed_tables(report: ParsedReport, settings: ImportSettings) -> Tables:
    """Return table → rows (all cells texts, '' missing) that the layout's feeds make.

    Rows of one table with the same key: sums are added up, otherwise the last one stays. Raises UsageError where the
    report names no day and the settings have none.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    adds: dict[str, tuple[str, ...]] = {}
    for feed in report.layout.feeds:
        rows.setdefault(feed.table, []).extend(_rows(report, feed, settings))
        adds[feed.table] = tuple(dict.fromkeys([*adds.get(feed.table, ()), *feed.adds]))
    return {table: text_table(table, found, adds[table]) for table, found in rows.items() if found}


def text_table(table: str, rows: Iterable[Mapping[str, Any]], adds: Sequence[str] = ()) -> pd.DataFrame:
    """Return rows as texts, one a natural key: columns in `adds` are added up, of others the last cell stays."""
    key = table_key(table)
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
        place = tuple(row.get(name) or "" for name in key)
        before = found.get(place)
        if before is not None:
            row = {**before, **{name: value for name, value in row.items() if value not in (None, "")}} | {
                name: _sum((before.get(name), row.get(name))) for name in adds
            }
        found[place] = dict(row)
    columns = {name: [cell_text(row.get(name)) for row in found.values()] for name in names}
    return pd.DataFrame(columns, dtype=object)


def cell_text(value: Any) -> str:
    """Return a value as a CSV cell: exact decimals, ISO days, true and false.

    >>> [cell_text(value) for value in (Decimal("1E+2"), Decimal("4.50"), None, True)]
    ['100', '4.50', '', 'true']
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _rows(report: ParsedReport, feed: Feed, settings: ImportSettings) -> Iterable[dict[str, Any]]:
    chosen = np.flatnonzero(_fed(report, feed))
    constants = {name: _constant(report.layout, text, settings) for name, text in feed.constants.items()}
    columns = {name: _column(report, feed, name, fields, chosen) for name, fields in feed.columns.items()}
    measures: Mapping[str, Values | None] = {name: report.fields[field][chosen] for name, field in feed.each.items()}
    for place in range(len(chosen)):
        shared = {**constants, **{name: values[place] for name, values in columns.items()}}
        for name, values in (measures or {"": None}).items():
            row = dict(shared)
            if values is not None:
                if values[place] is None:
                    continue
                row |= {feed.into[0]: name, feed.into[1]: values[place]}
            if all(row.get(measure) is not None and row[measure] > 0 for measure in feed.positive):
                yield row


def _fed(report: ParsedReport, feed: Feed) -> npt.NDArray[np.bool_]:
    chosen = np.ones(report.kept, dtype=bool)
    for name in feed.needs:
        chosen &= np.array([value not in (None, "") for value in report.fields[name]], dtype=bool)
    for name, word in feed.where.items():
        chosen &= np.array([cell_text(value).casefold() == word for value in report.fields[name]], dtype=bool)
    if feed.one_day:
        chosen &= report.fields["start"] == report.fields["end"]
    return chosen


def _constant(layout: Layout, text: str, settings: ImportSettings) -> Any:
    if text == "@date":
        if settings.day is None:
            raise UsageError(f"a {layout.kind} report names no day; say of which day it is: --date YYYY-MM-DD")
        return settings.day
    return {"@location": settings.location, "@channel": settings.channel}.get(text, text)


def _column(report: ParsedReport, feed: Feed, name: str, fields: Sequence[str], chosen: npt.NDArray[Any]) -> Values:
    found = np.empty(len(chosen), dtype=object)
    columns = [report.fields[field][chosen] for field in fields]
    words = {word.casefold(): stands for word, stands in feed.words.get(name, {}).items()}
    for place, cells in enumerate(zip(*columns, strict=True)):
        value = cells[0] if len(cells) == 1 else _sum(cells)
        found[place] = words.get(value.casefold(), value) if words and isinstance(value, str) else value
    return found


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None
