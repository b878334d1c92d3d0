"""The recurrent network, where its extra is installed; without it, what a user is told."""

from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import ConfigurationError, InsufficientHistoryError, UsageError
from core.frequency import Frequency
from features.panel import Panel, build_panel
from tests.contract.test_forecasters import changed, odd_series
from tests.simulated import simulated_tables
from training.boosted import TrainingSettings
from training.model_catalogue import MODELS
from training.neural import NeuralForecaster, NeuralSettings, fit_neural

QUICK = NeuralSettings(steps=20, hidden=16, batch_windows=64)
LEVELS = tuple(np.round(np.arange(0.001, 1.0, 0.001), 3).tolist())


INSTALLED = find_spec("neuralforecast") is not None


def installed(test):
    """Run only with the extra; what its libraries warn about is theirs."""
    return pytest.mark.filterwarnings("default")(
        pytest.mark.skipif(not INSTALLED, reason="needs the extra neural")(test)
    )


@pytest.mark.skipif(INSTALLED, reason="the extra is installed")
def test_without_the_extra_the_command_that_installs_it_is_named(panel: Panel) -> None:
    with pytest.raises(ConfigurationError, match=r"pip install fillrate\[neural\]"):
        MODELS["lstm"](panel, 7, TrainingSettings())
    with pytest.raises(ConfigurationError, match=r"pip install fillrate\[neural\]"):
        fit_neural(panel, 7, QUICK, 1, seed=1)


@pytest.fixture(scope="module")
def small() -> Panel:
    tables = simulated_tables(series=5, days=180, seed=5)
    joined = pd.concat([tables["sales"], odd_series()], ignore_index=True)
    return build_panel({**tables, "sales": joined}, Frequency.DAILY, date(2023, 7, 1))


@pytest.fixture(scope="module")
def model(small: Panel) -> NeuralForecaster:
    return fit_neural(small, 7, QUICK, 1, seed=1)


@installed
def test_quantiles_never_cross_are_whole_and_finite_for_every_history(small: Panel, model) -> None:
    found = model.distribution(small, 7)
    table = found.quantiles(LEVELS)
    assert np.isfinite(table).all()
    assert np.isfinite(found.mean).all()
    assert (np.diff(table, axis=2) >= 0).all()
    assert table.min() >= 0
    np.testing.assert_array_equal(table, np.rint(table))
    out = (small.series["sku"] == "odd-out").to_numpy()
    assert found.series["fallback_reason"][out].str.contains("moving average").all()
    assert (found.series["fallback_reason"][~out] == "").all()


@installed
def test_the_same_seed_gives_the_same_bytes_and_a_saved_network_too(small: Panel, model, tmp_path) -> None:
    first = model.distribution(small, 7).mean
    again = fit_neural(small, 7, QUICK, 1, seed=1).distribution(small, 7).mean
    assert first.tobytes() == again.tobytes()
    model.save(Path(tmp_path))
    assert NeuralForecaster.load(Path(tmp_path)).distribution(small, 7).mean.tobytes() == first.tobytes()


@installed
def test_nothing_from_as_of_on_is_read(small: Panel) -> None:
    origin = small.periods - 14
    everything = np.ones(small.history.units.shape, dtype=bool)
    views = [view.before(origin) for view in (small, changed(small, everything, slice(origin, None)))]
    one, two = (fit_neural(view, 7, QUICK, 1, seed=1).distribution(view, 7).mean for view in views)
    np.testing.assert_array_equal(one, two)


@installed
def test_a_longer_horizon_and_an_earlier_day_are_refused(small: Panel, model) -> None:
    with pytest.raises(UsageError, match="7 periods"):
        model.distribution(small, 8)
    with pytest.raises(UsageError, match="has seen facts"):
        model.distribution(small.before(small.periods - 1), 7)
    np.testing.assert_allclose(model.distribution(small, 3).mean, model.distribution(small, 7).mean[:, :3])


@installed
def test_too_little_history_is_said(small: Panel) -> None:
    with pytest.raises(InsufficientHistoryError, match="too few to train on"):
        fit_neural(small.before(20), 7, QUICK, 1, seed=1)
