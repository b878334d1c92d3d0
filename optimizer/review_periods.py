"""A plan's SKUs as an instance of `optimizer.period_instance`: one period a review, from the joint sample paths.

Period u of a SKU is the stretch between two possible arrivals of its preferred way: from o + u·r to o + (u + 1)·r, with
l = o + k·r its lead time in base periods and r the review. So an order of that way arrives exactly when a period
begins, however lead time and review divide. A shortage is paid once a period by what is short at its end, and a unit
left is held for r base periods: the critical ratio is b / (b + h·r), as for `optimizer.base_stock`.

Random lead times: a path on which the preferred way comes d base periods late has its demand counted d later, which is
what a late arrival does to the stock that must last until then.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.types import FloatArray
from optimizer.demand_atoms import requirement_atoms
from optimizer.look_ahead import LookAhead
from optimizer.lot_sizing import Atoms
from optimizer.period_instance import IntArray, Limit, PeriodInstance
from optimizer.protection_interval import sales_are_lost
from optimizer.shared_limits import SharedLimit
from optimizer.ways import Way
from optimizer.workshop import Workshop

__all__ = ["ReviewPeriods", "cash_of", "review_instance"]

ATOMS = 25
MOST_PERIODS = 26
"""Periods looked at, at most, unless a lead time needs more."""
LANES = 2
"""Ways a SKU that a plan over periods compares: the preferred one and the fastest one."""
LARGEST_CASE = 4
"""Times the largest pack that a case common to both ways may be; else only ways with the preferred way's pack."""


@dataclass(frozen=True, slots=True)
class ReviewPeriods:
    """The instance and what its lanes are: ways[i][m] is SKU i's way of lane m; (n,) aheads to ask again."""

    instance: PeriodInstance
    ways: Sequence[Sequence[Way]]
    aheads: Sequence[LookAhead]

    def cases_now(self, orders: IntArray) -> FloatArray:
        """Return (n, M) the units ordered now of `orders` (n, M, T) in cases."""
        units: FloatArray = orders[:, :, 0] * self.instance.case[:, None]
        return units


def cash_of(way: Way) -> float:
    """Return what a unit of the smallest order costs in cash: goods, freight and duty."""
    return way.landed[0].unit_cost - way.owned


def review_instance(workshop: Workshop, limits: Sequence[SharedLimit], budget: float, room: float) -> ReviewPeriods:
    """Return the instance of a workshop under its limits; budget, room: for the orders placed now (inf: none)."""
    aheads = [workshop.look_ahead(i) for i in range(len(workshop.terms))]
    review, horizon = workshop.review, workshop.forecast.horizon
    places = [_lanes(ahead) for ahead in aheads]
    offset = np.array([int(ahead.schedules[0].periods[0]) % review for ahead in aheads], dtype=np.int64)
    slowest = max((int(schedule.periods[0]) for ahead in aheads for schedule in ahead.schedules), default=0)
    wanted = max(MOST_PERIODS, slowest // review + 5)
    periods = max(min(int((horizon - offset.max(initial=0)) // review), wanted), 1)
    count, lanes = len(aheads), max((len(found) for found in places), default=1)
    lead = np.full((count, lanes), periods, dtype=np.int64)
    least, most = np.ones((count, lanes), dtype=np.int64), np.zeros((count, lanes), dtype=np.int64)
    unit, fixed, case = np.zeros((count, lanes)), np.zeros((count, lanes)), np.ones(count)
    for i, ahead in enumerate(aheads):
        case[i] = math.lcm(*(ahead.ways[place].pack for place in places[i]))
        for m, place in enumerate(places[i]):
            way, arrival = ahead.ways[place], int(ahead.schedules[place].periods[0])
            lead[i, m] = min(max(-(-(arrival - int(offset[i])) // review), 0), periods)
            least[i, m] = max(math.ceil(_smallest(way) / case[i] - 1e-9), 1)
            most[i, m] = 1 << 40 if math.isinf(way.capacity) else int(way.capacity // case[i])
            unit[i, m], fixed[i, m] = way.base + way.in_transit - ahead.base, way.order_cost
    facts = workshop.facts
    costs = [ahead.costs for ahead in aheads]
    requirement = _requirements(aheads, offset, review, periods)
    instance = PeriodInstance(
        names=np.array([f"{sku} at {place}" for sku, place in zip(facts["sku"], facts["location"], strict=True)]),
        requirement=requirement,
        case=case,
        least=least.min(axis=1),
        holding_cost=np.array([float(cost.holding.mean()) * review for cost in costs]),
        stockout_cost=np.array([cost.stockout for cost in costs]),
        unit_cost=unit,
        order_cost=fixed,
        lead_time=lead,
        modes=tuple(f"way {m + 1}" for m in range(lanes)),
        floor=_floors(workshop, requirement, case, lead),
        mode_least=least,
        mode_most=most,
    )
    ways = [[ahead.ways[place] for place in found] for ahead, found in zip(aheads, places, strict=True)]
    rows = _limits(workshop, instance, ways, limits, budget, room)
    return ReviewPeriods(replace(instance, limits=rows), ways, aheads)


def _lanes(ahead: LookAhead) -> list[int]:
    """Return the places of the preferred way and of the fastest one whose pack goes with it."""
    ways, periods = ahead.ways, [int(schedule.periods[0]) for schedule in ahead.schedules]
    fits = [
        place
        for place, way in enumerate(ways)
        if place and math.lcm(way.pack, ways[0].pack) <= LARGEST_CASE * max(way.pack, ways[0].pack)
    ]
    fastest = sorted(fits, key=lambda place: (periods[place], ways[place].base))
    return [0, *fastest[: LANES - 1]]


def _smallest(way: Way) -> float:
    """Return the units of the smallest order, minimum value included."""
    units = way.least
    price = way.invoiced[0].unit_cost
    return max(units, way.minimum_value / price) if way.minimum_value > 0 and price > 0 else units


def _requirements(aheads: Sequence[LookAhead], offset: IntArray, review: int, periods: int) -> Atoms:
    """Return (n, T, A) the atoms of what is missing at each period's end."""
    if not aheads:
        return np.zeros((0, periods, 1), dtype=np.float32)
    paths = len(aheads[0].paths)
    steps = np.empty((len(aheads), paths, periods), dtype=np.float32)
    for i, ahead in enumerate(aheads):
        net = _net_requirement(ahead)
        schedule = ahead.schedules[0]
        late = np.zeros(paths, dtype=np.int64)
        if schedule.sampled is not None:
            late = schedule.sampled[:, 0] - int(schedule.periods[0])
        ends = np.arange(1, periods + 1) * review + int(offset[i]) - 1
        at = np.clip(ends[None, :] + late[:, None], 0, net.shape[1] - 1)
        steps[i] = np.diff(np.take_along_axis(net, at, axis=1), axis=1, prepend=0.0)
    nothing = np.zeros(len(aheads))
    none = np.zeros((len(aheads), periods))
    return requirement_atoms(steps, nothing, none, nothing.astype(np.int64), min(ATOMS, paths), lost_sales=False)


def _net_requirement(ahead: LookAhead) -> FloatArray:
    """Return (P, H) demand − inbound − stock, without the sales lost before the first order can arrive."""
    net: FloatArray = np.cumsum(ahead.paths - ahead.arrivals, axis=1, dtype=np.float64) - ahead.on_hand
    first = min(int(schedule.periods[0]) for schedule in ahead.schedules)
    if first == 0:
        return net
    lost = np.maximum.accumulate(np.maximum(net, 0.0), axis=1)
    lost[:, first:] = lost[:, first - 1 : first]
    waits = [not sales_are_lost(path, ahead.costs.lost_share) for path in range(len(net))]
    lost[waits] = 0.0
    return net - lost


def _floors(workshop: Workshop, requirement: Atoms, case: FloatArray, lead: IntArray) -> IntArray | None:
    """Return (n, T) cases that must have come by the end of the first period that orders can serve, or None."""
    cycle, fill = (np.array(workshop.facts[name]) for name in ("cycle_service_floor", "fill_rate_floor"))
    if not (cycle.any() or fill.any()):
        return None
    floor = np.zeros(requirement.shape[:2], dtype=np.int64)
    for i in np.flatnonzero((cycle > 0) | (fill > 0)).tolist():
        first = int(lead[i].min())
        if first >= requirement.shape[1]:
            continue
        missing = requirement[i, first].astype(np.float64)
        levels = np.arange(max(math.ceil(missing.max(initial=0.0) / case[i]), 0) + 1) * case[i]
        short = np.maximum(missing[None, :] - levels[:, None], 0.0)
        demand = workshop.forecast.mean[workshop.order[i]].mean() * workshop.review
        kept = ((short <= 1e-6).mean(axis=1) >= cycle[i] - 1e-9) & (short.mean(axis=1) <= (1 - fill[i]) * demand + 1e-9)
        floor[i, first] = int(np.argmax(kept)) if kept.any() else len(levels) - 1
    return floor


def _limits(
    workshop: Workshop,
    instance: PeriodInstance,
    ways: Sequence[Sequence[Way]],
    limits: Sequence[SharedLimit],
    budget: float,
    room: float,
) -> tuple[Limit, ...]:
    count, lanes, periods = instance.count, instance.mode_count, instance.periods
    cash, paid = np.zeros((count, lanes)), np.zeros((count, lanes))
    for i, own in enumerate(ways):
        for m, way in enumerate(own):
            cash[i, m], paid[i, m] = cash_of(way), way.order_cost
    now = np.full((1, periods), np.inf)
    found = []
    if np.isfinite(budget):
        capacity = now.copy()
        capacity[0, 0] = budget
        found.append(Limit("budget", "orders", cash, capacity, usage_per_order=paid))
    if np.isfinite(room):
        capacity = now.copy()
        capacity[0, 0] = room
        volume = workshop.terms["volume"].fillna(0.0).to_numpy(dtype=np.float64)
        found.append(Limit("volume", "orders", np.repeat(volume[:, None], lanes, axis=1), capacity))
    for limit in limits:
        usage, capacity = limit.usage[workshop.order], limit.capacities(periods)[None, :]
        if limit.stock:
            worth = np.array([own[0].base for own in ways]) if limit.money else np.ones(count)
            found.append(Limit(limit.name, "stock", usage * worth, capacity))
            continue
        meant = np.zeros((count, lanes))
        for i, own in enumerate(ways):
            for m, way in enumerate(own):
                meant[i, m] = limit.supplier in ("", way.supplier) and limit.mode in ("", way.mode)
        used = meant * usage[:, None]
        fees = paid * used if limit.money else None
        found.append(Limit(limit.name, "orders", used * cash if limit.money else used, capacity, usage_per_order=fees))
    return tuple(found)
