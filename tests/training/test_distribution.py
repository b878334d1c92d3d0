import numpy as np
import pytest

from core.errors import UsageError
from features.panel import Panel
from training.pipeline import TrainingResult


def test_quantiles_never_cross_are_never_negative_and_whole(result: TrainingResult, panel: Panel) -> None:
    levels = tuple(np.round(np.arange(0.001, 1.0, 0.001), 3))
    table = result.model.distribution(panel, 14).quantiles(levels)
    assert (np.diff(table, axis=2) >= 0).all()
    assert table.min() >= 0
    np.testing.assert_array_equal(table, np.rint(table))


def test_paths_agree_with_the_quantiles(result: TrainingResult, panel: Panel) -> None:
    forecast = result.model.distribution(panel, 14).forecast((0.1, 0.5, 0.9), paths=4000, seed=7)
    for place, level in enumerate(forecast.levels):
        below = (forecast.paths < forecast.quantiles[:, None, :, place]).mean(axis=1)
        upto = (forecast.paths <= forecast.quantiles[:, None, :, place]).mean(axis=1)
        assert (below <= level + 0.03).all()
        assert (upto >= level - 0.03).all()


def test_a_series_has_the_same_paths_alone_and_among_others(result: TrainingResult, panel: Panel) -> None:
    distribution = result.model.distribution(panel, 14)
    alone = distribution.take(np.array([5])).paths(50, seed=7)
    np.testing.assert_array_equal(distribution.paths(50, seed=7)[5], alone[0])


def test_another_seed_draws_other_paths(result: TrainingResult, panel: Panel) -> None:
    distribution = result.model.distribution(panel, 14)
    assert not np.array_equal(distribution.paths(50, seed=7), distribution.paths(50, seed=8))


def test_an_impossible_level_is_refused(result: TrainingResult, panel: Panel) -> None:
    with pytest.raises(UsageError, match=r"1\.5 is outside"):
        result.model.distribution(panel, 14).forecast((0.5, 1.5), 0, 1)
