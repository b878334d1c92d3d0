"""Broken rules: many rows at once while a table is checked, single issues and rows when it is reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from core.errors import DataError, Issue

__all__ = ["Breach", "RawTable", "file_error", "rejected_records", "rejected_rows"]

SHOWN_PER_BREACH = 100
"""So many rows of one broken rule become issues; one more issue tells how many rows there are beyond them."""


@dataclass(slots=True)
class RawTable:
    """A file's cells as read, not yet judged.

    cells: one column a header field, in file order: text (CSV) or the file's own types (Parquet).
    rows: (n,) the number a reader of the file would give to each record. comma: decimal commas are possible.
    broken: lines that cannot be split into cells: (line, rule, remedy, text). warnings: what was put right.
    encoding: of a text file, as Python names it.
    """

    name: str
    file: str
    cells: dict[str, pa.ChunkedArray]
    rows: npt.NDArray[np.int64]
    comma: bool = False
    broken: list[tuple[int, str, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule of one column, broken at `positions` (0-based records) where the cells read `values`.

    `remedy` is a sentence, or a function from the cell's text to one.
    """

    column: str | None
    rule: str | Sequence[str]
    remedy: str | Callable[[str], str]
    positions: npt.NDArray[np.int64]
    values: Sequence[str | None]

    def at(self, index: int) -> tuple[str, str, str | None]:
        """Return rule, remedy and value of the `index`-th broken row."""
        value = self.values[index]
        rule = self.rule if isinstance(self.rule, str) else self.rule[index]
        return rule, self.remedy if isinstance(self.remedy, str) else self.remedy(value or ""), value

    def issues(self, file: str, rows: npt.NDArray[np.int64]) -> list[Issue]:
        """Return one issue a row, up to SHOWN_PER_BREACH, and one for all rows beyond."""
        found = []
        for index, position in enumerate(self.positions[:SHOWN_PER_BREACH]):
            rule, remedy, value = self.at(index)
            found.append(Issue(file, rule, remedy, int(rows[position]), self.column, value))
        beyond = len(self.positions) - len(found)
        if beyond:
            rule, remedy, _ = self.at(0)
            told = f"{beyond:,} more rows break the same rule: {rule}"
            found.append(Issue(file, told, remedy, None, self.column, rows=beyond))
        return found


def file_error(file: str, rule: str, remedy: str, column: str | None = None, value: str | None = None) -> DataError:
    """Return the error of a whole file or column."""
    return DataError([Issue(file, rule, remedy, None, column, value)])


def rejected_rows(breaches: Sequence[Breach], raw: RawTable) -> pd.DataFrame:
    """Return the bad rows in file order: row, column, rule, remedy, value (the first rule a row breaks)."""
    records: dict[int, tuple[object, ...]] = {}
    for line, rule, remedy, text in raw.broken:
        records[line] = (line, None, rule, remedy, text)
    for breach in breaches:
        for index, position in enumerate(breach.positions):
            row = int(raw.rows[position])
            if row not in records:
                rule, remedy, value = breach.at(index)
                records[row] = (row, breach.column, rule, remedy, value)
    ordered = [records[row] for row in sorted(records)]
    return pd.DataFrame(ordered, columns=["row", "column", "rule", "remedy", "value"])


def rejected_records(breaches: Sequence[Breach], raw: RawTable) -> pd.DataFrame:
    """Return `rejected_rows` and behind them the file's own cells, so that a row can be mended and given again.

    A column of the file with one of our names, such as the `value` of signals, is called `value_in_file`. Lines that
    cannot be split into cells have none: their text is the `value`.
    """
    bad = rejected_rows(breaches, raw)
    # Numbers of records rise, so that a binary search finds each; a broken line is never one of them.
    place = np.searchsorted(raw.rows, bad["row"].to_numpy(dtype=np.int64))
    there = np.zeros(len(bad), dtype=bool)
    inside = place < len(raw.rows)
    there[inside] = raw.rows[place[inside]] == bad["row"].to_numpy()[inside]
    taken = pa.array(np.where(there, place, 0), mask=~there)
    own = {f"{name}_in_file" if name in bad else name: cells.take(taken) for name, cells in raw.cells.items()}
    return bad.assign(**{name: np.array(cells.to_pylist(), dtype=object) for name, cells in own.items()})
