"""One SKU's question to the look-ahead: its paths, its ways to buy, when orders arrive and what stock costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numba
import numpy as np

from core.frequency import Frequency
from core.types import FloatArray
from optimizer.cost_curve import Curve, order_curve, trace
from optimizer.lead_time import arrival_periods, named_random, sampled_lead_days
from optimizer.order_calendar import OrderCalendar
from optimizer.order_window import Options, Steps
from optimizer.protection_interval import Costs, Paths
from optimizer.ways import Events, Schedule, Way, merged_events, options_of

__all__ = ["LARGEST_GRID", "Clock", "LookAhead", "Run", "plan_of", "schedule_of"]

LARGEST_GRID = 4096
"""Levels a SKU: up to so many case packs of demand the plan is exact, beyond it in steps of several packs."""


class Run(NamedTuple):
    """A look-ahead whose first order comes with one way: its curve, events, options and each option's way."""

    first: int
    curve: Curve
    events: Events
    options: Options
    owner: Steps

    @property
    def nbytes(self) -> int:
        """Bytes that the curve takes."""
        return sum(part.nbytes for part in self.curve)


@dataclass(frozen=True, slots=True)
class LookAhead:
    """One SKU, ready to be asked for the cost of first orders.

    paths: (P, H) units. on_hand: units. arrivals: (A, H) units, A = 1 or P. base: landed cost of a unit that
    premiums are counted from. ways, schedules: the ways to buy and when their orders arrive.
    """

    paths: Paths
    on_hand: float
    arrivals: FloatArray
    costs: Costs
    base: float
    ways: Sequence[Way]
    schedules: Sequence[Schedule]

    @property
    def end(self) -> int:
        """The period after the last one that counts: whole reviews after the slowest way's first arrival."""
        horizon, review = self.paths.shape[1], self.costs.review
        slowest = max(int(schedule.periods[0]) for schedule in self.schedules)
        return min(slowest + max((horizon - slowest) // review, 1) * review, horizon)

    def run(self, first: int, also_now: Sequence[int] = (), size: int | None = None, more: int = 0) -> Run:
        """Return the curve of orders placed now with way `first`.

        also_now: other ways, slower ones, that the best plan may order from now too; else they are later orders.
        size: levels, by default all that are worth a look and `more`.
        """
        if len(self.ways) == 1 and self.schedules[0].sampled is None and not self.ways[0].once:
            periods = tuple(self.schedules[0].periods.tolist())
            events = _single_events(periods, self.end)
        else:
            events = merged_events(self.ways, self.schedules, first, also_now, self.end)
        options = options_of(self.ways, events, self.base, self.costs.step)
        size = size or self.size(options) + more
        curve = order_curve(self.paths, self.on_hand, self.arrivals, events.starts, options, self.costs, size)
        owner = np.repeat(np.arange(len(self.ways)), [len(way.landed) for way in self.ways])
        return Run(first, curve, events, options, owner)

    def size(self, options: Options) -> int:
        """Return how many levels are worth a look: any path's largest net requirement and one order more."""
        largest = _largest_net(self.paths, self.on_hand, self.arrivals)
        allowed = options.least[options.least <= options.most]
        lumps = allowed[allowed <= LARGEST_GRID].max(initial=0) if len(allowed) > 1 else 0
        smallest = min(int(options.least.min()), int(options.most.max()))
        return int(np.ceil(largest / self.costs.step)) + max(smallest, int(lumps)) + 1


@numba.njit(cache=True, nogil=True)
def _largest_net(paths: Paths, on_hand: float, arrivals: FloatArray) -> float:
    """Return the largest net requirement of any path at any period's end, at least 0."""
    largest = 0.0
    for p in range(paths.shape[0]):
        come = arrivals[p if arrivals.shape[0] > 1 else 0]
        net = -on_hand
        for t in range(paths.shape[1]):
            net += paths[p, t] - come[t]
            largest = max(largest, net)
    return largest


@lru_cache(maxsize=4096)
def _single_events(periods: tuple[int, ...], end: int) -> Events:
    """Return the events of a single way with certain lead times."""
    kept = [period for place, period in enumerate(periods) if place == 0 or period < end]
    return Events(np.array([[*kept, end]], dtype=np.int64), tuple(((0, order),) for order in range(len(kept))))


def plan_of(run: Run, first: int) -> list[tuple[int, int, int]]:
    """Return the (way, order, steps) of the best plan that begins with `first` steps now, the first included."""
    levels, by = trace(run.curve, first)
    found = [(run.first, 0, first)] if first else []
    for j in range(1, len(levels)):
        if by[j] >= 0:
            way = int(run.owner[by[j]])
            order = next(order for place, order in run.events.sources[j] if place == way)
            found.append((way, order, int(levels[j] - levels[j - 1])))
    return found


class Clock(NamedTuple):
    """What tells a SKU's orders their days: the plan's first day, its periods, who is closed when, the seed."""

    as_of: date
    frequency: Frequency
    calendar: OrderCalendar
    seed: int


def schedule_of(way: Way, names: tuple[str, str], paths: int, horizon: int, review: int, clock: Clock) -> Schedule:
    """Return when orders placed with `way` at each review arrive; drawn on each path where lead times are random.

    names: sku and location. Orders wait for the supplier's next order day, goods for the location's next day.
    """
    frequency, calendar, as_of = clock.frequency, clock.calendar, clock.as_of
    if calendar.always_open and not way.order_days and way.sd_days <= 0 and way.observed is None:
        return _certain_schedule(way.lead_days, horizon, review, frequency)
    ordered = np.arange(horizon // review + 1) * review * frequency.period_days
    if way.order_days or not calendar.always_open:
        ordered = calendar.order_days(as_of, ordered, way.supplier, way.order_days)
        kept = np.r_[True, np.diff(ordered) > 0]
        ordered = ordered[kept]
    days = ordered + int(np.ceil(way.lead_days - 1e-9))
    received = days if calendar.always_open else calendar.arrival_days(as_of, days, names[1])
    exact = ordered + way.lead_days if calendar.always_open else received
    periods = arrival_periods(exact, frequency)
    if way.sd_days <= 0 and way.observed is None:
        return Schedule(ordered, received, periods)
    random = named_random(clock.seed, *names, way.supplier, way.mode)
    # Column by column, so that the first is what `inbound.drawn_arrivals` draws for orders that were just placed.
    drawn = [sampled_lead_days(way.lead_days, way.sd_days, (paths,), random, way.observed) for _ in ordered]
    taken = ordered + np.column_stack(drawn)
    taken = taken if calendar.always_open else calendar.arrival_days(as_of, taken, names[1])
    return Schedule(ordered, received, periods, arrival_periods(taken, frequency))


@lru_cache(maxsize=1024)
def _certain_schedule(lead_days: float, horizon: int, review: int, frequency: Frequency) -> Schedule:
    """Return when orders of every review arrive where nobody is closed and lead times are certain: most SKUs' case."""
    ordered = np.arange(horizon // review + 1) * review * frequency.period_days
    return Schedule(ordered, ordered + int(np.ceil(lead_days - 1e-9)), arrival_periods(ordered + lead_days, frequency))
