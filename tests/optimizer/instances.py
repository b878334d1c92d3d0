"""Small random instances of plans over periods, for oracles."""

from dataclasses import replace

import numpy as np

from optimizer.lot_sizing import best_plans
from optimizer.period_instance import Limit, PeriodInstance
from optimizer.recosting import recost
from optimizer.shared_rows import plan_usage, shared_rows, total_usage


def small_instance(seed, count=1, periods=5, atoms=3, modes=2, floors=False):
    random = np.random.default_rng(seed)
    demand = random.poisson(random.uniform(0.5, 4.0, (count, 1, 1)), (count, periods, atoms)).cumsum(axis=1)
    stock = random.integers(0, 6, (count, 1, 1))
    floor = np.zeros((count, periods), dtype=np.int64)
    if floors:
        floor[:, periods - 2 :] = random.integers(0, 3, (count, 1))
    return PeriodInstance(
        names=np.array([f"sku{i:03d}" for i in range(count)]),
        requirement=np.sort(demand - stock, axis=2).astype(np.float32),
        case=random.integers(1, 4, count).astype(float),
        least=random.integers(1, 4, count),
        holding_cost=random.uniform(0.05, 0.6, count).round(3),
        stockout_cost=random.uniform(0.5, 4.0, count).round(3),
        unit_cost=random.uniform(0.0, 1.0, (count, modes)).round(3),
        order_cost=random.choice([0.0, 1.0, 4.0], (count, modes)),
        lead_time=np.tile(np.arange(modes) * 2 + random.integers(0, 2), (count, 1)),
        floor=floor if floors else None,
    )


def limited(instance, budget=0.7, volume=0.8, seed=0):
    """Return the instance with a budget a period and a volume limit below what the SKUs' own plans use."""
    random = np.random.default_rng(seed)
    spend = np.repeat(random.uniform(1.0, 3.0, (instance.count, 1)), instance.mode_count, axis=1)
    size = random.uniform(0.2, 1.0, instance.count)
    free = np.full((1, instance.periods), np.inf)
    open_limits = (Limit("budget", "orders", spend, free), Limit("volume", "stock", size, free))
    instance = replace(instance, limits=open_limits)
    rows, own = shared_rows(instance), best_plans(instance)
    usage = plan_usage(rows, instance.case, instance.lead_time, own.cases, own.modes, own.stock)
    used = total_usage(rows, usage, np.zeros(instance.count, dtype=np.int64), 1)[0].reshape(2, -1)
    nothing = recost(instance, np.zeros((instance.count, instance.mode_count, instance.periods), dtype=np.int64))
    opening = nothing.used.reshape(2, -1)[1]
    return replace(
        instance,
        limits=(
            replace(open_limits[0], capacity=np.full((1, instance.periods), budget * used[0].max() + 1e-6)),
            replace(open_limits[1], capacity=np.maximum(volume * used[1].max(), opening * 1.01)[None, :] + 1e-6),
        ),
    )
