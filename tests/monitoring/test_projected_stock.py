"""Projected stock against a walk by hand and against the risk that alerts are made of."""

import numpy as np
import pytest

from monitoring.projected_stock import project_stock
from monitoring.stockout_risk import stockout_risk

LEVELS = (0.1, 0.5, 0.9)


@pytest.fixture
def paths():
    return np.random.default_rng(3).poisson(4.0, size=(400, 30)).astype(np.float32)


def test_each_path_is_walked_as_by_hand(paths):
    inbound = np.zeros(30)
    inbound[6] = 25
    found = project_stock(paths, 20.0, inbound, LEVELS)
    stock = np.full(400, 20.0)
    for period in range(30):
        stock = np.maximum(stock + inbound[period] - paths[:, period], 0)
        assert found.mean[period] == pytest.approx(stock.mean())
        assert found.quantiles[period] == pytest.approx(np.quantile(stock, LEVELS))


def test_the_probability_to_have_run_out_is_the_one_that_alerts_tell(paths):
    inbound = np.zeros(30)
    inbound[9] = 12
    found = project_stock(paths, 30.0, inbound, LEVELS)
    for window in (1, 7, 10, 21, 30):
        risk = stockout_risk(paths[None], np.array([30.0]), inbound[None], np.array([window]), np.array([0.0]))
        assert found.out[window - 1] == pytest.approx(risk.probability[0])


def test_more_stock_never_runs_out_earlier_and_bands_are_in_order(paths):
    inbound = np.zeros(30)
    before = project_stock(paths, 0.0, inbound, LEVELS)
    for on_hand in (5.0, 20.0, 80.0, 1e6):
        after = project_stock(paths, on_hand, inbound, LEVELS)
        assert (after.out <= before.out + 1e-12).all()
        assert (np.diff(after.quantiles, axis=1) >= 0).all()
        assert (np.diff(after.out) >= 0).all()
        before = after
    assert before.first_out(0.5) is None


def test_the_first_period_out_is_the_first_that_reaches_the_probability(paths):
    found = project_stock(paths, 20.0, np.zeros(30), LEVELS)
    at = found.first_out(0.5)
    assert found.out[at] >= 0.5 > found.out[at - 1]
    assert found.first_out(0.05) <= at <= found.first_out(0.95)
