"""The states that planners sort their products by: out of stock, at risk, surplus orders, excess, new.

A product can be in several: what is new can be at risk. Each state is one comparison of facts that rules use too, so
that a filter, an alert and a key figure never disagree.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import FloatArray
from monitoring.phase import PhaseRules
from monitoring.stock_facts import HEALTHY_DAYS
from monitoring.view import View

__all__ = ["AT_RISK_FROM", "EXCESS_FROM", "STATES", "stock_states", "surplus_units"]

STATES = {
    "out_of_stock": "nothing is on hand",
    "at_risk": "it runs out before an order placed today can be sold, with a probability of 25 % or more",
    "surplus_orders": "what is on order goes beyond the healthy cover or lead time and review",
    "excess": "half of what is on hand or more goes beyond the healthy cover or lead time and review",
    "new": "on sale for less than three months",
}
"""Every state and what it means, the most pressing first."""

AT_RISK_FROM = 0.25
"""The first limit of the rule `stockout-risk` (E13)."""
EXCESS_FROM = 0.5
"""The first limit of the rule `overstock` (M28, O25)."""

Flags = npt.NDArray[np.bool_]


def stock_states(view: View, facts: pd.DataFrame) -> pd.DataFrame:
    """Return one row a series with a flag for each of STATES; where stock is not known only `new` can be true.

    facts: the series' facts of `monitoring.facts.facts_of`.
    """
    held = facts["on_hand"].to_numpy(dtype=np.float64)
    out: Flags = held <= 0
    return pd.DataFrame(
        {
            "out_of_stock": out,
            "at_risk": ~out & (facts["stockout_probability"].to_numpy(dtype=np.float64) >= AT_RISK_FROM),
            "surplus_orders": surplus_units(facts, view.review_days) >= 1.0,
            "excess": ~out & (facts["excess_share"].to_numpy(dtype=np.float64) >= EXCESS_FROM),
            "new": view.age_days < PhaseRules().introduction_days,
        }
    )


def surplus_units(facts: pd.DataFrame, review_days: float) -> FloatArray:
    """Return (n,) units on order beyond what is wanted: min(inbound, on hand + inbound − wanted), at least 0.

    wanted = pace × max(healthy cover, lead time + review), as the excess of stock is measured (O25). NaN where stock is
    not known.
    """
    days = np.maximum(HEALTHY_DAYS[1], facts["lead_time_days"].to_numpy(dtype=np.float64) + review_days)
    pace = np.nan_to_num(facts["forecast_daily"].to_numpy(dtype=np.float64))
    ordered = facts["inbound_units"].to_numpy(dtype=np.float64)
    position = facts["on_hand"].to_numpy(dtype=np.float64) + ordered
    return np.clip(position - pace * days, 0.0, ordered)
