"""Running sums of demand over groups of series, in one compiled pass over the panel and without a copy of it."""

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["running_totals"]


def running_totals(
    units: npt.NDArray[np.float32],
    observed: npt.NDArray[np.float32],
    codes: npt.NDArray[np.int32],
    count: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return running sums of observed units and of observed series before each origin, (count, T + 1) each.

    units, observed: (n, T); codes: (n,) group of each series, 0 … count - 1.
    """
    total, seen = np.zeros((count, units.shape[1] + 1)), np.zeros((count, units.shape[1] + 1))
    _add(units, observed, codes, total, seen)
    return np.cumsum(total, axis=1, out=total), np.cumsum(seen, axis=1, out=seen)


@numba.njit(cache=True)
def _add(
    units: npt.NDArray[np.float32],
    observed: npt.NDArray[np.float32],
    codes: npt.NDArray[np.int32],
    total: npt.NDArray[np.float64],
    seen: npt.NDArray[np.float64],
) -> None:
    """Add each cell to its group's column one later."""
    for who in range(units.shape[0]):
        group = codes[who]
        for time in range(units.shape[1]):
            mask = observed[who, time]
            total[group, time + 1] += units[who, time] * mask
            seen[group, time + 1] += mask
