import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.cost_curve import order_curve
from optimizer.cost_parts import simulated_parts
from optimizer.order_window import Options
from optimizer.protection_interval import Costs


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.0, 1.0]), st.booleans())
def test_the_best_plan_simulated_costs_what_the_programme_says(seed, lost_share, tiered):
    random = np.random.default_rng(seed)
    paths = random.poisson(3.0, (40, 6)).astype(np.float32)
    tiers = np.array([4.0]) if tiered else np.zeros(0)
    fees = np.full((len(tiers), 6), 0.3)
    one = np.ones(1, dtype=np.int64)
    costs = Costs(
        random.uniform(0.1, 0.4, 6),
        2.0,
        lost_share,
        tiers,
        fees,
        np.zeros(0, np.int64),
        np.zeros(0),
        1.0,
        1,
        104.0,
        False,
    )
    options = Options(np.zeros(1), np.zeros(1), one, one << 40, one, np.ones((4, 1), dtype=np.bool_))
    starts = np.sort(random.integers(1, 3, (40, 1)) + np.arange(5), axis=1)
    starts[:, -1] = 6
    arrivals = random.integers(0, 3, (1, 6)).astype(np.float64)
    curve = order_curve(paths, 4.0, arrivals, starts, options, costs, 60)
    parts = simulated_parts(paths, 4.0, arrivals, starts, curve.levels, costs)
    assert curve.cost.min() == pytest.approx(parts.holding + parts.shortage)
