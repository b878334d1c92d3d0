"""The dataset: a folder of plain tables, read, validated, normalised; what is wrong is refused by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import DataError, Issue
from core.frequency import Frequency
from inventory.breach import Breach, RawTable, file_error, rejected_records
from inventory.configuration import DatasetConfig, read_configuration
from inventory.reading import find_tables, read_raw
from inventory.rules import check_table, newest_plausible, warn_about
from inventory.schema import TABLES, empty_frame
from inventory.tables import TypedTable, type_table

__all__ = ["Dataset", "ReadReport", "inferred_frequency", "read_dataset", "write_rejected"]


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What reading did beyond copying cells.

    warnings: sentences (unknown columns ignored, things inferred or put right). rejected: table → its bad
    rows (row, column, rule, remedy, value, then the file's own cells), only with best effort. rows: table → records
    read, bad ones included. files: table → file name.
    """

    warnings: tuple[str, ...] = ()
    rejected: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A validated dataset.

    `tables` maps the names of the tables present to frames with all contract columns (schema.TABLES): text
    `str` with NaN for missing, dates datetime64[s] at midnight, numbers float64, flags bool.
    """

    folder: Path
    config: DatasetConfig
    tables: Mapping[str, pd.DataFrame]
    report: ReadReport

    def table(self, name: str) -> pd.DataFrame:
        """Return the table called `name`; without rows, but with its columns, when the dataset has none."""
        return self.tables[name] if name in self.tables else empty_frame(TABLES[name])


def read_dataset(folder: Path, *, best_effort: bool = False) -> Dataset:
    """Read and validate the tables in `folder`, which is never written to.

    Raises DataError with an issue for every broken rule (file, row, column, rule, remedy), ConfigurationError
    for dataset.toml, StorageError when the disk refuses. `best_effort` keeps the good rows and leaves the bad
    ones in `report.rejected` (of rows with the same key the first is kept); a file of which nothing can be
    read is refused all the same.
    """
    files, warnings = find_tables(folder)
    config, named = read_configuration(folder)
    typed = _read_tables(files)
    if not named:
        config = replace(config, frequency=inferred_frequency(typed["sales"].frame["date"]))
        reason = "every sales date is a Monday" if config.frequency is Frequency.WEEKLY else "sales have other days"
        warnings.append(f'dataset.toml names no frequency; "{config.frequency}" is assumed: {reason}')
    newest = newest_plausible(typed["sales"].frame["date"])
    for table in typed.values():
        table.breaches.extend(check_table(table, config.frequency, newest))
    if not best_effort:
        _refuse(typed)
    warnings += [warning for table in typed.values() for warning in table.raw.warnings]
    warnings += warn_about(typed, config.frequency)
    rejected = {name: rejected_records(table.breaches, table.raw) for name, table in typed.items()}
    report = ReadReport(
        warnings=tuple(warnings),
        rejected={name: rows for name, rows in rejected.items() if len(rows)},
        rows={name: len(table.raw.rows) + len(table.raw.broken) for name, table in typed.items()},
        files={name: table.raw.file for name, table in typed.items()},
    )
    return Dataset(folder, config, _frames(typed, config.frequency), report)


def write_rejected(dataset: Dataset, folder: Path) -> list[Path]:
    """Write each table's bad rows as TABLE.rejected.csv (why, then the file's own cells) into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in sorted(dataset.report.rejected.items()):
        path = folder / f"{name}.rejected.csv"
        rows.to_csv(path, index=False, lineterminator="\n")
        written.append(path)
    return written


def _read_tables(files: Mapping[str, Path]) -> dict[str, TypedTable]:
    """Return the tables typed, in the contract's order; a problem with whole files or columns raises."""
    typed: dict[str, TypedTable] = {}
    issues: list[Issue] = []
    for name in TABLES:
        if name not in files:
            continue
        try:
            typed[name] = type_table(read_raw(name, files[name]))
        except DataError as error:
            issues.extend(error.issues)
        else:
            issues.extend(typed[name].issues)
    if issues:
        raise DataError(issues)
    raw = typed["sales"].raw
    if not len(raw.rows) and not raw.broken:
        raise file_error(raw.file, "has a header but no rows", "add at least one row of sales")
    return typed


def inferred_frequency(dates: pd.Series) -> Frequency:
    """Return the frequency of sales dated `dates`: weekly where there are several days, all of them Mondays."""
    days = np.unique(dates.dropna().to_numpy().astype("datetime64[D]"))
    mondays = len(days) > 1 and bool((Frequency.WEEKLY.floor(days) == days).all())
    return Frequency.WEEKLY if mondays else Frequency.DAILY


def _refuse(typed: Mapping[str, TypedTable]) -> None:
    issues: list[Issue] = []
    for table in typed.values():
        found = _broken_lines(table.raw)
        for breach in table.breaches:
            found.extend(breach.issues(table.raw.file, table.raw.rows))
        issues.extend(sorted(found, key=lambda issue: (issue.row is None, issue.row or 0)))
    if issues:
        raise DataError(issues)


def _broken_lines(raw: RawTable) -> list[Issue]:
    return [Issue(raw.file, rule, remedy, line, None, text or None) for line, rule, remedy, text in raw.broken]


def _frames(typed: Mapping[str, TypedTable], frequency: Frequency) -> dict[str, pd.DataFrame]:
    """Return the good rows of each table, with the one default that depends on the frequency filled in."""
    frames = {name: _good_rows(table.frame, table.breaches) for name, table in typed.items()}
    if not len(frames["sales"]):
        raw = typed["sales"].raw
        raise file_error(raw.file, "has no good row left", "correct the rows; read without best effort to see why")
    if "signals" in frames:
        signals = frames["signals"]
        after = (signals["date"] + pd.Timedelta(days=frequency.period_days)).where(~signals["known_ahead"])
        frames["signals"] = signals.assign(available_on=signals["available_on"].fillna(after))
    return frames


def _good_rows(frame: pd.DataFrame, breaches: list[Breach]) -> pd.DataFrame:
    bad = np.zeros(len(frame), dtype=bool)
    for breach in breaches:
        bad[breach.positions] = True
    return frame[~bad].reset_index(drop=True) if bad.any() else frame
