import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizer.protection_interval import Terms, expected_maximum, observe, run_until, write_off

TERMS = Terms(2, 1, True, 0.2, 1.0, 0.0, 1.0, 1, 1 << 40, 104.0, False)
DEMAND = arrays(np.float32, (5, 6), elements=st.integers(0, 12).map(float))
INBOUND = arrays(np.float64, 6, elements=st.integers(0, 9).map(float))


def simulate(demand, on_hand, arrivals, lost_sales):
    """Return (stock or minus the backlog, units unmet) by period: one path, the plain way."""
    stock, stocks, unmet = on_hand, [], []
    for need, arrival in zip(demand, arrivals, strict=True):
        stock += arrival - need
        unmet.append(max(-stock, 0.0))
        stock = max(stock, 0.0) if lost_sales else stock
        stocks.append(stock)
    return np.array(stocks), np.array(unmet)


@given(DEMAND, INBOUND, st.integers(0, 20), st.integers(0, 25))
def test_the_reflected_walk_is_the_stock_of_a_lost_sales_simulation(paths, inbound, on_hand, order):
    net = np.empty(5)
    run_until(paths, float(on_hand), inbound, TERMS, net)
    peak = np.minimum(net, 0.0)
    with_order = inbound.copy()
    with_order[2] += order
    before = np.maximum(peak, order)
    for t in range(2, 6):
        observe(paths, t, inbound[t], net, peak)
        for p in range(5):
            stocks, unmet = simulate(paths[p], on_hand, with_order, lost_sales=True)
            assert np.maximum(order, peak[p]) - net[p] == stocks[t]
            assert np.maximum(order, peak[p]) - before[p] == unmet[2 : t + 1].sum()


@given(DEMAND, INBOUND, st.integers(0, 20), st.booleans())
def test_the_cost_before_the_first_arrival_is_that_of_a_plain_simulation(paths, inbound, on_hand, lost):
    net = np.empty(5)
    cost = run_until(paths, float(on_hand), inbound, TERMS._replace(lost_sales=lost), net)
    expected = 0.0
    for path, left in zip(paths, net, strict=True):
        stocks, unmet = simulate(path[:2], on_hand, inbound[:2], lost)
        expected += (0.2 * np.maximum(stocks, 0.0).sum() + unmet.sum()) / 5
        assert -left == stocks[-1]
    assert np.isclose(cost, expected)


@given(arrays(np.float64, 9, elements=st.floats(-20, 40)), st.sampled_from([1.0, 3.0, 12.0]))
def test_the_expected_maximum_is_right_for_every_level_at_once(sample, step):
    out = np.empty(7)
    expected_maximum(sample, step, out)
    assert np.allclose(out, [np.maximum(k * step, sample).mean() for k in range(7)])


def test_written_off_units_are_forgotten_once():
    net, peak = np.array([3.0, 8.0]), np.array([5.0, 9.0])
    write_off(net, peak, 6.0)
    assert net.tolist() == [3.0, 5.0]
    assert peak.tolist() == [5.0, 6.0]
