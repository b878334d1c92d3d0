import logging

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from core.errors import StorageError
from features.panel import Panel
from training.quantile_boosting import QuantileBoostingForecaster, QuantileBoostingSettings, fit_quantile_boosting
from training.random_forest import RandomForestForecaster, RandomForestSettings, fit_random_forest
from training.training_table import build_training_table

QUICK = RandomForestSettings(trees=5, least_leaf=30, most_rows=3000)


@pytest.fixture(scope="module")
def forest(panel: Panel) -> RandomForestForecaster:
    return fit_random_forest(panel, 7, QUICK, 1, seed=9)


def test_rows_reach_the_leaves_that_scikit_learn_sends_them_to(panel: Panel, forest: RandomForestForecaster) -> None:
    table = build_training_table(panel, 7, history_years=3.0, most_rows=3000, seed=9)
    values = table.matrix.values
    assert np.isnan(values).any()
    grown = RandomForestRegressor(
        5, min_samples_leaf=30, max_features=0.4, max_samples=0.4, n_jobs=1, random_state=9
    ).fit(values, table.target, sample_weight=table.weight)
    leaves = grown.apply(values)
    drawn = forest.forest.pooled(values).reshape(len(values), -1)
    for row in range(0, len(values), 500):
        share = [
            np.isin(drawn[row], table.target[leaves[:, tree] == leaves[row, tree]].astype(np.float32))
            for tree in range(5)
        ]
        assert np.any(share, axis=0).all()


def test_the_forest_states_the_distribution_of_rows_alike(panel: Panel, forest: RandomForestForecaster) -> None:
    """In sample, about the wanted share of demand lies below each quantile."""
    table = build_training_table(panel, 7, history_years=3.0, most_rows=3000, seed=9)
    pooled = forest.forest.pooled(table.matrix.values)
    for level in (0.25, 0.5, 0.75, 0.9):
        bar = np.quantile(pooled, level, axis=1)
        below = np.average(table.target < bar - 1e-6, weights=table.weight)
        upto = np.average(table.target <= bar + 1e-6, weights=table.weight)
        assert below - 0.04 <= level <= upto + 0.04


@pytest.mark.parametrize("kind", [RandomForestForecaster, QuantileBoostingForecaster])
def test_a_damaged_file_says_so(kind, panel: Panel, forest: RandomForestForecaster, tmp_path) -> None:
    forest.save(tmp_path)
    for name in ("forest.npz", "trees.json"):
        (tmp_path / name).write_bytes(b"torn")
    with pytest.raises(StorageError, match="train it again"):
        kind.load(tmp_path)


def test_how_often_boosted_quantiles_cross_is_logged(panel: Panel, caplog) -> None:
    settings = QuantileBoostingSettings(rounds=12, most_rows=3000)
    model = fit_quantile_boosting(panel, 7, settings, 1, seed=1)
    with caplog.at_level(logging.INFO, logger="training"):
        found = model.distribution(panel, 7)
    assert "rows crossed before sorting" in caplog.text
    matrix = model.matrix(panel, 7)
    units = model.stated(matrix) * matrix.scale[:, None]
    order = np.sort(np.maximum(units, 0), axis=1).reshape(len(panel.series), 7, -1)
    stated = found.quantiles(settings.levels)
    assert np.abs(stated - order).max() <= 0.5001
