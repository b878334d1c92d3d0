"""The one function that turns a panel into model input, for training, backtest and serving alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.block import Work
from features.own_blocks import OWN_BLOCKS, running_sums
from features.panel import Panel
from features.rows import Rows
from features.specification import FeatureSpecification
from features.windows import fill_own_rows

__all__ = ["FeatureMatrix", "build_features"]

LEAST_LEVEL = 0.02
"""Least scale of a series, as a share of the mean units of all observed periods."""


@dataclass(frozen=True, slots=True)
class FeatureMatrix:
    """values: (R, F) float32, columns as `names`; scale: (R,) the level in units by which each row was divided."""

    values: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    names: tuple[str, ...]
    categorical: tuple[str, ...]


def build_features(panel: Panel, specification: FeatureSpecification, rows: Rows) -> FeatureMatrix:
    """Return the features of each row, from facts dated before the row's origin and facts known ahead of it.

    Columns that hold units are divided by the row's scale, a blend of the series' recent and long-run means.
    """
    count = len(rows)
    work = Work(
        panel=panel.as_believed(),
        specification=specification,
        rows=rows,
        values=np.empty((count, len(specification.names)), dtype=np.float32),
        scale=np.empty(count, dtype=np.float32),
        price_level=np.empty(count, dtype=np.float32),
    )
    _fill_own_past(work)
    column = 0
    for block in specification.blocks_on():
        if block.fill is not None:
            block.fill(work, column)
        column += len(block.columns(specification))
    return FeatureMatrix(work.values, work.scale, specification.names, specification.categorical)


def _fill_own_past(work: Work) -> None:
    """Write scale, price level and the columns of the series' own past that are on: one pass over time for all."""
    history, rows, spec = work.panel.history, work.rows, work.specification
    names = [column.name for block in OWN_BLOCKS for column in block.columns(spec)]
    wanted = [place for place, name in enumerate(spec.names) if name in names]
    sources = [names.index(spec.names[place]) for place in wanted]
    offsets = np.searchsorted(rows.who, np.arange(len(work.panel.series) + 1))
    fill_own_rows(
        history.units, history.observed, history.in_stock, history.price, history.first, offsets, rows.origin,
        rows.horizon, np.asarray(spec.windows), spec.season, spec.year, _least_level(work.panel),
        np.asarray(sources, dtype=np.int64), np.asarray(wanted, dtype=np.int64),
        work.values, work.scale, work.price_level,
    )  # fmt: skip


def _least_level(panel: Panel) -> npt.NDArray[np.float64]:
    """Return (T + 1) the least scale at each origin, from the mean units of all that was observed before it."""
    total, seen = running_sums(panel.history.units, panel.history.observed)
    return np.maximum(LEAST_LEVEL * total / np.maximum(seen, 1.0), 1e-6)
