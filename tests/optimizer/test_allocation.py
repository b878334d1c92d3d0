import itertools

import numpy as np
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InfeasiblePlanError, SolverError
from optimizer.allocation import allocate, allocation_model
from optimizer.pricing import Candidates, find_prices


def candidates_of(rows):
    """Return candidates from one list of (cost, spend, volume) a SKU."""
    flat = np.array([choice for row in rows for choice in row], dtype=np.float64)
    offsets = np.cumsum([0, *(len(row) for row in rows)])
    return Candidates(offsets, flat[:, 0].copy(), flat[:, 1].copy(), flat[:, 2].copy())


@st.composite
def knapsacks(draw):
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        cost, row = draw(st.integers(20, 60)), []
        for step in range(draw(st.integers(1, 4))):
            row.append((cost, step * draw(st.integers(3, 9)), float(step)))
            cost -= draw(st.integers(1, 9))
        rows.append(sorted(row, key=lambda choice: choice[1]))
    return candidates_of([[(row[0][0], 0, 0), *row[1:]] for row in rows])


def brute_force(candidates, budget, capacity):
    rows = [range(a, b) for a, b in itertools.pairwise(candidates.offsets.tolist())]
    feasible = (
        candidates.cost[list(choice)].sum()
        for choice in itertools.product(*rows)
        if candidates.spend[list(choice)].sum() <= budget and candidates.volume[list(choice)].sum() <= capacity
    )
    return min(feasible)


@settings(max_examples=80, deadline=None)
@given(knapsacks(), st.integers(0, 60), st.sampled_from([np.inf, 0.0, 2.0, 5.0]))
def test_the_plan_is_the_best_of_all_enumerated_ones(candidates, budget, capacity):
    found = allocate(candidates, float(budget), capacity, 10.0, 1)
    assert found.cost == pytest.approx(brute_force(candidates, budget, capacity))
    assert found.bound <= found.cost + 1e-9
    assert found.gap == pytest.approx(0.0, abs=1e-6)
    assert candidates.spend[found.choice].sum() <= budget
    assert candidates.volume[found.choice].sum() <= capacity


@settings(max_examples=30, deadline=None)
@given(knapsacks(), st.integers(0, 40), st.integers(0, 20))
def test_more_budget_never_costs_more(candidates, budget, more):
    tight = allocate(candidates, float(budget), np.inf, 10.0, 1)
    loose = allocate(candidates, float(budget + more), np.inf, 10.0, 1)
    assert loose.cost <= tight.cost + 1e-9


def test_without_a_limit_every_sku_takes_its_own_best_and_no_model_is_solved():
    candidates = candidates_of([[(9, 0, 0), (5, 3, 1)], [(4, 0, 0), (3, 8, 1), (2, 9, 1)]])
    found = allocate(candidates, np.inf, np.inf, 10.0, 1)
    assert found.choice.tolist() == [1, 4]
    assert (found.solver, found.status, found.gap, found.budget_price) == ("exact per SKU", "optimal", 0.0, 0.0)


def convex(count=80, seed=0):
    """Return SKUs whose savings per unit fall with each further unit, as they do without minimum orders."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        savings = np.sort(random.exponential(2.0, 12))[::-1]
        cost = 100.0 - np.r_[0.0, np.cumsum(savings)]
        rows.append([(value, 1.5 * step, 0.2 * step) for step, value in enumerate(cost)])
    return candidates_of(rows)


def test_prices_are_the_duals_of_the_linear_relaxation():
    candidates = convex()
    everything = np.arange(len(candidates.cost))
    model, columns = allocation_model(candidates, everything, 500.0, 70.0)
    for column in columns:
        column.cat = pulp.LpContinuous
    model.solve(pulp.HiGHS(msg=False, threads=1))
    duals = {row.name: -row.pi for row in model.constraints()}
    prices = find_prices(candidates, 500.0, 70.0)
    assert prices.budget == pytest.approx(duals["budget"], abs=1e-6)
    # Both resources are proportional here, so only their common value is unique.
    common = prices.budget * 1.5 + prices.volume * 0.2
    assert common == pytest.approx(duals["budget"] * 1.5 + duals["volume"] * 0.2, abs=1e-6)
    assert prices.bound <= model.objective.value() + 1e-6


def test_the_price_of_the_budget_is_what_a_little_more_of_it_saves():
    candidates = convex(400)
    tight, loose = (allocate(candidates, budget, np.inf, 10.0, 1) for budget in (2000.0, 2015.0))
    saved = (tight.cost - loose.cost) / 15.0
    assert tight.budget_price == pytest.approx(saved, rel=0.05)


def test_the_model_reads_as_algebra():
    candidates = candidates_of([[(9, 0, 0), (5, 3, 1)], [(4, 0, 0), (2, 9, 2)]])
    model, _ = allocation_model(candidates, np.arange(4), 10.0, 2.0)
    assert [row.name for row in model.constraints()] == ["one_0", "one_1", "budget", "volume"]
    assert {column.name for column in model.variables()} == {"take_0_0", "take_0_1", "take_1_0", "take_1_1"}


@pytest.mark.parametrize(("budget", "capacity", "name"), [(-1.0, np.inf, "budget"), (5.0, -2.0, "volume capacity")])
def test_a_limit_below_zero_is_explained(budget, capacity, name):
    with pytest.raises(InfeasiblePlanError, match=f"the {name} left for this plan is .* raise it"):
        allocate(candidates_of([[(9, 0, 0), (5, 3, 1)]]), budget, capacity, 10.0, 1)


def test_cbc_takes_over_where_highs_is_missing(monkeypatch):
    candidates = convex(12)
    expected = allocate(candidates, 60.0, np.inf, 10.0, 1)
    monkeypatch.setattr(pulp.HiGHS, "available", lambda self: False)
    assert pulp.COIN_CMD(path=pulp.PULP_CBC_CMD.pulp_cbc_path).available(), "PuLP brings its own CBC"
    found = allocate(candidates, 60.0, np.inf, 10.0, 1)
    assert found.solver == "CBC"
    assert found.cost == pytest.approx(expected.cost)
    monkeypatch.setattr(pulp.COIN_CMD, "available", lambda self: False)
    with pytest.raises(SolverError, match="install highspy"):
        allocate(candidates_of([[(9, 0, 0), (5, 3, 1)], [(9, 0, 0), (5, 3, 1)]]), 4.0, np.inf, 10.0, 1)


def test_a_run_without_time_still_gives_a_plan_within_the_budget_and_says_how_good_it_is():
    candidates = convex(300, seed=3)
    found = allocate(candidates, 777.0, 81.0, 0.0, 1)
    assert candidates.spend[found.choice].sum() <= 777.0
    assert candidates.volume[found.choice].sum() <= 81.0
    assert 0 <= found.gap < 0.001


@pytest.mark.slow
def test_thirty_thousand_skus_share_a_budget_in_seconds():
    candidates = convex(30_000)
    found = allocate(candidates, 150_000.0, np.inf, 20.0, 1)
    assert candidates.spend[found.choice].sum() <= 150_000.0
    assert found.gap < 1e-4
