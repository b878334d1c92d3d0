"""From a folder to raw tables: which file is which table, and its cells as text (CSV) or typed (Parquet)."""

import difflib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from core.errors import DataError, Issue, StorageError
from inventory.breach import RawTable, file_error
from inventory.delimited import MOST_COLUMNS, read_delimited
from inventory.imports.fact_tables import FACT_TABLES
from inventory.schema import TABLES

__all__ = ["find_files", "find_tables", "parquet_cells", "read_cells", "read_raw"]

SUFFIXES = (".csv", ".csv.gz", ".parquet")
COMPANIONS = frozenset({"price_history", "set_aside_lines"})
"""Files that an import of orders writes beside the tables, for people; those of reports are FACT_TABLES."""
SHOWN = 5
LOOKALIKES = (
    ".xlsx",
    ".xls",
    ".ods",
    ".tsv",
    ".txt",
    ".json",
    ".jsonl",
    ".feather",
    ".zip",
    ".pq",
    ".csv.zip",
)


def find_tables(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return what `find_files` does; raises DataError also when there is no sales table."""
    found, warnings = find_files(folder)
    if "sales" not in found:
        raise _no_sales(folder, warnings)
    return found, warnings


def find_files(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return table name → file, and warnings about files that look like a table but are not read.

    Raises DataError for a folder that is missing or none, or that has the same table twice.
    """
    files = _files(folder)
    found: dict[str, Path] = {}
    warnings: list[str] = []
    issues: list[Issue] = []
    strangers: list[str] = []
    for path in files:
        name, suffix = _split(path)
        if name not in TABLES or suffix not in SUFFIXES:
            alike = _resemblance(path, name, suffix)
            warnings.extend(alike)
            ours = name in FACT_TABLES or name in COMPANIONS
            strangers.extend([path.name] if suffix in SUFFIXES and not alike and not ours else [])
        elif name in found:
            rule = f"the table '{name}' is there twice, also as {found[name].name}"
            issues.append(Issue(path.name, rule, "keep one of the two files"))
        else:
            found[name] = path
    if issues:
        raise DataError(issues)
    return found, [*warnings, *_unread(strangers)]


def _files(folder: Path) -> list[Path]:
    if not folder.exists():
        raise file_error(str(folder), "does not exist", "give the folder that holds sales.csv")
    if not folder.is_dir():
        raise file_error(str(folder), "is a file, not a folder", "give the folder that holds sales.csv")
    try:
        return sorted(path for path in folder.iterdir() if not path.is_dir())
    except OSError as error:
        raise StorageError(f"{folder} cannot be listed: {error.strerror}; check the folder's permissions") from error


def _split(path: Path) -> tuple[str, str]:
    name, dot, suffix = path.name.lower().partition(".")
    return name, dot + suffix


def _resemblance(path: Path, name: str, suffix: str) -> list[str]:
    """Say so when a file is not read though its name is a table's, or nearly."""
    if name in TABLES and suffix in LOOKALIKES:
        return [f"{path.name} is not read: save it as {name}.csv or {name}.parquet"]
    near = difflib.get_close_matches(name, TABLES, n=1, cutoff=0.8)
    if suffix in SUFFIXES and near and name not in TABLES:
        return [f"{path.name} is not read: if it is the table '{near[0]}', name it so"]
    return []


def _unread(names: list[str]) -> list[str]:
    """Say which files are not read because no table has their name."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return [f"not read, as no table of a dataset has that name: {', '.join(names[:SHOWN])}{more}"] if names else []


def _no_sales(folder: Path, warnings: Iterable[str]) -> DataError:
    hint = "; ".join(warnings)
    remedy = "add sales.csv or sales.parquet (sku, date, units)" + (f"; {hint}" if hint else "")
    return file_error(str(folder), "has no sales table", remedy)


def read_raw(name: str, path: Path) -> RawTable:
    """Return the cells of one table's file; see `read_cells`."""
    return read_cells(name, path, TABLES[name].names)


def read_cells(name: str, path: Path, known: Iterable[str]) -> RawTable:
    """Return a file's cells: Parquet by its suffix, else delimited text whose header holds `known` names.

    Raises DataError for its content, StorageError for the disk.
    """
    try:
        if path.stat().st_size == 0:
            raise file_error(path.name, "is empty (0 bytes)", "write at least the header line, or remove the file")
        if path.name.lower().endswith(".parquet"):
            return _read_parquet(name, path)
        return read_delimited(name, path.name, path.read_bytes(), known)
    except OSError as error:
        reason = error.strerror or error
        raise StorageError(f"{path} cannot be read: {reason}; check the file and its permissions") from error


def _read_parquet(name: str, path: Path) -> RawTable:
    try:
        with path.open("rb") as stream:
            table = parquet.read_table(stream)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:120]
        raise file_error(path.name, f"is not a readable Parquet file ({reason})", "write it again") from None
    return RawTable(name, path.name, parquet_cells(path.name, table), np.arange(1, table.num_rows + 1, dtype=np.int64))


def parquet_cells(file: str, table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Return a Parquet table's columns by name; raises DataError for too many columns or a name that is there twice."""
    if table.num_columns > MOST_COLUMNS:
        remedy = "write one row a record, in a long table"
        raise file_error(file, f"has {table.num_columns:,} columns in its header", remedy)
    names = [str(column).strip() for column in table.column_names]
    cells: dict[str, pa.ChunkedArray] = {}
    for position, column in enumerate(names):
        if column in cells:
            raise file_error(file, "appears twice in the header", "keep one of the two columns", column)
        if not column.startswith("__index_level_"):  # the unnamed index that pandas writes along
            cells[column] = table.column(position)
    return cells
