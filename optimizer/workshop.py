"""The workshop of a plan: all that is known of n SKUs, and the look-ahead of any one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from core.types import DemandForecast, FloatArray
from optimizer.buying import Buying
from optimizer.lead_time import review_periods
from optimizer.look_ahead import LARGEST_GRID, LookAhead, schedule_of
from optimizer.order_window import Steps
from optimizer.planning import PlanningOptions
from optimizer.protection_interval import Costs, Paths
from optimizer.ways import Way, common_step, read_ways, worth_a_look

__all__ = ["Workshop"]

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Workshop:
    """All that is needed to look ahead for any of n SKUs.

    order: row i of `terms` is series order[i] of forecast, on_hand and inbound. ways: of each SKU; told: columns of
    the table of all ways as lists. facts: columns of `terms` as lists. demand: (n,) the largest total of any path.
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
        demand = _largest_demand(forecast.paths)[order]
        return cls(forecast, terms, on_hand, inbound, order, planning, buying, told, ways, facts, demand)

    @property
    def review(self) -> int:
        """Periods between two orders, r."""
        return review_periods(self.planning.review_period_days, self.forecast.frequency)

    def look_ahead(self, i: int, ways: Sequence[Way] | None = None) -> LookAhead:
        """Return the look-ahead of SKU i, with all ways that are worth it or the given ones."""
        row = int(self.order[i])
        paths = self.forecast.paths[row]
        horizon = paths.shape[1]
        names = (self.facts["sku"][i], self.facts["location"][i])
        ways = worth_a_look(self.ways[i]) if ways is None else ways
        schedules = [
            schedule_of(
                way,
                names,
                len(paths),
                horizon,
                self.review,
                self.forecast.frequency,
                self.forecast.seed,
            )
            for way in ways
        ]
        reached = [place for place, schedule in enumerate(schedules) if not place or schedule.periods[0] < horizon]
        ways, schedules = [ways[place] for place in reached], [schedules[place] for place in reached]
        largest = self.demand[i] + max(way.minimum for way in ways)
        step = common_step(ways, float(largest), LARGEST_GRID)
        return LookAhead(
            paths=paths,
            on_hand=float(self.on_hand[row]),
            arrivals=self.inbound[row][None, :],
            costs=self._costs(i, horizon, step),
            base=self.ways[i][0].base,
            ways=ways,
            schedules=schedules,
        )

    def _costs(self, i: int, horizon: int, step: float) -> Costs:
        stockout = max(float(self.facts["stockout_cost"][i]), 0.0)
        holding = max(float(self.facts["holding_cost"][i]), 1e-6 * stockout, 1e-12)
        return Costs(
            holding=np.full(horizon, holding),
            stockout=stockout,
            lost_share=self.planning.share_lost,
            tiers=np.zeros(0),
            fees=np.zeros((0, horizon)),
            life=0,
            spoilt=0.0,
            step=step,
            review=self.review,
            slowest_sale=2.0 * 365.0 / self.forecast.frequency.period_days,
            value_end=True,
        )


def _largest_demand(paths: Paths) -> FloatArray:
    """Return (n,) the largest total demand of any path."""
    largest = np.zeros(len(paths))
    for start in range(0, len(paths), CHUNK):
        totals = paths[start : start + CHUNK].sum(axis=2, dtype=np.float64)
        largest[start : start + CHUNK] = totals.max(axis=1, initial=0.0)
    return largest
