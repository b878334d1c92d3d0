"""The chance to run out: against the Poisson distribution, a plain walk in Python, and what must be monotone."""

import numpy as np
import pytest
from scipy import stats

from monitoring.stockout_risk import stockout_risk


def walked(path, stock, arrivals, window):
    """One path by hand: whether it ran out, units lost."""
    lost = 0.0
    for period in range(window):
        stock += arrivals[period]
        lost += max(path[period] - stock, 0.0)
        stock = max(stock - path[period], 0.0)
    return lost > 0, lost


def test_without_arrivals_it_is_the_poisson_tail() -> None:
    draw = np.random.default_rng(5)
    paths = draw.poisson(2.0, (3, 40_000, 10)).astype(np.float32)
    on_hand = np.array([15.0, 20.0, 30.0])
    risk = stockout_risk(paths, on_hand, np.zeros((3, 10)), np.array([10, 10, 10]), np.zeros(3))
    assert risk.probability == pytest.approx(stats.poisson(20).sf(on_hand), abs=0.01)
    assert risk.window_demand == pytest.approx(np.full(3, 20.0), rel=0.01)


def test_it_is_what_a_plain_walk_counts_with_arrivals_and_windows() -> None:
    draw = np.random.default_rng(7)
    paths = draw.poisson(1.5, (20, 50, 12)).astype(np.float32)
    on_hand = draw.integers(0, 20, 20).astype(float)
    inbound = np.where(draw.random((20, 12)) < 0.1, draw.integers(1, 15, (20, 12)), 0).astype(float)
    window = draw.integers(1, 13, 20)
    risk = stockout_risk(paths, on_hand, inbound, window, np.zeros(20))
    for row in range(20):
        told = [walked(path, on_hand[row], inbound[row], window[row]) for path in paths[row]]
        assert risk.probability[row] == pytest.approx(np.mean([out for out, _ in told]))
        assert risk.lost[row] == pytest.approx(np.mean([lost for _, lost in told]))


def test_before_the_receipt_counts_only_what_happens_until_it_comes() -> None:
    paths = np.ones((1, 1, 10), dtype=np.float32)
    arrivals = np.zeros((1, 10))
    arrivals[0, 4] = 3
    risk = stockout_risk(paths, np.array([4.0]), arrivals, np.array([10]), np.zeros(1))
    assert (risk.probability[0], risk.before_receipt[0]) == (1.0, 0.0)  # 7 units for 10 days, but not before day 4
    risk = stockout_risk(paths, np.array([3.0]), arrivals, np.array([2]), np.zeros(1))
    assert (risk.probability[0], risk.before_receipt[0]) == (0.0, 1.0)


def test_a_supplier_who_may_be_late_makes_it_riskier() -> None:
    paths = np.ones((1, 200, 20), dtype=np.float32)
    arrivals = np.zeros((1, 20))
    arrivals[0, 5] = 15
    late = [
        stockout_risk(paths, np.array([6.0]), arrivals, np.array([15]), np.array([sd])).probability[0]
        for sd in (0.0, 1.0, 4.0)
    ]
    assert late[0] == 0.0 < late[1] < late[2] < 0.5


def test_more_stock_never_makes_it_riskier() -> None:
    paths = np.random.default_rng(2).poisson(3.0, (1, 100, 14)).astype(np.float32)
    found = [
        stockout_risk(paths, np.array([float(units)]), np.zeros((1, 14)), np.array([14]), np.zeros(1)).probability[0]
        for units in range(0, 80, 4)
    ]
    assert found == sorted(found, reverse=True)


def test_stock_that_is_not_known_has_no_risk_that_is_known() -> None:
    paths = np.ones((1, 5, 3), dtype=np.float32)
    risk = stockout_risk(paths, np.array([np.nan]), np.zeros((1, 3)), np.array([3]), np.zeros(1))
    assert np.isnan(risk.probability[0])
