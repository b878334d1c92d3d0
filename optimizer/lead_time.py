"""Lead times and reviews in whole periods: when the first order that can still change reaches the shelf."""

import hashlib

import numpy as np
import numpy.typing as npt

from core.frequency import Frequency
from core.types import FloatArray

__all__ = ["Days", "arrival_periods", "latest_periods", "named_random", "review_periods", "sampled_lead_days"]

Days = npt.NDArray[np.int64]
LATE_SDS = 2.0
"""Standard deviations of the lead time that a forecast must reach beyond its mean."""


def arrival_periods(lead_time_days: npt.ArrayLike, frequency: Frequency) -> Days:
    """Return l, the first period whose demand an order placed at `as_of` can serve, one a series.

    l = ⌈L / period_days⌉ with L the lead time in days; period 0 starts at `as_of`. Ten days of lead time
    on weekly data arrive in mid-week 1 and so serve week 2: l = 2.
    """
    days = np.asarray(lead_time_days, dtype=np.float64)
    return np.ceil(days / frequency.period_days - 1e-9).astype(np.int64)


def latest_periods(lead_time_days: npt.ArrayLike, lead_time_sd_days: npt.ArrayLike, frequency: Frequency) -> Days:
    """Return the period by which even a late order is nearly sure to have arrived: of L + 2 σ_L days."""
    sd = np.nan_to_num(np.asarray(lead_time_sd_days, dtype=np.float64))
    return arrival_periods(np.asarray(lead_time_days, dtype=np.float64) + LATE_SDS * sd, frequency)


def review_periods(review_period_days: int, frequency: Frequency) -> int:
    """Return r ≥ 1, the periods between two ordering opportunities (part periods count as whole ones)."""
    return max(frequency.periods(review_period_days), 1)


def named_random(seed: int, *names: str) -> np.random.Generator:
    """Return a generator that depends on the seed and the names only, not on what else is planned."""
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


def sampled_lead_days(
    mean: float,
    sd: float,
    shape: tuple[int, ...],
    random: np.random.Generator,
    observed: FloatArray | None = None,
) -> Days:
    """Return lead times in whole days, shape as asked: drawn from `observed` ones, else a gamma distribution.

    Gamma with shape (L / σ)² and scale σ² / L has the mean L and standard deviation σ and is never negative.
    Source: Burgin (1975), The gamma distribution and inventory control.

    >>> days = sampled_lead_days(20.0, 4.0, (100_000,), np.random.default_rng(1))
    >>> round(float(days.mean()), 1), round(float(days.std()), 1)
    (20.0, 4.0)
    """
    if observed is not None and len(observed):
        return np.rint(random.choice(np.asarray(observed, dtype=np.float64), shape)).astype(np.int64)
    if sd <= 0 or mean <= 0:
        return np.full(shape, int(np.ceil(mean - 1e-9)))
    return np.rint(random.gamma((mean / sd) ** 2, sd * sd / mean, shape)).astype(np.int64)
