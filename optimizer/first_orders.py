"""The candidate first orders of many SKUs: every way to buy, every quantity worth a look, and what each costs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from core.parallel import chunks, in_threads
from core.progress import Progress
from core.types import FloatArray
from optimizer.cost_curve import TIE, Curve, least_of_the_best, trace
from optimizer.look_ahead import LookAhead, Run
from optimizer.order_window import Steps
from optimizer.pricing import Candidates
from optimizer.service_floor import floor_penalty, missing_service
from optimizer.ways import Way
from optimizer.workshop import Workshop

__all__ = [
    "NONE",
    "FirstOrders",
    "SkuOrders",
    "collected",
    "cycle_demand",
    "first_orders",
    "joined",
    "single_orders",
    "sku_orders",
    "spend_of",
    "taken",
]

CHUNK = 500
KEPT_BYTES = 128_000_000
"""Of the runs that a plan keeps for whoever asks why; the others are made again."""
NONE = -1


class SkuOrders(NamedTuple):
    """What one SKU may order now, m candidates in rising spend and falling cost, the first one nothing.

    cost, spend: money. shortage: probability of unmet demand between this order's arrival and the next one's.
    unmet: units of it. way, quantity: the order, way −1 where there is none. second_way, second_quantity: of an
    order split over two ways, units that come later by another one. penalty: money on top of `cost` where a
    service floor is not kept; the fall is that of both together.
    """

    cost: FloatArray
    spend: FloatArray
    shortage: FloatArray
    unmet: FloatArray
    way: Steps
    quantity: FloatArray
    second_way: Steps
    second_quantity: FloatArray
    penalty: FloatArray


@dataclass(frozen=True, slots=True)
class FirstOrders:
    """What n SKUs may order, `SkuOrders` one after the other.

    candidates: cost, spend and volume of each, flat. orders: the same m candidates with their ways (rows of the
        table of ways, −1 none) and total `quantity` (m,). first: (n,) l of the way that arrives first.
        review: r. ways: of each SKU. floor_price: (n,) what its service floors cost each SKU.
        runs: of a SKU whose candidates all come from one run, its look-ahead and that run.
    """

    candidates: Candidates
    orders: SkuOrders
    quantity: FloatArray
    first: Steps
    review: int
    ways: Sequence[Sequence[Way]] = field(repr=False)
    floor_price: FloatArray
    runs: Mapping[int, tuple[LookAhead, Run]] = field(default_factory=dict, repr=False)

    @property
    def shortage(self) -> FloatArray:
        """(m,) probability of unmet demand between an order's arrival and the next one's."""
        return self.orders.shortage


def first_orders(workshop: Workshop, progress: Progress) -> FirstOrders:
    """Return the candidates of each SKU of the workshop, `planning.threads` of whose threads work on them."""
    count, done = len(workshop.terms), 0
    parts: list[SkuOrders] = []
    runs: dict[int, Only] = {}
    first, price = np.zeros(count, dtype=np.int64), np.zeros(count)
    pieces, room = chunks(count, CHUNK), KEPT_BYTES
    for piece in in_threads(partial(_of_piece, workshop), pieces, workshop.planning.threads):
        for orders, only, arrival, floor in piece:
            first[done], price[done] = arrival, floor
            parts.append(orders)
            if only is not None and room > 0:
                runs[done] = only
                room -= only[1].nbytes
            done += 1
        progress("cost of each order quantity", 0.9 * done / count)
    return replace(collected(parts, workshop, first, price), runs=runs)


Only = tuple[LookAhead, Run]
"""A SKU's look-ahead and the run that all its candidates come from."""


def _of_piece(workshop: Workshop, piece: slice) -> list[tuple[SkuOrders, Only | None, int, float]]:
    """Return of some SKUs the candidates, their run where it is the only one, first arrival and the floors' price."""
    floor = workshop.facts["cycle_service_floor"], workshop.facts["fill_rate_floor"]
    found = []
    for i in range(piece.start, piece.stop):
        ahead = workshop.look_ahead(i)
        first = min(int(schedule.periods[0]) for schedule in ahead.schedules)
        floors = float(floor[0][i]), float(floor[1][i])
        only = (ahead, ahead.run(0)) if len(ahead.ways) == 1 and not any(floors) else None
        orders, price = sku_orders(ahead, floors) if only is None else (_single(*only), 0.0)
        found.append((orders, only, first, price))
    return found


def sku_orders(ahead: LookAhead, floors: tuple[float, float] = (0.0, 0.0)) -> tuple[SkuOrders, float]:
    """Return the candidates of one SKU and the price of its floors (cycle service level, fill rate), 0 for none.

    Each way alone, and each with a slower one beside it.
    """
    if len(ahead.ways) == 1 and not any(floors):
        return _single(ahead, ahead.run(0)), 0.0
    arrivals = [int(schedule.periods[0]) for schedule in ahead.schedules]
    more = _floor_steps(ahead) if any(floors) else 0
    found = []
    for fast in range(len(ahead.ways)):
        found.append(_single(ahead, ahead.run(fast, more=more), everything=True))
        slower = [place for place in range(len(ahead.ways)) if arrivals[place] > arrivals[fast]]
        found += [_split(ahead, ahead.run(fast, (slow,), more=more), slow) for slow in slower]
    every, price = joined(found), 0.0
    if any(floors):
        missing = missing_service(every.shortage, every.unmet, cycle_demand(ahead), *floors)
        penalty, price = floor_penalty(every.cost, missing)
        every = every._replace(penalty=penalty)
    return _best_of(every), price


def _floor_steps(ahead: LookAhead) -> int:
    """Return the levels above the largest net requirement that lumpy orders may need to keep a floor."""
    return math.ceil(max(way.least for way in ahead.ways) / ahead.costs.step)


def cycle_demand(ahead: LookAhead) -> float:
    """Return the mean demand of one review, from the fastest first arrival on."""
    first = min(int(schedule.periods[0]) for schedule in ahead.schedules)
    return float(ahead.paths[:, first : first + ahead.costs.review].sum() / len(ahead.paths))


def _single(ahead: LookAhead, run: Run, everything: bool = False) -> SkuOrders:
    """Return the quantities of one way worth a look: those that cost less than all smaller ones."""
    cost = run.curve.cost
    return single_orders(ahead, run, np.flatnonzero(np.isfinite(cost)) if everything else _useful(cost))


def single_orders(ahead: LookAhead, run: Run, kept: Steps) -> SkuOrders:
    """Return the candidates of `kept` steps now by the run's way."""
    cost, quantity, way = run.curve.cost, _units(kept, ahead), ahead.ways[run.first]
    none = np.full(len(kept), NONE)
    return SkuOrders(
        cost=cost[kept],
        spend=spend_of(way, quantity),
        shortage=run.curve.shortage[kept],
        unmet=run.curve.unmet[kept],
        way=np.where(kept > 0, way.row, NONE),
        quantity=quantity,
        second_way=none,
        second_quantity=np.zeros(len(kept)),
        penalty=np.zeros(len(kept)),
    )


def _split(ahead: LookAhead, run: Run, slow: int) -> SkuOrders:
    """Return the quantities of a fast way, each with the best order of way `slow` beside it, where there is one."""
    event = run.events.now(slow)
    beside = _beside(run.curve, event, run.owner == slow)
    kept = np.flatnonzero(np.isfinite(run.curve.cost) & (beside > 0))
    one, other = ahead.ways[run.first], ahead.ways[slow]
    quantity, second = _units(kept, ahead), _units(beside[kept], ahead)
    return SkuOrders(
        cost=run.curve.cost[kept],
        spend=spend_of(one, quantity) + spend_of(other, second),
        shortage=run.curve.shortage[kept],
        unmet=run.curve.unmet[kept],
        way=np.where(kept > 0, one.row, other.row),
        quantity=np.where(kept > 0, quantity, second),
        second_way=np.where(kept > 0, other.row, NONE),
        second_quantity=np.where(kept > 0, second, 0.0),
        penalty=np.zeros(len(kept)),
    )


def _units(steps: Steps, ahead: LookAhead) -> FloatArray:
    return steps.astype(np.float64) * ahead.costs.step


@numba.njit(cache=True)
def _beside(curve: Curve, event: int, mine: npt.NDArray[np.bool_]) -> Steps:
    """Return (K,) the steps that the best plan from each first order adds at `event` with an option in `mine`."""
    size = curve.cost.size
    beside = np.zeros(size, dtype=np.int64)
    for k in range(size):
        if event > 0 and np.isfinite(curve.cost[k]):
            levels, by = trace(curve, k)
            if by[event] >= 0 and mine[by[event]]:
                beside[k] = levels[event] - levels[event - 1]
    return beside


def spend_of(way: Way, quantity: FloatArray) -> FloatArray:
    """Return (m,) what orders of these sizes are paid: goods, freight, duty and order cost; 0 for no order."""
    if len(way.landed) == 1:
        paid = quantity * (way.landed[0].unit_cost - way.owned)
    else:
        band = np.searchsorted([band.least for band in way.landed], quantity, side="right") - 1
        unit = np.array([band.unit_cost for band in way.landed])[band]
        paid = quantity * unit + np.array([band.surcharge for band in way.landed])[band]
        paid = paid - quantity * way.owned
    return np.where(quantity > 0, paid + way.order_cost, 0.0)


def _best_of(every: SkuOrders) -> SkuOrders:
    """Return the candidates that cost less than all others that spend no more; nothing first."""
    total, cost = every.quantity + every.second_quantity, every.cost + every.penalty
    every = taken(every, np.lexsort((total, cost, every.spend, total > 0)))
    return taken(every, _falling(every.cost + every.penalty))


def joined(found: Sequence[SkuOrders]) -> SkuOrders:
    """Return the candidates of all of `found`, one after the other."""
    columns: list[Any] = [np.concatenate(column) for column in zip(*found, strict=True)]
    return SkuOrders(*columns)


def taken(orders: SkuOrders, rows: Steps) -> SkuOrders:
    """Return some of the candidates."""
    columns: list[Any] = [column[rows] for column in orders]
    return SkuOrders(*columns)


def collected(parts: list[SkuOrders], workshop: Workshop, first: Steps, price: FloatArray) -> FirstOrders:
    """Return the candidates of all SKUs, `parts` one after the other; first, price: (n,) as in `FirstOrders`."""
    count = np.array([len(part.cost) for part in parts], dtype=np.int64)
    none: list[Any] = [np.zeros(0)] * len(SkuOrders._fields)
    orders = joined(parts or [SkuOrders(*none)])
    quantity = orders.quantity + orders.second_quantity
    volume = workshop.terms["volume"].fillna(0.0).to_numpy(dtype=np.float64)
    candidates = Candidates(
        offsets=np.r_[0, np.cumsum(count)].astype(np.int64),
        cost=orders.cost + orders.penalty,
        spend=orders.spend,
        volume=quantity * np.repeat(volume, count),
    )
    return FirstOrders(candidates, orders, quantity, first, workshop.review, workshop.ways, price)


@numba.njit(cache=True)
def _useful(cost: FloatArray) -> Steps:
    """Return the candidates that cost less than all smaller ones by more than rounding, up to the least best one."""
    kept = np.empty(cost.size, dtype=np.int64)
    count, last = 0, least_of_the_best(cost)
    for k in range(last + 1):
        if count == 0 or k == last or cost[k] < cost[kept[count - 1]] - TIE * max(abs(cost[k]), 1.0):
            kept[count] = k
            count += 1
    return kept[:count]


@numba.njit(cache=True)
def _falling(cost: FloatArray) -> Steps:
    """Return the candidates that cost less than all before them by more than rounding."""
    kept = np.empty(cost.size, dtype=np.int64)
    count = 0
    for k in range(cost.size):
        if count == 0 or cost[k] < cost[kept[count - 1]] - TIE * max(abs(cost[k]), 1.0):
            kept[count] = k
            count += 1
    return kept[:count]
