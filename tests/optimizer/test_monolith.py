from dataclasses import replace

import numpy as np

from optimizer.monolith import monolithic_model, solve_monolith
from optimizer.recosting import recost
from tests.optimizer.instances import limited, small_instance


def test_the_model_reads_as_algebra():
    model, _ = monolithic_model(limited(small_instance(1, 2, periods=3, atoms=2), seed=1))
    rows = {row.name for row in model.constraints()}
    assert {"balance_0_0_0", "balance_1_2_1", "least_0_0_0", "most_0_0_0", "budget_of_period_1"} <= rows
    assert "volume_of_period_3" in rows
    assert {"cases_0_0_0", "order_0_0_0", "left_0_0_0", "short_1_2_1"} <= {c.name for c in model.variables()}


def test_cbc_agrees_with_highs_though_it_tells_no_bound():
    instance = limited(small_instance(2, 3, periods=4), seed=2)
    highs, cbc = (solve_monolith(instance, 20.0, solver=name) for name in ("HiGHS", "CBC"))
    assert abs(highs.cost - cbc.cost) < 1e-4 * highs.cost
    assert highs.gap < 1e-6
    assert (cbc.gap, cbc.solved.solver) == (1.0, "CBC")


def test_an_impossible_model_gives_no_plan():
    instance = limited(small_instance(3, 2, floors=True), seed=3)
    broke = replace(instance, floor=np.full((2, 5), 50), limits=(instance.limits[0].scaled(0.0), instance.limits[1]))
    found = solve_monolith(broke, 10.0)
    assert found.orders is None
    assert found.gap == 1.0


def test_recosting_names_what_is_broken():
    instance = limited(small_instance(4, 4), seed=4)
    instance = replace(instance, least=np.full(4, 3))
    orders = np.zeros((4, 2, 5), dtype=np.int64)
    orders[0, 0, 0], orders[1, 1, 4], orders[2, 0, 0] = 1, 9, 5_000
    broken = " | ".join(recost(instance, orders).broken)
    assert "1 orders are below their minimum" in broken
    assert "arrives after the last period" in broken
    assert "shared rows are overrun" in broken
