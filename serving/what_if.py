"""A what-if: the base plan's demand, terms and limits with some of them changed."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from core.frequency import Frequency
from core.types import DemandForecast, FloatArray
from optimizer.planning import PlanningOptions

__all__ = ["REPLACED_TERMS", "changed_demand", "changed_terms", "scaled_demand"]

REPLACED_TERMS = (
    "lead_time_days",
    "lead_time_sd_days",
    "holding_cost",
    "stockout_cost",
    "order_cost",
    "minimum_order_quantity",
    "case_pack",
)
"""Term columns that a change of the same name replaces for every series."""


def changed_terms(
    terms: pd.DataFrame, options: PlanningOptions, changes: Mapping[str, float], frequency: Frequency
) -> tuple[pd.DataFrame, PlanningOptions]:
    """Return terms (n rows) and limits with `changes` applied; what is not named stays.

    cycle_service_level CSL sets the stock-out cost whose critical ratio b / (b + h·r) it is: b = h·r·CSL / (1 − CSL),
    with h the holding cost a period and r periods a review, as `inventory.supply` does where a cost is unknown.
    """
    if "budget" in changes:
        options = replace(options, budget=changes["budget"])
    if "review_period_days" in changes:
        options = replace(options, review_period_days=int(changes["review_period_days"]))
    terms = terms.assign(**{name: changes[name] for name in REPLACED_TERMS if name in changes})
    if "cycle_service_level" in changes:
        level = changes["cycle_service_level"]
        review = max(frequency.periods(options.review_period_days), 1)
        terms = terms.assign(stockout_cost=terms["holding_cost"] * review * level / (1.0 - level))
        options = replace(options, cycle_service_level=level)
    return terms, options


def changed_demand(forecast: DemandForecast, changes: Mapping[str, float]) -> DemandForecast:
    """Return the forecast with mean, quantiles and paths times `demand_multiplier`."""
    factor = changes.get("demand_multiplier", 1.0)
    return forecast if factor == 1.0 else scaled_demand(forecast, np.full(len(forecast.series), factor))


def scaled_demand(forecast: DemandForecast, factors: FloatArray) -> DemandForecast:
    """Return the forecast with mean, quantiles and paths of each of n series times its factor (n,)."""
    return replace(
        forecast,
        mean=forecast.mean * factors[:, None],
        quantiles=forecast.quantiles * factors[:, None, None],
        paths=forecast.paths * factors[:, None, None].astype(np.float32),
    )
