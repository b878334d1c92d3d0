import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from core.errors import InsufficientHistoryError, StorageError, UsageError
from features.catalogue import FIRST_BLOCKS
from features.panel import Panel
from tests.training.conftest import QUICK
from training.backtest import backtest, origins_before, score_table
from training.baselines import MovingAverage, SeasonalNaive
from training.boosted import BoostedForecaster, fit_boosted
from training.pipeline import TrainingResult, train


def test_the_model_beats_seasonal_naive_on_demand_with_a_season(result: TrainingResult) -> None:
    assert result.wql("lightgbm_distribution") < result.wql("seasonal_naive")
    assert "WQL" in result.verdict


def test_a_model_that_loses_is_not_said_to_win(result: TrainingResult) -> None:
    worse = result.scores.assign(wql=result.scores["wql"].where(result.scores["model"] != result.model.name, 9.0))
    lost = TrainingResult(result.model, worse, result.outcomes, result.settings)
    assert not lost.beats_baselines
    assert "does not beat" in lost.verdict


def test_the_same_data_and_seed_give_the_same_bytes(panel: Panel, result: TrainingResult, tmp_path: Path) -> None:
    again = train(panel, 14, QUICK)
    for name, model in (("one", result.model), ("two", again.model)):
        model.save(tmp_path / name)
    for file in ("mean.txt", "dispersion.txt", "model.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_saved_model_forecasts_the_same(panel: Panel, result: TrainingResult, tmp_path: Path) -> None:
    result.model.save(tmp_path)
    one = result.model.distribution(panel, 14).forecast((0.05, 0.95), 20, 3)
    two = BoostedForecaster.load(tmp_path).distribution(panel, 14).forecast((0.05, 0.95), 20, 3)
    np.testing.assert_array_equal(one.quantiles, two.quantiles)
    np.testing.assert_array_equal(one.paths, two.paths)


def test_a_damaged_model_says_so(result: TrainingResult, tmp_path: Path) -> None:
    result.model.save(tmp_path)
    (tmp_path / "mean.txt").unlink()
    with pytest.raises(StorageError, match="train it again"):
        BoostedForecaster.load(tmp_path)


def test_a_model_never_forecasts_a_time_that_it_has_seen(panel: Panel, result: TrainingResult) -> None:
    with pytest.raises(UsageError, match="has seen facts"):
        result.model.distribution(panel.before(panel.periods - 1), 7)


def test_a_longer_horizon_than_trained_is_refused(panel: Panel, result: TrainingResult) -> None:
    with pytest.raises(UsageError, match="14 periods"):
        result.model.distribution(panel, 15)


def test_too_little_history_is_said_and_not_forecast(panel: Panel) -> None:
    with pytest.raises(InsufficientHistoryError, match="too few"):
        train(panel.before(5), 14, QUICK)
    with pytest.raises(InsufficientHistoryError, match="too few to train on"):
        fit_boosted(panel.before(20), 14, QUICK)


def test_a_backtest_scores_every_model_at_every_origin(panel: Panel) -> None:
    origins = origins_before(panel, 14, count=3, step=14)
    assert origins == [panel.periods - 42, panel.periods - 28, panel.periods - 14]
    models = {item.name: item for item in (SeasonalNaive(), MovingAverage())}
    fits = {name: lambda past, horizon, model=model: model for name, model in models.items()}
    outcomes = [trial.outcome for trial in backtest(panel, 14, origins, fits)]
    table = score_table(outcomes)
    assert len(table) == 2 * 3 + 2
    together = table[table["origin"] == "all"].set_index("model")
    assert together.loc["moving_average", "rows"] == sum(len(item.actual) for item in outcomes) / 2
    assert panel.as_of - timedelta(days=42) == outcomes[0].origin.astype(object)


def test_a_model_without_the_columns_that_the_head_blends_in_still_forecasts_and_loads(
    panel: Panel, tmp_path: Path
) -> None:
    settings = replace(QUICK, features_off=("own_windows", "scale", "price"))
    model = fit_boosted(panel, 14, settings)
    assert not {"ewma_slow", "variance_ratio", "price_level"} & set(model.specification.names)
    model.save(tmp_path)
    again = BoostedForecaster.load(tmp_path)
    assert again.specification == model.specification
    made = again.distribution(panel, 14)
    np.testing.assert_array_equal(made.mean, model.distribution(panel, 14).mean)
    assert np.isfinite(made.mean).all()
    assert (made.marginals.ratio > 0).all()


def test_a_model_stored_before_blocks_had_names_loads(result: TrainingResult, tmp_path: Path) -> None:
    result.model.save(tmp_path)
    facts = json.loads((tmp_path / "model.json").read_text())
    del facts["specification"]["blocks"]
    (tmp_path / "model.json").write_text(json.dumps(facts))
    assert BoostedForecaster.load(tmp_path).specification.blocks == FIRST_BLOCKS


def test_a_model_stored_before_segments_were_calibrated_apart_loads_and_knows_one(
    panel: Panel, result: TrainingResult, tmp_path: Path
) -> None:
    result.model.save(tmp_path)
    facts = json.loads((tmp_path / "model.json").read_text())
    assert len(facts["calibration"]["stated"]) == 3, "slow, middling and fast"
    del facts["calibration"]["paces"]
    facts["calibration"]["stated"] = facts["calibration"]["stated"][0]
    (tmp_path / "model.json").write_text(json.dumps(facts))
    made = BoostedForecaster.load(tmp_path).distribution(panel, 14)
    assert not made.segment.any()
    slow = result.model.distribution(panel, 14).segment == 0
    now = result.model.distribution(panel, 14).quantiles((0.1, 0.9))
    np.testing.assert_array_equal(made.quantiles((0.1, 0.9))[slow], now[slow])


def test_some_series_are_told_what_all_are_told_each_in_its_own_segment(panel: Panel, result: TrainingResult) -> None:
    made = result.model.distribution(panel, 14)
    rows = np.flatnonzero(made.segment == made.segment.max())[::-1]
    assert len(np.unique(made.segment)) == 3
    levels = (0.05, 0.5, 0.95)
    units = np.full((len(panel.series), 14), 3.0)
    np.testing.assert_array_equal(made.take(rows).quantiles(levels), made.quantiles(levels)[rows])
    np.testing.assert_array_equal(made.take(rows).cumulative(units[rows]), made.cumulative(units)[rows])
    np.testing.assert_array_equal(made.take(rows).paths(8, 3), made.paths(8, 3)[rows])
