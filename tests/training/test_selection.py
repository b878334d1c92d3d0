"""F08: the model by backtest and by cost of compute, without reading chance as skill."""

import numpy as np
import pytest

from core.errors import UsageError
from features.panel import Panel
from training.backtest import outcome
from training.baselines import MovingAverage, SeasonalNaive
from training.selection import Choice, SelectedForecaster, SelectionSettings, choose_by_segment, loss_by_series

SECONDS = {"slow": 60.0, "quick": 1.0, "slower": 200.0}


def losses(count: int = 200, seed: int = 1, **shift: float) -> dict[str, np.ndarray]:
    """Losses of each model: the common loss of a series times (1 + shift), with noise of a tenth."""
    random = np.random.default_rng(seed)
    common = random.gamma(2, 1, count)
    return {name: common * (1 + value + random.normal(0, 0.1, count)) for name, value in {"slow": 0.0, **shift}.items()}


def chosen(table: dict[str, np.ndarray], segments: np.ndarray | None = None, **settings: float) -> dict[str, Choice]:
    labels = np.full(len(table["slow"]), "all") if segments is None else segments
    return choose_by_segment(table, labels, SECONDS, "slow", SelectionSettings(**settings))


def test_a_model_that_is_surely_better_is_chosen_though_it_costs_more() -> None:
    found = chosen(losses(slower=-0.06))["all"]
    assert found.model == "slower"
    assert found.loss_ratio == pytest.approx(0.94, abs=0.03)
    assert "% loss beside slow on 200 series" in found.reason


def test_a_cheaper_model_that_is_as_good_is_chosen() -> None:
    assert chosen(losses(quick=-0.02))["all"].model == "quick"
    assert chosen(losses(quick=0.04))["all"].model == "slow"


def test_of_two_better_ones_the_cheaper_wins_within_the_tolerance() -> None:
    table = losses(slower=-0.06)
    table["quick"] = table["slower"] * 1.003
    assert chosen(table)["all"].model == "quick"
    table["quick"] = table["slower"] * 1.02
    assert chosen(table)["all"].model == "slower"


def test_chance_is_not_read_as_skill() -> None:
    """Models of equal skill: the dearer rival is chosen in few of many repetitions."""
    wrong = sum(chosen(losses(seed=seed, count=60, slower=0.0))["all"].model == "slower" for seed in range(40))
    assert wrong <= 4


def test_each_segment_has_its_own_model_and_small_ones_keep_the_default() -> None:
    table = losses(count=210)
    labels = np.array(["smooth"] * 100 + ["lumpy"] * 100 + ["new"] * 10)
    table["slower"] = table["slow"] * np.where(labels == "smooth", 1.1, 0.8)
    found = chosen(table, labels)
    assert {name: choice.model for name, choice in found.items()} == {
        "smooth": "slow",
        "lumpy": "slower",
        "new": "slow",
    }
    assert found["new"].reason == "10 judged series are too few to leave slow"


def test_series_that_one_model_was_not_judged_on_decide_nothing() -> None:
    table = losses(slower=-0.1)
    table["slower"][:190] = np.nan
    assert chosen(table)["all"].series == 10


def test_a_default_without_a_backtest_is_refused() -> None:
    with pytest.raises(UsageError, match="was not backtested"):
        choose_by_segment(losses(), np.full(200, "all"), SECONDS, "lstm")


def test_loss_by_series_is_the_pinball_loss_of_each_series(panel: Panel) -> None:
    origin = panel.periods - 14
    view = panel.before(origin)
    made = MovingAverage().distribution(view, 14)
    levels = (0.1, 0.5, 0.9)
    found = loss_by_series([outcome(made, panel, origin, levels)] * 2, levels, len(panel.series))
    table = made.quantiles(levels)
    for row in (0, 3):
        total = 0.0
        for ahead in range(14):
            if panel.history.observed[row, origin + ahead] > 0:
                for place, level in enumerate(levels):
                    error = panel.history.units[row, origin + ahead] - table[row, ahead, place]
                    total += (level * error if error > 0 else (level - 1) * error) / 3
        assert found[row] == pytest.approx(2 * total)


def test_a_selected_forecaster_answers_each_series_with_its_segments_model(panel: Panel) -> None:
    models = {"moving_average": MovingAverage(30), "seasonal_naive": SeasonalNaive(20)}
    choices = {"odd": Choice("odd", "seasonal_naive", 50, 0.9, "")}
    labels = np.where(np.arange(len(panel.series)) % 2 == 1, "odd", "even")
    selected = SelectedForecaster(models, choices, lambda view: labels)
    assert selected.horizon == 20
    found = selected.distribution(panel, 7)
    odd = labels == "odd"
    for name, rows in (("seasonal_naive", odd), ("moving_average", ~odd)):
        assert (found.series["model"][rows] == name).all()
        alone = models[name].distribution(panel, 7)
        np.testing.assert_allclose(found.mean[rows], alone.mean[rows])
        assert np.abs(found.quantiles((0.2, 0.5, 0.9)) - alone.quantiles((0.2, 0.5, 0.9)))[rows].max() <= 1
    with pytest.raises(UsageError, match="20 periods"):
        selected.distribution(panel, 21)
