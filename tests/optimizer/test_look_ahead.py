"""Several ways to buy against every plan enumerated, and lead times that are drawn against a plain simulation."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.frequency import Frequency
from optimizer.first_orders import sku_orders
from optimizer.look_ahead import Clock, LookAhead, plan_of, schedule_of
from optimizer.order_calendar import OrderCalendar
from optimizer.price_breaks import price_bands
from optimizer.protection_interval import Costs
from optimizer.ways import Band, Schedule, Way, worth_a_look

SIZE = 8
CLOCK = Clock(date(2024, 4, 15), Frequency.DAILY, OrderCalendar(), 3)


def way_of(row, unit_cost, lead=0, breaks="", **changes):
    bands = price_bands(breaks, unit_cost) if breaks else (Band(1.0, math.inf, unit_cost),)
    values = {
        "row": row,
        "supplier": "mill",
        "mode": f"mode{row}",
        "lead_days": float(lead),
        "sd_days": 0.0,
        "landed": bands,
        "invoiced": bands,
        "in_transit": 0.0,
        "order_cost": 0.0,
        "pack": 1,
        "minimum": 1.0,
        "minimum_value": 0.0,
        "capacity": math.inf,
    }
    return Way(**{**values, **changes})


def costs_of(horizon, holding=0.2, stockout=1.0, review=1, lost_share=0.0, value_end=False, **changes):
    costs = Costs(
        np.full(horizon, holding),
        stockout,
        lost_share,
        np.zeros(0),
        np.zeros((0, horizon)),
        np.zeros(0, np.int64),
        np.zeros(0),
        1.0,
        review,
        104.0,
        value_end,
    )
    return costs._replace(**changes)


def ahead_of(paths, ways, costs, on_hand=0.0, arrivals=None):
    horizon = paths.shape[1]
    arrivals = np.zeros((1, horizon)) if arrivals is None else arrivals
    schedules = []
    for way in ways:
        ordered = np.arange(0, horizon, costs.review)
        arrived = ordered + int(way.lead_days)
        schedules.append(Schedule(ordered, arrived, arrived))
    return LookAhead(paths, on_hand, arrivals, costs, ways[0].base, ways, schedules)


def price_of(way, quantity):
    """Return what an order costs, +inf where it is not allowed."""
    if quantity == 0:
        return 0.0
    if quantity < way.minimum or quantity > way.capacity or quantity % way.pack:
        return math.inf
    band = next(band for band in way.landed if band.least <= quantity <= band.most)
    if quantity * band.unit_cost + band.surcharge < way.minimum_value:
        return math.inf
    return way.order_cost + band.surcharge + band.unit_cost * quantity


def simulated(ahead, orders):
    """Return the mean cost of {(way, order): units} by plain simulation where demand waits, base cost not counted."""
    costs, total = ahead.costs, 0.0
    for path in ahead.paths[:, : ahead.end]:
        stock = ahead.on_hand
        for t, need in enumerate(path):
            stock += ahead.arrivals[0, t] - need
            stock += sum(q for (way, j), q in orders.items() if ahead.schedules[way].periods[j] == t)
            total += costs.holding[t] * max(stock, 0.0) + costs.stockout * max(-stock, 0.0)
    bought = sum(price_of(ahead.ways[way], q) - ahead.base * q for (way, _), q in orders.items())
    return total / len(ahead.paths) + bought


def splits(total, parts):
    """Yield every way to share at most `total` units among `parts` orders."""
    if parts == 0:
        yield ()
        return
    for units in range(total + 1):
        yield from ((units, *rest) for rest in splits(total - units, parts - 1))


def enumerated(ahead, chances, most):
    """Return {units ordered now: least cost} over all plans, (way, order) at the given chances, one an arrival."""
    best = {}
    periods = [ahead.schedules[way].periods[order] for way, order in chances]
    for units in splits(most, len(chances)):
        used = [period for period, q in zip(periods, units, strict=True) if q]
        if len(used) > len(set(used)):
            continue
        orders = dict(zip(chances, units, strict=True))
        now = tuple(q for (_, j), q in orders.items() if j == 0)
        best[now] = min(best.get(now, math.inf), simulated(ahead, orders))
    return best


@st.composite
def two_ways(draw):
    horizon = 4
    demand = st.lists(st.integers(0, 2), min_size=horizon, max_size=horizon)
    paths = np.array(draw(st.lists(demand, min_size=1, max_size=3)), dtype=np.float32)
    sea = way_of(
        0,
        2.0,
        lead=2,
        pack=draw(st.sampled_from([1, 2])),
        minimum=float(draw(st.integers(1, 3))),
        order_cost=draw(st.sampled_from([0.0, 1.0])),
    )
    air = way_of(1, 2.0 + draw(st.sampled_from([0.1, 0.5, 2.0])), lead=draw(st.integers(0, 1)))
    costs = costs_of(horizon, stockout=draw(st.sampled_from([1.0, 4.0])))
    return ahead_of(paths, [sea, air], costs, on_hand=float(draw(st.integers(1, 3))))


@settings(max_examples=12, deadline=None)
@given(two_ways())
def test_air_and_sea_together_cost_what_the_best_of_all_enumerated_plans_costs(ahead):
    fast = int(ahead.schedules[1].periods[0])
    chances = [(1, 0), (0, 0), *[(1, j) for j in range(1, 4 - fast)], (0, 1)]
    best = enumerated(ahead, chances, 8)
    found, _ = sku_orders(ahead)
    assert found.cost[-1] == pytest.approx(min(best.values()))
    assert found.way[0] == -1
    for cost, way, units, second in zip(found.cost, found.way, found.quantity, found.second_quantity, strict=True):
        now = (units, second) if way == 1 else (0.0, units)
        if sum(now) <= 4:
            assert cost >= best[now] - 1e-9


@settings(max_examples=40, deadline=None)
@given(two_ways())
def test_the_plan_that_is_traced_costs_what_the_curve_says(ahead):
    run = ahead.run(1, also_now=(0,))
    first = int(run.curve.cost.argmin())
    orders = {(way, order): steps for way, order, steps in plan_of(run, first)}
    assert simulated(ahead, orders) == pytest.approx(run.curve.cost[first])


@st.composite
def broken_prices(draw):
    paths = np.array(draw(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=4)))
    text = draw(st.sampled_from(["3:1.5", "+3:1.5", "2:1.8;5:1.4", "+2:1.9;4:1.2"]))
    way = way_of(
        0,
        2.0,
        lead=1,
        breaks=text,
        order_cost=draw(st.sampled_from([0.0, 0.7])),
        minimum_value=draw(st.sampled_from([0.0, 5.0])),
        capacity=draw(st.sampled_from([math.inf, 6.0])),
    )
    return ahead_of(paths.astype(np.float32), [way], costs_of(3))


@settings(max_examples=40, deadline=None)
@given(broken_prices())
def test_price_breaks_minimum_value_and_capacity_are_those_of_the_enumerated_plans(ahead):
    best = enumerated(ahead, [(0, 0), (0, 1)], SIZE - 1)
    run = ahead.run(0, size=SIZE)
    for quantity in range(SIZE):
        assert run.curve.cost[quantity] == pytest.approx(best.get((quantity,), math.inf))


def lost_sales_cost(path, on_hand, orders, costs):
    """Return one path's cost with lost sales when {period: units} arrive."""
    stock, cost = on_hand, 0.0
    for t, need in enumerate(path):
        stock += orders.get(t, 0.0) - need
        cost += costs.holding[t] * max(stock, 0.0) + costs.stockout * max(-stock, 0.0)
        stock = max(stock, 0.0)
    return cost


def test_a_drawn_lead_time_costs_what_a_simulation_with_the_same_arrivals_costs():
    random = np.random.default_rng(4)
    paths = random.poisson(3.0, (400, 9)).astype(np.float32)
    arrives = random.integers(1, 4, (400, 1))
    costs = costs_of(9, lost_share=1.0, review=8)
    way = way_of(0, 2.0, lead=2, sd_days=1.0)
    ahead = LookAhead(
        paths, 5.0, np.zeros((1, 9)), costs, 2.0, [way], [Schedule(np.zeros(1), np.array([2]), np.array([2]), arrives)]
    )
    curve = ahead.run(0).curve
    for quantity in (0, 6, 15):
        simulated = [
            lost_sales_cost(path[: ahead.end], 5.0, {int(at[0]): float(quantity)}, costs)
            for path, at in zip(paths, arrives, strict=True)
        ]
        assert curve.cost[quantity] == pytest.approx(np.mean(simulated))


def test_the_first_order_keeps_its_arrival_and_later_ones_that_overtake_each_other_swap_places():
    paths = np.full((3, 6), 2.0, dtype=np.float32)
    sampled = np.array([[1, 2, 3], [1, 4, 2], [3, 2, 4]])
    way = way_of(0, 2.0, lead=1, sd_days=1.0)
    ahead = LookAhead(
        paths,
        2.0,
        np.zeros((1, 6)),
        costs_of(6),
        2.0,
        [way],
        [Schedule(np.arange(3), np.array([1, 2, 3]), np.array([1, 2, 3]), sampled)],
    )
    assert ahead.run(0).events.starts.tolist() == [[1, 2, 3, 6], [1, 2, 4, 6], [3, 3, 4, 6]]


def test_lead_times_are_drawn_by_the_names_only():
    way = way_of(0, 2.0, lead=14, sd_days=4.0)
    one, again, other = (schedule_of(way, names, 50, 60, 7, CLOCK) for names in (("a", "m"), ("a", "m"), ("b", "m")))
    assert np.array_equal(one.sampled, again.sampled)
    assert not np.array_equal(one.sampled, other.sampled)
    assert one.periods.tolist() == [14 + 7 * j for j in range(9)]
    assert abs(one.sampled[:, 0].mean() - 14) < 2


def test_more_uncertain_lead_times_raise_the_order_and_the_cost():
    paths = np.random.default_rng(0).poisson(4.0, (600, 60)).astype(np.float32)
    best = []
    for sd in (0.0, 6.0):
        way = way_of(0, 2.0, lead=14, sd_days=sd)
        schedule = schedule_of(way, ("a", "m"), 600, 60, 7, CLOCK)
        costs = costs_of(60, holding=0.02, stockout=2.0, lost_share=1.0, review=7, value_end=True)
        curve = LookAhead(paths, 60.0, np.zeros((1, 60)), costs, 2.0, [way], [schedule]).run(0).curve
        best.append((int(curve.cost.argmin()), float(curve.cost.min())))
    assert best[1][0] > best[0][0]
    assert best[1][1] > best[0][1]


def test_a_way_that_is_beaten_in_everything_is_left_out_but_never_the_first():
    first, dear, fast = way_of(0, 2.0, lead=20), way_of(1, 3.0, lead=20), way_of(2, 3.0, lead=5)
    assert worth_a_look([first, dear, fast]) == [first, fast]
    assert worth_a_look([dear, first]) == [dear, first]
    many = [way_of(row, 2.0 + row, lead=40 - 5 * row) for row in range(6)]
    assert [way.row for way in worth_a_look(many)] == [0, 1, 2, 5]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_lost_demand_mixes_paths_that_lose_with_paths_that_wait(share):
    paths = np.random.default_rng(1).poisson(3.0, (500, 2)).astype(np.float32)
    way = way_of(0, 2.0)
    mixed, lost, waits = (
        ahead_of(paths, [way], costs_of(2, lost_share=value, review=2)).run(0).curve.cost for value in (share, 1.0, 0.0)
    )
    assert np.allclose(mixed, share * lost + (1 - share) * waits, rtol=0.05)
