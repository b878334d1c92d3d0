"""Seeded instances for plans under shared limits: N SKUs × 13 weeks, air 1 week and sea 5 weeks, limits that bind."""

from dataclasses import replace

import numpy as np

from optimizer.demand_atoms import requirement_atoms
from optimizer.lot_sizing import best_plans
from optimizer.period_instance import Limit, PeriodInstance

__all__ = ["shared_limits"]

WEEKS, PATHS, CHUNK = 13, 200, 1_000
MODES, LEADS = ("air", "sea"), (1, 5)


def shared_limits(
    count: int,
    seed: int = 4,
    budget: float = 1.2,
    volume: float = 0.6,
    least: int = 1,
    atoms: int = 15,
    weeks: int = WEEKS,
) -> PeriodInstance:
    """Return `count` SKUs whose own best plans need 1/budget of the budget and 1/volume of the volume.

    Demand: autocorrelated gamma-Poisson weeks (over-dispersed), 200 joint paths a SKU. least: factor on the minimum
    orders. The weekly budget is the same every week: `budget` times what the SKUs' own best plans spend on average.
    """
    random = np.random.default_rng(seed)
    mean = random.lognormal(2.2, 1.0, count)
    unit_cost = random.lognormal(1.8, 0.6, count)
    size = random.lognormal(-1.0, 0.7, count)
    case = np.maximum(1.0, np.round(mean * weeks / random.uniform(15, 40, count)))
    minimum = np.maximum(1, np.round(random.uniform(0.5, 3.0, count) * mean / case * least)).astype(np.int64)
    on_hand = np.round(mean * random.uniform(1.0, 4.0, count))
    inbound = np.zeros((count, weeks))
    for week in range(LEADS[1]):
        inbound[:, week] = np.round(mean * random.uniform(0.0, 1.6, count))
    requirement = np.empty((count, weeks, atoms), dtype=np.float32)
    for start in range(0, count, CHUNK):
        part = slice(start, min(start + CHUNK, count))
        paths = _paths(np.random.default_rng([seed, start]), mean[part], weeks)
        first = np.full(len(paths), LEADS[0])
        requirement[part] = requirement_atoms(paths, on_hand[part], inbound[part], first, atoms)
    margin = random.uniform(0.3, 0.8, count)
    freight = np.stack([0.18 * unit_cost + 3.0 * size * 0.3, 0.04 * unit_cost + 0.3 * size * 0.3], axis=1)
    instance = PeriodInstance(
        names=np.array([f"sku{i:06d}" for i in range(count)]),
        requirement=requirement,
        case=case,
        least=minimum,
        holding_cost=0.012 * unit_cost + 0.04 * size,
        stockout_cost=margin * unit_cost,
        unit_cost=0.03 * unit_cost[:, None] + freight,
        order_cost=np.tile(np.array([6.0, 10.0]), (count, 1)) * (0.05 + 0.02 * np.sqrt(unit_cost * mean))[:, None],
        lead_time=np.tile(np.array(LEADS), (count, 1)),
        modes=MODES,
    )
    return _limited(instance, unit_cost, size, budget, volume)


def _limited(
    instance: PeriodInstance, unit_cost: np.ndarray, size: np.ndarray, budget: float, volume: float
) -> PeriodInstance:
    own = best_plans(instance)
    spent = float((own.cases.sum(axis=1) * instance.case * unit_cost).sum())
    filled = (own.stock * size[:, None]).sum(axis=0)
    opening = ((-np.minimum(instance.requirement[:, 0], 0.0)).mean(axis=1) * size).sum()
    rooms = np.full(instance.periods, max(volume * filled[2:].mean(), 1.02 * opening))
    nothing = ((-np.minimum(instance.requirement, 0.0)).mean(axis=2) * size[:, None]).sum(axis=0)
    usable = instance.periods - 2
    return replace(
        instance,
        limits=(
            Limit(
                "budget",
                "orders",
                np.repeat(unit_cost[:, None], instance.mode_count, axis=1),
                np.full((1, instance.periods), budget * spent / usable),
            ),
            Limit("volume", "stock", size, np.maximum(rooms, 1.02 * nothing)[None, :]),
        ),
    )


def _paths(random: np.random.Generator, mean: np.ndarray, weeks: int) -> np.ndarray:
    """Return (n, PATHS, weeks): Poisson counts around a log-AR(1) level common to a path."""
    shocks = random.standard_normal((len(mean), PATHS, weeks), dtype=np.float32)
    level = np.empty_like(shocks)
    level[..., 0] = shocks[..., 0]
    for t in range(1, weeks):
        level[..., t] = 0.6 * level[..., t - 1] + 0.8 * shocks[..., t]
    rate = mean[:, None, None] * np.exp(0.45 * level - 0.45**2 / 2)
    return random.poisson(rate).astype(np.float32)
