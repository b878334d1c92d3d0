"""An upload of some rows of one table: checked by the data contract, then merged into the table by natural key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import DataError
from core.frequency import Frequency
from inventory.breach import Breach, RawTable, rejected_rows
from inventory.cells import as_text
from inventory.dataset import inferred_frequency
from inventory.inflate import UploadLimits
from inventory.rules import check_table, key_codes, newest_plausible
from inventory.schema import Table
from inventory.tables import TypedTable, type_table
from inventory.unit_codes import COUNTED, take_units

__all__ = ["CREATED", "UNCHANGED", "UPDATED", "Delta", "Merged", "check_delta", "upsert"]

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"

Moments = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Delta:
    """The sound rows of an upload, and the others.

    frame: m sound rows with all contract columns. given: columns that the upload has; the others are defaults.
    rows: (m,) their numbers. rejected: bad rows (row, column, rule, remedy, value). total: rows sent.
    """

    table: Table
    frame: pd.DataFrame
    given: tuple[str, ...]
    rows: npt.NDArray[np.int64]
    rejected: pd.DataFrame
    warnings: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Merged:
    """A table after an upload.

    frame: n rows. moments: (n,) microseconds since 1970 (UTC) at which each row was last changed. statuses: what
    became of each row of the upload: created, updated or unchanged. removed: rows that are there no more.
    """

    frame: pd.DataFrame
    moments: Moments
    statuses: tuple[str, ...]
    removed: int = 0

    @property
    def changed(self) -> bool:
        """Whether anything is not as it was."""
        return self.removed > 0 or any(status != UNCHANGED for status in self.statuses)

    def count(self, status: str) -> int:
        """Return the rows of the upload that this became of."""
        return self.statuses.count(status)


def check_delta(
    raw: RawTable,
    frequency: Frequency | None,
    sold: pd.Series | None,
    limits: UploadLimits,
    case_packs: Callable[[], Mapping[str, int]] = dict,
) -> Delta:
    """Return the upload's rows, judged by the same rules as a table in a folder.

    frequency: the dataset's; None: what the dates of its sales say. sold: dates of the sales that are there already.
    case_packs: gives sku → units in a case, for quantities in cases. Raises DataError for what is wrong with the whole
    upload (a required column is missing).
    """
    factors, strange = take_units(raw, case_packs)
    typed = type_table(raw)
    if typed.issues:
        raise DataError(typed.issues)
    typed.breaches.extend([*strange, *_too_long(typed, limits)])
    if factors is not None:
        _in_pieces(typed, factors)
    dates = _sales_dates(typed, sold)
    if frequency is None:
        frequency = Frequency.DAILY if dates is None else inferred_frequency(dates if sold is None else sold)
    breaches = [*typed.breaches, *check_table(typed, frequency, None if dates is None else newest_plausible(dates))]
    bad = np.zeros(len(typed.frame), dtype=bool)
    for breach in breaches:
        bad[breach.positions] = True
    extras = [name for name in typed.frame if name not in typed.table.names]
    return Delta(
        table=typed.table,
        frame=typed.frame[~bad].reset_index(drop=True),
        given=(*typed.headers, *extras),
        rows=raw.rows[~bad],
        rejected=rejected_rows(breaches, raw),
        warnings=tuple(raw.warnings),
        total=len(raw.rows) + len(raw.broken),
    )


def upsert(current: pd.DataFrame, moments: Moments, delta: Delta, now: int, replace: bool = False) -> Merged:
    """Return the table after the delta: rows with a natural key that is there are changed, others added at the end.

    Of a changed row only the columns that the upload has are changed; an empty cell there is the column's default. A
    row is new where its key cannot be told (returns without an order number). replace: rows of the table that the
    upload does not have go. now: microseconds since 1970.
    """
    frame = _with_columns(current, delta.frame)
    fresh = _with_columns(delta.frame, frame)[list(frame.columns)]
    place = _places(delta.table, frame, fresh)
    found = place >= 0
    differs = np.zeros(len(fresh), dtype=bool)
    old, new = frame.iloc[place[found]].reset_index(drop=True), fresh[found].reset_index(drop=True)
    given = [name for name in delta.given if name in frame.columns and name not in delta.table.key]
    for name in given:
        same = (old[name] == new[name]) | (old[name].isna() & new[name].isna())
        differs[found] |= ~same.to_numpy(dtype=bool)
    statuses = np.where(found, np.where(differs, UPDATED, UNCHANGED), CREATED)
    changed = found & differs
    frame = _assigned(frame, place[changed], fresh[changed], given)
    moments = moments.copy()
    moments[place[changed]] = now
    kept = np.ones(len(frame), dtype=bool)
    if replace:
        kept[:] = False
        kept[place[found]] = True
    whole = pd.concat([frame[kept], fresh[~found]], ignore_index=True) if (~found).any() else frame[kept]
    stamped = np.concatenate([moments[kept], np.full(int((~found).sum()), now, dtype=np.int64)])
    removed = int((~kept).sum())
    return Merged(whole.reset_index(drop=True), stamped, tuple(statuses.tolist()), removed)


def _assigned(
    frame: pd.DataFrame, places: npt.NDArray[np.int64], fresh: pd.DataFrame, given: Sequence[str]
) -> pd.DataFrame:
    if not len(places):
        return frame
    columns = {}
    for name in given:
        column = frame[name].copy()
        column.iloc[places] = fresh[name].to_numpy()
        columns[name] = column
    return frame.assign(**columns)


def _with_columns(frame: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the columns that only `other` has, empty."""
    missing = {
        name: pd.Series(np.nan, index=frame.index).astype(other[name].dtype)
        for name in other.columns
        if name not in frame.columns
    }
    return frame.assign(**missing) if missing else frame


def _places(table: Table, frame: pd.DataFrame, fresh: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return (m,) the row of `frame` that each fresh row is about, −1 where there is none."""
    key = [name for name in table.key if name in frame]
    both = pd.concat([frame[key], fresh[key]], ignore_index=True)
    told = np.ones(len(both), dtype=bool)
    if table.key_needs:
        told = both[table.key_needs].notna().to_numpy()
    codes = np.full(len(both), -1, dtype=np.int64)
    codes[told] = key_codes(both, told)
    mine, theirs = codes[: len(frame)], codes[len(frame) :]
    order = np.argsort(mine, kind="stable")
    spot = np.searchsorted(mine[order], theirs)
    spot = np.minimum(spot, max(len(mine) - 1, 0))
    if not len(mine):
        return np.full(len(fresh), -1, dtype=np.int64)
    there = (mine[order][spot] == theirs) & (theirs >= 0)
    return np.where(there, order[spot], -1)


def _sales_dates(typed: TypedTable, sold: pd.Series | None) -> pd.Series | None:
    """Return the dates of all sales, those there already and those of the upload; None where there are none."""
    parts = [] if sold is None else [sold]
    if typed.table.name == "sales":
        parts.append(typed.frame["date"])
    return pd.concat(parts, ignore_index=True) if parts else None


def _in_pieces(typed: TypedTable, factors: npt.NDArray[np.float64]) -> None:
    counted = [name for name in COUNTED[typed.table.name] if name in typed.frame]
    typed.frame = typed.frame.assign(**{name: typed.frame[name] * factors for name in counted})


def _too_long(typed: TypedTable, limits: UploadLimits) -> list[Breach]:
    """Return the cells that are longer than any real name or number."""
    found = []
    remedy = f"write at most {limits.cell_characters:,} characters"
    for name, header in typed.headers.items():
        cells = as_text(typed.raw.cells[header])
        long = pc.greater(pc.utf8_length(cells), limits.cell_characters)
        places = np.flatnonzero(_mask(long))
        if len(places):
            shown = [text[:80] + "…" for text in cells.take(pa.array(places)).to_pylist()]
            rule = f"is longer than {limits.cell_characters:,} characters"
            found.append(Breach(name, rule, remedy, places, shown))
    return found


def _mask(values: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return values.to_numpy().astype(bool)
