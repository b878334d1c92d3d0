"""What each series sells and how that changes, on the days on which it could be bought (a stock-out is no decline)."""

import numpy as np
import pandas as pd

from core.types import FloatArray
from monitoring.fact import CAP_DAYS, Fact
from monitoring.view import View, daily_mean

__all__ = ["FACTS", "forecast_daily", "sales_facts"]

FACTS = (
    Fact("daily_7d", "units a day", "mean sales of the last 7 days in stock"),
    Fact("daily_30d", "units a day", "mean sales of the last 30 days in stock"),
    Fact("daily_prior_30d", "units a day", "mean sales of the 30 days before those"),
    Fact("daily_90d", "units a day", "mean sales of the last 90 days in stock"),
    Fact("sold_90d", "units", "units sold in the last 90 days"),
    Fact("velocity_change", "share", "mean of the last 7 days over that of the 30 days before, less 1"),
    Fact("velocity_z", "standard errors", "how sure the change of velocity is, as a difference of two Poisson counts"),
    Fact("growth_days", "days", "newest days in a row that each sold at least 20 % more than a week before"),
    Fact("decline_30d", "share", "fall of the mean from the 30 days before to the last 30 days"),
    Fact("decline_prior_30d", "share", "the same fall one period of 30 days earlier"),
    Fact(
        "decline_z",
        "standard errors",
        "how sure that fall of the last 30 days is, as a difference of two Poisson counts",
    ),
    Fact("slope_90d", "share", "least-squares slope of the last 90 days over the whole quarter, over the mean"),
    Fact("days_since_sale", "days", "days since the last sale"),
    Fact("censored_days_30d", "days", "days of the last 30 on which it was not in stock all day"),
    Fact("age_days", "days", "days since launch or first sale"),
    Fact("forecast_daily", "units a day", "mean forecast of the next 28 days"),
    Fact("forecast_quarter_change", "share", "mean forecast of the next 91 days over the last 91 days' sales, less 1"),
    Fact("forecast_deviation", "share", "sales over the earlier forecast of the same days, less 1"),
    Fact("forecast_surprise", "standard errors", "the same difference in spreads of the forecast's own paths"),
)

WEEK_GROWTH = 0.2
"""O29: growth of at least 20 % on each of seven days in a row."""


def sales_facts(view: View) -> pd.DataFrame:
    """Return one row a series with the columns of FACTS; NaN where there is too little history to say."""
    week, month, prior = daily_mean(view, 0, 7), daily_mean(view, 0, 30), daily_mean(view, 30, 60)
    oldest = daily_mean(view, 60, 90)
    before_week = daily_mean(view, 7, 37)
    deviation, surprise = _deviation(view)
    quarter = daily_mean(view, 0, 91)
    ahead = forecast_daily(view, 91)
    return pd.DataFrame(
        {
            "daily_7d": week,
            "daily_30d": month,
            "daily_prior_30d": prior,
            "daily_90d": daily_mean(view, 0, 90),
            "sold_90d": _sold(view, 90),
            "velocity_change": _change(week, before_week),
            "velocity_z": _z(week, 7, before_week, 30),
            "growth_days": _growth_days(view),
            "decline_30d": -_change(month, prior),
            "decline_prior_30d": -_change(prior, oldest),
            "decline_z": _z(prior, 30, month, 30),
            "slope_90d": _slope(view, 90),
            "days_since_sale": _days_since_sale(view),
            "censored_days_30d": _censored_days(view, 30),
            "age_days": np.minimum(view.age_days, CAP_DAYS),
            "forecast_daily": forecast_daily(view, 28),
            "forecast_quarter_change": _change(ahead, quarter),
            "forecast_deviation": deviation,
            "forecast_surprise": surprise,
        }
    )


def forecast_daily(view: View, days: int) -> FloatArray:
    """Return (n,) mean units a day of the next `days` days (of all that is forecast, where that is less).

    Without a forecast the mean of the last 30 days.
    """
    if view.forecast is None:
        return daily_mean(view, 0, 30)
    periods = max(days // view.frequency.period_days, 1)
    return view.forecast.mean[:, :periods].mean(axis=1) / view.frequency.period_days


def _change(newer: FloatArray, older: FloatArray) -> FloatArray:
    return np.divide(newer, older, out=np.full(len(newer), np.nan), where=older > 0) - 1


def _z(newer: FloatArray, newer_days: int, older: FloatArray, older_days: int) -> FloatArray:
    """Return the difference of two daily means in standard errors, were both Poisson."""
    spread = np.sqrt(newer / newer_days + older / older_days)
    return np.divide(newer - older, spread, out=np.full(len(newer), np.nan), where=spread > 0)


def _sold(view: View, days: int) -> FloatArray:
    periods = -(-days // view.frequency.period_days)
    return view.panel.history.units[:, max(view.panel.periods - periods, 0) :].sum(axis=1, dtype=np.float64)


def _growth_days(view: View) -> FloatArray:
    """Return days in a row, newest first, at least 20 % above the same day a week before; NaN without four weeks."""
    lag = 7 // view.frequency.period_days
    units, periods = view.panel.history.units, view.panel.periods
    window = min(periods - lag, 28 // view.frequency.period_days)
    if window < lag:
        return np.full(len(units), np.nan)
    now = units[:, periods - window :].astype(np.float64)
    before = units[:, periods - window - lag : periods - lag].astype(np.float64)
    grown = (now >= (1 + WEEK_GROWTH) * before - 1e-9) & (now > 0)
    held = np.cumprod(grown[:, ::-1], axis=1).sum(axis=1)
    return held.astype(np.float64) * view.frequency.period_days


def _slope(view: View, days: int) -> FloatArray:
    """Return slope × quarter ÷ mean of the observed periods; NaN where half the quarter was not observed."""
    periods = days // view.frequency.period_days
    if view.panel.periods < periods:
        return np.full(len(view.series), np.nan)
    weight = view.panel.history.observed[:, -periods:].astype(np.float64)
    units = view.panel.history.units[:, -periods:].astype(np.float64)
    seen = np.maximum(weight.sum(axis=1), 1e-9)
    time = np.arange(periods) - (weight * np.arange(periods)).sum(axis=1, keepdims=True) / seen[:, None]
    mean = (weight * units).sum(axis=1) / seen
    square = (weight * time * time).sum(axis=1)
    known = (seen >= periods / 2) & (square > 0) & (mean > 0)
    slope = np.divide((weight * time * units).sum(axis=1), square, out=np.full(len(units), np.nan), where=known)
    return np.divide(slope * periods, mean, out=np.full(len(units), np.nan), where=known)


def _days_since_sale(view: View) -> FloatArray:
    sold = view.panel.history.units > 0
    last = np.where(sold.any(axis=1), sold.shape[1] - 1 - sold[:, ::-1].argmax(axis=1), -1)
    days = (view.panel.periods - 1 - last) * float(view.frequency.period_days)
    return np.where(last >= 0, days, np.minimum(view.age_days, CAP_DAYS))


def _censored_days(view: View, days: int) -> FloatArray:
    periods = -(-days // view.frequency.period_days)
    start = max(view.panel.periods - periods, 0)
    stocked = view.panel.history.in_stock[:, start:].astype(np.float64)
    # Periods after the newest row of all series are not known to be out of stock.
    known = np.arange(start, view.panel.periods) <= view.panel.history.last_reported
    return ((1.0 - stocked) * known).sum(axis=1) * view.frequency.period_days


def _deviation(view: View) -> tuple[FloatArray, FloatArray]:
    """Return sales since an earlier forecast over what it said, less 1, and the difference in its own spreads."""
    issued, unknown = view.feeds.issued, np.full(len(view.series), np.nan)
    if issued is None or len(issued.series) != len(view.series):
        return unknown, unknown
    start = view.panel.origin_of(issued.as_of)
    length = min(view.panel.periods - start, issued.horizon)
    if length < 1:
        return unknown, unknown
    weight = view.panel.history.observed[:, start : start + length].astype(np.float64)
    sold = (view.panel.history.units[:, start : start + length] * weight).sum(axis=1)
    said = (issued.mean[:, :length] * weight).sum(axis=1)
    enough = weight.sum(axis=1) >= length / 2
    deviation = np.divide(sold, said, out=unknown.copy(), where=enough & (said > 0)) - 1
    if issued.paths.shape[1] < 2:
        return deviation, unknown
    spread = (issued.paths[:, :, :length] * weight[:, None, :]).sum(axis=2).std(axis=1)
    return deviation, np.divide(sold - said, spread, out=unknown.copy(), where=enough & (spread > 0))
