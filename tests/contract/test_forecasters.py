"""What `training.forecaster.Forecaster` promises, asked of every model in the catalogue."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import InsufficientHistoryError, UsageError
from core.frequency import Frequency
from features.panel import Panel, build_panel
from tests.simulated import simulated_tables
from training.boosted import TrainingSettings, fit_boosted
from training.distribution import DemandDistribution
from training.distribution_head import HeadSettings
from training.forecaster import Forecaster
from training.model_catalogue import MODELS
from training.quantile_boosting import QuantileBoostingForecaster, QuantileBoostingSettings, fit_quantile_boosting
from training.quantile_trees import QuantileTreesForecaster, QuantileTreesSettings, fit_quantile_trees
from training.random_forest import RandomForestForecaster, RandomForestSettings, fit_random_forest

HORIZON = 7
AS_OF = date(2023, 7, 1)
EVERY_LEVEL = tuple(np.round(np.arange(0.001, 1.0, 0.001), 3).tolist())
SETTINGS = TrainingSettings(most_rows=4000, head=HeadSettings(rounds=20, dispersion_rounds=15), threads=1)
QUICK_TREES = QuantileBoostingSettings(rounds=15, most_rows=4000)
QUICK_QUANTILES = QuantileTreesSettings(rounds=15, most_rows=4000)
QUICK_FOREST = RandomForestSettings(trees=8, least_leaf=20, most_rows=4000)

# The models that learn from all series are fitted small here: the promises do not depend on how many trees there are.
FITS: dict[str, Callable[[Panel], Forecaster]] = {
    **{name: (lambda panel, entry=entry: entry(panel, HORIZON, SETTINGS)) for name, entry in MODELS.items()},
    "lightgbm_distribution": lambda panel: fit_boosted(panel, HORIZON, SETTINGS),
    "xgboost_quantiles": lambda panel: fit_quantile_boosting(panel, HORIZON, QUICK_TREES, 1, seed=3),
    "lightgbm_quantiles": lambda panel: fit_quantile_trees(panel, HORIZON, QUICK_QUANTILES, 1, seed=3),
    "random_forest": lambda panel: fit_random_forest(panel, HORIZON, QUICK_FOREST, 1, seed=3),
}
TAUGHT = ("lightgbm_distribution", "lightgbm_quantiles", "xgboost_quantiles", "random_forest")
# ARIMA takes as long as all others together; the network has its own tests, in an environment with its extra.
every_model = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name == "auto_arima" else name for name in FITS if name != "lstm"],
)


def odd_series() -> pd.DataFrame:
    """A sku without sales, one with a single sale, one never in stock, one partly so, two that have just begun."""
    days = pd.date_range("2023-01-02", periods=180, freq="D", unit="s")
    frames = [
        pd.DataFrame({"sku": "odd-nothing", "date": days, "units": 0.0, "in_stock": 1.0}),
        pd.DataFrame(
            {"sku": "odd-one", "date": days, "units": np.where(np.arange(180) == 70, 3.0, 0), "in_stock": 1.0}
        ),
        pd.DataFrame({"sku": "odd-out", "date": days, "units": 0.0, "in_stock": 0.0}),
        pd.DataFrame({"sku": "odd-partly", "date": days, "units": 5.0, "in_stock": np.where(days.day % 5 > 0, 1, 0.6)}),
        pd.DataFrame({"sku": "odd-young", "date": days[-3:], "units": [2.0, 0.0, 1.0], "in_stock": 1.0}),
        pd.DataFrame({"sku": "odd-hour", "date": days[-1:], "units": [4.0], "in_stock": 1.0}),
    ]
    return pd.concat(frames).assign(location="main", price=np.nan).astype({"sku": "str", "location": "str"})


@pytest.fixture(scope="module")
def panel() -> Panel:
    tables = simulated_tables(series=7, days=180, seed=5)
    sales = pd.concat([tables["sales"], odd_series()], ignore_index=True)
    return build_panel({**tables, "sales": sales}, Frequency.DAILY, AS_OF)


@pytest.fixture(scope="module")
def fitted(panel: Panel) -> Callable[[str], Forecaster]:
    kept: dict[str, Forecaster] = {}
    return lambda name: kept.setdefault(name, FITS[name](panel)) if name not in kept else kept[name]


@pytest.fixture(scope="module")
def answer(panel: Panel, fitted: Callable[[str], Forecaster]) -> Callable[[str], DemandDistribution]:
    kept: dict[str, DemandDistribution] = {}

    def ask(name: str) -> DemandDistribution:
        if name not in kept:
            kept[name] = fitted(name).distribution(panel, HORIZON)
        return kept[name]

    return ask


def table_of(distribution: DemandDistribution) -> np.ndarray:
    return distribution.quantiles((0.01, 0.1, 0.5, 0.9, 0.99))


@every_model
def test_quantiles_at_every_level_never_cross_and_are_whole_and_never_negative(answer, name: str) -> None:
    table = answer(name).quantiles(EVERY_LEVEL)
    assert np.isfinite(table).all()
    assert (np.diff(table, axis=2) >= 0).all()
    assert table.min() >= 0
    np.testing.assert_array_equal(table, np.rint(table))


@every_model
def test_the_mean_is_finite_and_never_negative_whatever_the_history(answer, name: str) -> None:
    mean = answer(name).mean
    assert np.isfinite(mean).all()
    assert (mean >= 0).all()


@every_model
def test_a_sku_without_a_sale_is_not_forecast_to_sell_like_the_others(answer, panel: Panel, name: str) -> None:
    silent = panel.series["sku"] == "odd-nothing"
    middle = answer(name).quantiles((0.5,))[..., 0]
    assert middle[silent].max() == 0


@every_model
def test_the_answer_is_about_the_panels_series_and_the_periods_after_it(answer, panel: Panel, name: str) -> None:
    found = answer(name)
    pd.testing.assert_frame_equal(found.series[["sku", "location"]], panel.series[["sku", "location"]])
    np.testing.assert_array_equal(found.dates, panel.dates(panel.periods, HORIZON))
    assert found.series["fallback_reason"].map(type).eq(str).all()
    assert found.model == name


@every_model
def test_another_fit_of_the_same_panel_gives_the_same_bytes(answer, panel: Panel, name: str) -> None:
    again = FITS[name](panel).distribution(panel, HORIZON)
    assert again.mean.tobytes() == answer(name).mean.tobytes()
    assert table_of(again).tobytes() == table_of(answer(name)).tobytes()
    assert again.paths(9, seed=4).tobytes() == answer(name).paths(9, seed=4).tobytes()


def changed(panel: Panel, where: np.ndarray, period: slice) -> Panel:
    history = panel.history
    units = history.units.copy()
    units[:, period] = np.where(where[:, period], 3 * units[:, period] + 40, units[:, period])
    return replace(panel, history=replace(history, units=units))


@every_model
def test_nothing_from_as_of_on_is_read(panel: Panel, name: str) -> None:
    origin = panel.periods - 14
    everywhere = np.ones(panel.history.units.shape, dtype=bool)
    views = [view.before(origin) for view in (panel, changed(panel, everywhere, slice(origin, None)))]
    one, two = (table_of(FITS[name](view).distribution(view, HORIZON)) for view in views)
    np.testing.assert_array_equal(one, two)


@every_model
def test_how_much_was_sold_while_demand_was_censored_is_not_read(answer, panel: Panel, name: str) -> None:
    masked = (panel.history.observed == 0) & (panel.history.units > 0)
    assert masked.sum() > 30
    other = changed(panel, masked, slice(None))
    found = FITS[name](other).distribution(other, HORIZON)
    np.testing.assert_array_equal(table_of(found), table_of(answer(name)))


def reordered(panel: Panel, order: np.ndarray) -> Panel:
    """The same panel with its series in another order."""
    history, known, events = panel.history, panel.known, panel.events
    rows = {name: getattr(history, name)[order] for name in ("units", "observed", "in_stock", "price", "first")}
    since = known.known_from
    return replace(
        panel,
        series=panel.series.iloc[order].reset_index(drop=True),
        history=replace(history, **rows),
        known=replace(known, values=known.values[:, order], known_from=None if since is None else since[:, order]),
        events=replace(events, rows=events.rows[order]),
        groups=panel.groups[:, order],
    )


@every_model
def test_the_order_of_the_series_changes_nothing_but_rounding(answer, fitted, panel: Panel, name: str) -> None:
    order = np.random.default_rng(1).permutation(len(panel.series))
    found = fitted(name).distribution(reordered(panel, order), HORIZON)
    np.testing.assert_allclose(found.mean, answer(name).mean[order], rtol=1e-5)
    differ = np.abs(table_of(found) - table_of(answer(name))[order])
    assert (differ > 0).mean() < 0.01
    assert differ.max() <= 1


@every_model
def test_a_longer_horizon_than_fitted_is_refused(fitted, panel: Panel, name: str) -> None:
    with pytest.raises(UsageError, match=f"{HORIZON} periods"):
        fitted(name).distribution(panel, HORIZON + 1)


@every_model
def test_a_shorter_horizon_gives_the_first_periods_of_the_longer_one(answer, fitted, panel: Panel, name: str) -> None:
    short = fitted(name).distribution(panel, 3)
    np.testing.assert_allclose(short.mean, answer(name).mean[:, :3], rtol=1e-6)


@every_model
def test_sample_paths_follow_the_marginals(answer, name: str) -> None:
    found = answer(name)
    paths = found.paths(2000, seed=7)
    for place, level in enumerate((0.1, 0.5, 0.9)):
        quantile = found.quantiles((0.1, 0.5, 0.9))[:, None, :, place]
        assert ((paths < quantile).mean(axis=1) <= level + 0.04).all()
        assert ((paths <= quantile).mean(axis=1) >= level - 0.04).all()


@pytest.mark.parametrize("name", TAUGHT)
def test_a_history_too_short_to_learn_from_is_said_and_not_forecast(panel: Panel, name: str) -> None:
    with pytest.raises(InsufficientHistoryError, match="too few"):
        FITS[name](panel.before(20))


@pytest.mark.parametrize("name", TAUGHT)
def test_a_model_never_forecasts_a_time_that_it_has_seen(fitted, panel: Panel, name: str) -> None:
    with pytest.raises(UsageError, match="has seen facts"):
        fitted(name).distribution(panel.before(panel.periods - 1), HORIZON)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("lightgbm_quantiles", QuantileTreesForecaster),
        ("xgboost_quantiles", QuantileBoostingForecaster),
        ("random_forest", RandomForestForecaster),
    ],
)
def test_a_saved_model_forecasts_the_same_bytes(answer, fitted, panel: Panel, name: str, kind, tmp_path: Path) -> None:
    fitted(name).save(tmp_path)
    found = kind.load(tmp_path).distribution(panel, HORIZON)
    assert table_of(found).tobytes() == table_of(answer(name)).tobytes()


@pytest.mark.parametrize("name", ["lightgbm_quantiles", "xgboost_quantiles", "random_forest"])
def test_blocks_of_features_are_switched_for_every_model_that_learns_from_them(panel: Panel, name: str) -> None:
    settings = {"most_rows": 4000, "features_off": ("season",), "features_on": ("trend",)}
    fits = {
        "lightgbm_quantiles": lambda: fit_quantile_trees(panel, 7, QuantileTreesSettings(rounds=1, **settings), 1, 1),
        "xgboost_quantiles": lambda: fit_quantile_boosting(
            panel, 7, QuantileBoostingSettings(rounds=1, **settings), 1, 1
        ),
        "random_forest": lambda: fit_random_forest(panel, 7, RandomForestSettings(trees=1, **settings), 1, 1),
    }
    blocks = fits[name]().specification.blocks
    assert "season" not in blocks
    assert "trend" in blocks
