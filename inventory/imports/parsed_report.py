"""Files of one report as values by field, with a verdict on every row: kept, left out for a reason, or refused."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import UsageError
from core.progress import Progress, silent
from inventory.breach import RawTable
from inventory.cells import as_text
from inventory.imports.field_values import FieldValues, field_values, missing_values
from inventory.imports.header_match import Matched, match_headers
from inventory.imports.layout import FieldKind, Layout
from inventory.imports.report_reading import FileFacts, Source, read_source
from inventory.imports.settings import ImportSettings
from inventory.inflate import UploadLimits
from inventory.number_text import uses_decimal_comma

__all__ = ["REFUSED_COLUMNS", "ParsedReport", "broken_rows", "parse_report", "refused_frame"]

REFUSED_COLUMNS = ("file", "row", "column", "rule", "remedy", "value")
Values = npt.NDArray[np.object_]
Refusal = tuple[str, int, str | None, str, str, str | None]


@dataclass(slots=True)
class ParsedReport:
    """A report's kept rows (n) by field, and what became of all others.

    fields: field → (n,) values (str, Decimal, date, bool; missing: '' or None), all fields of the layout. extras: (n,)
    JSON objects of the other columns' cells. rows, names: (n,) row numbers and files. read: rows in all; skipped:
    reason → rows; refused: rows, each with the first rule that it breaks.
    """

    layout: Layout
    fields: dict[str, Values]
    extras: Values
    rows: npt.NDArray[np.int64]
    names: Values
    files: list[FileFacts] = field(default_factory=list)
    read: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """How many rows are kept."""
        return len(self.rows)

    def leave_out(self, reason: str, where: npt.NDArray[np.bool_]) -> None:
        """Take the rows in `where` (n,) out, for one reason."""
        if where.any():
            self.skipped[reason] += int(where.sum())
            self._keep(~where)

    def refuse(self, column: str, rule: str, remedy: str, where: npt.NDArray[np.bool_]) -> None:
        """Refuse the rows in `where` (n,) for a rule of the whole row."""
        for place in np.flatnonzero(where):
            self.refused.append((str(self.names[place]), int(self.rows[place]), column, rule, remedy, None))
        if where.any():
            self._keep(~where)

    def refuse_rows(self, found: Mapping[int, tuple[str | None, str, str, str | None]]) -> None:
        """Refuse rows by place: column, rule, remedy and value of each."""
        for place, told in sorted(found.items()):
            self.refused.append((str(self.names[place]), int(self.rows[place]), *told))
        if found:
            good = np.ones(self.kept, dtype=bool)
            good[list(found)] = False
            self._keep(good)

    def _keep(self, where: npt.NDArray[np.bool_]) -> None:
        self.fields = {name: values[where] for name, values in self.fields.items()}
        self.extras, self.rows, self.names = self.extras[where], self.rows[where], self.names[where]


def broken_rows(raw: RawTable) -> list[Refusal]:
    """Return the lines of a file that cannot be split into cells, as refused rows."""
    return [(raw.file, line, None, rule, remedy, text) for line, rule, remedy, text in raw.broken]


def refused_frame(refused: Sequence[Refusal]) -> pd.DataFrame:
    """Return refused rows as a table with REFUSED_COLUMNS, by file and row."""
    ordered = sorted(refused, key=lambda found: found[:2])
    return pd.DataFrame(ordered, columns=list(REFUSED_COLUMNS), dtype=object)


def parse_report(
    layout: Layout,
    sources: Sequence[Source],
    settings: ImportSettings,
    limits: UploadLimits,
    progress: Progress = silent,
) -> ParsedReport:
    """Read the files and return their rows, each accounted for: kept + skipped + refused = read.

    Raises DataError for a file that cannot be read or lacks a column, UsageError for the same content twice.
    """
    if len({source.sha256 for source in sources}) < len(sources):
        raise UsageError("the same file is given twice; give each once")
    parts = []
    for place, source in enumerate(sources):
        progress(f"reading {source.name}", place / len(sources))
        parts.append(_parse_one(layout, source, settings, limits))
    whole = _joined(layout, parts)
    for skip in layout.skips:
        words = {value.casefold() for value in skip.values}
        whole.leave_out(skip.reason, np.array([value.casefold() in words for value in whole.fields[skip.field]], bool))
    if layout.unique:
        whole.leave_out("repeats an earlier row", _repeats(layout, whole))
    return whole


def _parse_one(layout: Layout, source: Source, settings: ImportSettings, limits: UploadLimits) -> ParsedReport:
    spellings = [header for asked in layout.fields for header in asked.headers]
    raw, facts = read_source(source, [*spellings, *layout.known, *settings.mapping.values()], layout.records, limits)
    count = len(raw.rows)
    if not raw.cells:
        matched = Matched({}, (), ())
    else:
        matched = match_headers(layout, list(raw.cells), settings.mapping, raw.file)
    found = _values(layout, raw, matched, settings)
    refused, bad = _refused(layout, raw, matched, found)
    values = {
        asked.name: found[asked.name].values if asked.name in found else missing_values(asked, count)
        for asked in layout.fields
    }
    names = np.empty(count, dtype=object)
    names[:] = raw.file
    extras = _extras(raw, [*matched.known, *matched.unknown])
    part = ParsedReport(layout, values, extras, raw.rows, names, [facts], count + len(raw.broken))
    part.refused = [*broken_rows(raw), *refused]
    part._keep(~bad)
    part.headers, part.unknown = dict(matched.columns), list(matched.unknown)
    part.absent = [asked.headers[0] for asked in layout.fields if raw.cells and asked.name not in matched.columns]
    part.warnings = list(raw.warnings) if part.read else [*raw.warnings, f"{raw.file} has no rows"]
    return part


def _values(layout: Layout, raw: RawTable, matched: Matched, settings: ImportSettings) -> dict[str, FieldValues]:
    numbers = [
        as_text(raw.cells[header])
        for name, header in matched.columns.items()
        if layout[name].kind in (FieldKind.NUMBER, FieldKind.WHOLE)
    ]
    comma = raw.comma and uses_decimal_comma(numbers)
    return {
        name: field_values(raw.file, layout[name], raw.cells[header], comma, settings)
        for name, header in matched.columns.items()
    }


def _refused(
    layout: Layout, raw: RawTable, matched: Matched, found: Mapping[str, FieldValues]
) -> tuple[list[Refusal], npt.NDArray[np.bool_]]:
    """Return the first broken rule of each bad row, and which rows (n,) are bad."""
    bad = np.zeros(len(raw.rows), dtype=bool)
    refused: list[Refusal] = []
    for name, values in found.items():
        for fault in values.faults:
            if name == "sku" and layout.identify and fault.rule == "is empty":
                continue  # its FNSKU or ASIN may name it
            places, texts = values.cells.rows_of(fault.bad)
            for place, text in zip(places, texts, strict=True):
                if not bad[place]:
                    bad[place] = True
                    remedy = fault.remedy if isinstance(fault.remedy, str) else fault.remedy(text or "")
                    header = matched.columns[name]
                    refused.append(
                        (raw.file, int(raw.rows[place]), header, str(fault.rule), remedy, (text or "")[:80] or None)
                    )
    return refused, bad


def _extras(raw: RawTable, headers: Sequence[str]) -> Values:
    """Return (n,) the filled cells of the columns that no field uses, as a JSON object."""
    count = len(raw.rows)
    filled: list[dict[str, str]] = [{} for _ in range(count)]
    for header in headers:
        for place, text in enumerate(as_text(raw.cells[header]).to_pylist()):
            if text:
                filled[place][header] = text
    found = np.empty(count, dtype=object)
    found[:] = [json.dumps(cells, ensure_ascii=False) if cells else "" for cells in filled]
    return found


def _joined(layout: Layout, parts: Sequence[ParsedReport]) -> ParsedReport:
    first = parts[0]
    if len(parts) == 1:
        return first
    whole = ParsedReport(
        layout,
        {name: np.concatenate([part.fields[name] for part in parts]) for name in first.fields},
        np.concatenate([part.extras for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.names for part in parts]),
    )
    for part in parts:
        whole.files += part.files
        whole.read += part.read
        whole.refused += part.refused
        whole.headers |= part.headers
        whole.unknown += [header for header in part.unknown if header not in whole.unknown]
        whole.absent += [header for header in part.absent if header not in whole.absent]
        whole.warnings += part.warnings
    return whole


def _repeats(layout: Layout, report: ParsedReport) -> npt.NDArray[np.bool_]:
    """Return which rows (n,) say in every cell what an earlier row with the same id says."""
    seen: set[tuple[Any, ...]] = set()
    again = np.zeros(report.kept, dtype=bool)
    columns = [*report.fields.values(), report.extras]
    named = [all(cells) for cells in zip(*(report.fields[name] for name in layout.unique), strict=True)]
    for place, cells in enumerate(zip(*columns, strict=True)):
        if not named[place]:
            continue
        again[place] = cells in seen
        seen.add(cells)
    return again
