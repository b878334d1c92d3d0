"""The KPI board: turnover, days of inventory, in-stock and fill rate, lost sales, age, excess, cost, return on stock.

Every KPI is a ratio of sums over a window (90 days by default), so that a category's KPI is that of its stock and not
the mean of its products' KPIs. What was lost while out of stock is estimated: the pace of the days in stock within the
window, times the share of each day out of stock.
"""

import numpy as np
import pandas as pd

from core.types import FloatArray
from monitoring.view import View, dated_before, row_of

__all__ = ["KPIS", "kpi_parts", "kpis_of"]

DAYS_A_YEAR = 365.0
KPIS = {
    "turnover": "times a year that the stock at cost is sold (cost of goods sold a year ÷ average stock at cost)",
    "days_of_inventory": "365 ÷ turnover",
    "cover_days": "stock at cost over the forecast's pace at cost",
    "in_stock_rate": "share of the product-days in stock",
    "fill_rate": "units sold ÷ (units sold + units lost), lost ones estimated from days out of stock",
    "lost_units": "units estimated to be lost in the window",
    "lost_sales": "the same in money at price",
    "aged_share": "share of the stock at cost older than 90 days",
    "dead_share": "share of the stock at cost without any movement for 90 days",
    "excess_share": "share of the stock at cost beyond the healthy cover",
    "age_score": "0–100: 100 for stock younger than 30 days, 0 from a year on, by units",
    "holding_cost_share": "holding cost ÷ sales, in the window",
    "gmroi": "gross margin a year ÷ average stock at cost",
    "roi": "gross margin less holding cost and lost margin a year, over average stock at cost (E22: both are told)",
    "stock_value": "stock at cost, now",
    "sales": "sales in the window, in money",
}
"""Every KPI and its meaning."""

AGE_SCORE = ((0.0, 100.0), (30.0, 100.0), (90.0, 70.0), (180.0, 30.0), (365.0, 0.0))
"""Points of the age score: mean age in days → points."""


def kpi_parts(view: View, facts: pd.DataFrame, window_days: int = 90) -> pd.DataFrame:
    """Return one row a series: the sums that the KPIs are ratios of.

    facts: the series' facts (`monitoring.facts.facts_of`). Stock on average over the window counts where statements of
    stock tell it on three days at least, else the stock of today.
    """
    history, period = view.panel.history, view.frequency.period_days
    start = max(view.panel.periods - window_days // period, 0)
    end = min(view.panel.history.last_reported + 1, view.panel.periods)
    units = history.units[:, start:end].astype(np.float64)
    stocked = history.in_stock[:, start:end].astype(np.float64)
    listed = np.arange(start, end) >= history.first[:, None]
    stocked = np.where(listed, stocked, np.nan)
    span = listed.sum(axis=1) * float(period)
    price, cost = facts["price"].to_numpy(), view.terms["planning_unit_cost"].to_numpy(dtype=np.float64)
    sold = np.where(listed, units, 0.0).sum(axis=1)
    lost = _lost(units, stocked)
    average = _average_stock(view, window_days)
    held = np.nan_to_num(view.on_hand)
    known = ~np.isnan(view.on_hand)
    aged = facts["aged_90_units"].to_numpy()
    dead = np.where(facts["no_movement_days"].to_numpy() > 90, held, 0.0)
    pace = np.nan_to_num(facts["forecast_daily"].to_numpy())
    holding = view.terms["holding_cost"].to_numpy(dtype=np.float64)
    margin = np.nan_to_num(facts["unit_margin"].to_numpy())
    return pd.DataFrame(
        {
            "days": span,
            "cogs": sold * cost,
            "sales": sold * np.nan_to_num(price),
            "margin": sold * margin,
            "sold": sold,
            "lost": lost,
            "lost_sales": lost * np.nan_to_num(price),
            "lost_margin": lost * np.maximum(margin, 0.0),
            "average_value": np.where(known, average * cost, np.nan),
            "stock_value": np.where(known, held * cost, np.nan),
            "pace_value": pace * cost,
            "aged_value": aged * cost,
            "aged_base": np.where(np.isnan(aged), np.nan, held * cost),
            "dead_value": np.where(known, dead * cost, np.nan),
            "excess_value": facts["excess_value"].to_numpy(),
            "in_stock": np.nansum(stocked, axis=1) * period,
            "holding": np.where(known, average, np.nan) * holding * span / period,
            "age_points": _age_points(facts["mean_age_days"].to_numpy()) * held,
            "age_units": np.where(np.isnan(facts["mean_age_days"].to_numpy()), np.nan, held),
        }
    )


def kpis_of(parts: pd.DataFrame, groups: pd.Series | None = None) -> pd.DataFrame:
    """Return the KPIs of each group of series (all together without groups), one row a group, columns KPIS."""
    keys = pd.Series(["all"] * len(parts), index=parts.index) if groups is None else groups
    sums = parts.groupby(keys.to_numpy(), sort=True).sum(min_count=1)
    years = parts["days"].groupby(keys.to_numpy(), sort=True).max() / DAYS_A_YEAR

    def ratio(top: pd.Series, bottom: pd.Series) -> pd.Series:
        return top / bottom.where(bottom > 0)

    table = pd.DataFrame(index=sums.index)
    table["turnover"] = ratio(sums["cogs"] / years.where(years > 0), sums["average_value"])
    table["days_of_inventory"] = DAYS_A_YEAR / table["turnover"].where(table["turnover"] > 0)
    table["cover_days"] = ratio(sums["stock_value"], sums["pace_value"]).clip(upper=3650.0)
    table["in_stock_rate"] = ratio(sums["in_stock"], sums["days"])
    table["fill_rate"] = ratio(sums["sold"], sums["sold"] + sums["lost"])
    table["lost_units"] = sums["lost"]
    table["lost_sales"] = sums["lost_sales"]
    table["aged_share"] = ratio(sums["aged_value"], sums["aged_base"])
    table["dead_share"] = ratio(sums["dead_value"], sums["stock_value"])
    table["excess_share"] = ratio(sums["excess_value"], sums["stock_value"])
    table["age_score"] = ratio(sums["age_points"], sums["age_units"])
    table["holding_cost_share"] = ratio(sums["holding"], sums["sales"])
    table["gmroi"] = ratio(sums["margin"] / years.where(years > 0), sums["average_value"])
    earned = sums["margin"] - sums["holding"] - sums["lost_margin"]
    table["roi"] = ratio(earned / years.where(years > 0), sums["average_value"])
    table["stock_value"] = sums["stock_value"]
    table["sales"] = sums["sales"]
    return table[list(KPIS)].rename_axis("group").reset_index()


def _lost(units: FloatArray, stocked: FloatArray) -> FloatArray:
    """Return (n,) units lost: the pace while in stock × the share of time out of stock; 0 where never seen in stock."""
    there = np.nan_to_num(stocked)
    pace = np.divide(
        np.where(there > 0, units, 0.0).sum(axis=1), there.sum(axis=1), out=np.zeros(len(units)), where=there.sum(1) > 0
    )
    return pace * np.nansum(1.0 - stocked, axis=1)


def _average_stock(view: View, window_days: int) -> FloatArray:
    stock = view.table("stock")
    recent = dated_before(stock, "date", view.as_of, same_day=True)
    since = pd.Timestamp(view.as_of) - pd.Timedelta(days=window_days)
    recent = recent[(recent["date"] > since).to_numpy()]
    row = row_of(recent, view.series)
    good = row >= 0
    held = recent["on_hand"].to_numpy(dtype=np.float64)[good]
    total = np.bincount(row[good], weights=held, minlength=len(view.series))
    count = np.bincount(row[good], minlength=len(view.series))
    return np.where(count >= 3, total / np.maximum(count, 1), np.nan_to_num(view.on_hand))


def _age_points(age_days: FloatArray) -> FloatArray:
    days, points = zip(*AGE_SCORE, strict=True)
    return np.where(np.isnan(age_days), np.nan, np.interp(np.nan_to_num(age_days), days, points))
