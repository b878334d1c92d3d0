"""Lead times and reviews in whole periods: when the first order that can still change reaches the shelf."""

import numpy as np
import numpy.typing as npt

from core.frequency import Frequency

__all__ = ["arrival_periods", "review_periods"]


def arrival_periods(lead_time_days: npt.ArrayLike, frequency: Frequency) -> npt.NDArray[np.int64]:
    """Return l, the first period whose demand an order placed at `as_of` can serve, one a series.

    l = ⌈L / period_days⌉ with L the lead time in days; period 0 starts at `as_of`. Ten days of lead time
    on weekly data arrive in mid-week 1 and so serve week 2: l = 2.
    """
    days = np.asarray(lead_time_days, dtype=np.float64)
    return np.ceil(days / frequency.period_days - 1e-9).astype(np.int64)


def review_periods(review_period_days: int, frequency: Frequency) -> int:
    """Return r ≥ 1, the periods between two ordering opportunities (part periods count as whole ones)."""
    return max(frequency.periods(review_period_days), 1)
