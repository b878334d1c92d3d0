from dataclasses import replace

import pytest

from core.errors import ConfigurationError, UsageError
from features.panel import Panel
from training.boosted import TrainingSettings
from training.model_catalogue import MODELS, find_model


def test_the_catalogue_holds_every_model_that_users_can_name() -> None:
    assert set(MODELS) == {
        "lightgbm_distribution", "seasonal_naive", "moving_average", "auto_ets", "auto_arima", "auto_theta", "tsb",
        "croston", "lightgbm_quantiles", "xgboost_quantiles", "random_forest", "lstm",
    }  # fmt: skip
    for name, entry in MODELS.items():
        assert entry.name == name
        assert entry.sentence.endswith(".")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'prophet' is not known; choose one of auto_arima, .*xgboost_quantiles"):
        find_model("prophet")


def test_a_model_whose_extra_is_missing_names_the_command_that_installs_it(panel: Panel) -> None:
    entry = replace(MODELS["lstm"], module="a_module_that_nobody_has")
    assert not entry.installed
    with pytest.raises(ConfigurationError, match=r"pip install fillrate\[neural\]"):
        entry(panel, 7, TrainingSettings())


def test_a_fitted_model_reaches_the_horizon_it_was_fitted_for(panel: Panel) -> None:
    for name in ("croston", "moving_average", "auto_ets"):
        assert find_model(name)(panel, 9, TrainingSettings()).horizon == 9
