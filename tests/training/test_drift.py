"""Drift is told where demand changed, and not where only time went by."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from features.history import History
from features.panel import Panel
from tests.training.conftest import QUICK
from training.boosted import BoostedForecaster, fit_boosted
from training.drift import DriftSettings, drift, live_outcomes, population_stability

PROMISED = {"scaled_pinball": 0.25, "bias": 0.0, "calibration_error": 0.03}


@pytest.fixture(scope="module")
def model(panel: Panel) -> BoostedForecaster:
    return fit_boosted(panel.before(panel.periods - 28), 14, QUICK)


def with_units(panel: Panel, change) -> Panel:
    """Return the panel with the units since the model learned changed."""
    history: History = panel.history
    units = history.units.copy()
    units[:, -28:] = change(units[:, -28:])
    return replace(panel, history=replace(history, units=units))


def verdicts(report) -> dict[str, str]:
    return {item.name: item.verdict for item in report.signals}


def test_live_errors_are_those_of_the_newest_origin_before_each_period(panel: Panel, model: BoostedForecaster) -> None:
    live = live_outcomes(model, panel, step=7)
    assert [item.origin for item in live] == [panel.dates(panel.periods - back, 1)[0] for back in (28, 21, 14, 7)]
    assert all(item.horizons.max() == 6 for item in live)
    second = model.distribution(panel.before(panel.periods - 21), 7).mean
    np.testing.assert_array_equal(live[1].mean, second[live[1].cells])


def test_time_going_by_is_no_drift(panel: Panel, model: BoostedForecaster) -> None:
    now = drift(model, panel, PROMISED)
    measured = {item.name: item.live for item in now.signals}
    again = drift(model, panel, {**PROMISED, "scaled_pinball": measured["scaled_pinball"], "bias": measured["bias"]})
    assert verdicts(again)["scaled_pinball"] == verdicts(again)["bias"] == "stable"
    assert verdicts(again)["features that moved"] == "stable"
    assert again.rows == now.rows > 400


def test_demand_that_tripled_is_drift_in_error_bias_and_inputs(panel: Panel, model: BoostedForecaster) -> None:
    found = drift(model, with_units(panel, lambda units: 3 * units + 6), PROMISED)
    assert verdicts(found)["scaled_pinball"] == "drifted"
    assert verdicts(found)["bias"] == "drifted"
    assert found.verdict == "drifted"
    assert found.inputs["feature"].iloc[:12].str.contains("mean_|ewma|scale|lag_|same_weekday|zero_share").any()


def test_the_bounds_are_settings(panel: Panel, model: BoostedForecaster) -> None:
    strict = drift(model, panel, PROMISED, DriftSettings(error=(-1.0, -0.9), bias=(9, 9), coverage=(9, 9)))
    assert verdicts(strict)["scaled_pinball"] == "drifted"
    assert verdicts(strict)["bias"] == verdicts(strict)["calibration_error"] == "stable"


def test_where_nothing_was_observed_since_errors_are_unknown_and_inputs_are_not(
    panel: Panel, model: BoostedForecaster
) -> None:
    found = drift(model, panel.before(panel.periods - 28), PROMISED)
    assert found.rows == 0
    assert verdicts(found)["scaled_pinball"] == "unknown"
    assert verdicts(found)["features that moved"] == "stable"
    assert found.verdict == "stable"


def test_the_stability_index_is_its_formula_and_follows_chi_squared_by_chance() -> None:
    random = np.random.default_rng(1)
    one, two = random.normal(size=4000), random.normal(1, 1, 3000)
    edges = np.quantile(one, np.linspace(0, 1, 11)[1:-1])
    e, a = (np.bincount(np.searchsorted(edges, x, side="right"), minlength=10) / len(x) for x in (one, two))
    assert population_stability(one, two, 10) == pytest.approx(((a - e) * np.log(a / e)).sum(), rel=0.05)
    chance = stats.chi2.ppf(0.95, 10) * (1 / 200 + 1 / 200)
    by_chance = [
        population_stability(random.normal(size=200), random.normal(size=200), 10) > chance for _ in range(200)
    ]
    assert np.mean(by_chance) < 0.12


def test_values_that_became_unknown_are_a_shift() -> None:
    known = np.arange(100.0)
    assert population_stability(known, np.full(100, np.nan), 10) > 1
    assert population_stability(np.full(50, np.nan), np.full(50, np.nan), 10) == pytest.approx(0)
