import pytest

from core.errors import UsageError
from features.panel import Panel
from tests.training.conftest import QUICK
from training.candidates import CANDIDATES, DEFAULT_CANDIDATES, named_fits


def test_an_unknown_model_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match="'prophet' is not known; choose from lightgbm_distribution"):
        named_fits(["prophet"], QUICK)


def test_every_default_is_a_candidate_and_a_name_counts_once():
    assert set(DEFAULT_CANDIDATES) <= set(CANDIDATES)
    assert list(named_fits(["moving_average", "seasonal_naive", "moving_average"], QUICK)) == [
        "moving_average",
        "seasonal_naive",
    ]


def test_a_named_fit_is_the_shipped_training_with_the_settings_given(panel: Panel, result):
    model = named_fits(["lightgbm_distribution"], QUICK)["lightgbm_distribution"](panel, 14)
    assert (model.distribution(panel, 14).mean == result.model.distribution(panel, 14).mean).all()
