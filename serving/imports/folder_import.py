"""`fillrate import KIND FILE…`: reports into a folder of tables, or only judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from core.errors import DataError, Issue, StorageError, UsageError
from core.progress import Progress, silent
from core.settings import Settings
from inventory.configuration import read_configuration
from inventory.imports.generic import SavedMapping
from inventory.imports.importing import Imported, import_report
from inventory.imports.merging import folder_identity, merge_into_folder
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings
from inventory.ledger.book import Recorded, record
from serving.access import LOCAL_TENANT
from serving.alerts.local import local_database
from serving.demand.row_errors import error_file_text
from serving.imports.committing import movements_of

__all__ = ["FolderImport", "import_to_folder", "record_locally", "refusal_of", "told_by_folder"]

SHOWN = 100


@dataclass(frozen=True, slots=True)
class FolderImport:
    """What was imported, and the rows that each table of the folder has now (none where nothing was written)."""

    imported: Imported
    rows: dict[str, int]


def import_to_folder(
    kind: str,
    files: Sequence[Path],
    out: Path | None,
    settings: ImportSettings,
    *,
    mapping: SavedMapping | None = None,
    best_effort: bool = False,
    overwrite: bool = False,
    progress: Progress = silent,
) -> FolderImport:
    """Import files of one kind into the folder `out` (None: judge them and write nothing).

    A table that is there is merged by its natural key; overwrite: it gives way. best_effort: rows that break a rule are
    left out and written to `rejected/`. Raises DataError that names the first bad rows otherwise, UsageError,
    StorageError.
    """
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; name a folder")
    sources = [_source(path) for path in files]
    identity = None if out is None else folder_identity(out)
    settings = told_by_folder(settings, out)
    imported = import_report(kind, sources, settings, identity=identity, mapping=mapping, progress=progress)
    if len(imported.refused) and not best_effort:
        raise refusal_of(imported.refused)
    if out is None:
        return FolderImport(imported, {})
    beside = {}
    if len(imported.refused):
        beside[f"rejected/{kind}.csv"] = error_file_text(imported.refused).encode()
    progress("writing the tables", 0.95)
    return FolderImport(imported, merge_into_folder(imported, out, settings, overwrite, beside))


def record_locally(imported: Imported, settings: Settings, now: datetime) -> Recorded:
    """Record an import's movements in the stock ledger of this machine's own tenant, each once.

    Raises UsageError where the import made none, StockError where there is not so much stock: nothing is recorded then.
    """
    table = imported.tables.get("movements")
    if table is None:
        raise UsageError(
            f"{imported.account.kind} makes no movements; --ledger is for ledger-summary and ledger-detail"
        )
    with local_database(settings) as database, database.transaction() as connection:
        return record(connection, LOCAL_TENANT, movements_of(table), now)


def refusal_of(refused: pd.DataFrame) -> DataError:
    """Return the error that names refused rows by file, row and column, with what to do."""
    issues = [
        Issue(file, rule, remedy, int(row), None if pd.isna(column) else column, None if pd.isna(value) else value)
        for file, row, column, rule, remedy, value in refused.head(SHOWN).itertuples(index=False)
    ]
    beyond = len(refused) - len(issues)
    if beyond:
        issues.append(
            Issue(str(refused["file"].iloc[0]), f"{beyond:,} more rows are refused", "--best-effort lists all")
        )
    return DataError(issues)


def told_by_folder(settings: ImportSettings, out: Path | None) -> ImportSettings:
    """Return the settings with the time zone, unless it is given, and the frequency of the folder's dataset.toml."""
    if out is None or not out.is_dir():
        return replace(settings, time_zone=settings.time_zone or "UTC")
    config, named = read_configuration(out)
    frequency = config.frequency if named else settings.frequency
    return replace(settings, time_zone=settings.time_zone or config.time_zone, frequency=frequency)


def _source(path: Path) -> Source:
    if not path.is_file():
        raise UsageError(f"{path} is not a file; give the report")
    try:
        return Source(path.name, path.read_bytes())
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}; check its permissions") from error
