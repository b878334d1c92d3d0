"""Ways to buy: supplier and mode with their lead time, landed cost, packs and prices, side by side.

For the compiled look-ahead (`optimizer.cost_curve`) the ways of one SKU become one list of arrival events
and one list of options. A way that is as slow, as dear and as lumpy as another one or worse is left out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import FloatArray
from optimizer.order_window import Options
from optimizer.price_breaks import Band, price_bands
from optimizer.protection_interval import Periods

__all__ = ["Events", "Schedule", "Way", "common_step", "merged_events", "options_of", "read_ways", "worth_a_look"]

NO_LIMIT = 1 << 40
MOST_WAYS = 4
"""Ways a SKU that are compared: of more, the cheapest ones and the fastest."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to buy one SKU.

    row: in the table of ways. lead_days, sd_days: of the lead time. landed: bands of quantity, with freight and
    duty in their unit costs. in_transit: cost of capital a unit while it travels. order_cost: K. pack,
    minimum, capacity: units an order; minimum_value: money an order, before freight and duty. invoiced: bands
    without freight and duty. order_days: weekdays on which orders are taken. observed: lead times in days that
    were really seen, None where only mean and standard deviation are known. owned: part of the landed cost that is
    not paid, because the goods are ours already and only move. once: no later orders, because today's may use up all
    that there is.
    """

    row: int
    supplier: str
    mode: str
    lead_days: float
    sd_days: float
    landed: tuple[Band, ...]
    invoiced: tuple[Band, ...]
    in_transit: float
    order_cost: float
    pack: int
    minimum: float
    minimum_value: float
    capacity: float
    order_days: str = ""
    observed: FloatArray | None = None
    owned: float = 0.0
    once: bool = False

    @property
    def base(self) -> float:
        """Landed cost of a unit in the smallest order."""
        return self.landed[0].unit_cost

    @property
    def least(self) -> float:
        """Units of the smallest order allowed, whole packs."""
        return self.pack * math.ceil(self.minimum / self.pack - 1e-9)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the orders of one way can be placed and arrive, J of them.

    ordered, received: (J,) days after `as_of` of order and arrival, at the mean lead time. periods: (J,) first
    period that each serves, at the mean lead time.
    sampled: (P, J) the same on each path where lead times are random.
    """

    ordered: npt.NDArray[np.int64]
    received: npt.NDArray[np.int64]
    periods: Periods
    sampled: Periods | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """The arrival events that one look-ahead considers, J of them in rising order.

    starts: (S, J + 1) periods, the last column is the end. sources: for each event the (way, order) pairs that
    arrive there, by position in the list of ways; order 0 is the one placed now.
    """

    starts: Periods
    sources: tuple[tuple[tuple[int, int], ...], ...]

    def now(self, way: int) -> int:
        """Return the event at which an order placed now with `way` arrives, −1 if there is none."""
        return next((j for j, pairs in enumerate(self.sources) if (way, 0) in pairs), -1)


def read_ways(
    table: pd.DataFrame, count: int, period_days: int, lead_times: Mapping[tuple[str, str], FloatArray]
) -> list[list[Way]]:
    """Return the ways of each of `count` series from rows of `inventory.supply.supply_ways`, by rank.

    lead_times: days that orders really took, by (supplier, mode).
    """
    found: list[list[Way]] = [[] for _ in range(count)]
    for row, item in enumerate(_plain(table).itertuples(index=False)):
        way = _way(row, item, period_days)
        seen = lead_times.get((way.supplier, way.mode))
        if seen is not None and len(seen):
            way = replace(way, observed=seen, lead_days=float(np.mean(seen)), sd_days=float(np.std(seen)))
        found[item.series].append(way)
    return found


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with every column that a way needs, additions of the contract being optional."""
    optional: dict[str, Any] = {
        "duty_rate": 0.0,
        "minimum_order_value": 0.0,
        "capital_cost": 0.0,
        "order_days": "",
        "owned_cost": 0.0,
    }
    plain = table.assign(**{name: value for name, value in optional.items() if name not in table})
    if "series" not in plain:
        plain = plain.assign(series=np.arange(len(plain)))
    return plain


def _way(row: int, item: Any, period_days: int) -> Way:
    duty, freight = 1.0 + item.duty_rate, item.freight_cost
    if item.price_breaks:
        invoiced = price_bands(item.price_breaks, item.planning_unit_cost)
    else:
        invoiced = (Band(1.0, math.inf, item.planning_unit_cost),)
    landed = tuple(
        Band(band.least, band.most, band.unit_cost * duty + freight, band.surcharge * duty) for band in invoiced
    )
    return Way(
        row=row,
        supplier=item.supplier,
        mode=item.mode,
        lead_days=item.lead_time_days,
        sd_days=item.lead_time_sd_days,
        landed=landed,
        invoiced=invoiced,
        in_transit=item.capital_cost * item.lead_time_days / period_days,
        order_cost=max(item.order_cost, 0.0),
        pack=max(round(item.case_pack), 1),
        minimum=max(item.minimum_order_quantity, 1.0),
        minimum_value=item.minimum_order_value,
        capacity=item.capacity,
        order_days=item.order_days,
        owned=item.owned_cost,
    )


def worth_a_look(ways: Sequence[Way]) -> list[Way]:
    """Return the ways that no other one beats in everything, at most MOST_WAYS, the first one always."""
    kept = [way for place, way in enumerate(ways) if not place or not any(_beats(other, way) for other in ways)]
    if len(kept) <= MOST_WAYS:
        return kept
    fastest = min(kept[1:], key=lambda way: (way.lead_days, way.base))
    return [*[way for way in kept if way is not fastest][: MOST_WAYS - 1], fastest]


def _beats(one: Way, other: Way) -> bool:
    """Return whether `one` is at least as good in every term, and better in one or named first."""
    if one is other or other.pack % one.pack:
        return False
    mine, theirs = (
        (
            way.lead_days,
            way.sd_days,
            way.order_cost,
            way.minimum,
            way.minimum_value,
            -way.capacity,
            *(band.unit_cost + way.in_transit for band in way.landed),
        )
        for way in (one, other)
    )
    if one.order_days or len(one.landed) > 1 or len(other.landed) > 1:
        return False
    return all(a <= b for a, b in zip(mine, theirs, strict=True)) and (mine != theirs or one.row < other.row)


def common_step(ways: Sequence[Way], demand: float, largest_grid: int) -> float:
    """Return the units between two levels: all packs are whole steps, or all steps whole packs of every way."""
    packs = [way.pack for way in ways]
    fine, coarse = math.gcd(*packs), math.lcm(*packs)
    if demand / fine <= largest_grid:
        return float(fine)
    return float(coarse * max(math.ceil(demand / coarse / largest_grid), 1))


def options_of(ways: Sequence[Way], events: Events, base: float, step: float) -> Options:
    """Return the options of `ways` at `events`; base: landed unit cost that premiums are counted from."""
    rows = [(place, way, band) for place, way in enumerate(ways) for band in way.landed]
    count = len(events.sources)
    at = np.zeros((count, len(ways)), dtype=np.bool_)
    for j, pairs in enumerate(events.sources):
        for place, _ in pairs:
            at[j, place] = True
    limits = [_limits(way, band, step) for _, way, band in rows]
    return Options(
        premium=np.array([band.unit_cost + way.in_transit - base for _, way, band in rows]),
        fixed=np.array([way.order_cost + band.surcharge for _, way, band in rows]),
        least=np.array([least for least, _ in limits]),
        most=np.array([most for _, most in limits]),
        stride=np.array([max(round(way.pack / step), 1) for _, way, _ in rows]),
        open=at[:, [place for place, _, _ in rows]],
    )


def _limits(way: Way, band: Band, step: float) -> tuple[int, int]:
    """Return the steps that an order of the band has at least and at most."""
    invoiced = way.invoiced[way.landed.index(band)]
    least = max(way.minimum, band.least)
    if way.minimum_value > invoiced.surcharge and invoiced.unit_cost > 0:
        least = max(least, (way.minimum_value - invoiced.surcharge) / invoiced.unit_cost)
    most = min(way.capacity, band.most)
    stride = max(round(way.pack / step), 1)
    whole = max(math.ceil(least / step - 1e-9), 1)
    return math.ceil(whole / stride) * stride, NO_LIMIT if math.isinf(most) else min(int(most // step), NO_LIMIT)


def merged_events(
    ways: Sequence[Way], schedules: Sequence[Schedule], first: int, now: Sequence[int], end: int
) -> Events:
    """Return the events from the arrival of the way `first`, ordered now, up to period `end`.

    now: the other ways that can be ordered now too; of the rest only later orders count. A later order of a
    way is left out where a cheaper one arrives by then.
    """
    start = int(schedules[first].periods[0])
    found = [
        (int(period), place, order)
        for place, schedule in enumerate(schedules)
        for order, period in enumerate(schedule.periods)
        if (place == first or order > 0 or place in now)
        and not (ways[place].once and order > 0)
        and (period > start or (place == first and order == 0))
        and (period < end or (place == first and order == 0))
    ]
    cheaper = {
        place: min((period for period, other, _ in found if _cheaper(ways[other], ways[place])), default=end)
        for place in range(len(ways))
    }
    found = sorted(item for item in found if item[2] == 0 or item[0] < cheaper[item[1]])
    if any(schedule.sampled is not None for schedule in schedules):
        return _random_events(found, schedules, end)
    periods = sorted({period for period, _, _ in found})
    sources = tuple(tuple((place, order) for period, place, order in found if period == at) for at in periods)
    return Events(np.array([[*periods, max(end, periods[0])]], dtype=np.int64), sources)


def _cheaper(one: Way, other: Way) -> bool:
    """Return whether `one` costs less than `other` and is no lumpier."""
    mine, theirs = (
        (way.base + way.in_transit, way.order_cost, way.minimum, way.minimum_value, -way.capacity)
        for way in (one, other)
    )
    smaller = other.pack % one.pack == 0 and mine != theirs
    return one is not other and smaller and all(a <= b for a, b in zip(mine, theirs, strict=True))


def _random_events(found: list[tuple[int, int, int]], schedules: Sequence[Schedule], end: int) -> Events:
    """Return events with starts of their own on each path; later orders that overtake others swap places.

    The first order keeps its own arrival, and what is ordered later does not come before it: were it to swap too, a
    large first order would be taken to come in time wherever any small later one does.
    """
    paths = next(len(schedule.sampled) for schedule in schedules if schedule.sampled is not None)
    starts = np.empty((paths, len(found) + 1), dtype=np.int64)
    for j, (_, place, order) in enumerate(found):
        schedule = schedules[place]
        starts[:, j] = schedule.periods[order] if schedule.sampled is None else schedule.sampled[:, order]
    starts[:, -1] = end
    starts[:, 1:] = np.maximum(np.sort(starts[:, 1:], axis=1), starts[:, :1])
    starts = np.minimum(starts, end)
    return Events(starts, tuple(((place, order),) for _, place, order in found))
