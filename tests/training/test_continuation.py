"""Beyond its own horizon a forecast repeats its last season."""

import numpy as np
import pytest

from training.baselines import MovingAverage
from training.continuation import continued


@pytest.fixture(scope="module")
def short(panel):
    return MovingAverage().distribution(panel, 10)


def test_within_its_horizon_nothing_is_added(short):
    assert np.array_equal(continued(short, 4).mean, short.mean[:, :4])


def test_beyond_it_the_last_week_comes_again_and_again(short):
    longer = continued(short, 26)
    assert np.array_equal(longer.mean[:, :10], short.mean)
    assert np.array_equal(longer.marginals.ratio[:, 10:], np.tile(short.marginals.ratio[:, 3:], 3)[:, :16])
    assert np.array_equal(longer.mean[:, 17:24], short.mean[:, 3:])
    assert (np.diff(longer.dates) == np.timedelta64(1, "D")).all()


def test_it_still_answers_quantiles_and_paths(short):
    made = continued(short, 26).forecast((0.1, 0.9), 20, 1)
    assert made.quantiles.shape[1:] == (26, 2)
    assert made.paths.shape[1:] == (20, 26)
