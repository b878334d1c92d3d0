"""Sample paths → a few equally likely atoms a period of what stock and pipeline do not cover (compiled).

Cumulative demand of a path counts a sale that was lost before the first arrival one can still control: no order
can serve it. It is taken out, so that the first arrival's quantity is exactly the Monte-Carlo order under lost
sales. Later periods let unmet demand wait (a shortage is paid once a period).
"""

import numba
import numpy as np
import numpy.typing as npt

from core.errors import UsageError
from core.types import FloatArray
from optimizer.period_instance import IntArray
from optimizer.protection_interval import Paths

__all__ = ["requirement_atoms"]


def requirement_atoms(
    paths: Paths, on_hand: FloatArray, inbound: FloatArray, first: IntArray, atoms: int = 15, lost_sales: bool = True
) -> npt.NDArray[np.float32]:
    """Return (n, T, atoms) float32 atoms of the net requirement R, rising along the last axis.

    paths: (n, P, T) units a period, P ≥ atoms. on_hand: (n,) units. inbound: (n, T) units arriving. first: (n,)
    the period in which an order placed now arrives. An atom is the mean of one of the `atoms` equal parts of the
    sorted sample, so that the mean is kept. Raises UsageError where there are fewer paths than atoms.
    """
    count, number, periods = paths.shape
    if number < atoms or atoms < 1:
        raise UsageError(f"{number} sample paths cannot make {atoms} atoms; ask for at least as many paths")
    out = np.empty((count, periods, atoms), dtype=np.float32)
    _fill(paths, on_hand.astype(np.float64), inbound.astype(np.float64), first.astype(np.int64), lost_sales, out)
    return out


@numba.njit(cache=True, nogil=True)
def _fill(
    paths: Paths,
    on_hand: FloatArray,
    inbound: FloatArray,
    first: IntArray,
    lost_sales: bool,
    out: npt.NDArray[np.float32],
) -> None:
    number, atoms = paths.shape[1], out.shape[2]
    net = np.empty(number)
    for i in range(paths.shape[0]):
        net[:] = -on_hand[i]
        for t in range(paths.shape[2]):
            for p in range(number):
                net[p] += paths[i, p, t] - inbound[i, t]
            _means_of_parts(np.sort(net), out[i, t], atoms)
            if lost_sales and t < first[i]:
                for p in range(number):
                    net[p] = min(net[p], 0.0)


@numba.njit(cache=True, nogil=True)
def _means_of_parts(ranked: FloatArray, out: npt.NDArray[np.float32], atoms: int) -> None:
    """Fill `out` with the means of `atoms` equal parts of `ranked`; a value on a border counts to both in part."""
    width = ranked.size / atoms
    for a in range(atoms):
        low, high = a * width, (a + 1) * width
        total = 0.0
        for p in range(int(low), min(int(np.ceil(high)), ranked.size)):
            total += ranked[p] * (min(high, p + 1.0) - max(low, float(p)))
        out[a] = total / width
