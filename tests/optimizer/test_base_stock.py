import numpy as np
import pytest
from stockpyl import newsvendor as textbook

from core.frequency import Frequency
from optimizer.base_stock import (
    BaseStock,
    FixedLevel,
    Newsvendor,
    SummedQuantiles,
    base_stock_normal,
    base_stock_poisson,
    path_quantile,
    protection_interval_demand,
)
from optimizer.newsvendor import newsvendor_quantity
from optimizer.planning import PlanningOptions
from tests.optimizer.conftest import forecast_of, terms_of
from tests.optimizer.reviews import knowledge_of, state_of


@pytest.mark.parametrize("lead", [0, 1, 4])
def test_the_levels_agree_with_the_textbook(lead):
    assert base_stock_normal(0.18, 0.70, 50, 8, lead) == pytest.approx(
        textbook.newsvendor_normal(0.18, 0.70, 50, 8, lead_time=lead), abs=1e-6
    )
    level, cost = base_stock_poisson(1, 4, 6, lead)
    expected, expected_cost = textbook.newsvendor_poisson(1, 4, 6 * (lead + 1))
    assert level == expected
    assert cost == pytest.approx(expected_cost, abs=1e-6)


def test_the_protection_interval_is_lead_time_and_review_of_each_sku():
    forecast = forecast_of(np.arange(24).reshape(2, 2, 6))
    found = protection_interval_demand(forecast, np.array([1, 3]), 2)
    assert found.tolist() == [[0 + 1 + 2, 6 + 7 + 8], [12 + 13 + 14 + 15 + 16, 18 + 19 + 20 + 21 + 22]]


def test_a_quantile_of_paths_is_the_least_value_that_covers_its_share():
    sample = np.random.default_rng(1).integers(0, 30, (5, 40)).astype(float)
    found = path_quantile(sample, np.full(5, 0.8))
    assert found.tolist() == [newsvendor_quantity(row, 1.0, 4.0) for row in sample]


def test_summed_quantiles_buy_too_much_where_periods_are_independent():
    known = knowledge_of(count=8)
    stock = state_of(np.zeros(8))
    joint, summed = BaseStock(0.95).order(stock, known), SummedQuantiles(0.95).order(stock, known)
    assert (summed >= joint).all()
    assert summed.sum() > 1.15 * joint.sum()


def test_summed_quantiles_are_right_where_all_periods_are_high_together():
    """Comonotone paths: then, and only then, quantiles add up."""
    level = np.sort(np.random.default_rng(2).integers(0, 20, (1, 50, 1)), axis=1)
    forecast = forecast_of(np.repeat(level, 3, axis=2))
    known = knowledge_of(count=1)
    known = type(known)(
        known.as_of,
        Frequency.WEEKLY,
        terms_of(forecast),
        PlanningOptions(),
        known.units,
        known.dates,
        lambda h: forecast,
    )
    stock = state_of(np.zeros(1))
    assert BaseStock(0.9).order(stock, known) == SummedQuantiles(0.9).order(stock, known)


def test_without_a_lead_time_the_newsvendor_is_the_base_stock():
    known = knowledge_of(count=8, lead_time_days=0.0)
    stock = state_of(np.arange(8.0))
    assert np.array_equal(Newsvendor().order(stock, known), BaseStock().order(stock, known))


def test_sales_lost_before_the_arrival_are_not_bought_for():
    """Empty shelves for two weeks: an order-up-to policy buys for those weeks, the newsvendor does not."""
    known = knowledge_of(count=8)
    empty = state_of(np.zeros(8))
    newsvendor, base = Newsvendor().order(empty, known), BaseStock().order(empty, known)
    assert newsvendor.sum() < 0.6 * base.sum()
    waiting = knowledge_of(count=8, planning=PlanningOptions(lost_sales=False))
    assert np.array_equal(Newsvendor().order(empty, waiting), BaseStock().order(empty, waiting))


def test_a_fixed_level_orders_what_is_missing_of_the_position():
    known = knowledge_of(count=2)
    state = state_of(np.array([3.0, 9.0]), promised=np.array([[[2.0, 1.0]], [[0.0, 4.0]]]), backlog=np.ones((2, 1)))
    assert FixedLevel(np.array([10.0, 10.0])).order(state, known).tolist() == [[5.0], [0.0]]
