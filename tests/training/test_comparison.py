"""Bootstrap intervals: right as often as they say, the same for the same seed."""

import numpy as np
import pytest

from training.comparison import bootstrap_difference


def test_the_same_losses_differ_by_nothing() -> None:
    loss = np.random.default_rng(1).gamma(2, 1, 50)
    found = bootstrap_difference(loss, loss)
    assert (found.share, found.low, found.high, found.series) == (0, 0, 0, 50)


def test_a_share_is_of_the_others_total_and_unknown_series_are_left_out() -> None:
    found = bootstrap_difference(np.array([1.0, 2, 9, np.nan]), np.array([2.0, 2, np.nan, 5]))
    assert found.share == pytest.approx(-0.25)
    assert found.series == 2


def test_nothing_to_compare_is_not_a_number() -> None:
    for loss, other in (([np.nan], [1.0]), ([0.0], [0.0])):
        assert np.isnan(bootstrap_difference(np.array(loss), np.array(other)).share)


def test_the_same_seed_gives_the_same_interval_and_more_confidence_a_wider_one() -> None:
    random = np.random.default_rng(2)
    one, two = random.gamma(2, 1, 80), random.gamma(2, 1.1, 80)
    assert bootstrap_difference(one, two, seed=5) == bootstrap_difference(one, two, seed=5)
    narrow, wide = (bootstrap_difference(one, two, confidence=share) for share in (0.5, 0.95))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    truth, held = 1.05 - 1, 0
    for turn in range(200):
        base = random.gamma(2, 1, 60)
        found = bootstrap_difference(base * random.gamma(20, 1.05 / 20, 60), base, draws=300, seed=turn)
        held += found.low <= truth <= found.high
    assert 0.83 <= held / 200 <= 0.95
