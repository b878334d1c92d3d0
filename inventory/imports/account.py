"""The account of an import: what became of every row, which columns were found, which tables were made."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import pandas as pd

from inventory.imports.parsed_report import ParsedReport
from inventory.imports.report_reading import FileFacts

__all__ = ["ImportAccount", "account_of"]


@dataclass(frozen=True, slots=True)
class ImportAccount:
    """What became of every row: rows_read = rows_kept + all rows_skipped + rows_refused.

    kind, report: our name and the publisher's. columns: field → header; unknown_columns are kept beside,
    missing_columns are optional ones. tables: table → rows made. first_date, last_date: of what was kept (ISO;
    empty where there is none).
    """

    kind: str
    report: str
    files: tuple[FileFacts, ...]
    rows_read: int
    rows_kept: int
    rows_skipped: Mapping[str, int]
    rows_refused: int
    columns: Mapping[str, str]
    unknown_columns: tuple[str, ...]
    missing_columns: tuple[str, ...]
    tables: Mapping[str, int]
    first_date: str
    last_date: str
    warnings: tuple[str, ...]

    def as_json(self) -> str:
        """Return the account as JSON text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def account_of(report: ParsedReport, tables: Mapping[str, pd.DataFrame]) -> ImportAccount:
    """Return the account of a report and the tables made of it.

    Raises AssertionError where a row is not accounted for, which is a bug.
    """
    skipped = sum(report.skipped.values())
    if report.read != report.kept + skipped + len(report.refused):
        parts = f"{report.kept} kept, {skipped} left out, {len(report.refused)} refused"
        raise AssertionError(f"{report.layout.kind}: {report.read} rows read, but {parts}")
    days = [
        day
        for name in ("date", "month", "start", "made_on")
        for day in report.fields.get(name, ())
        if isinstance(day, date)
    ]
    return ImportAccount(
        kind=report.layout.kind,
        report=report.layout.report,
        files=tuple(report.files),
        rows_read=report.read,
        rows_kept=report.kept,
        rows_skipped=dict(sorted(report.skipped.items())),
        rows_refused=len(report.refused),
        columns=dict(report.headers),
        unknown_columns=tuple(report.unknown),
        missing_columns=tuple(report.absent),
        tables={name: len(table) for name, table in sorted(tables.items())},
        first_date=min(days).isoformat() if days else "",
        last_date=max(days).isoformat() if days else "",
        warnings=tuple(report.warnings),
    )
