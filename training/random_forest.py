"""Quantile regression forest: scikit-learn grows the trees, and the demand in a row's leaves is its distribution.

Meinshausen 2006 (Journal of Machine Learning Research 7): the leaves that a row falls into hold past rows like it;
their demand, pooled over the trees, estimates the whole conditional distribution. Each leaf keeps an even sample of its
rows. The trees are kept as plain arrays, so that a saved forest needs no pickle and outlives scikit-learn's versions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from features.build import FeatureMatrix
from features.panel import Panel
from training.marginals import GRID_LEVELS, GridMarginals, Marginals
from training.table_forecaster import TableForecaster, TableSettings
from training.training_table import TrainingTable

__all__ = ["Forest", "RandomForestForecaster", "RandomForestSettings", "fit_random_forest"]

ROWS_AT_ONCE = 4096
"""Rows whose pooled samples are sorted at once."""


@dataclass(frozen=True, slots=True)
class RandomForestSettings(TableSettings):
    """How the forest is grown. row_share: rows a tree draws; leaf_sample: rows' demand that a leaf keeps."""

    trees: int = 60
    least_leaf: int = 40
    row_share: float = 0.4
    column_share: float = 0.4
    leaf_sample: int = 16
    most_rows: int = 60_000


@dataclass(frozen=True, slots=True)
class Forest:
    """All trees one after another, node by node.

    roots: (K,) first node of each tree; feature: −1 at a leaf; rows at or below `threshold` go left, missing values as
    `missing_left` says; sample: (nodes, S) demand ÷ scale found in a leaf, rising.
    """

    roots: npt.NDArray[np.int64]
    feature: npt.NDArray[np.int32]
    threshold: FloatArray
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    missing_left: npt.NDArray[np.bool_]
    sample: npt.NDArray[np.float32]

    def pooled(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return (R, K·S) the demand ÷ scale of all leaves that each row falls into, rising."""
        leaves = _leaves(
            values, self.roots, self.feature, self.threshold, self.left, self.right, self.missing_left
        )  # fmt: skip
        return np.sort(self.sample[leaves].reshape(len(values), -1), axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomForestForecaster(TableForecaster):
    """The fitted forest."""

    forest: Forest
    name: str = "random_forest"

    def marginals(self, matrix: FeatureMatrix, shape: tuple[int, int]) -> Marginals:
        """Return the pooled demand of each row's leaves as a distribution."""
        mean, values = self._grid(matrix)
        return GridMarginals(mean.reshape(shape), values.reshape(*shape, -1), self.integer_valued)

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the trees as plain arrays."""
        np.savez_compressed(
            folder / "forest.npz", **{name: getattr(self.forest, name) for name in Forest.__dataclass_fields__}
        )
        return {}

    @classmethod
    def read(cls, folder: Path, facts: Mapping[str, Any], threads: int) -> dict[str, Any]:
        """Return the forest."""
        with np.load(folder / "forest.npz") as arrays:
            return {"forest": Forest(**dict(arrays))}

    def _grid(self, matrix: FeatureMatrix) -> tuple[FloatArray, npt.NDArray[np.float32]]:
        """Return mean (R,) and quantiles at GRID_LEVELS (R, G) in units."""
        means, grids = [], []
        for first in range(0, len(matrix.scale), ROWS_AT_ONCE):
            pooled = self.forest.pooled(matrix.values[first : first + ROWS_AT_ONCE])
            scale = matrix.scale[first : first + ROWS_AT_ONCE, None]
            means.append((pooled.mean(axis=1, dtype=np.float64, keepdims=True) * scale)[:, 0])
            place = GRID_LEVELS * (pooled.shape[1] - 1)
            low = np.floor(place).astype(np.int64)
            share = (place - low).astype(np.float32)
            high = np.minimum(low + 1, pooled.shape[1] - 1)
            grids.append(((1 - share) * pooled[:, low] + share * pooled[:, high]) * scale)
        return np.concatenate(means), np.maximum.accumulate(np.concatenate(grids), axis=1)


def fit_random_forest(
    panel: Panel, horizon: int, settings: RandomForestSettings, threads: int, seed: int
) -> RandomForestForecaster:
    """Return the forest fitted to the whole panel; raises InsufficientHistoryError where it is too short."""
    table = settings.table(panel, horizon, seed)
    return RandomForestForecaster(
        forest=_grow(table, settings, threads, seed),
        specification=table.specification,
        integer_valued=panel.integer_valued,
        horizon=horizon,
        as_of=panel.as_of,
        threads=threads,
    )


def _grow(table: TrainingTable, settings: RandomForestSettings, threads: int, seed: int) -> Forest:
    from sklearn.ensemble import RandomForestRegressor  # a second to import: only where it is used

    grown = RandomForestRegressor(
        n_estimators=settings.trees,
        min_samples_leaf=settings.least_leaf,
        max_features=settings.column_share,
        max_samples=settings.row_share,
        n_jobs=threads,
        random_state=seed,
    ).fit(table.matrix.values, table.target, sample_weight=table.weight)
    leaves = grown.apply(table.matrix.values)
    random = np.random.default_rng(seed)
    trees = [estimator.tree_ for estimator in grown.estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees[:-1])])
    samples = [
        _leaf_samples(leaves[:, place], tree.node_count, table, settings.leaf_sample, random)
        for place, tree in enumerate(trees)
    ]
    return Forest(
        roots=roots.astype(np.int64),
        feature=np.concatenate([np.where(tree.children_left < 0, -1, tree.feature) for tree in trees]).astype(np.int32),
        threshold=np.concatenate([tree.threshold for tree in trees]),
        left=np.concatenate([tree.children_left + root for tree, root in zip(trees, roots, strict=True)]).astype(
            np.int32
        ),
        right=np.concatenate([tree.children_right + root for tree, root in zip(trees, roots, strict=True)]).astype(
            np.int32
        ),
        missing_left=np.concatenate([tree.missing_go_to_left for tree in trees]).astype(np.bool_),
        sample=np.concatenate(samples),
    )


def _leaf_samples(
    leaf: npt.NDArray[np.int64], nodes: int, table: TrainingTable, size: int, random: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Return (nodes, size) demand of rows drawn from each leaf by weight: one from each of `size` even strata of it.

    All rows count, also those that the tree did not draw: the tree's own rows alone would look surer than they are.
    """
    order = np.lexsort((table.target, leaf))
    weight = np.cumsum(table.weight[order])
    begin = np.searchsorted(leaf[order], np.arange(nodes))
    end = np.searchsorted(leaf[order], np.arange(nodes), side="right")
    before = np.where(begin > 0, weight[np.maximum(begin - 1, 0)], 0.0)
    total = np.where(end > begin, weight[np.maximum(end - 1, 0)] - before, 0.0)
    wanted = before[:, None] + total[:, None] * (np.arange(size) + random.random((nodes, size))) / size
    found = np.clip(np.searchsorted(weight, wanted), begin[:, None], np.maximum(end - 1, 0)[:, None])
    return np.where(end[:, None] > begin[:, None], table.target[order][found], 0.0).astype(np.float32)


@numba.njit(cache=True)
def _leaves(
    values: npt.NDArray[np.float32],
    roots: npt.NDArray[np.int64],
    feature: npt.NDArray[np.int32],
    threshold: FloatArray,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    missing_left: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int64]:
    """Return (R, K) the leaf of each row in each tree."""
    result = np.empty((values.shape[0], roots.size), dtype=np.int64)
    for row in range(values.shape[0]):
        for tree in range(roots.size):
            node = roots[tree]
            while feature[node] >= 0:
                value = values[row, feature[node]]
                if np.isnan(value):
                    node = left[node] if missing_left[node] else right[node]
                else:
                    node = left[node] if value <= threshold[node] else right[node]
            result[row, tree] = node
    return result
