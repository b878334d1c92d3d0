"""Receipts: how long orders really took, and what that says of the next one (O20).

A promise and few receipts are blended: the lead time of the next order is drawn from the promise with weight
k / (k + n) and from the n orders seen with weight n / (k + n). Its mean and variance are then those of the
normal model with a conjugate prior worth k orders:

    mean     (k·p + n·x̄) / (k + n)
    variance (k·s² + Σ(x − x̄)² + k·n / (k + n)·(x̄ − p)²) / (k + n)

with p and s the promised mean and standard deviation. Source: Gelman et al., Bayesian Data Analysis, 3rd ed., §3.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from core.types import FloatArray

__all__ = [
    "LEARNED_COLUMNS",
    "LeadTimeLearning",
    "Promise",
    "lead_time_distributions",
    "lead_time_samples",
    "learned_lead_times",
    "promised_lead_times",
]

Lane = tuple[str, str]
"""(supplier, mode); an unknown name is empty text."""

STEADY = 1e-3
"""A spread below so small a share of the lead time is none: the gamma distribution has no digits left for it."""

LEARNED_COLUMNS = (
    *("supplier", "mode", "orders", "promised_days", "promised_sd_days", "observed_days", "observed_sd_days"),
    *("learned_days", "learned_sd_days", "q0.5", "q0.9", "q0.95", "longest_delay_days", "late_share"),
)


@dataclass(frozen=True, slots=True)
class LeadTimeLearning:
    """How much a promise weighs.

    prior_orders, [k]: the promise counts as much as so many orders. window_days: older receipts are forgotten (0:
    none is). draws: size of the samples that stand for a distribution. grace_days: an order is late from the day
    after promise + grace on.
    """

    prior_orders: float = 5.0
    window_days: int = 730
    draws: int = 400
    grace_days: int = 0


class Promise(NamedTuple):
    """A promised lead time: its mean and standard deviation in days."""

    days: float
    sd_days: float


def promised_lead_times(supply: pd.DataFrame, default_days: float) -> dict[Lane, Promise]:
    """Return what each (supplier, mode) of the table `supply` promises: the medians over its rows.

    Rows that name no lead time promise `default_days`; no spread means none.
    """
    rows = pd.DataFrame({name: _names(supply, name) for name in ("supplier", "mode")})
    rows["days"] = supply["lead_time_days"].astype(float).fillna(default_days).to_numpy()
    rows["sd"] = supply["lead_time_sd_days"].astype(float).fillna(0.0).to_numpy()
    medians = rows.groupby(["supplier", "mode"], sort=True)[["days", "sd"]].median()
    return {(str(row.Index[0]), str(row.Index[1])): Promise(row.days, row.sd) for row in medians.itertuples()}


def lead_time_samples(receipts: pd.DataFrame, as_of: date, learning: LeadTimeLearning | None = None) -> pd.DataFrame:
    """Return one row an order and day of receipt: `supplier, mode, placed_on, received_on, days, late_days`.

    receipts: the table `receipts`; only what was received before `as_of` (and within the window) counts, and only
        rows that say when they were placed.

    All lines of one order that come on one day are one observation: a container of a thousand items is late once.
    An order without a number is known by its day. late_days: after the promised day, NaN where nothing was promised;
    a shipment ahead of its promise has negative ones.
    """
    learning = learning or LeadTimeLearning()
    rows = pd.DataFrame({name: _names(receipts, name) for name in ("supplier", "mode")})
    rows["order_id"] = _names(receipts, "order_id")
    for name in ("placed_on", "promised_on", "received_on"):
        rows[name] = pd.to_datetime(receipts[name]).to_numpy()
    known = rows["placed_on"].notna() & (rows["received_on"] < pd.Timestamp(as_of))
    if learning.window_days:
        known &= rows["received_on"] >= pd.Timestamp(as_of) - pd.Timedelta(days=learning.window_days)
    keys = ["supplier", "mode", "placed_on", "received_on", "order_id"]
    rows = rows[known].groupby(keys, sort=True, dropna=False)["promised_on"].min().reset_index()
    rows["days"] = (rows["received_on"] - rows["placed_on"]).dt.days.astype(float)
    rows["late_days"] = (rows["received_on"] - rows["promised_on"]).dt.days.astype(float)
    return rows[["supplier", "mode", "placed_on", "received_on", "days", "late_days"]]


def learned_lead_times(
    receipts: pd.DataFrame,
    promised: Mapping[Lane, Promise],
    as_of: date,
    learning: LeadTimeLearning | None = None,
) -> pd.DataFrame:
    """Return one row a lane, (supplier, mode), that is promised or was seen, with `LEARNED_COLUMNS`.

    orders: how many were seen. learned_days, learned_sd_days and the quantiles are of the blend that
    `lead_time_distributions` draws from; where nothing was seen that is the promise. longest_delay_days and
    late_share are against the orders' own promised days, else against the lane's promise.
    """
    learning = learning or LeadTimeLearning()
    samples = _judged(lead_time_samples(receipts, as_of, learning), promised)
    found = []
    for lane in sorted({*promised, *zip(samples["supplier"], samples["mode"], strict=True)}):
        own = samples[(samples["supplier"] == lane[0]) & (samples["mode"] == lane[1])]
        days = own["days"].to_numpy(dtype=np.float64)
        promise = promised.get(lane)
        blend = _blend(days, promise, learning)
        late = own["late_days"].dropna().to_numpy(dtype=np.float64)
        found.append(
            (
                *lane,
                len(days),
                np.nan if promise is None else promise.days,
                np.nan if promise is None else promise.sd_days,
                float(days.mean()) if len(days) else np.nan,
                float(days.std(ddof=1)) if len(days) > 1 else np.nan,
                *_moments(days, promise, learning),
                *(float(np.quantile(blend, level, method="inverted_cdf")) for level in (0.5, 0.9, 0.95)),
                max(float(late.max()), 0.0) if len(late) else np.nan,
                float((late > learning.grace_days).mean()) if len(late) else np.nan,
            )
        )
    return pd.DataFrame(found, columns=list(LEARNED_COLUMNS))


def lead_time_distributions(
    receipts: pd.DataFrame,
    promised: Mapping[Lane, Promise],
    as_of: date,
    learning: LeadTimeLearning | None = None,
) -> dict[Lane, FloatArray]:
    """Return equally likely lead times in days of each lane that was seen at least once.

    Each is the blend of this module's head in `draws` rising numbers (what a plan draws from); a lane that was
    never seen is left to its promise.
    """
    learning = learning or LeadTimeLearning()
    samples = lead_time_samples(receipts, as_of, learning)
    return {
        (str(lane[0]), str(lane[1])): _blend(own["days"].to_numpy(dtype=np.float64), promised.get(lane), learning)
        for lane, own in samples.groupby(["supplier", "mode"], sort=True)
    }


def _names(table: pd.DataFrame, name: str) -> list[str]:
    if name not in table:
        return [""] * len(table)
    return table[name].astype(object).where(table[name].notna(), "").astype(str).tolist()


def _judged(samples: pd.DataFrame, promised: Mapping[Lane, Promise]) -> pd.DataFrame:
    """Return the samples with late_days against the lane's promise where the order had none of its own."""
    lanes = zip(samples["supplier"], samples["mode"], strict=True)
    promise = np.array([promised[lane].days if lane in promised else np.nan for lane in lanes], dtype=np.float64)
    return samples.assign(late_days=samples["late_days"].fillna(samples["days"] - promise))


def _moments(days: FloatArray, promise: Promise | None, learning: LeadTimeLearning) -> tuple[float, float]:
    """Return the blend's mean and standard deviation; without a promise those of what was seen."""
    if promise is None:
        return float(days.mean()), float(days.std())
    n, k = len(days), learning.prior_orders
    if n + k <= 0:
        return promise.days, promise.sd_days
    seen = float(days.mean()) if n else 0.0
    mean = (k * promise.days + n * seen) / (k + n)
    spread = k * promise.sd_days**2 + float(((days - seen) ** 2).sum())
    variance = (spread + k * n / (k + n) * (seen - promise.days) ** 2) / (k + n)
    return mean, float(np.sqrt(variance))


def _blend(days: FloatArray, promise: Promise | None, learning: LeadTimeLearning) -> FloatArray:
    """Return (draws,) rising lead times: of the blend's `draws` equal parts the middles."""
    k = learning.prior_orders if promise is not None else 0.0
    if promise is not None and len(days) + k <= 0:
        k = 1.0
    middles = (np.arange(learning.draws) + 0.5) / learning.draws
    told = _promised_quantiles(promise, middles) if promise is not None and k > 0 else np.zeros(0)
    values = np.concatenate([days, told])
    weights = np.concatenate([np.ones(len(days)), np.full(len(told), k / max(len(told), 1))])
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    places = np.minimum(np.searchsorted(reached, middles, side="left"), len(values) - 1)
    return values[order][places]


def _promised_quantiles(promise: Promise, levels: FloatArray) -> FloatArray:
    """Return quantiles of a gamma distribution with the promise's mean and standard deviation."""
    if promise.sd_days <= STEADY * promise.days or promise.days <= 0:
        return np.full(len(levels), promise.days)
    shape, scale = (promise.days / promise.sd_days) ** 2, promise.sd_days**2 / promise.days
    return np.asarray(stats.gamma.ppf(levels, shape, scale=scale), dtype=np.float64)
