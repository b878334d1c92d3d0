"""The workshop of a plan: all that is known of n SKUs, and the look-ahead of any one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from core.types import DemandForecast, FloatArray
from optimizer.buying import Buying
from optimizer.inbound import OpenOrder, drawn_arrivals
from optimizer.lead_time import review_periods
from optimizer.look_ahead import LARGEST_GRID, Clock, LookAhead, schedule_of
from optimizer.order_window import Steps
from optimizer.planning import PlanningOptions
from optimizer.protection_interval import Costs, Paths
from optimizer.shelf_life import servable
from optimizer.storage_cost import StorageFees
from optimizer.ways import Schedule, Way, common_step, read_ways, worth_a_look

__all__ = ["Workshop"]

CHUNK = 500
NO_FEES = StorageFees.of(np.zeros(1))


@dataclass(frozen=True, slots=True)
class Workshop:
    """All that is needed to look ahead for any of n SKUs.

    order: row i of `terms` is series order[i] of forecast, on_hand and inbound. ways: of each SKU; told: columns of
    the table of all ways as lists. facts: columns of `terms` as lists. demand: (n,) the largest total of any path.
    late: open orders by series, whose arrival may be uncertain.
    """

    forecast: DemandForecast
    terms: pd.DataFrame
    on_hand: FloatArray
    inbound: FloatArray
    order: Steps
    planning: PlanningOptions
    buying: Buying
    told: dict[str, list[Any]]
    ways: Sequence[Sequence[Way]]
    facts: dict[str, list[Any]]
    demand: FloatArray
    late: Mapping[int, list[OpenOrder]]

    @classmethod
    def of(
        cls,
        forecast: DemandForecast,
        terms: pd.DataFrame,
        on_hand: FloatArray,
        inbound: FloatArray,
        order: Steps,
        planning: PlanningOptions,
        buying: Buying,
    ) -> Self:
        """Return the workshop of a plan."""
        table = buying.ways_in_order(terms, order)
        ways = read_ways(table, len(terms), forecast.frequency.period_days, buying.lead_times)
        names = ("sku", "location", "holding_cost", "stockout_cost")
        told = {name: table[name].tolist() for name in ("unit_cost", "assumed")}
        facts = {name: terms[name].tolist() for name in names}
        for name in ("shelf_life_days", "salvage_value", "cycle_service_floor", "fill_rate_floor"):
            known = terms[name].fillna(0.0) if name in terms else pd.Series(0.0, index=terms.index)
            facts[name] = known.tolist()
        demand = _largest_demand(forecast.paths)[order]
        late = buying.late_orders()
        return cls(forecast, terms, on_hand, inbound, order, planning, buying, told, ways, facts, demand, late)

    @property
    def review(self) -> int:
        """Periods between two orders, r."""
        return review_periods(self.planning.review_period_days, self.forecast.frequency)

    def schedule(self, i: int, way: Way) -> Schedule:
        """Return when SKU i's orders with one way can be placed and arrive."""
        names = (self.facts["sku"][i], self.facts["location"][i])
        paths, horizon = self.forecast.paths.shape[1:]
        made = self.forecast
        clock = Clock(made.as_of, made.frequency, self.buying.calendar, made.seed)
        return schedule_of(way, names, paths, horizon, self.review, clock)

    def look_ahead(self, i: int, ways: Sequence[Way] | None = None) -> LookAhead:
        """Return the look-ahead of SKU i, with all ways that are worth it or the given ones."""
        row = int(self.order[i])
        ways = worth_a_look(self.ways[i]) if ways is None else ways
        ways = [replace(way, once=True) if way.owned and way.capacity < self.demand[i] else way for way in ways]
        schedules = [self.schedule(i, way) for way in ways]
        horizon = self.forecast.horizon
        reached = [place for place, schedule in enumerate(schedules) if not place or schedule.periods[0] < horizon]
        ways, schedules = [ways[place] for place in reached], [schedules[place] for place in reached]
        largest = self.demand[i] + max(way.minimum for way in ways)
        step = common_step(ways, float(largest), LARGEST_GRID)
        arrivals = self._arrivals(i, row)
        return LookAhead(
            paths=servable(self.forecast.paths[row], schedules, arrivals, self._life(i)),
            on_hand=float(self.on_hand[row]),
            arrivals=arrivals,
            costs=self._costs(i, step),
            base=self.ways[i][0].base,
            ways=ways,
            schedules=schedules,
        )

    def _arrivals(self, i: int, row: int) -> FloatArray:
        """Return inbound units, (1, H) or where their arrival is uncertain (P, H): drawn around the expected day."""
        certain, late = self.inbound[row][None, :], self.late.get(row)
        if late is None:
            return certain
        names = (self.facts["sku"][i], self.facts["location"][i])
        days = self.planning.review_period_days
        return drawn_arrivals(certain, late, self.ways[i], self.forecast, names, days)

    def _life(self, i: int) -> int:
        """Return the whole periods that a unit of SKU i can be sold after its arrival; 0: for ever."""
        life = float(self.facts["shelf_life_days"][i])
        return max(int(life // self.forecast.frequency.period_days), 1) if life > 0 else 0

    def _costs(self, i: int, step: float) -> Costs:
        """Return what stock and shortage cost SKU i; a unit whose shelf life ends loses all but its salvage value."""
        dates, days = self.forecast.dates, self.forecast.frequency.period_days
        stockout = max(float(self.facts["stockout_cost"][i]), 0.0)
        holding = max(float(self.facts["holding_cost"][i]), 1e-6 * stockout, 1e-12)
        fees = NO_FEES
        if self.buying.storage is not None:
            fees = self.buying.storage.fees(self.facts["sku"][i], self.facts["location"][i], dates)
        ages, charges = fees.ages, fees.charges
        life = self._life(i)
        if life:
            spoilt = max(self.ways[i][0].base - float(self.facts["salvage_value"][i]), 0.0)
            ages, charges = np.append(ages, life), np.append(charges, spoilt)
            rising = np.argsort(ages, kind="stable")
            ages, charges = ages[rising], charges[rising]
        return Costs(
            holding=np.full(len(dates), holding) + fees.a_unit,
            stockout=stockout,
            lost_share=self.planning.share_lost,
            tiers=fees.levels,
            fees=fees.above if len(fees.levels) else np.zeros((0, len(dates))),
            ages=ages,
            charges=charges,
            step=step,
            review=self.review,
            slowest_sale=2.0 * 365.0 / days,
            value_end=True,
        )


def _largest_demand(paths: Paths) -> FloatArray:
    """Return (n,) the largest total demand of any path."""
    largest = np.zeros(len(paths))
    for start in range(0, len(paths), CHUNK):
        totals = paths[start : start + CHUNK].sum(axis=2, dtype=np.float64)
        largest[start : start + CHUNK] = totals.max(axis=1, initial=0.0)
    return largest
