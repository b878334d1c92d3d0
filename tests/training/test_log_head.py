"""The head for demand that price and promotion drive."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.frequency import Frequency
from features.build import build_features
from features.panel import Panel, build_panel
from features.rows import training_rows
from features.specification import specify_features
from tests.simulated import simulated_tables
from training.blend import SHARES, blended_best
from training.boosted import BoostedForecaster, TrainingSettings, fit_boosted
from training.distribution_head import HeadSettings
from training.log_head import LogHead, LogHeadSettings, fit_log_head, suits_log_head
from training.pipeline import train

QUICK = TrainingSettings(
    most_rows=12_000,
    head=HeadSettings(rounds=25, dispersion_rounds=15),
    log_head=LogHeadSettings(rounds=30, spread_rounds=15),
    threads=1,
)


def promoted_until(last: str) -> Panel:
    """Return brisk sales at 12 shops whose price, known ahead until `last`, has an elasticity of −2.5."""
    random = np.random.default_rng(4)
    dates = pd.date_range("2022-01-03", periods=120, freq="7D", unit="s")
    sales, signals = [], []
    for shop in range(12):
        depth = np.where(random.random(120) < 0.25, random.choice([0.2, 0.35], 120), 0.0)
        mean = 60 * np.exp(random.normal(0, 0.3)) * (1 - depth) ** -2.5
        units = random.poisson(mean * random.lognormal(0, 0.15, 120))
        frame = pd.DataFrame({"sku": "juice", "location": f"shop-{shop:02d}", "date": dates})
        sales.append(frame.assign(units=units.astype(float), price=np.nan, in_stock=1.0)[:104])
        signals.append(frame.assign(name="price", value=3 * (1 - depth)))
    tables = simulated_tables(series=1, days=30, seed=1)
    signal = pd.concat(signals, ignore_index=True)
    signal = signal[signal["date"] <= last].reset_index(drop=True)
    nothing = pd.Series([np.nan] * len(signal), dtype="str")
    signal = signal.assign(category=nothing, keyword=nothing, known_ahead=True)
    signal["available_on"] = pd.Series(pd.NaT, index=signal.index).astype("datetime64[s]")
    text = {"sku": "str", "location": "str"}
    tables = {"sales": pd.concat(sales, ignore_index=True).astype(text), "signals": signal.astype(text)}
    return build_panel(tables, Frequency.WEEKLY, date(2024, 1, 1))


@pytest.fixture(scope="module")
def promoted() -> Panel:
    return promoted_until("2024-12-30")


@pytest.mark.parametrize("last", ["2023-12-25", "2024-12-30"], ids=["plans end today", "plans go on"])
def test_training_forecasts_demand_whether_or_not_the_future_is_planned(last: str) -> None:
    panel = promoted_until(last)
    result = train(panel, 8, QUICK)
    mean = result.model.distribution(panel, 8).mean.mean()
    assert mean == pytest.approx(panel.history.units[:, -52:].mean(), rel=0.35)
    assert ("known_price" in result.model.specification.names) == (last > "2024")
    if last < "2024":
        assert result.model.log_head is None
        assert result.model.log_share == 0.0


@pytest.fixture(scope="module")
def fitted(promoted: Panel) -> BoostedForecaster:
    return fit_boosted(promoted, 8, QUICK)


def test_the_planned_price_moves_the_forecast_by_its_elasticity(promoted: Panel, fitted: BoostedForecaster) -> None:
    both = fitted.parts(promoted, 8)[1]
    place = promoted.known.names.index("price")
    planned = promoted.known.values[place][:, promoted.periods : promoted.periods + 8]
    depth = planned / planned.max()
    log_mean = np.log(both.mean)
    slope = np.polyfit(np.log(depth).ravel(), (log_mean - log_mean.mean(axis=1, keepdims=True)).ravel(), 1)[0]
    assert -2.6 < slope < -1.9, "the regression shrinks, and half of the correction is believed"


def test_the_better_head_gets_the_weight(promoted: Panel) -> None:
    past = promoted.before(promoted.periods - 16)
    model, origins = fit_boosted(past, 8, QUICK), [past.periods, past.periods + 8]
    model = blended_best(model, promoted, origins, [model.parts(promoted.before(origin), 8) for origin in origins])
    assert model.log_share in SHARES
    assert model.log_share >= 0.5


def test_quantiles_rise_and_are_whole(promoted: Panel, fitted: BoostedForecaster) -> None:
    table = replace(fitted, log_share=1.0).distribution(promoted, 8).quantiles((0.01, 0.25, 0.5, 0.75, 0.99))
    assert (np.diff(table, axis=2) >= 0).all()
    np.testing.assert_array_equal(table, np.rint(table))


def test_a_saved_blend_forecasts_the_same(promoted: Panel, fitted: BoostedForecaster, tmp_path: Path) -> None:
    model = replace(fitted, log_share=0.75)
    model.save(tmp_path)
    again = BoostedForecaster.load(tmp_path)
    one, two = (item.distribution(promoted, 8).forecast((0.1, 0.9), 10, 1) for item in (model, again))
    np.testing.assert_array_equal(one.quantiles, two.quantiles)
    np.testing.assert_array_equal(one.paths, two.paths)


def test_the_spread_is_learned_where_it_differs(promoted: Panel) -> None:
    specification = specify_features(promoted, 8)
    rows = training_rows(promoted, 8, 12_000, 200, seed=1)
    matrix = build_features(promoted, specification, rows)
    random = np.random.default_rng(1)
    wild = matrix.values[:, matrix.names.index("horizon")] > 4
    units = np.exp(
        matrix.values[:, matrix.names.index("response_demand")]
        + np.log(matrix.scale)
        + random.normal(0, 1, len(rows)) * np.where(wild, 0.6, 0.1)
    )
    settings = LogHeadSettings(rounds=10, spread_rounds=40)
    head: LogHead = fit_log_head(matrix, units, promoted.periods - 1 - rows.target, settings, 52, False, 1, 1)
    _, table = head.predict(matrix, 1)
    width = np.log(np.maximum(table[:, -8], 1e-9)) - np.log(np.maximum(table[:, 7], 1e-9))
    assert np.nanmedian(width[wild]) > 3 * np.nanmedian(width[~wild])


def test_slow_sellers_and_plans_without_covariates_have_no_log_head(promoted: Panel) -> None:
    specification = specify_features(promoted, 8)
    matrix = build_features(promoted, specification, training_rows(promoted, 8, 3000, 200, seed=1))
    assert suits_log_head(matrix, np.ones(len(matrix.scale), dtype=np.float32))
    assert not suits_log_head(matrix, np.zeros(len(matrix.scale), dtype=np.float32))
    bare = specify_features(promoted, 8, without=("promotion_response",))
    assert not suits_log_head(build_features(promoted, bare, training_rows(promoted, 8, 3000, 200, seed=1)), np.ones(1))
