"""Whether the machinery itself can be trusted: fresh data, a model that still fits, listings in step with stock."""

from datetime import timedelta

import numpy as np
import pandas as pd

from monitoring.closed_loop import calibration_gap
from monitoring.fact import Fact, Scope
from monitoring.market_index import inventory_index
from monitoring.view import View

__all__ = ["FACTS", "dataset_facts", "listing_facts"]

DRIFT = {"stable": 0.0, "watch": 1.0, "drifted": 2.0}
FAILED = ("error", "failed", "suppressed", "rejected", "inactive")

FACTS = (
    Fact("data_age_days", "days", "days between the newest sales and today", Scope.DATASET),
    Fact("stock_age_days", "days", "days since stock was last stated", Scope.DATASET),
    Fact("signal_age_days", "days", "days since the newest signal of any kind became known", Scope.DATASET),
    Fact("model_drift", "0 stable, 1 watch, 2 drifted", "verdict on the model in use", Scope.DATASET),
    Fact(
        "forecast_bias", "share", "mean forecast over mean actual of the newest judged forecasts, less 1", Scope.DATASET
    ),
    Fact(
        "calibration_gap",
        "share",
        "largest distance of an earlier forecast's level from the share of demand below it, beyond chance",
        Scope.DATASET,
    ),
    Fact("inventory_index", "points", "the marketplace's index of inventory performance", Scope.DATASET),
    Fact("event_in_days", "days", "days until the next known event", Scope.DATASET),
    Fact("event_prepare_days", "days", "days before an event on which goods must be ordered (E16)", Scope.DATASET),
    Fact("event_slack_days", "days", "days left to order for the next event", Scope.DATASET),
    Fact("listing_failed", "flag", "1 where the channel shows an error for the listing", Scope.LISTING),
    Fact("published_gap_units", "units", "published quantity beyond what is on hand less the buffer", Scope.LISTING),
)

PREPARE_DAYS = 7.0
"""Days from the dock to the listing that a peak needs on top of the lead time."""
LOOK_FOR_EVENTS_DAYS = 180


def dataset_facts(view: View, late_lead_time_days: float) -> pd.DataFrame:
    """Return one row with the columns of FACTS about the dataset.

    late_lead_time_days: the lead time, in days, that nine of ten orders of nine of ten series keep.
    """
    last_end = view.panel.last_observed + timedelta(days=view.frequency.period_days)
    feeds = view.feeds
    event_in = _next_event(view)
    prepare = late_lead_time_days + PREPARE_DAYS
    return pd.DataFrame(
        {
            "data_age_days": [float((view.as_of - last_end).days)],
            "stock_age_days": [_age(view, "stock", "date")],
            "signal_age_days": [_signal_age(view)],
            "model_drift": [np.nan if feeds.model_drift is None else DRIFT.get(feeds.model_drift, np.nan)],
            "forecast_bias": [np.nan if feeds.forecast_bias is None else feeds.forecast_bias],
            "calibration_gap": [np.nan if feeds.issued is None else calibration_gap(feeds.issued, view.panel)],
            "inventory_index": [inventory_index(view)],
            "event_in_days": [event_in],
            "event_prepare_days": [prepare],
            "event_slack_days": [event_in - prepare],
        }
    )


def _age(view: View, table: str, column: str) -> float:
    days = view.table(table)[column]
    return np.nan if days.empty else float((pd.Timestamp(view.as_of) - days.max()).days)


def _signal_age(view: View) -> float:
    signals = view.tables.get("signals")
    if signals is None or signals.empty:
        return np.nan
    known = signals["available_on"].fillna(signals["date"] + pd.Timedelta(days=view.frequency.period_days))
    known = known[known <= pd.Timestamp(view.as_of)]
    return np.nan if known.empty else float((pd.Timestamp(view.as_of) - known.max()).days)


def _next_event(view: View) -> float:
    events = view.tables.get("events")
    if events is None or events.empty:
        return np.nan
    ahead = events["date"][events["date"] >= pd.Timestamp(view.as_of)]
    days = np.nan if ahead.empty else float((ahead.min() - pd.Timestamp(view.as_of)).days)
    return days if days <= LOOK_FOR_EVENTS_DAYS else np.nan


def listing_facts(view: View) -> pd.DataFrame:
    """Return one row a listing: `sku, channel`, whether it failed, and units published that are not there."""
    listings = view.tables.get("listings")
    if listings is None or listings.empty:
        return pd.DataFrame(columns=["sku", "channel", "listing_failed", "published_gap_units"])
    held = pd.Series(np.nan_to_num(view.on_hand)).groupby(view.series["sku"]).sum()
    there = listings["sku"].map(held) - listings["buffer"].fillna(0.0)
    status = listings["status"].astype("str").str.lower()
    gap = listings["published_quantity"] - there.clip(lower=0.0)
    return pd.DataFrame(
        {
            "sku": listings["sku"],
            "channel": listings["channel"],
            "listing_failed": status.isin(FAILED).astype(np.float64),
            "published_gap_units": gap.astype(np.float64),
        }
    ).reset_index(drop=True)
