"""Censored demand: estimates against textbook distributions, isotonic regression and a market of known demand."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.isotonic import IsotonicRegression

from benchmarks.market_demand import MarketSettings
from benchmarks.marketplace import simulate
from core.errors import ConfigurationError
from core.frequency import Frequency
from features.censoring import IMPUTED_WEIGHT, Imputation, expected_above, impute_censored, rising_shares
from features.history import History
from features.panel import build_panel
from features.rows import training_rows


@pytest.fixture(scope="module")
def market():
    return simulate(MarketSettings(series=250, days=420, seed=11))


@pytest.fixture(scope="module")
def panel(market):
    return build_panel({"sales": market.tables["sales"]}, Frequency.DAILY, date(2023, 2, 27))


def history_of(units, in_stock) -> History:
    units, in_stock = np.atleast_2d(units).astype(np.float32), np.atleast_2d(in_stock).astype(np.float32)
    observed = (in_stock >= 1).astype(np.float32)
    first = observed.argmax(axis=1).astype(np.int32)
    return History(units, observed, in_stock, np.full_like(units, 9.0), first, units.shape[1] - 1, True)


@given(st.integers(0, 60), st.floats(0.05, 40), st.floats(1.05, 12))
def test_the_expectation_above_a_count_is_the_sum_over_the_tail_of_the_distribution(units, mean, ratio) -> None:
    size = mean / (ratio - 1)
    counts = np.arange(units, units + 6000)
    chance = stats.nbinom.pmf(counts, size, 1 / ratio)
    if chance.sum() < 1e-9:
        return
    found = expected_above(np.array([float(units)]), np.array([mean]), np.array([ratio]), True)[0]
    assert found == pytest.approx((counts * chance).sum() / chance.sum(), rel=1e-4)


@settings(max_examples=20)
@given(st.floats(0, 60), st.floats(0.5, 40), st.floats(0.2, 12))
def test_the_expectation_above_an_amount_is_the_integral_over_the_tail(units, mean, ratio) -> None:
    gamma = stats.gamma(mean / ratio, scale=ratio)
    if gamma.sf(units) < 1e-6:
        return
    points = gamma.isf(gamma.sf(units) * (np.arange(5_000) + 0.5) / 5_000)
    found = expected_above(np.array([units]), np.array([mean]), np.array([ratio]), False)[0]
    assert found == pytest.approx(points.mean(), rel=5e-3)


def test_an_impossible_count_is_its_own_expectation() -> None:
    assert expected_above(np.array([500.0]), np.array([0.01]), np.array([1.02]), True)[0] == 500.0


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.5, 50)), min_size=1, max_size=20))
def test_shares_of_a_period_are_the_isotonic_regression_of_units_on_expected_units(pairs) -> None:
    sold, expected = np.array(pairs).T
    oracle = (
        IsotonicRegression(y_min=0, y_max=1)
        .fit(steps := np.arange(len(sold)), sold / expected, expected)
        .predict(steps)
    )
    assert rising_shares(sold, expected) == pytest.approx(oracle, abs=1e-9)


def test_masking_changes_nothing(panel) -> None:
    assert impute_censored(panel.history, 7, Imputation.MASK) is panel.history


def test_a_day_that_sold_out_early_was_worth_more_than_it_sold() -> None:
    units, in_stock = np.tile([4.0, 6.0], 40), np.ones(80)
    units[60], in_stock[60] = 3.0, 0.4
    units[61:64], in_stock[61:64] = 0.0, 0.0
    filled = impute_censored(history_of(units, in_stock), 7, Imputation.EXPECTED)
    assert filled.units[0, 60] > 5.0
    assert filled.units[0, 61:64] == pytest.approx(5.0, abs=0.8)
    assert (filled.observed[0, 60:64] == np.float32(IMPUTED_WEIGHT)).all()
    assert (filled.units[0, :60] == units[:60]).all()


def test_partial_days_are_not_scaled_before_their_share_of_sales_is_known() -> None:
    units, in_stock = np.full(80, 5.0), np.ones(80)
    units[60], in_stock[60] = 3.0, 0.4
    filled = impute_censored(history_of(units, in_stock), 7, Imputation.PARTIAL)
    assert filled.observed[0, 60] == 0


def test_a_long_outage_stays_unknown_after_four_weeks() -> None:
    units, in_stock = np.full(120, 5.0), np.ones(120)
    units[40:100], in_stock[40:100] = 0.0, 0.0
    filled = impute_censored(history_of(units, in_stock), 7, Imputation.EXPECTED)
    assert (filled.observed[0, 40:68] > 0).all()
    assert (filled.observed[0, 68:100] == 0).all()


def test_a_series_never_seen_in_stock_stays_unknown() -> None:
    filled = impute_censored(history_of(np.zeros(30), np.zeros(30)), 7, Imputation.EXPECTED)
    assert not filled.observed.any()


@pytest.mark.parametrize("imputation", [Imputation.PARTIAL, Imputation.EXPECTED])
def test_estimates_read_no_later_period(panel, imputation) -> None:
    whole = impute_censored(panel.history, 7, imputation)
    early = impute_censored(panel.history.before(300), 7, imputation)
    assert (whole.units[:, :300] == early.units).all()
    assert (whole.observed[:, :300] == early.observed).all()


def test_unconstrained_demand_of_a_simulated_market_is_right_within_two_percent(market, panel) -> None:
    truth, history = market.truth, panel.history
    on_sale = truth.mean > 0
    days, total = on_sale.sum(axis=1), truth.demand[on_sale].sum()

    def recovered(history: History) -> float:
        weight = history.observed * on_sale
        mean = (history.units * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
        return float((mean * days).sum() / total - 1)

    expected = recovered(impute_censored(history, 7, Imputation.EXPECTED))
    partial = recovered(impute_censored(history, 7, Imputation.PARTIAL))
    assert abs(expected) <= 0.02 < -recovered(history)
    assert abs(expected) < abs(partial) < abs(recovered(history))


def test_partial_days_are_scaled_by_the_learned_share_and_never_by_the_hours(market, panel) -> None:
    filled = impute_censored(panel.history, 7, Imputation.PARTIAL)
    changed = (filled.observed > 0) & (panel.history.observed == 0)
    true = market.truth.demand[changed].sum()
    by_hours = (panel.history.units[changed] / panel.history.in_stock[changed]).sum()
    assert changed.sum() > 300
    assert abs(filled.units[changed].sum() / true - 1) < 0.1 < by_hours / true - 1


def test_an_estimate_is_no_training_target(panel) -> None:
    filled = replace(panel, history=impute_censored(panel.history, 7, Imputation.EXPECTED))
    rows = training_rows(filled, 7, 50_000, 400, 1)
    assert (filled.history.observed[rows.who, rows.target] == 1).all()
    assert (filled.history.observed[panel.history.observed == 0] > 0).any()


def test_the_panel_takes_the_imputation_by_name_and_refuses_another(market) -> None:
    tables = {"sales": market.tables["sales"]}
    filled = build_panel(tables, Frequency.DAILY, date(2023, 2, 27), imputation="expected")
    plain = build_panel(tables, Frequency.DAILY, date(2023, 2, 27))
    assert filled.fingerprint() != plain.fingerprint()
    with pytest.raises(ConfigurationError, match='"mask", "partial", "expected"'):
        build_panel(tables, Frequency.DAILY, date(2023, 2, 27), imputation="guess")
