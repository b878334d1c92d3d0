"""What a running service knows: one dataset as of one day, its champion's distribution, its terms; loaded
once."""

import copy
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import UnknownSkuError, UsageError
from core.types import DemandForecast, FloatArray
from features.panel import Panel
from inventory.dataset import Dataset
from optimizer.buying import ONE_WAY, Buying
from optimizer.plan import OrderPlan, plan_orders, required_horizon
from optimizer.planning import PlanningOptions
from serving.champion import Champion
from serving.what_if import changed_demand, changed_terms, scaled_demand

if TYPE_CHECKING:
    from training.distribution import DemandDistribution

__all__ = ["Freshness", "Holdings", "Rows", "ServiceContext", "freshness_of"]

STALE_AFTER_PERIODS = 2
"""A dataset whose newest sales end more than this many periods before `as_of` is called stale."""

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How new the data are: the first day not observed, the newest period with sales, whether that is too
    old."""

    as_of: date
    last_observed: date
    stale: bool


@dataclass(frozen=True, slots=True)
class Holdings:
    """What plans start from, aligned to the series: terms, units on hand (n,), arrivals (n, H), the limits, all ways to
    buy, and the units (n,) that must be bought for each unit of demand (None: one)."""

    terms: pd.DataFrame
    on_hand: FloatArray
    inbound: FloatArray
    options: PlanningOptions
    buying: Buying = ONE_WAY
    demand_factor: FloatArray | None = None


class ServiceContext:
    """A dataset as of one day with its champion's distribution; read-only after it is made, safe between
    threads.

    distribution: n series × H periods. paths: sample paths a series that a plan is made from. panel: the history that
    the distribution was made from, for explanations and adjustments. dataset_version: 0 is a folder of the user's own.
    metrics: how the model did when it was judged.
    """

    def __init__(
        self,
        dataset: Dataset,
        freshness: Freshness,
        champion: Champion,
        distribution: "DemandDistribution",
        holdings: Holdings,
        seed: int,
        paths: int,
        panel: Panel | None = None,
        dataset_version: int = 0,
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        self.dataset = dataset
        self.freshness = freshness
        self.champion = champion
        self.distribution = distribution
        self.holdings = holdings
        self.seed = seed
        self.paths = paths
        self.panel = panel
        self.dataset_version = dataset_version
        self.metrics = dict(metrics or {})
        self._planning = threading.Lock()

    def with_distribution(self, distribution: "DemandDistribution") -> "ServiceContext":
        """Return the same context answering from another distribution of the same series (a planner's)."""
        made = copy.copy(self)
        made.distribution = distribution
        return made

    @property
    def kept(self) -> int:
        """Periods kept ready: what plans look ahead."""
        return len(self.distribution.dates)

    @property
    def horizon(self) -> int:
        """Periods that forecasts can be asked for: those kept ready that the model was trained for."""
        return min(self.kept, self.champion.model.horizon)

    @cached_property
    def rows(self) -> Mapping[tuple[str, str], int]:
        """Row of each (sku, location)."""
        keys = zip(self.distribution.series["sku"], self.distribution.series["location"], strict=True)
        return {key: row for row, key in enumerate(keys)}

    @cached_property
    def rows_by_sku(self) -> Mapping[str, tuple[int, ...]]:
        """Rows of each sku, one a location."""
        found: dict[str, list[int]] = {}
        for (sku, _), row in self.rows.items():
            found.setdefault(sku, []).append(row)
        return {sku: tuple(places) for sku, places in sorted(found.items())}

    @cached_property
    def products(self) -> pd.DataFrame:
        """Facts of the products by sku."""
        return self.dataset.table("products").drop_duplicates("sku").set_index("sku")

    def find_skus(self, skus: Sequence[str]) -> Rows:
        """Return the rows of the skus at all their locations; raises UnknownSkuError naming those not
        there."""
        unknown = [sku for sku in skus if sku not in self.rows_by_sku]
        if unknown:
            raise UnknownSkuError(_unknown(unknown))
        return np.array([row for sku in dict.fromkeys(skus) for row in self.rows_by_sku[sku]], dtype=np.int64)

    def find_series(self, keys: Iterable[tuple[str, str]]) -> Rows:
        """Return the rows of (sku, location) pairs; raises UnknownSkuError naming those not there."""
        wanted = list(dict.fromkeys(keys))
        unknown = [f"{sku} at {location}" for sku, location in wanted if (sku, location) not in self.rows]
        if unknown:
            raise UnknownSkuError(_unknown(unknown))
        return np.array([self.rows[key] for key in wanted], dtype=np.int64)

    def forecast(self, rows: Rows, horizon: int, levels: Sequence[float], paths: int = 0) -> DemandForecast:
        """Return the forecast of some series, from the distribution in memory; raises UsageError if too far
        ahead."""
        if horizon > self.kept:
            raise UsageError(f"horizon {horizon} is beyond the {self.kept} periods that this service keeps ready")
        return (
            self.distribution.take(rows)
            .first(horizon)
            .forecast(tuple(levels), paths, self.seed, self.holdings.options.threads)
        )

    def plan_forecast(self, rows: Rows, horizon: int) -> DemandForecast:
        """Return the demand that plans buy for: the forecast, net of what comes back and is sold again."""
        made, factor = self.forecast(rows, horizon, (0.5,), self.paths), self.holdings.demand_factor
        return made if factor is None else scaled_demand(made, factor[rows])

    def plan(self, rows: Rows, changes: Mapping[str, float]) -> tuple[OrderPlan, OrderPlan]:
        """Return the base plan of some series and the plan with `changes` (the same one where there are none).

        Both look equally far ahead, so that their costs can be compared. Raises UsageError where the changes need a
        longer forecast than the service keeps ready.
        """
        terms = self.holdings.terms.iloc[rows].reset_index(drop=True)
        other_terms, other_options = changed_terms(terms, self.holdings.options, changes, self.dataset.config.frequency)
        # The base looks as far ahead as the plan of the whole dataset, so that both propose the same orders.
        base_horizon = self.plan_horizon(self.holdings.terms, self.holdings.options)
        horizon = max(base_horizon, self.plan_horizon(other_terms, other_options))
        made = self.plan_forecast(rows, horizon)
        buying = self.holdings.buying.take(rows)
        base = self.make_plan(made, terms, rows, self.holdings.options, buying)
        if not changes:
            return base, base
        other_buying = buying.changed(lambda ways: changed_terms(ways, other_options, changes, made.frequency)[0])
        return base, self.make_plan(changed_demand(made, changes), other_terms, rows, other_options, other_buying)

    def plan_horizon(self, terms: pd.DataFrame, options: PlanningOptions) -> int:
        """Return the periods that a plan looks ahead: what it wants, or all there are where the lead times fit in."""
        frequency = self.dataset.config.frequency
        wanted = required_horizon(terms, options, frequency, self.freshness.as_of)
        least = frequency.periods(float(terms["lead_time_days"].max())) + frequency.periods(options.review_period_days)
        if least > self.kept:
            raise UsageError(
                f"lead time and review take {least} periods; forecasts of {self.kept} are kept ready: shorten them"
            )
        return min(wanted, self.kept)

    def make_plan(
        self, made: DemandForecast, terms: pd.DataFrame, rows: Rows, options: PlanningOptions, buying: Buying
    ) -> OrderPlan:
        """Return the plan of some series as they stand, of their forecast `made`, under other terms."""
        on_hand, inbound = self.holdings.on_hand[rows], self.holdings.inbound[rows, : made.horizon]
        return self.plan_of(made, terms, on_hand, inbound, options, buying)

    def plan_of(
        self,
        made: DemandForecast,
        terms: pd.DataFrame,
        on_hand: FloatArray,
        inbound: FloatArray,
        options: PlanningOptions,
        buying: Buying,
    ) -> OrderPlan:
        """Return the plan of whatever is handed in; one at a time: the solver takes every core it finds."""
        with self._planning:
            return plan_orders(made, terms, on_hand, inbound, options, buying=buying)


def freshness_of(dataset: Dataset, last_observed: date, as_of: date) -> Freshness:
    """Return how new the data are on `as_of`."""
    days = dataset.config.frequency.period_days
    newest_end = last_observed + timedelta(days=days)
    return Freshness(as_of, last_observed, as_of - newest_end > timedelta(days=days * STALE_AFTER_PERIODS))


def _unknown(names: Sequence[str]) -> str:
    shown = ", ".join(names[:10]) + (f" … and {len(names) - 10} more" if len(names) > 10 else "")
    return f"not in the dataset: {shown}; GET /v1/products lists what is"
