"""The yardstick of money, against the textbook's newsvendor, series by series."""

from datetime import date

import numpy as np
import pytest

from core.frequency import Frequency
from core.settings import Settings
from features.panel import build_panel
from optimizer.newsvendor import critical_ratio, newsvendor_cost, newsvendor_quantity
from serving import use_cases
from serving.ordering_cost import PATHS, OrderingTerms, critical_level, order_up_to_cost, ordering_terms
from tests.simulated import simulated_tables
from training.baselines import MovingAverage


@pytest.fixture(scope="module")
def panel():
    return build_panel(simulated_tables(series=6, days=120, seed=3), Frequency.DAILY, date(2023, 5, 2))


def test_the_cost_is_that_of_the_newsvendors_order_against_what_happened(panel):
    origin = panel.periods - 10
    interval = np.array([3.0, 7, 10, 28, 1, 5])
    terms = OrderingTerms(interval, np.linspace(0.1, 0.6, 6), np.linspace(4, 1, 6))
    forecast = MovingAverage().distribution(panel.before(origin), 10)
    found = order_up_to_cost(terms, seed=5)(forecast, panel, origin)
    paths = forecast.paths(PATHS, 5)
    known = 0
    for who in range(6):
        last = int(min(interval[who], 10))
        window = slice(origin, origin + last)
        if not (panel.history.observed[who, window] > 0).all():
            assert np.isnan(found[who])
            continue
        known += 1
        h, b = terms.holding_cost[who], terms.stockout_cost[who]
        level = newsvendor_quantity(paths[who, :, :last].sum(axis=1), h, b)
        demand = np.array([panel.history.units[who, window].sum(dtype=float)])
        assert found[who] == pytest.approx(newsvendor_cost(level, demand, h, b))
    assert known >= 4


def test_a_period_out_of_stock_hides_what_an_order_had_earned(panel):
    origin = panel.periods - 10
    observed = panel.history.observed.copy()
    observed[2, origin + 1] = 0
    hidden = panel.before(panel.periods)
    object.__setattr__(hidden, "history", type(panel.history)(
        panel.history.units, observed, panel.history.in_stock, panel.history.price, panel.history.first,
        panel.history.last_reported, panel.history.integer_valued,
    ))  # fmt: skip
    terms = OrderingTerms(np.array([1.0, 2, 2, 2, 2, 2]), np.full(6, 0.1), np.full(6, 1.0))
    forecast = MovingAverage().distribution(panel.before(origin), 10)
    found = order_up_to_cost(terms, seed=5)(forecast, hidden, origin)
    assert np.isnan(found[2])
    assert np.isfinite(found[0])


def test_the_datasets_own_terms_make_the_critical_ratio(shop):
    settings = Settings.from_environment({})
    dataset = use_cases.open_dataset(shop, False, settings, lambda sentence: None)
    question = use_cases.ask(dataset, None, None, settings)
    terms = ordering_terms(question)
    held, short = 5.0 * 0.25 / 365 * 7, 5.0 + np.arange(12)
    np.testing.assert_allclose(terms.holding_cost, held)
    np.testing.assert_allclose(terms.stockout_cost, short)
    assert (terms.interval == 14).all()
    assert terms.critical_ratio[3] == pytest.approx(critical_ratio(held, 8.0))
    assert critical_level(question) == 0.995  # 0.998 and more, where no history can judge a quantile
