"""What a forecast would have cost its owner: orders up to the level of least expected cost, against what happened."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.types import FloatArray
from features.panel import Panel
from inventory.supply import supply_terms
from serving.question import Question
from training.backtest import CostOf
from training.distribution import DemandDistribution

__all__ = ["OrderingTerms", "critical_level", "order_up_to_cost", "ordering_terms", "yardstick"]

PATHS = 200
"""Sample paths a series from which an order-up-to level is taken."""

PATH_CELLS = 20_000_000
"""Numbers of paths held at once."""


@dataclass(frozen=True, slots=True)
class OrderingTerms:
    """What one order-up-to decision costs each of n series.

    interval: (n,) periods of the protection interval, lead time + review. holding_cost, [h·r]: (n,) of a unit left at
    its end, for a whole review. stockout_cost, [b]: (n,) of a unit short.
    """

    interval: FloatArray
    holding_cost: FloatArray
    stockout_cost: FloatArray

    @property
    def critical_ratio(self) -> FloatArray:
        """(n,) the probability with which demand should be covered, b ÷ (b + h·r)."""
        return self.stockout_cost / (self.stockout_cost + self.holding_cost)


def ordering_terms(question: Question) -> OrderingTerms:
    """Return the dataset's own terms; where costs are silent they are derived as plans derive them."""
    q = question
    config = q.dataset.config
    latest = q.panel.history.price[:, -1].astype(np.float64)
    tables: Mapping[str, pd.DataFrame] = q.dataset.tables
    terms = supply_terms(tables["products"], tables["supply"], q.panel.series, config, latest)
    days = config.frequency.period_days
    review = max(config.planning.review_period_days / days, 1.0)
    return OrderingTerms(
        interval=np.maximum(np.ceil(terms["lead_time_days"].to_numpy(dtype=np.float64) / days + review - 1e-9), 1.0),
        holding_cost=terms["holding_cost"].to_numpy(dtype=np.float64) * review,
        stockout_cost=terms["stockout_cost"].to_numpy(dtype=np.float64),
    )


def critical_level(question: Question) -> float:
    """Return the quantile level on which most money hangs: the critical ratios weighed by units sold × unit costs.

    Kept within 0.5 … 0.995, where forecasts can be judged.
    """
    terms = ordering_terms(question)
    sold = question.panel.history.units.sum(axis=1, dtype=np.float64)
    weight = sold * (terms.stockout_cost + terms.holding_cost)
    if not weight.sum() > 0:
        return 0.5
    return float(np.clip((terms.critical_ratio * weight).sum() / weight.sum(), 0.5, 0.995))


def yardstick(question: Question) -> CostOf:
    """Return the cost function of a dataset, for `training.backtest.backtest`."""
    return order_up_to_cost(ordering_terms(question), question.settings.seed)


def order_up_to_cost(terms: OrderingTerms, seed: int) -> CostOf:
    """Return the function that says what one order by a forecast cost each series: h·r·(S − D)⁺ + b·(D − S)⁺.

    S is the critical-ratio quantile of demand over the protection interval, taken from joint sample paths and never
    from adding quantiles; D is what then was sold. An interval beyond the forecast's end counts as far as it goes. NaN
    for series whose demand was not observed in every period of it (a stock-out hides what a better order had sold).
    Every model pays the same terms, those of the question's `as_of`. Formula: Arrow, Harris & Marschak 1951.
    """

    def cost(forecast: DemandDistribution, panel: Panel, origin: int) -> FloatArray:
        horizon = min(len(forecast.dates), panel.periods - origin)
        whole = forecast.first(horizon)
        window = slice(origin, origin + horizon)
        counted = np.arange(horizon) < terms.interval[:, None]
        demand = (panel.history.units[:, window] * counted).sum(axis=1, dtype=np.float64)
        seen = ((panel.history.observed[:, window] > 0) | ~counted).all(axis=1) & (panel.history.first < origin)
        known = seen & np.isfinite(terms.stockout_cost) & np.isfinite(terms.holding_cost)
        result = np.full(len(demand), np.nan)
        step = max(PATH_CELLS // (PATHS * horizon), 1)
        rows = np.flatnonzero(known)
        for begin in range(0, len(rows), step):
            some = rows[begin : begin + step]
            total = np.einsum("nph,nh->np", whole.take(some).paths(PATHS, seed), counted[some].astype(np.float32))
            place = np.ceil(terms.critical_ratio[some] * PATHS - 1e-9).astype(np.int64).clip(1, PATHS) - 1
            level = np.take_along_axis(np.sort(total, axis=1), place[:, None], axis=1)[:, 0]
            over, under = np.maximum(level - demand[some], 0), np.maximum(demand[some] - level, 0)
            result[some] = terms.holding_cost[some] * over + terms.stockout_cost[some] * under
        return result

    return cost
