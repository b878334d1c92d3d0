"""What is left on the shelf in coming periods, from joint demand paths: bands of stock, and when it first runs out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.types import FloatArray

__all__ = ["ProjectedStock", "project_stock"]


@dataclass(frozen=True, slots=True)
class ProjectedStock:
    """Stock of one series at the end of each of H periods, without any order that is not placed yet.

    levels: (L,); quantiles: (H, L) units; mean: (H,) units. out: (H,) probability to have run out (some demand met no
    stock) in that period or before.
    """

    levels: tuple[float, ...]
    quantiles: FloatArray
    mean: FloatArray
    out: FloatArray

    def first_out(self, probability: float) -> int | None:
        """Return the first period by which it has run out with that probability, None where there is none."""
        reached = np.flatnonzero(self.out >= probability)
        return int(reached[0]) if len(reached) else None


def project_stock(
    paths: npt.NDArray[np.float32], on_hand: float, inbound: FloatArray, levels: tuple[float, ...]
) -> ProjectedStock:
    """Return the projected stock of one series where unmet demand is lost.

    paths: (P, H) demand, P ≥ 1. on_hand: units at the start of period 0. inbound: (H,) units that can be sold from the
    start of their period. On each path: stock = max(stock + inbound − demand, 0).

    >>> found = project_stock(np.array([[3, 3, 3]], dtype=np.float32), 5.0, np.array([0.0, 0.0, 9.0]), (0.5,))
    >>> found.mean.tolist(), found.out.tolist(), found.first_out(0.5)
    ([2.0, 0.0, 6.0], [0.0, 1.0, 1.0], 1)
    """
    number, horizon = paths.shape
    stock, out = np.full(number, float(on_hand)), np.zeros(number, dtype=bool)
    kept = np.empty((horizon, number))
    ever = np.empty(horizon)
    for period in range(horizon):
        left = stock + inbound[period] - paths[:, period]
        out |= left < 0
        stock = np.maximum(left, 0.0)
        kept[period], ever[period] = stock, out.mean()
    quantiles = np.quantile(kept, np.array(levels), axis=1).T
    return ProjectedStock(tuple(levels), quantiles, kept.mean(axis=1), ever)
