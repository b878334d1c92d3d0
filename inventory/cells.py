"""A column of text cells by its distinct texts: each spelling is judged once, however many rows have it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Cells", "Fault", "as_text", "encode"]


@dataclass(slots=True)
class Cells:
    """A column by its distinct texts: `codes` (n,) point into `texts`; an empty text is a missing cell."""

    codes: npt.NDArray[np.int64]
    texts: pa.Array

    def rows_of(self, bad: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], list[str | None]]:
        """Return the positions whose text is `bad` (a mask over the texts), and those texts."""
        positions = np.flatnonzero(bad[self.codes]) if len(bad) else np.empty(0, np.int64)
        return positions, self.texts.take(pa.array(self.codes[positions])).to_pylist()


def as_text(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return any scalar column as text: whole floats (ids beside missing ones) without `.0`; null → empty."""
    kind = cells.type
    if pa.types.is_floating(kind):
        whole = pc.all(pc.or_kleene(pc.is_nan(cells), pc.equal(pc.floor(cells), cells))).as_py()
        cells = pc.if_else(pc.is_nan(cells), None, cells)
        cells = cells.cast(pa.int64()) if whole and pc.all(pc.less(pc.abs(cells), 2**53)).as_py() else cells
    elif pa.types.is_dictionary(kind):
        cells = cells.cast(kind.value_type)
    return pc.fill_null(cells.cast(pa.large_string()), "")


def encode(cells: pa.ChunkedArray) -> tuple[Cells, int]:
    """Return a text column by its distinct texts, trimmed, and how many cells had to be trimmed."""
    coded = cells.cast(pa.large_string()).combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = pa.concat_arrays(coded.chunks) if coded.num_chunks else pa.array([], pa.large_string())
    coded = coded.dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    texts = pc.utf8_trim_whitespace(coded.dictionary)
    changed = pc.not_equal(texts, coded.dictionary).to_numpy(zero_copy_only=False).astype(bool)
    if not changed.any():
        return Cells(codes, texts), 0
    again = texts.dictionary_encode()  # two spellings of one text are one text once trimmed
    remap = again.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return Cells(remap[codes], again.dictionary), int(changed[codes].sum())


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule broken by some of a column's distinct texts: `bad` is a mask over them."""

    rule: str
    remedy: str | Callable[[str], str]
    bad: npt.NDArray[np.bool_]
