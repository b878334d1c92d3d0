"""Google Trends exports ("multiTimeline.csv") as keyword signals, in whichever language they were downloaded.

Values are 0 … 100 relative to the largest one of that export: levels of two exports cannot be compared, so a series is
only continued by an export of the same scale.
"""

import calendar
import csv
import datetime as dt
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from core.errors import DataError, Issue, UsageError
from inventory.breach import file_error
from inventory.delimited import decode_named, sniff_separator
from inventory.imports.feed import text_table
from inventory.imports.layout import Layout
from inventory.imports.parsed_report import ParsedReport
from inventory.imports.report_reading import FileFacts, Source, unpacked
from inventory.imports.settings import ImportSettings
from inventory.inflate import UploadLimits

__all__ = ["check_scale", "trends_report"]

MOST_LINES_ABOVE = 5
"""Lines before the header: the category and an empty one, as a rule."""
DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?([T ]\d{2}(:\d{2}(:\d{2})?)?)?$")
TERM = re.compile(r"(?P<term>.+?)\s*:\s*\((?P<region>[^()]*)\)$")
BELOW_ONE = Decimal("0.5")
PARTIAL = "ispartial"
PERIODS = {"daily": 1, "weekly": 7}
TOLERANCE = Decimal(1)
"""Two downloads of one scale may differ so much: values are rounded."""


@dataclass(frozen=True, slots=True)
class _Export:
    """One file: its terms (keyword, region), and its lines: number, period's first day, cells."""

    file: str
    terms: list[tuple[str, str]]
    partial: int | None
    lines: list[tuple[int, str, list[str]]]
    encoding: str


def trends_report(
    layout: Layout, sources: Sequence[Source], settings: ImportSettings, limits: UploadLimits
) -> tuple[ParsedReport, dict[str, pd.DataFrame]]:
    """Return the account of Trends exports, a row a line, and their signals `search_interest_daily|weekly|monthly`.

    `<1` is 0.5. The region is told in the name only where a term comes with several: a signal of a location would speak
    of that stock location. Values of hours are left out, so is a period that was not over on `settings.day` (the day
    of the download), or that the file calls partial. A value is known from the day after its period. Raises
    DataError for what is no such export, UsageError where two files tell the same term on two scales.
    """
    nothing = np.empty(0, dtype=object)
    report = ParsedReport(layout, {"date": nothing}, nothing, np.empty(0, np.int64), nothing)
    rows: list[dict[str, Any]] = []
    kept: list[tuple[str, int, dt.date]] = []
    for source in sources:
        export = _read(source, limits)
        facts = FileFacts(source.name, source.sha256, len(source.data), "text", export.encoding, len(export.lines))
        report.files.append(facts)
        report.read += len(export.lines)
        fresh = list(_signals(report, export, settings, kept))
        table = text_table("signals", fresh)
        if rows and fresh:
            check_scale(text_table("signals", rows), table)
        rows += fresh
    report.rows = np.array([line for _, line, _ in kept], dtype=np.int64)
    report.names = np.array([name for name, _, _ in kept], dtype=object)
    report.extras = np.full(len(kept), "", dtype=object)
    report.fields["date"] = np.array([day for _, _, day in kept], dtype=object)
    return report, {"signals": text_table("signals", rows)} if rows else {}


def check_scale(before: pd.DataFrame, fresh: pd.DataFrame) -> None:
    """Raise UsageError where a series of `fresh` is there already on another scale, or shares no period with it.

    before, fresh: signals as texts, with `name, date, value, keyword`. Two exports are of one scale where all
    shared periods are the same but for rounding.
    """
    keys = ["name", "keyword"]
    for table in (before, fresh):
        if not {*keys, "date", "value"} <= set(table):
            return
    both = fresh.merge(before[before["name"].str.startswith("search_interest_")], on=keys, suffixes=("", "_before"))
    for series, pairs in both.groupby(keys, sort=True):
        shared = pairs[pairs["date"] == pairs["date_before"]]
        apart = [
            abs(Decimal(new) - Decimal(old)) for new, old in zip(shared["value"], shared["value_before"], strict=True)
        ]
        if apart and max(apart) <= TOLERANCE:
            continue
        why = f"values of the same day differ by up to {max(apart):f}" if apart else "no period is in both"
        raise UsageError(
            f"'{series[1]}' is there already from another export, and {why}: Trends values cannot be compared between "
            "exports; download the whole span at once and replace the series (--replace-series)"
        )


def _read(source: Source, limits: UploadLimits) -> _Export:
    warnings: list[str] = []
    text, encoding = decode_named(source.name, unpacked(source, limits), warnings)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > limits.rows:
        raise file_error(source.name, f"has {len(lines):,} lines", "give an export of Google Trends")
    first = next((at for at, line in enumerate(lines) if DATE.match(re.split("[,;\t]", line)[0].strip('" '))), None)
    if first is None or not 1 <= first <= MOST_LINES_ABOVE:
        remedy = "give the CSV that Trends downloads for interest over time (multiTimeline.csv)"
        raise file_error(source.name, "is no Google Trends export: no line starts with a date below a header", remedy)
    separator = sniff_separator(lines[first], ())
    header = next(csv.reader([lines[first - 1]], delimiter=separator))[1:]
    partial = next((at for at, cell in enumerate(header) if cell.strip().casefold() == PARTIAL), None)
    terms = [_term(source.name, cell) for at, cell in enumerate(header) if at != partial]
    records = []
    for number, line in enumerate(lines[first:], start=first + 1):
        if line.strip():
            cells = next(csv.reader([line], delimiter=separator))
            records.append((number, cells[0].strip(), [cell.strip() for cell in cells[1:]]))
    return _Export(source.name, terms, partial, records, encoding)


def _term(file: str, cell: str) -> tuple[str, str]:
    """Return keyword and region of a header cell `term: (region)`; the region may be missing."""
    found = TERM.match(cell.strip())
    if found:
        return found["term"], found["region"]
    if not cell.strip():
        raise file_error(file, "has a column without a term", "download the export again")
    return cell.strip(), ""


def _signals(
    report: ParsedReport, export: _Export, settings: ImportSettings, kept: list[tuple[str, int, dt.date]]
) -> Iterator[dict[str, Any]]:
    period, regions = _period(export), _suffixes(export)
    largest = Decimal(0)
    for number, date, cells in export.lines:
        day, values = _line(report, export, number, date, cells)
        if day is None:
            continue
        known = _after(day, period)
        if period == "hourly":
            report.skipped["values of hours"] += 1
        elif _is_partial(export, cells) or (settings.day is not None and known > settings.day):
            report.skipped["a period that is not over"] += 1
        else:
            kept.append((export.file, number, day))
            for (keyword, region), value in zip(export.terms, values, strict=True):
                largest = max(largest, value)
                name = f"search_interest_{period}{regions.get((keyword, region), '')}"
                yield {"date": day, "name": name, "value": value, "keyword": keyword, "available_on": known}
    if largest and largest < 100:
        report.warnings.append(
            f"{export.file}: the largest value is {largest}, not 100: the file is cut, its scale another one"
        )


def _suffixes(export: _Export) -> dict[tuple[str, str], str]:
    """Return what tells the regions of a term apart, for terms that come with several."""
    terms = [keyword for keyword, _ in export.terms]
    twice = [(keyword, region) for keyword, region in export.terms if terms.count(keyword) > 1]
    return {(keyword, region): "_" + re.sub(r"\W+", "_", region.casefold()).strip("_") for keyword, region in twice}


def _line(
    report: ParsedReport, export: _Export, number: int, date: str, cells: list[str]
) -> tuple[dt.date | None, list[Decimal]]:
    """Return the day and values of a line; it is refused where it has others than the header says."""
    cells = [cell for at, cell in enumerate(cells) if at != export.partial]
    day = _day(date)
    refusal: tuple[str | None, str, str, str] | None = None
    values: list[Decimal] = []
    if day is None:
        refusal = (None, "is no date", "write YYYY-MM-DD", date[:80])
    elif len(cells) != len(export.terms):
        rule = f"has {len(cells)} values where the header has {len(export.terms)}"
        refusal = (None, rule, "download the export again", date)
    else:
        for (keyword, _), cell in zip(export.terms, cells, strict=True):
            value = (
                BELOW_ONE
                if cell.replace(" ", "") == "<1"
                else Decimal(cell)
                if re.fullmatch(r"\d{1,3}", cell)
                else None
            )
            if value is None or value > 100:
                refusal = (keyword, "is no value of 0 … 100", "download the export again", cell[:80])
                break
            values.append(value)
    if refusal is not None:
        report.refused.append((export.file, number, *refusal))
        return None, []
    return day, values


def _day(text: str) -> dt.date | None:
    if not DATE.match(text):
        return None
    try:
        return dt.date.fromisoformat(text[:10] if len(text) > 7 else f"{text}-01")
    except ValueError:
        return None


def _period(export: _Export) -> str:
    """Return what a line stands for, by the dates: the words of the header are in the user's language."""
    texts = [date for _, date, _ in export.lines]
    if all(len(text) == 7 for text in texts):
        return "monthly"
    days = sorted({day for text in texts if (day := _day(text)) is not None})
    if any(len(text) > 10 and not text.endswith(("T00:00:00", "T00")) for text in texts) or len(days) < len(texts) / 2:
        return "hourly"
    steps = {(later - earlier).days for earlier, later in itertools.pairwise(days)}
    step = min(steps, default=7)
    if step in (1, 7):
        return "daily" if step == 1 else "weekly"
    if 28 <= step <= 31:
        return "monthly"
    issue = Issue(export.file, f"has dates {step} days apart", "give an export by day, week or month")
    raise DataError([issue])


def _after(day: dt.date, period: str) -> dt.date:
    """Return the first day after the period that starts on `day`."""
    span = calendar.monthrange(day.year, day.month)[1] if period == "monthly" else PERIODS.get(period, 1)
    return day + dt.timedelta(days=span)


def _is_partial(export: _Export, cells: list[str]) -> bool:
    at = export.partial
    return at is not None and at < len(cells) and cells[at].casefold() == "true"
