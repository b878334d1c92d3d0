import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizer.protection_interval import (
    Costs,
    add_maximum,
    collect,
    run_until,
    sales_are_lost,
    walk_interval,
    write_off,
)

DEMAND = arrays(np.float32, (5, 6), elements=st.integers(0, 12).map(float))
INBOUND = arrays(np.float64, (1, 6), elements=st.integers(0, 9).map(float))
STARTS = arrays(np.int64, (5, 1), elements=st.integers(0, 3)).map(lambda first: np.hstack([first, first + 3]))
SIZE = 12


def costs_of(lost, tiers=(), fees=()):
    fees = np.array(fees, dtype=np.float64).reshape(len(tiers), 6)
    holding = np.array([0.2, 0.3, 0.2, 0.1, 0.2, 0.4])
    return Costs(holding, 1.0, float(lost), np.array(tiers), fees, 0, 0.0, 2.0, 1, 104.0, False)


def simulate(demand, on_hand, arrivals, lost_sales):
    """Return (stock or minus the backlog, units unmet) by period: one path, the plain way."""
    stock, stocks, unmet = on_hand, [], []
    for need, arrival in zip(demand, arrivals, strict=True):
        stock += arrival - need
        unmet.append(max(-stock, 0.0))
        stock = max(stock, 0.0) if lost_sales else stock
        stocks.append(stock)
    return np.array(stocks), np.array(unmet)


def charged(stocks, unmet, costs, periods):
    """Return what stock and shortage cost in some periods, the plain way."""
    held = np.maximum(stocks, 0.0)
    fees = sum(fee * np.maximum(held - tier, 0.0) for tier, fee in zip(costs.tiers, costs.fees, strict=True))
    return (held * costs.holding + unmet * costs.stockout + fees)[periods].sum()


@given(DEMAND, INBOUND, STARTS, st.integers(0, 20), st.booleans(), st.sampled_from([0.0, 0.5, -0.1]))
def test_an_interval_costs_what_a_plain_simulation_of_each_level_costs(paths, inbound, starts, on_hand, lost, fee):
    costs = costs_of(lost, tiers=(5.0,), fees=[[0.0, fee, fee, fee, fee, fee]])
    net, out = np.empty(5), np.zeros(SIZE)
    before = run_until(paths, float(on_hand), inbound, starts, costs, net)
    peak = np.minimum(net, 0.0)
    walk_interval(paths, inbound, starts, 0, costs, net, peak, out)
    for k in range(SIZE):
        expected = 0.0
        for path, (first, end) in zip(paths, starts, strict=True):
            arrivals = inbound[0].copy()
            arrivals[first] += k * costs.step
            stocks, unmet = simulate(path, on_hand, arrivals, lost)
            expected += charged(stocks, unmet, costs, slice(0, end)) / 5
        assert np.isclose(before + out[k], expected)


@given(DEMAND, INBOUND, st.integers(0, 20), st.booleans())
def test_the_state_at_the_first_arrival_is_that_of_a_plain_simulation(paths, inbound, on_hand, lost):
    net = np.empty(5)
    run_until(paths, float(on_hand), inbound, np.array([[2, 6]]), costs_of(lost), net)
    assert [-left for left in net] == [simulate(path, on_hand, inbound[0], lost)[0][1] for path in paths]


@given(arrays(np.float64, 9, elements=st.floats(-20, 40)), st.sampled_from([1.0, 3.0, 12.0]))
def test_the_expected_maximum_is_right_for_every_level_at_once(sample, step):
    mass, moment, out = np.zeros(8), np.zeros(8), np.ones(7)
    for x in sample:
        add_maximum(0.5, x, 1 / step, mass, moment)
    collect(mass, moment, step, 3.0, 2.0, 1 / 9, out)
    levels = np.arange(7) * step
    assert np.allclose(out, [1 + (0.5 * np.maximum(q, sample).sum() + 3.0 + 2.0 * q) / 9 for q in levels])


def test_written_off_units_are_forgotten_once_and_only_where_they_are_lost():
    net, peak = np.array([3.0, 8.0]), np.array([5.0, 9.0])
    write_off(net, peak, 6.0, 1.0)
    assert net.tolist() == [3.0, 5.0]
    assert peak.tolist() == [5.0, 6.0]
    write_off(net, peak, 1.0, 0.0)
    assert peak.tolist() == [5.0, 6.0]


def test_lost_sales_are_spread_evenly_over_the_paths():
    for share in (0.0, 0.25, 1.0):
        lost = [sales_are_lost(path, share) for path in range(400)]
        assert sum(lost) == 400 * share
        assert sum(lost[:40]) == 40 * share
