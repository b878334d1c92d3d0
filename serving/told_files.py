"""Small tables that a command is told besides the dataset: read by column name, refused with file, row and remedy."""

from pathlib import Path

import pandas as pd

from core.errors import DataError, Issue, UsageError

__all__ = ["read_told"]

DATES = ("date", "received_on", "refunded_on", "month")
MOMENTS = ("at",)
NUMBERS = ("units", "mean", "amount")


def read_told(path: Path, option: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return a CSV or Parquet file with these columns: dates and moments (UTC) as datetime64[s], numbers as
    float64, the rest text.

    Further columns are kept as they are; a missing `location` is `main`. Raises UsageError where the file is not there
    or is no table, DataError for a missing column or a cell that is no date, moment or number.
    """
    if not path.is_file():
        raise UsageError(f"{option} {path} is no file; give a CSV or Parquet table with {', '.join(columns)}")
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str)
    except (ValueError, OSError) as error:
        raise UsageError(f"{option} {path} is not readable as a table: {str(error)[:120]}") from None
    if "location" in columns and "location" not in table:
        table["location"] = "main"
    missing = [name for name in columns if name not in table]
    if missing:
        remedy = f"give the columns {', '.join(columns)}"
        raise DataError([Issue(path.name, "required column is missing", remedy, None, name) for name in missing])
    for name in columns:
        if name in (*DATES, *MOMENTS, *NUMBERS):
            table[name] = _typed(path.name, name, table[name])
    return table


def _typed(file: str, name: str, cells: pd.Series) -> pd.Series:
    if name in NUMBERS:
        read, rule, remedy = pd.to_numeric(cells, errors="coerce"), "is no number", "write 12 or 12.5"
    else:
        moments = name in MOMENTS
        read = pd.to_datetime(cells, errors="coerce", format="ISO8601", utc=moments)
        read = read.dt.tz_localize(None) if moments else read
        rule, remedy = ("is no moment", "write 2024-04-15T09:30") if moments else ("is no date", "write 2024-04-15")
    wrong = read.isna()
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise DataError([Issue(file, rule, remedy, row + 2, name, str(cells.iloc[row]))])
    return read.astype(float) if name in NUMBERS else read.astype("datetime64[s]")
