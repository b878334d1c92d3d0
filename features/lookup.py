"""Columns that are looked up: the same line of a table for every row that names it, written in one compiled pass."""

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["fill_lines"]


@numba.njit(cache=True)
def fill_lines(
    table: npt.NDArray[np.float32], lines: npt.NDArray[np.int64], first_column: int, out: npt.NDArray[np.float32]
) -> None:
    """Write into row r of `out`, from `first_column` on, line lines[r] of `table` (lines, columns)."""
    for row in range(len(lines)):
        for column in range(table.shape[1]):
            out[row, first_column + column] = table[lines[row], column]
