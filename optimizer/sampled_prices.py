"""Prices to start from, when SKUs are many: those of a sample that is made to use what all of them use.

With S of n SKUs the sample's rows get the capacities  S/n·capacity + (use of the sample − S/n·use of all), both uses
at the last prices, so that prices that are right for the sample are right for all; what a sample of a skewed
assortment misrepresents cancels. Two corrections bring the prices close to those of all SKUs.
"""

from collections.abc import Callable

import numpy as np

from core.types import FloatArray
from optimizer.lot_sizing import PricedPlans, best_plans
from optimizer.master import find_dual_prices
from optimizer.period_instance import PeriodInstance
from optimizer.shared_rows import SharedRows, charge, plan_usage, shared_rows, total_usage

__all__ = ["sampled_prices"]

CORRECTIONS = 2


def sampled_prices(
    instance: PeriodInstance,
    rows: SharedRows,
    size: int,
    start: FloatArray | None,
    found: Callable[[PricedPlans, FloatArray], object],
    seed: int,
    rounds: int = 60,
) -> FloatArray:
    """Return (R,) prices near the best ones; `found` sees the plans of all SKUs at the trial prices.

    size: SKUs in the sample. start: (R,) prices of a plan of nearly the same instance, or None.
    """
    chosen = np.sort(np.random.default_rng(seed).choice(instance.count, size, replace=False))
    sample, share = instance.take(chosen), size / instance.count
    own = shared_rows(sample)
    fair = rows.capacity * share
    if start is None:
        start = find_dual_prices(sample, own._replace(capacity=fair), None, _unseen, rounds=rounds).prices
    for _ in range(CORRECTIONS):
        plans = best_plans(instance, charge(rows, start))
        usage = plan_usage(rows, instance.case, instance.lead_time, plans.cases, plans.modes, plans.stock)
        found(plans, usage)
        everyone = total_usage(rows, usage, np.zeros(instance.count, dtype=np.int64), 1)[0]
        its = total_usage(own, usage[chosen], np.zeros(size, dtype=np.int64), 1)[0]
        room = np.where(np.isfinite(fair), np.maximum(fair + its - share * everyone, 0.0), np.inf)
        start = find_dual_prices(sample, own._replace(capacity=room), start, _unseen, rounds=rounds // 2).prices
    return start


def _unseen(plans: PricedPlans, usage: FloatArray) -> None:
    """Take no notice: the plans of a sample are no plans of all SKUs."""
