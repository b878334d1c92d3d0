"""First orders under limits of several periods: the plan over reviews, and each SKU's order in it as a candidate.

Where the orders of least cost, with the later ones planned after them, fit into all limits, they are the plan: limits
that do not bind change nothing. Else `optimizer.multi_period` plans all reviews at once, its first orders are placed,
and its bound, status and prices are the plan's.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from optimizer.allocation import Allocation
from optimizer.first_orders import NONE, FirstOrders, SkuOrders, collected, joined, spend_of, taken
from optimizer.look_ahead import LookAhead, plan_of
from optimizer.monolith import solve_monolith
from optimizer.multi_period import MultiPeriodPlan, Orders, PeriodOptions, RowPrice, plan_periods
from optimizer.period_instance import IntArray, Limit, PeriodInstance
from optimizer.recosting import recost
from optimizer.review_periods import ReviewPeriods, review_instance
from optimizer.shared_limits import SharedLimit
from optimizer.shared_rows import row_names
from optimizer.study import PlannedOrder, PlanStudy
from optimizer.workshop import Workshop

__all__ = [
    "LimitedOrders",
    "best_known_plan",
    "keeps_limits",
    "later_orders",
    "orders_within",
    "saved_once",
    "usage_of",
    "with_planned",
]

GOOD_GAP = 1e-3
"""Gap at which no other method is tried."""
WHOLE_MODEL = 60_000
"""Columns up to which the whole model is tried where the gap is larger."""
SMALL_MODEL, SMALL_SECONDS = 10_000, 0.5
"""Columns up to which the whole model is expected to do better than choosing among pooled plans for so long."""


class LimitedOrders(NamedTuple):
    """The candidates with the chosen ones among them, the choice, and what is planned after today (None: as usual)."""

    curves: FirstOrders
    allocation: Allocation
    later: tuple[tuple[PlannedOrder, ...], ...] | None


def orders_within(
    workshop: Workshop,
    curves: FirstOrders,
    free: Allocation,
    limits: Sequence[SharedLimit],
    budget: float,
    room: float,
) -> LimitedOrders:
    """Return the orders within `limits`; free: the choice without them, within budget and room (inf: none).

    Raises InfeasiblePlanError, naming what is in conflict and what to relax, where no plan is within all limits.
    """
    made = review_instance(workshop, limits, budget, room)
    rows = usage_of(workshop, curves, free, made)
    if keeps_limits(rows):
        return LimitedOrders(curves, replace(free, rows=rows), None)
    plan = best_known_plan(made.instance, workshop.planning.time_limit_seconds, workshop.planning.seed)
    found, choice = with_planned(workshop, curves, made, plan.orders)
    told = saved_once(plan, made.instance.limits, workshop.planning.share_lost)
    prices = {row.name: row.price for row in told}
    allocation = Allocation(
        choice,
        plan.cost,
        plan.bound,
        plan.status,
        plan.solver,
        prices.get("budget of period 1", 0.0),
        prices.get("volume of period 1", 0.0),
        tuple(row for row in told if np.isfinite(row.capacity)),
    )
    return LimitedOrders(found, allocation, later_orders(workshop, made, plan.orders))


def best_known_plan(instance: PeriodInstance, time_limit_seconds: float, seed: int) -> MultiPeriodPlan:
    """Return the cheaper one of the plan by prices and, where few SKUs leave a gap, the plan of the whole model.

    For a handful of SKUs pooled plans seldom use up a limit; there the whole model is small.
    """
    columns = instance.count * instance.periods * 2 * (instance.requirement.shape[2] + instance.mode_count)
    seconds = SMALL_SECONDS if columns <= SMALL_MODEL else time_limit_seconds
    plan = plan_periods(instance, PeriodOptions(time_limit_seconds=seconds, seed=seed))
    if plan.gap <= GOOD_GAP or columns > WHOLE_MODEL:
        return plan
    whole = solve_monolith(instance, time_limit_seconds, GOOD_GAP / 10)
    if whole.orders is None:
        return plan
    check = recost(instance, whole.orders)
    cost = float(check.cost.sum())
    bound = min(max(plan.bound, whole.solved.bound), plan.cost, cost)
    if check.broken or cost >= plan.cost:
        return replace(plan, bound=bound)
    return replace(
        plan,
        orders=whole.orders,
        sku_cost=check.cost,
        cost=cost,
        bound=bound,
        status="optimal" if cost - bound <= GOOD_GAP / 10 * abs(cost) else "feasible",
        solver=f"whole model by {whole.solved.solver}",
        rows=tuple(replace(row, used=float(used)) for row, used in zip(plan.rows, check.used, strict=True)),
    )


def saved_once(plan: MultiPeriodPlan, limits: Sequence[Limit], share_lost: float) -> tuple[RowPrice, ...]:
    """Return the plan's rows with what one more unit saves where unmet demand is lost, not waiting.

    In the plan's model unmet demand waits: a unit more in period t helps in all later ones too, so that the prices λ of
    a limit of orders add up. A unit that is sold in its period helps once, λ_t − λ_{t+1}; one that is left helps
    as the next period's does: v_t = max(λ_t − λ_{t+1}, min(λ_t, v_{t+1})), blended with λ_t by the share that waits.
    """
    rows, start = list(plan.rows), 0
    for limit in limits:
        members, buckets = limit.capacity.shape
        for member in range(members if limit.of == "orders" else 0):
            onward = once = 0.0
            for place in range(start + member * buckets + buckets - 1, start + member * buckets - 1, -1):
                price = rows[place].price
                once = max(price - onward, min(price, once))
                onward = price
                rows[place] = replace(rows[place], price=share_lost * once + (1.0 - share_lost) * price)
        start += limit.capacity.size
    return tuple(rows)


def keeps_limits(rows: Sequence[RowPrice]) -> bool:
    """Return whether no row's use exceeds its capacity."""
    return all(row.used <= row.capacity * (1 + 1e-9) + 1e-9 for row in rows)


def usage_of(workshop: Workshop, curves: FirstOrders, free: Allocation, made: ReviewPeriods) -> tuple[RowPrice, ...]:
    """Return what a choice made without limits uses of each, the later orders of least cost included."""
    instance, days = made.instance, workshop.review * workshop.forecast.frequency.period_days
    orders = np.zeros((instance.count, instance.mode_count, instance.periods), dtype=np.int64)
    study = PlanStudy(workshop, curves, free)
    for i, ways in enumerate(made.ways):
        lanes = {way.row: m for m, way in enumerate(ways)}
        chosen = study.chosen_run(i)
        planned = [(place, order, steps) for place, order, steps in plan_of(chosen.run, chosen.first) if order]
        row, second = int(curves.orders.way[free.choice[i]]), int(curves.orders.second_way[free.choice[i]])
        for way, quantity in (
            (row, curves.orders.quantity[free.choice[i]]),
            (second, curves.orders.second_quantity[free.choice[i]]),
        ):
            if way >= 0:
                orders[i, lanes.get(way, 0), 0] += int(np.ceil(quantity / instance.case[i] - 1e-9))
        for place, order, steps in planned:
            at = int(chosen.ahead.schedules[place].ordered[order]) // days
            m = lanes.get(chosen.ahead.ways[place].row, 0)
            if at < instance.periods:
                orders[i, m, at] += int(np.ceil(steps * chosen.ahead.costs.step / instance.case[i] - 1e-9))
    used = recost(instance, orders).used
    capacity = np.concatenate([limit.capacity.ravel() for limit in instance.limits])
    limited = np.flatnonzero(np.isfinite(capacity)).tolist()
    names = row_names(instance)
    return tuple(RowPrice(names[r], 0.0, float(used[r]), float(capacity[r])) for r in limited)


def with_planned(
    workshop: Workshop, curves: FirstOrders, made: ReviewPeriods, orders: Orders
) -> tuple[FirstOrders, IntArray]:
    """Return the candidates nothing, planned and best alone of each SKU, and (n,) the planned one of each.

    orders: (n, M, T) cases planned.
    """
    now = made.cases_now(orders.astype(np.int64))
    offsets, parts, choice, start = curves.candidates.offsets, [], [], 0
    for i, (ways, ahead) in enumerate(zip(made.ways, made.aheads, strict=True)):
        first, last = int(offsets[i]), int(offsets[i + 1]) - 1
        nothing = taken(curves.orders, np.array([first]))
        best = taken(curves.orders, np.array([last]))
        ordered = [(m, float(now[i, m])) for m in range(len(ways)) if now[i, m] > 0]
        part = [nothing]
        if ordered:
            part.append(_planned(ahead, [(ways[m].row, units) for m, units in ordered]))
        choice.append(start + len(part) - 1)
        if last > first:
            part.append(best)
        parts.append(joined(part))
        start += len(parts[-1].cost)
    return collected(parts, workshop, curves.first, curves.floor_price), np.array(choice, dtype=np.int64)


def _planned(ahead: LookAhead, ordered: list[tuple[int, float]]) -> SkuOrders:
    """Return the candidate that orders these units by these ways, costed with the best continuation there is."""
    places = {way.row: place for place, way in enumerate(ahead.ways)}
    ordered = sorted(ordered, key=lambda item: int(ahead.schedules[places[item[0]]].periods[0]))
    (row, units), (other, second) = ordered[0], ordered[1] if len(ordered) > 1 else (NONE, 0.0)
    place = places[row]
    beside = (places[other],) if other >= 0 else ()
    steps = round(units / ahead.costs.step)
    run = ahead.run(place, beside)
    if steps >= len(run.curve.cost):
        run = ahead.run(place, beside, size=steps + 1)
    cost = run.curve.cost
    allowed = np.flatnonzero(np.isfinite(cost))
    at = steps if np.isfinite(cost[steps]) else int(allowed[np.abs(allowed - steps).argmin()])
    spend = float(spend_of(ahead.ways[place], np.array([units]))[0])
    if other >= 0:
        spend += float(spend_of(ahead.ways[places[other]], np.array([second]))[0])
    columns: list[Any] = [
        [cost[at]], [spend], [run.curve.shortage[at]], [run.curve.unmet[at]], [row], [units], [other], [second], [0.0],
    ]  # fmt: skip
    return SkuOrders(*(np.array(column) for column in columns))


def later_orders(workshop: Workshop, made: ReviewPeriods, orders: Orders) -> tuple[tuple[PlannedOrder, ...], ...]:
    """Return each SKU's orders of later reviews among `orders` (n, M, T) of cases."""
    instance, days = made.instance, workshop.review * workshop.forecast.frequency.period_days
    units = orders * instance.case[:, None, None]
    found = []
    for i, ways in enumerate(made.ways):
        own = []
        for m, s in zip(*np.nonzero(units[i]), strict=True):
            if s > 0:
                day = timedelta(days=int(s) * days)
                arrival = day + timedelta(days=int(np.ceil(ways[m].lead_days - 1e-9)))
                own.append(PlannedOrder(ways[m], day, arrival, round(float(units[i, m, s]))))
        found.append(tuple(own))
    return tuple(found)
