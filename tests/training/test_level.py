"""A level that was steadily misjudged is corrected by half, an unsteady one hardly."""

from dataclasses import replace

import numpy as np
import pytest

from features.panel import Panel
from training.backtest import Outcome, outcome
from training.baselines import MovingAverage
from training.level import level_factor


@pytest.fixture(scope="module")
def judged(panel: Panel) -> Outcome:
    origin = panel.periods - 14
    return outcome(MovingAverage().distribution(panel.before(origin), 14), panel, origin)


def stated(judged: Outcome, *ratios: float) -> list[Outcome]:
    return [replace(judged, mean=judged.mean * (ratio * judged.actual.sum() / judged.mean.sum())) for ratio in ratios]


def test_a_steady_error_is_corrected_by_half_its_logarithm(judged: Outcome) -> None:
    assert level_factor(stated(judged, 1.21, 1.21, 1.21, 1.21)) == pytest.approx(1 / 1.1, rel=1e-6)


def test_an_unsteady_error_is_left_alone(judged: Outcome) -> None:
    assert level_factor(stated(judged, 1.4, 1 / 1.4, 1.4, 1 / 1.4)) == pytest.approx(1.0, abs=1e-6)
    assert level_factor(stated(judged, 1.3, 0.8, 1.3, 0.9)) > level_factor(stated(judged, 1.06, 1.07, 1.06, 1.07))


def test_a_right_level_and_one_origin_alone_change_nothing(judged: Outcome) -> None:
    assert level_factor(stated(judged, 1.0, 1.0, 1.0)) == 1.0
    assert level_factor(stated(judged, 1.5)) == 1.0
    assert level_factor([]) == 1.0


def test_no_correction_runs_away(judged: Outcome) -> None:
    assert level_factor(stated(judged, 50.0, 50.0)) == pytest.approx(np.exp(-0.4))
