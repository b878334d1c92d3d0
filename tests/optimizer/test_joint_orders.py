import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InfeasiblePlanError, UsageError
from optimizer.joint_orders import JointOrder, choose_jointly, joint_results
from optimizer.plan_selection import PlanChoices


def small_shop(seed, count=3, size=4):
    """Return choices of `count` SKUs from two suppliers, and one joint order a supplier."""
    random = np.random.default_rng(seed)
    units = np.tile(np.arange(size) * 2.0, count)
    price = np.repeat(random.uniform(1.0, 4.0, count), size)
    load = units * np.repeat(random.uniform(0.2, 1.0, count), size)
    cost = np.concatenate(
        [40.0 - np.r_[0.0, np.cumsum(np.sort(random.uniform(-2, 9, size - 1))[::-1])] for _ in range(count)]
    )
    choices = PlanChoices(np.arange(count + 1) * size, cost, (units * price)[:, None])
    ours = np.repeat(np.arange(count) % 2, size)
    joints = tuple(
        JointOrder(
            f"supplier {s}",
            units * (ours == s),
            units * price * (ours == s),
            load * (ours == s),
            least_units=float(random.integers(0, 8)),
            least_value=float(random.integers(0, 15)),
            fee=float(random.integers(0, 5)),
            free_from_value=float(random.integers(5, 25)),
            container=3.0,
            container_cost=float(random.integers(0, 3)),
        )
        for s in range(2)
    )
    return choices, joints


def paid(choices, joints, choice):
    """Return the cost of a choice by the terms' own words; infinite where they forbid it."""
    total = choices.cost[choice].sum()
    for joint in joints:
        units, value, load = joint.units[choice].sum(), joint.value[choice].sum(), joint.load[choice].sum()
        if units == 0:
            continue
        if units < joint.least_units - 1e-9 or value < joint.least_value - 1e-9:
            return np.inf
        total += joint.fee if value < joint.free_from_value - 1e-9 else 0.0
        total += np.ceil(load / joint.container - 1e-9) * joint.container_cost
    return total


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([np.inf, 20.0]))
def test_the_choice_is_the_best_of_all_enumerated_ones(seed, budget):
    choices, joints = small_shop(seed)
    rows = [range(a, b) for a, b in itertools.pairwise(choices.offsets.tolist())]
    best = min(
        paid(choices, joints, list(choice))
        for choice in itertools.product(*rows)
        if choices.usage[list(choice), 0].sum() <= budget
    )
    found = choose_jointly(choices, np.array([budget]), ["budget"], joints, choices.offsets[:-1], gap_relative=1e-9)
    assert found.cost == pytest.approx(best, abs=1e-6)
    assert found.bound <= found.cost + 1e-9
    assert found.cost == pytest.approx(paid(choices, joints, found.choice), abs=1e-6)


def test_cbc_finds_the_same_choice_as_highs():
    choices, joints = small_shop(5, count=6)
    costs = [
        choose_jointly(
            choices, np.array([np.inf]), ["budget"], joints, choices.offsets[:-1], 10.0, 1e-9, solver=name
        ).cost
        for name in ("HiGHS", "CBC")
    ]
    assert costs[0] == pytest.approx(costs[1])


def two_candidates():
    choices = PlanChoices(np.array([0, 2, 4]), np.array([9.0, 4.0, 9.0, 5.0]), np.zeros((4, 1)))
    units = np.array([0.0, 10.0, 0.0, 20.0])
    return choices, JointOrder("mill", units, 2 * units, 0.1 * units)


def test_a_supplier_minimum_is_all_or_nothing():
    choices, mill = two_candidates()
    free = np.array([np.inf])
    reached = choose_jointly(choices, free, ["budget"], (replace(mill, least_units=30),), np.array([0, 2]))
    assert reached.choice.tolist() == [1, 3]
    missed = choose_jointly(choices, free, ["budget"], (replace(mill, least_units=31),), np.array([0, 2]))
    assert missed.choice.tolist() == [0, 2]
    assert str(missed.joints[0]) == "mill: nothing is ordered"


def test_freight_is_free_from_the_threshold_on_and_containers_are_whole():
    _, mill = two_candidates()
    terms = replace(mill, fee=7.0, free_from_value=60.0, container=2.0, container_cost=4.0)
    both, one = joint_results((terms,), np.array([1, 3]))[0], joint_results((terms,), np.array([1, 2]))[0]
    assert (both.fee, both.containers, both.container_cost, both.fill) == (0.0, 2, 8.0, pytest.approx(0.75))
    assert (one.fee, one.containers) == (7.0, 1)
    assert str(one) == "mill: 10 units worth 20.00, 1 containers 50% full, freight fee 7.00"


def test_terms_below_zero_are_refused():
    _, mill = two_candidates()
    with pytest.raises(UsageError, match="the terms of 'mill' must not be below 0"):
        replace(mill, fee=-1.0)


def test_a_commitment_that_misses_a_minimum_is_explained():
    choices, mill = two_candidates()
    committed = PlanChoices(np.array([0, 1, 3]), choices.cost[1:], choices.usage[1:])
    amounts = {name: getattr(mill, name)[1:] for name in ("units", "value", "load")}
    with pytest.raises(InfeasiblePlanError, match="mill short of its minimum by 21; relax"):
        choose_jointly(
            committed, np.array([np.inf]), ["budget"], (replace(mill, **amounts, least_units=31),), np.array([0, 1])
        )
