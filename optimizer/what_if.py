"""What if: changes on a plan's instance, answered from its prices and pooled plans.

A change to all SKUs plans anew from the base (`plan_periods(…, base)`); a change to one SKU leaves the others and the
prices of the shared rows where they are, and takes a few milliseconds.
"""

from dataclasses import dataclass, replace

import numpy as np

from core.errors import UsageError
from core.types import FloatArray
from optimizer.lot_sizing import best_plans
from optimizer.multi_period import MultiPeriodPlan, Orders, PeriodOptions, plan_periods
from optimizer.period_instance import PeriodInstance
from optimizer.shared_rows import charge, shared_rows

__all__ = ["Change", "Difference", "changed", "what_if", "what_if_for_sku"]


@dataclass(frozen=True, slots=True)
class Change:
    """demand: factor. lead_time: periods more (or less). limits: (name, factor) of shared limits.

    without_mode: name of a mode that is lost. stockout_cost, holding_cost: factors.
    """

    demand: float = 1.0
    lead_time: int = 0
    limits: tuple[tuple[str, float], ...] = ()
    without_mode: str | None = None
    stockout_cost: float = 1.0
    holding_cost: float = 1.0


@dataclass(frozen=True, slots=True)
class Difference:
    """Costs and units ordered before and after. For one SKU, costs include the prices of what it uses."""

    cost_before: float
    cost_after: float
    units_before: float
    units_after: float

    def __str__(self) -> str:
        """Return a sentence."""
        return (
            f"cost {self.cost_after - self.cost_before:+,.2f} (to {self.cost_after:,.2f}), "
            f"units ordered {self.units_after - self.units_before:+,.0f} (to {self.units_after:,.0f})"
        )


def changed(instance: PeriodInstance, change: Change, cover: FloatArray | None = None) -> PeriodInstance:
    """Return the instance after a change.

    cover: (n, T) cumulative stock and pipeline in units, which a demand factor must not multiply; needed for one.
    Raises UsageError for an unknown mode or limit, or a demand factor without cover.
    """
    requirement = instance.requirement
    if change.demand != 1.0:
        if cover is None or cover.shape != requirement.shape[:2]:
            raise UsageError("a change of demand needs the stock and pipeline by period (cover), (n, T)")
        there = cover[:, :, None]
        requirement = (change.demand * (requirement + there) - there).astype(np.float32)
    lead = np.maximum(instance.lead_time + change.lead_time, 0)
    if change.without_mode is not None:
        if change.without_mode not in instance.modes:
            raise UsageError(f"no mode is called {change.without_mode!r}; there are: {', '.join(instance.modes)}")
        lead = lead.copy()
        lead[:, instance.modes.index(change.without_mode)] = instance.periods
    factors = dict(change.limits)
    unknown = sorted(set(factors) - {limit.name for limit in instance.limits})
    if unknown:
        raise UsageError(f"no limit is called {unknown[0]!r}")
    return replace(
        instance,
        requirement=requirement,
        lead_time=lead,
        stockout_cost=instance.stockout_cost * change.stockout_cost,
        holding_cost=instance.holding_cost * change.holding_cost,
        limits=tuple(limit.scaled(factors.get(limit.name, 1.0)) for limit in instance.limits),
    )


def what_if(
    instance: PeriodInstance,
    plan: MultiPeriodPlan,
    change: Change,
    cover: FloatArray | None = None,
    options: PeriodOptions | None = None,
) -> tuple[MultiPeriodPlan, Difference]:
    """Return the plan after the change, and what differs."""
    after = plan_periods(changed(instance, change, cover), options, plan)
    before_units, after_units = (_units(instance, each.orders) for each in (plan, after))
    return after, Difference(plan.cost, after.cost, before_units, after_units)


def _units(instance: PeriodInstance, orders: Orders) -> float:
    return float((orders.sum(axis=(1, 2)) * instance.case).sum())


def what_if_for_sku(
    instance: PeriodInstance, plan: MultiPeriodPlan, sku: str, change: Change, cover: FloatArray | None = None
) -> Difference:
    """Return what a change for one SKU does to its own best plan, the shared rows' prices standing still.

    Raises UsageError for an unknown SKU.
    """
    place = np.flatnonzero(instance.names == sku)
    if not len(place):
        raise UsageError(f"no SKU is called {sku!r} in this plan")
    alone = instance.take(place)
    after = changed(alone, change, None if cover is None else cover[place])
    values, units = [], []
    for each in (alone, after):
        best = best_plans(each, charge(shared_rows(each), plan.prices))
        values.append(float(best.value[0]))
        units.append(float(best.cases.sum() * each.case[0]))
    return Difference(values[0], values[1], units[0], units[1])
