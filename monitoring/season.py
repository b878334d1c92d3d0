"""Seasons of categories: when the next one starts and ends, and by when goods must be ordered for it (E16).

The trade's fixed days (45 for keywords, 21–28 for a deal day, 60–90 for a peak) do not know the lead time: four weeks
are less than a sea crossing. Here the day is the season's start less the lead time that nine of ten orders keep, less
the days that receiving takes; the trade's numbers stand beside it as the least that must be allowed for talks with
suppliers.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.types import FloatArray
from features.season_start import PARTS, season_profile, season_starts
from monitoring.fact import Fact, Scope
from monitoring.view import View

__all__ = ["FACTS", "SeasonRules", "category_facts", "category_of", "order_by_days", "season_table"]

FACTS = (
    Fact("season_start_in_days", "days", "days until the category's next season starts", Scope.CATEGORY),
    Fact("season_order_in_days", "days", "days left to order for it, by the lead time's quantile", Scope.CATEGORY),
    Fact("season_talk_in_days", "days", "days left to fix capacity with suppliers", Scope.CATEGORY),
    Fact("season_end_in_days", "days", "days until the running season ends", Scope.CATEGORY),
    Fact(
        "season_cover_days", "days", "days that the category's stock lasts at the pace after the season", Scope.CATEGORY
    ),
    Fact("aged_90_share_rise", "share", "rise of the share older than 90 days within 28 days", Scope.CATEGORY),
    Fact(
        "category_decline_30d", "share", "fall of the category's sales, last 30 days against 30 before", Scope.CATEGORY
    ),
)


@dataclass(frozen=True, slots=True)
class SeasonRules:
    """receiving_days: from dock to listing. talk_days: before the order day, for capacity and price (O21: 60–90 days
    before the season in all). off_ratio: share of the year's mean below which a season is over.
    """

    receiving_days: float = 7.0
    talk_days: float = 60.0
    off_ratio: float = 0.85


def order_by_days(season_in_days: float, late_lead_time_days: float, receiving_days: float = 7.0) -> float:
    """Return the days left to order for a season; negative where it is too late for the usual way.

    >>> order_by_days(60.0, 45.0)   # a deal day in 60 days and a sea crossing: 8 days left, not 32 (O36's 28 days)
    8.0
    """
    return season_in_days - late_lead_time_days - receiving_days


def season_table(view: View, late_lead_time_days: FloatArray, rules: SeasonRules | None = None) -> pd.DataFrame:
    """Return one row a category of which two years are known: `category, starts_in_days, ends_in_days, order_in_days,
    talk_in_days, index_now`, and `late_lead_time_days`, the latest of its series at the median.

    late_lead_time_days: (n,) of each series. Days are NaN where no season starts, or none is running.
    """
    rules = rules or SeasonRules()
    category = category_of(view)
    history, days = view.panel.history, view.frequency.period_days
    year = 364 // days
    rows = []
    for name, members in category.groupby(category, sort=True).groups.items():
        place = np.asarray(members)
        weight = history.observed[place].astype(np.float64)
        sold = np.r_[0.0, (history.units[place] * weight).sum(axis=0).cumsum()]
        profile = season_profile(sold, np.r_[0.0, weight.sum(axis=0).cumsum()], view.panel.periods, year)
        if np.isnan(profile).any():
            continue
        part_days = year * days / PARTS
        start = float(season_starts(profile)[0]) * part_days
        late = float(np.median(late_lead_time_days[place]))
        rows.append(
            {
                "category": str(name),
                "starts_in_days": start,
                "ends_in_days": _ends_in(profile, rules.off_ratio) * part_days,
                "order_in_days": order_by_days(start, late, rules.receiving_days),
                "talk_in_days": order_by_days(start, late, rules.receiving_days) - rules.talk_days,
                "index_now": float(profile[0]),
                "late_lead_time_days": late,
            }
        )
    names = ("category", "starts_in_days", "ends_in_days", "order_in_days", "talk_in_days", "index_now")
    return pd.DataFrame(rows, columns=[*names, "late_lead_time_days"])


def _ends_in(profile: FloatArray, off_ratio: float) -> float:
    """Return the parts until the profile first falls below `off_ratio`; NaN where no season is running."""
    if profile[0] < 1.0:
        return np.nan
    below = np.flatnonzero(profile < off_ratio)
    return float(below[0]) if len(below) else np.nan


def category_of(view: View) -> pd.Series:
    """Return each series' category, missing where the products tell none."""
    products = view.tables.get("products")
    if products is None or products.empty:
        return pd.Series(np.nan, index=view.series.index, dtype="str")
    return view.series["sku"].map(products.drop_duplicates("sku").set_index("sku")["category"])


def category_facts(view: View, facts: pd.DataFrame) -> pd.DataFrame:
    """Return one row a category with the columns of FACTS; facts: those of the series."""
    category = category_of(view)
    if category.isna().all():
        return pd.DataFrame(columns=["category", *(fact.name for fact in FACTS)])
    held = facts["on_hand"].fillna(0.0)
    sums = pd.DataFrame(
        {
            "on_hand": held,
            "aged": facts["aged_90_share"] * held,
            "aged_before": facts["aged_90_share_before"] * held,
            "known": held.where(facts["aged_90_share"].notna(), 0.0),
            "daily": facts["forecast_daily"].fillna(0.0),
            "last": facts["daily_30d"].fillna(0.0),
            "prior": facts["daily_prior_30d"].fillna(0.0),
        }
    )
    table = sums.groupby(category.to_numpy()).sum().rename_axis("category")
    table.index = table.index.astype(str)
    known = table["known"].where(table["known"] > 0)
    table["aged_90_share_rise"] = (table["aged"] - table["aged_before"]) / known
    table["category_decline_30d"] = 1 - table["last"] / table["prior"].where(table["prior"] > 0)
    season = season_table(view, facts["late_lead_time_days"].to_numpy()).set_index("category").reindex(table.index)
    table["season_start_in_days"] = season["starts_in_days"]
    table["season_order_in_days"] = season["order_in_days"]
    table["season_talk_in_days"] = season["talk_in_days"]
    table["season_end_in_days"] = season["ends_in_days"]
    table["season_cover_days"] = (table["on_hand"] / table["daily"].where(table["daily"] > 0)).clip(upper=3650.0)
    return table[[fact.name for fact in FACTS]].reset_index()
