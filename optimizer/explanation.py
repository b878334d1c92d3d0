"""Why this order: the cost curve, the pieces, the rounding, the limits and the alternatives of one SKU."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from optimizer.cost_curve import trace
from optimizer.cost_parts import simulated_parts
from optimizer.first_orders import SkuOrders, cycle_demand, sku_orders
from optimizer.look_ahead import LookAhead, Run
from optimizer.order_window import Steps
from optimizer.price_breaks import Band
from optimizer.study import ChosenRun, PlanStudy
from optimizer.ways import Way
from optimizer.wording import binding, order_words, percent

__all__ = [
    "Alternative",
    "CurvePoint",
    "Explanation",
    "Pieces",
    "RoundingStep",
    "chosen_point",
    "explain",
    "explain_row",
    "order_pieces",
]

POINTS = 24
"""Quantities of the curve that are shown, at most; the chosen one and nothing always are."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What an order of `quantity` units costs with the best continuation, in money.

    holding, shortage: simulated on the sample paths (fees count as holding). ordering: order costs now and
    later, and what the goods cost beyond the SKU's base unit cost. rest: what is left over is worth at the end, what
    units pay for growing old, and the error of the computed cost against the simulated one.
    """

    quantity: float
    expected_cost: float
    holding: float
    shortage: float
    ordering: float
    rest: float
    stockout_probability: float


@dataclass(frozen=True, slots=True)
class Pieces:
    """Where the units are: on hand, in transit, ordered now; and what they are for.

    cycle: mean demand of one review. pipeline: mean demand until this order arrives. safety: on hand, in transit
    and ordered now beyond both (negative: planned shortage).
    """

    on_hand: float
    in_transit: float
    ordered: float
    pipeline: float
    cycle: float
    safety: float


@dataclass(frozen=True, slots=True)
class RoundingStep:
    """One step from the best order to the one proposed, and the units after it."""

    name: str
    quantity: float


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another order that was considered: its cost, and how much more that is than the proposed one's."""

    name: str
    quantity: float
    expected_cost: float
    extra_cost: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """All about one proposal; money in the dataset's currency, quantities in units.

    stockout_before_arrival: probability that demand goes unmet before anything ordered now can arrive;
    stockout_probability: between that arrival and the next one. binding: shared limits with their shadow prices.
    one_case_more, one_case_less: what the expected cost changes by (None: not allowed). waiting: what it costs to
    order nothing now and the best at the next review.
    """

    sku: str
    location: str
    as_of: str
    supplier: str
    mode: str
    quantity: int
    expected_cost: float
    sentence: str
    stockout_before_arrival: float
    stockout_probability: float
    binding: str
    budget_price: float
    volume_price: float
    floor_price: float
    one_case_more: float | None
    one_case_less: float | None
    waiting: float
    pieces: Pieces
    rounding: tuple[RoundingStep, ...]
    curve: tuple[CurvePoint, ...]
    alternatives: tuple[Alternative, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain dictionaries and lists, ready for JSON."""
        return dict(_plain(self))


def _plain(value: Any) -> Any:
    """Return what `dataclasses.asdict` returns, without copying what nobody can change."""
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    return value


def explain(study: PlanStudy, sku: str, location: str | None = None) -> list[Explanation]:
    """Return an explanation for each location of a SKU; raises UnknownSkuError where the plan has none."""
    return [explain_row(study, i) for i in study.rows(sku, location)]


def explain_row(study: PlanStudy, i: int) -> Explanation:
    """Return the explanation of the workshop's row i."""
    chosen, candidate = study.chosen_run(i), int(study.allocation.choice[i])
    ahead, run = chosen.ahead, chosen.run
    way, orders = ahead.ways[run.first], study.curves.orders
    cost = float(orders.cost[candidate])
    quantity, second = float(orders.quantity[candidate]), float(orders.second_quantity[candidate])
    facts, allocation = study.workshop.facts, study.allocation
    pieces = order_pieces(ahead, run, quantity + second)
    waiting = float(orders.cost[study.curves.candidates.offsets[i]]) - cost
    prices = (allocation.budget_price, allocation.volume_price, *(row.price for row in allocation.rows))
    binds = binding(allocation) if max(prices) > 0 or allocation.joints else "no shared limit binds"
    other = next((item for item in ahead.ways if item.row == int(orders.second_way[candidate])), None)
    words = order_words(way, round(quantity), len(ahead.ways) > 1, other, round(second))
    shortage = float(orders.shortage[candidate])
    return Explanation(
        sku=facts["sku"][i],
        location=facts["location"][i],
        as_of=study.workshop.forecast.as_of.isoformat(),
        supplier=way.supplier,
        mode=way.mode,
        quantity=round(quantity + second),
        expected_cost=cost,
        sentence=_sentence(words, pieces, shortage, waiting, binds),
        stockout_before_arrival=_stockout_before(ahead, run),
        stockout_probability=shortage,
        binding=binds,
        budget_price=allocation.budget_price,
        volume_price=allocation.volume_price,
        floor_price=float(study.curves.floor_price[i]),
        one_case_more=_step_cost(chosen, way, 1),
        one_case_less=_step_cost(chosen, way, -1),
        waiting=waiting,
        pieces=pieces,
        rounding=tuple(_rounding(study, i, chosen, quantity + second)),
        curve=tuple(_curve(chosen)),
        alternatives=tuple(_alternatives(study, i, cost, waiting)),
    )


def _sentence(words: str, pieces: Pieces, shortage: float, waiting: float, binds: str) -> str:
    have = f"{pieces.on_hand:.0f} on hand and {pieces.in_transit:.0f} in transit"
    need = (
        f"a mean demand of {pieces.pipeline:.0f} until the order arrives and {pieces.cycle:.0f} in the review after it"
    )
    if pieces.ordered <= 0:
        return f"Order nothing: {have} meet {need}, with a stock-out probability of {percent(shortage)}; {binds}."
    return (
        f"Order {words}: {have} meet {need}; the order leaves {pieces.safety:.0f} for safety and a stock-out "
        f"probability of {percent(shortage)}, and waiting for the next review would cost {waiting:.2f}; {binds}."
    )


def chosen_point(study: PlanStudy, i: int) -> CurvePoint:
    """Return what the order of the workshop's row i costs, part by part."""
    chosen = study.chosen_run(i)
    return _point(chosen, chosen.first)


def order_pieces(ahead: LookAhead, run: Run, ordered: float) -> Pieces:
    """Return where the units of an order of `ordered` units are and what they are for."""
    arrival = int(ahead.schedules[run.first].periods[0])
    cycle = cycle_demand(ahead)
    pipeline = float(ahead.paths[:, :arrival].sum() / len(ahead.paths))
    transit = float(ahead.arrivals[:, : arrival + ahead.costs.review].sum() / len(ahead.arrivals))
    safety = ahead.on_hand + transit + ordered - pipeline - cycle
    return Pieces(ahead.on_hand, transit, ordered, pipeline, cycle, safety)


def _stockout_before(ahead: LookAhead, run: Run) -> float:
    """Return the probability that demand goes unmet before the first order can arrive, whatever is ordered."""
    starts = np.broadcast_to(run.events.starts[:, 0], len(ahead.paths))
    net = np.cumsum(ahead.paths - ahead.arrivals, axis=1, dtype=np.float64) - ahead.on_hand
    before = np.arange(net.shape[1]) < starts[:, None]
    return float(((net > 1e-9) & before).any(axis=1).mean())


def _step_cost(chosen: ChosenRun, way: Way, cases: int) -> float | None:
    """Return what the cost changes by with one case more or less of the first arrival."""
    ahead, run, first = chosen
    other = first + cases * max(round(way.pack / ahead.costs.step), 1)
    cost = run.curve.cost
    if not 0 <= other < len(cost) or not np.isfinite(cost[other]):
        return None
    return float(cost[other] - cost[first])


def _rounding(study: PlanStudy, i: int, chosen: ChosenRun, final: float) -> Iterator[RoundingStep]:
    """Yield the best order without packs, with packs, with the minimum, and with what limits all SKUs share."""
    way = chosen.ahead.ways[chosen.run.first]
    free = replace(way, pack=1, minimum=1.0, minimum_value=0.0, capacity=np.inf)
    own = float(study.curves.quantity[study.curves.candidates.offsets[i + 1] - 1])
    known = [(way, own)] if i in study.curves.runs else []
    for name, variant in (
        ("best in single units", free),
        (f"in packs of {way.pack}", replace(free, pack=way.pack)),
        (f"at least {way.minimum:g}", replace(way, capacity=np.inf)),
        (f"at most {way.capacity:g}" if np.isfinite(way.capacity) else "supplier's capacity", way),
    ):
        if all(variant != other for other, _ in known):
            known.append((variant, _best(study.workshop.look_ahead(i, [variant]))))
        yield RoundingStep(name, next(quantity for other, quantity in known if other == variant))
    yield RoundingStep("over all ways to buy and service floors", own)
    yield RoundingStep("within the limits that all share", final)


def _best(ahead: LookAhead) -> float:
    orders, _ = sku_orders(ahead)
    return float(orders.quantity[-1] + orders.second_quantity[-1])


def _curve(chosen: ChosenRun) -> Iterator[CurvePoint]:
    _, run, first = chosen
    cost = run.curve.cost
    allowed = np.flatnonzero(np.isfinite(cost))
    last = np.searchsorted(allowed, 2 * max(first, 1) + 2)
    near = allowed[: max(int(last), 2)]
    shown = near[np.unique(np.linspace(0, len(near) - 1, min(POINTS, len(near))).round().astype(int))]
    for k in sorted({*shown.tolist(), 0, first}):
        yield _point(chosen, k)


def _point(chosen: ChosenRun, k: int) -> CurvePoint:
    """Return what an order of `k` steps costs, part by part."""
    ahead, run, _ = chosen
    cost = run.curve.cost
    levels, by = trace(run.curve, k)
    parts = simulated_parts(ahead.paths, ahead.on_hand, ahead.arrivals, run.events.starts, levels, ahead.costs)
    ordering = _ordering(chosen, levels, by, k)
    return CurvePoint(
        quantity=k * ahead.costs.step,
        expected_cost=float(cost[k]),
        holding=parts.holding,
        shortage=parts.shortage,
        ordering=ordering,
        rest=float(cost[k]) - parts.holding - parts.shortage - ordering,
        stockout_probability=float(run.curve.shortage[k]),
    )


def _ordering(chosen: ChosenRun, levels: Steps, by: Steps, first: int) -> float:
    """Return order costs and premiums of the plan that begins with `first` steps."""
    ahead, run, _ = chosen
    way, units = ahead.ways[run.first], first * ahead.costs.step
    total = (_order_price(way, units) - ahead.base * units) if first else 0.0
    for j in range(1, len(levels)):
        if by[j] >= 0:
            option, units = int(by[j]), float(levels[j] - levels[j - 1]) * ahead.costs.step
            total += float(run.options.fixed[option]) + float(run.options.premium[option]) * units
    return total


def _order_price(way: Way, units: float) -> float:
    fits: Sequence[Band] = [band for band in way.landed if band.least <= units <= band.most] or way.landed[:1]
    return way.order_cost + fits[0].surcharge + (fits[0].unit_cost + way.in_transit) * units


def _alternatives(study: PlanStudy, i: int, cost: float, waiting: float) -> Iterator[Alternative]:
    """Yield waiting, each way alone and each split, at their best, cheapest first."""
    found = [Alternative("wait for the next review", 0.0, cost + waiting, waiting)]
    ways = study.workshop.ways[i]
    for way in ways if len(ways) > 1 else ():
        if study.workshop.schedule(i, way).periods[0] < study.workshop.forecast.horizon:
            orders, _ = sku_orders(study.workshop.look_ahead(i, [way]))
            found.append(_alternative(orders, order_words(way, round(orders.quantity[-1]), several=True), cost))
    yield from sorted(found, key=lambda item: item.expected_cost)


def _alternative(orders: SkuOrders, words: str, cost: float) -> Alternative:
    best = float(orders.cost[-1])
    return Alternative(f"order {words} alone", float(orders.quantity[-1]), best, best - cost)
