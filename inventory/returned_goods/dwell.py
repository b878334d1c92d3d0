"""Dwell time: how long returned units wait in each state on their way back to the shelf (R03)."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd

from core.errors import UsageError

__all__ = ["STATES", "dwell_times", "overdue_returns"]

STATES = ("received", "inspected", "graded", "routed", "closed")
"""The way of a returned unit; states may be skipped but not gone back."""


def dwell_times(events: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """Return one row a state: `state, units, waiting, mean_days, median_days, q0.9, longest_days`.

    events: `return_id, state, at`, one row a change of state. A unit is in a state until its next event; waiting counts
    those that still are (their time so far counts too, or a queue that never moves would look quick). Only events
    before `as_of` count. Raises UsageError for an unknown state, or one that a return went back to.
    """
    spans = _spans(events, as_of)
    spans = spans[spans["state"] != STATES[-1]]
    groups = spans.groupby("state")["days"]
    table = pd.DataFrame(
        {
            "units": groups.size(),
            "waiting": spans.groupby("state")["open"].sum(),
            "mean_days": groups.mean(),
            "median_days": groups.median(),
            "q0.9": groups.quantile(0.9),
            "longest_days": groups.max(),
        }
    )
    ordered = table.reindex([state for state in STATES if state in table.index])
    return ordered.rename_axis("state").reset_index()


def overdue_returns(events: pd.DataFrame, limits: Mapping[str, float], as_of: datetime) -> pd.DataFrame:
    """Return returns that wait beyond their state's limit in days: `return_id, state, days, limit`, longest first."""
    spans = _spans(events, as_of)
    limit = spans["state"].map(dict(limits)).astype(float)
    late = spans[spans["open"] & (spans["days"] > limit)].assign(limit=limit)
    late = late.assign(over=late["days"] - late["limit"])
    late = late.sort_values(["over", "return_id"], ascending=[False, True], kind="stable")
    return late[["return_id", "state", "days", "limit"]].reset_index(drop=True)


def _spans(events: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    unknown = sorted(set(events["state"]) - set(STATES))
    if unknown:
        raise UsageError(f"state {unknown[0]!r} is not known; use {', '.join(STATES)}")
    rows = events.assign(at=pd.to_datetime(events["at"], format="ISO8601"), step=events["state"].map(STATES.index))
    rows = rows[rows["at"] < pd.Timestamp(as_of)].sort_values(["return_id", "at", "step"], kind="stable")
    following = rows.groupby("return_id")[["at", "step"]].shift(-1)
    back = following["step"].notna() & (following["step"] <= rows["step"])
    if back.any():
        first = rows[back].iloc[0]
        raise UsageError(f"return {first['return_id']} goes back from {first['state']!r}; states only go forward")
    until = following["at"].fillna(pd.Timestamp(as_of))
    days = (until - rows["at"]) / np.timedelta64(1, "D")
    return rows.assign(days=days, open=following["at"].isna() & (rows["state"] != STATES[-1])).reset_index(drop=True)
