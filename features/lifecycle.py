"""Age since launch and phase of life: an age prior times a growth test; no slope is asked of a newcomer (E18)."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from features.block import Block, Column, Work
from features.level import levels_before

if TYPE_CHECKING:
    from features.specification import FeatureSpecification

__all__ = ["DECLINE", "GROWTH", "LIFECYCLE", "PHASES", "launch_periods", "phase_of"]

PHASES = ("introduction", "growth", "maturity", "decline")

INTRODUCTION_DAYS = 91
GROWTH_DAYS = 365
GROWTH = 1.15
"""Level of four weeks ÷ that of sixteen from which on a series grows."""
DECLINE = 0.70
"""The same ratio below which it declines (E14: a fall of 30 %)."""

UNKNOWN = -1_000_000
"""Launch of a series that was there when the records began."""


def launch_periods(
    series: pd.DataFrame, products: pd.DataFrame | None, first: npt.NDArray[np.int32], frequency: Frequency,
    start: np.datetime64,
) -> npt.NDArray[np.int32]:  # fmt: skip
    """Return (n,) the period of each series' launch: `launched_on`, else its first observed period.

    A series observed from the first period of the records on may be of any age: UNKNOWN.
    """
    result = np.where(first > 0, first, UNKNOWN).astype(np.int32)
    if products is None or "launched_on" not in products:
        return result
    days = series["sku"].map(products.drop_duplicates("sku").set_index("sku")["launched_on"])
    given = days.notna().to_numpy()
    launched = days.to_numpy()[given].astype("datetime64[D]")
    result[given] = np.maximum(frequency.index(launched, start), UNKNOWN)
    return result


def phase_of(age_days: npt.NDArray[np.floating], growth: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return the number in PHASES of series of an age and a growth ratio (NaN: not known, taken as steady).

    Up to three months it is the introduction, whatever the sales: two months have no slope of a quarter. Later a
    decline is a decline at any age; growth counts as such in the first year, and a steady series is mature.

    >>> phase_of(np.array([30.0, 200.0, 200.0, 900.0]), np.array([2.0, 1.3, 1.0, 0.5])).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    phase = np.full(age_days.shape, 2, dtype=np.float32)
    phase[(growth >= GROWTH) & (age_days < GROWTH_DAYS)] = 1
    phase[growth < DECLINE] = 3
    phase[age_days < INTRODUCTION_DAYS] = 0
    return phase


def _columns(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return (
        Column(
            "life_age", "Days since launch or first sale as a logarithm; unknown where records begin later.", "log days"
        ),
        Column("life_phase", f"Phase of life: {', '.join(f'{n} {p}' for n, p in enumerate(PHASES))}."),
    )


def _fill(work: Work, column: int) -> None:
    panel, rows, windows = work.panel, work.rows, work.specification.windows
    launched = panel.launched[rows.who].astype(np.int64)
    known = launched > UNKNOWN
    age = np.where(known, rows.origin - launched, 10 * GROWTH_DAYS).astype(np.float64) * panel.frequency.period_days
    work.values[:, column] = np.where(known, np.log1p(np.maximum(age, 0.0)), np.nan)
    recent, long = (levels_before(panel.history, rows, windows[place]) for place in (2, 4))
    growth = recent / np.where(long > 0, long, np.nan)
    work.values[:, column + 1] = phase_of(age, growth)


LIFECYCLE = Block(
    "lifecycle",
    "Age since launch and phase of life, by age and growth.",
    ("E18", "F28", "F38", "F39"),
    "sales; products.launched_on",
    _columns,
    _fill,
    default=False,
)
