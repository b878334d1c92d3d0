"""The engine against a plain loop over a list of orders, against computed costs, and against its own books."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson
from stockpyl.rq import r_q_cost_poisson
from stockpyl.ss import s_s_cost_discrete

from core.errors import UsageError
from optimizer.base_stock import FixedLevel, base_stock_poisson
from optimizer.lot_size import FixedMinMax, order_lots
from optimizer.scenario import Opening, Prices, Scenario, fixed_lead_times, random_lead_times
from optimizer.simulation import simulate
from optimizer.stock_flow import AT_ONCE, CLEAN_CYCLES, CYCLES, DEMAND, ORDERED, PERIODS, RECEIVED, SHORT_PERIODS, SOLD
from tests.optimizer.reviews import knowledge_of


def prices(count, holding=0.5, stockout=3.0, order=2.0):
    return Prices.of(np.full(count, holding), np.full(count, stockout), np.full(count, order))


def scenario_of(demand, lead=2, **rules):
    demand = np.asarray(demand, dtype=np.float64)
    demand = demand[:, None, :] if demand.ndim == 2 else demand
    promised = np.full((len(demand), 1), lead)
    rules.setdefault("prices", prices(len(demand)))
    return Scenario(demand, fixed_lead_times(promised, demand.shape[1], demand.shape[2]), promised, **rules)


def known(count):
    terms = knowledge_of(count=count)
    return lambda period: terms


def plain_loop(level, demand, leads, stock, holding, stockout, fixed, review, lost):
    """Return what one SKU costs under an order-up-to level: an independent, slow account with a list of orders."""
    orders, backlog, cost, sold, received = [], 0.0, 0.0, 0.0, 0.0
    for t, wanted in enumerate(demand):
        if t % review == 0:
            position = stock + sum(q for q, _ in orders) - backlog
            if position < level:
                orders.append((level - position, t + leads[t // review]))
                cost += fixed
        arrived = sum(q for q, due in orders if due <= t)
        orders = [(q, due) for q, due in orders if due > t]
        received += arrived
        stock += arrived
        served = min(stock, backlog)
        stock, backlog = stock - served, backlog - served
        sale = min(stock, wanted)
        stock -= sale
        sold += served + sale
        unmet = wanted - sale
        cost += holding * stock
        if lost:
            cost += stockout * unmet
        else:
            backlog += unmet
            cost += stockout * backlog
    return cost, sold, received, stock


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    review=st.integers(1, 4),
    level=st.integers(0, 40),
    lost=st.booleans(),
    spread=st.floats(0.0, 3.0),
)
def test_the_engine_agrees_with_a_plain_loop_even_where_orders_cross(seed, review, level, lost, spread):
    random = np.random.default_rng(seed)
    demand = random.poisson(4.0, (3, 2, 25)).astype(float)
    leads = random_lead_times(np.full((3, 1), 3.0), np.full((3, 1), spread), 2, 25, seed)
    scenario = Scenario(demand, leads, np.full((3, 1), 3), prices(3), review, lost_share=1.0 if lost else 0.0)
    opening = Opening.of(np.array([0.0, 7.0, 30.0]), paths=2)
    made = simulate(FixedLevel(np.full(3, float(level))), scenario, opening, known(3))
    for i in range(3):
        for p in range(2):
            cost, sold, received, stock = plain_loop(
                level, demand[i, p], leads[i, p, :, 0], opening.on_hand[i, p], 0.5, 3.0, 2.0, review, lost
            )
            assert made.cost[i, p] == pytest.approx(cost)
            assert made.ledger[i, p, SOLD] == sold
            assert made.ledger[i, p, RECEIVED] == received
            assert made.closing.on_hand[i, p] == stock


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    share=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    review=st.integers(1, 3),
    rounds=st.integers(0, 6),
    hidden=st.floats(0.0, 0.5),
)
def test_every_unit_adds_up(seed, share, review, rounds, hidden):
    """start + received = sold + end, ordered = received + in transit, demand = sold + lost + waiting."""
    random = np.random.default_rng(seed)
    demand = random.poisson(3.0, (4, 3, 15)).astype(float)
    demand[random.random(demand.shape) < hidden] = np.nan
    leads = random_lead_times(np.full((4, 2), [[4.0, 1.0]]), np.full((4, 2), 1.5), 3, 15, seed)
    two = Prices(np.ones(4), np.ones(4), np.ones((4, 2)), np.full((4, 2), [[0.0, 0.4]]))
    scenario = Scenario(demand, leads, np.full((4, 2), [[4, 1]]), two, review, rounds, 3, share)
    opening = Opening.of(random.integers(0, 9, 4).astype(float), random.integers(0, 5, (4, 6)), paths=3)
    made = simulate(Whim(seed), scenario, opening, lambda period: None)
    made.check_balance()
    book, start, end = made.ledger, opening, made.closing
    assert np.array_equal(made.quantities.sum(axis=(0, 3)), book[:, :, ORDERED])
    assert np.array_equal(start.on_hand + book[:, :, RECEIVED], book[:, :, SOLD] + end.on_hand)
    assert np.array_equal(
        start.inbound.sum(axis=2) + book[:, :, ORDERED], book[:, :, RECEIVED] + end.inbound.sum(axis=2)
    )
    assert (end.on_hand >= 0).all()
    assert (end.backlog >= 0).all()
    assert made.totals[:3].sum() == 0
    assert made.totals[:, 3:].sum() == pytest.approx(made.cost.sum())
    assert np.array_equal(book[:, :, PERIODS], (~np.isnan(demand[:, :, 3:])).sum(axis=2))
    assert (book[:, :, AT_ONCE] <= book[:, :, DEMAND]).all()
    assert (book[:, :, CLEAN_CYCLES] <= book[:, :, CYCLES]).all()


class Whim:
    """Orders at random by two lanes: the books must balance whatever the policy does."""

    name = "whim"

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def order(self, state, knowledge):
        return self.random.integers(0, 9, (*state.on_hand.shape, 2)) * self.random.integers(0, 2)


def test_a_run_in_two_parts_is_the_run_in_one():
    demand = np.random.default_rng(3).poisson(5.0, (4, 2, 24)).astype(float)
    policy, opening = FixedLevel(np.full(4, 17.0)), Opening.of(np.full(4, 6.0), paths=2)
    whole = simulate(policy, scenario_of(demand), opening, known(4))
    first = simulate(policy, scenario_of(demand[:, :, :11]), opening, known(4))
    second = simulate(policy, scenario_of(demand[:, :, 11:]), first.closing, known(4))
    assert np.array_equal(whole.closing.on_hand, second.closing.on_hand)
    assert np.allclose(whole.cost, first.cost + second.cost)


def test_an_order_serves_the_demand_of_the_period_in_which_its_lead_time_ends():
    made = simulate(FixedLevel(np.array([9.0])), scenario_of([[3, 3, 3]], lead=2), Opening.of(np.zeros(1)), known(1))
    assert made.quantities[:, 0, 0, 0].tolist() == [9, 0, 0]
    assert made.ledger[0, 0, SHORT_PERIODS] == 2
    assert made.closing.on_hand[0, 0] == 6


def test_an_unknown_demand_is_neither_sold_nor_paid_for():
    demand = [[4.0, np.nan, 4.0]]
    made = simulate(FixedLevel(np.zeros(1)), scenario_of(demand), Opening.of(np.array([6.0])), known(1))
    assert made.ledger[0, 0, PERIODS] == 2
    assert made.cost[0, 0] == 0.5 * 2 + 3.0 * 2
    assert made.closing.on_hand[0, 0] == 0


def test_the_first_periods_can_be_free_and_only_some_rounds_may_order():
    made = simulate(
        FixedLevel(np.array([5.0])),
        scenario_of(np.full((1, 6), 5.0), lead=1, rounds=3, paid_from=4),
        Opening.of(np.zeros(1)),
        known(1),
    )
    assert (made.quantities > 0).sum() == 2
    assert made.cost[0, 0] == 2 * 5 * 3.0


def test_part_of_unmet_demand_may_be_lost_while_the_rest_waits():
    made = simulate(
        FixedLevel(np.zeros(1)),
        scenario_of([[10.0, 0.0]], lost_share=0.3, rounds=0),
        Opening.of(np.array([2.0])),
        known(1),
    )
    assert made.closing.backlog[0, 0] == 6
    assert made.cost[0, 0] == 3.0 * (2 + 6 + 6)


def test_simulated_and_computed_cost_of_a_base_stock_agree():
    """Poisson demand that waits, lead time 2: the newsvendor of three periods, within 3 standard errors."""
    level, cost = base_stock_poisson(0.5, 3.0, 6.0, 2)
    check_cost(FixedLevel(np.array([float(level)])), 6.0, 2, level, cost, fixed=0.0)


def test_simulated_and_computed_cost_of_min_max_agree():
    cost = s_s_cost_discrete(4, 10, 0.5, 3.0, 5.0, True, 6)
    check_cost(FixedMinMax(np.array([4.0]), np.array([10.0])), 6.0, 0, 10, cost, fixed=5.0)


def test_simulated_and_computed_cost_of_reorder_quantity_agree():
    """Demand of at most one unit a period is close to Poisson in continuous time."""

    class Lots:
        name = "lots"

        def order(self, state, knowledge):
            return order_lots(np.array([3.0]), np.array([5.0]), state, knowledge)

    rate, steps, lead = 0.05, 20, 40
    cost = r_q_cost_poisson(3, 5, 0.5 * steps, 3.0 * steps, 5.0, rate * steps, lead / steps) / steps
    demand = (np.random.default_rng(5).random((1, 60, 3000)) < rate).astype(float)
    check(Lots(), demand, lead, 8, cost, fixed=5.0, bias=0.02)


def check_cost(policy, mean, lead, start, cost, fixed):
    demand = np.random.default_rng(11).poisson(mean, (1, 300, 400)).astype(float)
    check(policy, demand, lead, start, cost, fixed)


def check(policy, demand, lead, start, cost, fixed, bias=0.0):
    rules = prices(1, order=fixed)
    scenario = scenario_of(demand, lead, prices=rules, lost_share=0.0, paid_from=100)
    made = simulate(policy, scenario, Opening.of(np.array([float(start)]), paths=demand.shape[1]), known(1))
    found = made.cost[0] / (demand.shape[2] - 100)
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - cost) < 3 * error + bias * cost
    assert error < 0.03 * cost


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (np.full((2, 1), 1.5), "part or negative"),
        (np.full((2, 1), -1.0), "part or negative"),
        (np.zeros(2), "answered"),
    ],
)
def test_a_policy_that_orders_nonsense_is_refused(answer, words):
    class Odd:
        name = "odd"

        def order(self, state, knowledge):
            return answer

    with pytest.raises(UsageError, match=words):
        simulate(Odd(), scenario_of(np.ones((2, 3))), Opening.of(np.zeros(2)), known(2))


@pytest.mark.parametrize("rules", [{"review": 0}, {"lost_share": 1.5}, {"paid_from": 9}])
def test_rules_without_sense_are_refused(rules):
    with pytest.raises(UsageError):
        scenario_of(np.ones((2, 3)), **rules)


def test_random_lead_times_have_the_mean_and_spread_asked_for_and_are_drawn_from_the_seed():
    mean, sd = np.array([[5.0], [2.0]]), np.array([[2.0], [0.0]])
    drawn = random_lead_times(mean, sd, 50, 400, seed=1)
    assert drawn[0].mean() == pytest.approx(5.0, abs=0.1)
    assert drawn[0].std() == pytest.approx(2.0, abs=0.1)
    assert (drawn[1] == 2).all()
    assert np.array_equal(drawn, random_lead_times(mean, sd, 50, 400, seed=1))


def test_the_demand_of_a_fixed_level_is_the_poisson_quantile():
    assert base_stock_poisson(1.0, 4.0, 6.0, 1)[0] == poisson.ppf(0.8, 12)
