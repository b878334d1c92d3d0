"""What each series has, for how long that lasts, and what is at stake: cover, risk, excess, capacity."""

import numpy as np
import pandas as pd

from core.types import FloatArray
from monitoring.fact import CAP_DAYS, Fact, Scope
from monitoring.sales_facts import forecast_daily
from monitoring.stockout_risk import stockout_risk
from monitoring.view import View, daily_mean, row_of
from optimizer.lead_time import arrival_periods

__all__ = ["FACTS", "HEALTHY_DAYS", "location_facts", "stock_facts"]

HEALTHY_DAYS = (30.0, 45.0)
"""O25: days of cover that practitioners hold to be healthy; a preset (E07)."""

FACTS = (
    Fact("on_hand", "units", "sellable units on hand"),
    Fact("inbound_units", "units", "units on open orders"),
    Fact("cover_days", "days", "days that the units on hand last at the forecast's pace"),
    Fact("position_cover_days", "days", "days that units on hand and on order last at the forecast's pace"),
    Fact("dsi_days", "days", "units on hand over mean sales of the last 90 days"),
    Fact("lead_time_days", "days", "days from order to shelf on the preferred way"),
    Fact("late_lead_time_days", "days", "lead time that nine of ten orders keep"),
    Fact("fastest_lead_time_days", "days", "lead time of the quickest way to buy"),
    Fact("next_receipt_days", "days", "days until the next open order is due"),
    Fact("stockout_probability", "probability", "chance to run out before an order placed today can be sold"),
    Fact("stockout_before_receipt", "probability", "chance to run out before the next open order arrives"),
    Fact("lost_units", "units", "units expected to be lost within the lead time"),
    Fact("stockout_loss", "money", "what those lost units cost"),
    Fact(
        "reorder_point", "units", "demand of lead time and review that is exceeded as rarely as the service level says"
    ),
    Fact("position_over_reorder", "share", "inventory position over the reorder point"),
    Fact("stock_share", "share", "units on hand over the reorder point (E24: a share needs a base)"),
    Fact("excess_units", "units", "units on hand beyond what sells within the healthy cover or lead time and review"),
    Fact("excess_value", "money", "the same at unit cost"),
    Fact("excess_share", "share", "the same over units on hand"),
    Fact("stock_value", "money", "units on hand at unit cost"),
    Fact("air_on_the_way", "flag", "1 where an air order is confirmed and due before the stock ends (E12)"),
    Fact("fill_feasible_30d", "flag", "1 where the units on hand sell within 30 days at the forecast's pace"),
    Fact("volume_share", "share", "volume on hand over the location's capacity", Scope.LOCATION),
    Fact(
        "volume_share_expected",
        "share",
        "the same with open orders and without forecast sales of 28 days",
        Scope.LOCATION,
    ),
)


def stock_facts(view: View) -> pd.DataFrame:
    """Return one row a series with the columns of FACTS; NaN where no stock is known."""
    terms, held = view.terms, view.on_hand
    pace = np.nan_to_num(forecast_daily(view, 28))
    recent = np.nan_to_num(daily_mean(view, 0, 90))
    lead = terms["lead_time_days"].to_numpy(dtype=np.float64)
    sd = np.nan_to_num(terms["lead_time_sd_days"].to_numpy(dtype=np.float64))
    ordered = view.inbound.sum(axis=1)
    position = held + ordered
    cover = _lasts(held, pace)
    facts = {
        "on_hand": held,
        "inbound_units": ordered,
        "cover_days": cover,
        "position_cover_days": _lasts(position, pace),
        "dsi_days": _lasts(held, recent),
        "lead_time_days": lead,
        "late_lead_time_days": lead + 1.2816 * sd,
        "fastest_lead_time_days": _fastest(view, lead),
        "next_receipt_days": _next_receipt(view),
    }
    facts |= _risk(view, lead, sd, position)
    facts |= _excess(view, pace, lead)
    facts["air_on_the_way"] = _air_on_the_way(view, cover)
    facts["fill_feasible_30d"] = np.where(np.isnan(held), np.nan, (held <= 30.0 * pace).astype(np.float64))
    return pd.DataFrame(facts)


def _lasts(units: FloatArray, pace: FloatArray) -> FloatArray:
    """Return units ÷ pace in days, at most CAP_DAYS; nothing on hand lasts 0 days."""
    days = np.divide(units, pace, out=np.full(len(units), np.inf), where=pace > 0)
    days = np.where(units <= 0, 0.0, np.minimum(days, CAP_DAYS))
    return np.where(np.isnan(units), np.nan, days)


def _risk(view: View, lead: FloatArray, sd: FloatArray, position: FloatArray) -> dict[str, FloatArray]:
    count, days = len(view.series), view.frequency.period_days
    unknown = np.full(count, np.nan)
    names = ("stockout_probability", "stockout_before_receipt", "lost_units", "stockout_loss")
    if view.forecast is None or view.forecast.paths.shape[1] == 0:
        return dict.fromkeys((*names, "reorder_point", "position_over_reorder", "stock_share"), unknown)
    window = np.maximum(arrival_periods(lead, view.frequency), 1)
    risk = stockout_risk(view.forecast.paths, view.on_hand, view.inbound, window, sd / days)
    review = -(-view.review_days // days)
    point = _demand_quantile(view, window + review)
    found = (risk.probability, risk.before_receipt, risk.lost, risk.lost * view.terms["stockout_cost"].to_numpy())
    ratio = np.divide(position, point, out=unknown.copy(), where=point > 0)
    share = np.divide(view.on_hand, point, out=unknown.copy(), where=point > 0)
    return {
        **dict(zip(names, found, strict=True)),
        "reorder_point": point,
        "position_over_reorder": ratio,
        "stock_share": share,
    }


def _demand_quantile(view: View, window: np.ndarray) -> FloatArray:
    """Return (n,) the cycle service level's quantile of demand over each series' window, from the joint paths."""
    assert view.forecast is not None
    paths, level = view.forecast.paths, view.cycle_service_level
    out = np.empty(len(window))
    for length in np.unique(window):
        rows = np.flatnonzero(window == length)
        for part in np.array_split(rows, max(len(rows) // 4000, 1)):
            total = paths[part, :, : int(length)].sum(axis=2, dtype=np.float64)
            out[part] = np.quantile(total, level, axis=1)
    return out


def _fastest(view: View, lead: FloatArray) -> FloatArray:
    if view.ways is None or view.ways.empty:
        return lead
    quickest = view.ways.groupby("series")["lead_time_days"].min()
    return quickest.reindex(np.arange(len(lead))).fillna(pd.Series(lead)).to_numpy(dtype=np.float64)


def _next_receipt(view: View) -> FloatArray:
    due = view.inbound > 0
    first = due.argmax(axis=1).astype(np.float64) * view.frequency.period_days
    return np.where(due.any(axis=1), first, CAP_DAYS)


def _excess(view: View, pace: FloatArray, lead: FloatArray) -> dict[str, FloatArray]:
    wanted = pace * np.maximum(HEALTHY_DAYS[1], lead + view.review_days)
    excess = np.maximum(view.on_hand - wanted, 0.0)
    cost = view.terms["planning_unit_cost"].to_numpy(dtype=np.float64)
    share = np.divide(excess, view.on_hand, out=np.zeros(len(excess)), where=view.on_hand > 0)
    return {
        "excess_units": excess,
        "excess_value": excess * cost,
        "excess_share": np.where(np.isnan(view.on_hand), np.nan, share),
        "stock_value": view.on_hand * cost,
    }


def _air_on_the_way(view: View, cover: FloatArray) -> FloatArray:
    """Return 1 where an open order by air is due before the cover ends, E12's condition to keep ads running."""
    orders = view.table("open_orders")
    found = np.zeros(len(view.series))
    if orders.empty:
        return found
    row = row_of(orders, view.series)
    due = (orders["expected_on"].to_numpy().astype("datetime64[D]") - view.today).astype(np.float64)
    by_air = orders["mode"].astype("str").str.lower().str.startswith("air").to_numpy(dtype=bool, na_value=False)
    good = by_air & (row >= 0)
    good[good] &= due[good] < cover[row[good]]
    found[row[good]] = 1.0
    return found


def location_facts(view: View) -> pd.DataFrame:
    """Return one row a location that states a capacity (or for the whole dataset's volume_capacity, called `all`)."""
    volume = view.terms["volume"].to_numpy(dtype=np.float64)
    held, ordered = np.nan_to_num(view.on_hand), view.inbound.sum(axis=1)
    leaves = np.minimum(np.nan_to_num(forecast_daily(view, 28)) * 28.0, held + ordered)
    places = view.table("locations")
    limits = {} if places.empty else dict(zip(places["location"], places["capacity"], strict=True))
    limits = {name: limit for name, limit in limits.items() if limit > 0}
    if view.volume_capacity > 0:
        limits["all"] = view.volume_capacity
    rows = []
    for name, limit in limits.items():
        here = np.ones(len(held), dtype=bool) if name == "all" else (view.series["location"] == name).to_numpy()
        if np.isnan(volume[here]).all():
            continue
        used = np.nansum(held[here] * volume[here]) / limit
        expected = np.nansum((held + ordered - leaves)[here] * volume[here]) / limit
        rows.append({"location": name, "volume_share": used, "volume_share_expected": expected})
    return pd.DataFrame(rows, columns=["location", "volume_share", "volume_share_expected"])
