"""Suppliers by what they did: late rate, defect rate, spread of lead times, one score, what to do (O20, O33, M27)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy import stats

from core.errors import UsageError
from inventory.receipts import LeadTimeLearning, Promise, lead_time_samples

__all__ = ["SCORE_COLUMNS", "ScoreSettings", "supplier_scores"]

SCORE_COLUMNS = (
    *("supplier", "orders", "units", "late_orders", "late_rate", "late_rate_low", "mean_delay_days"),
    *("longest_delay_days", "lead_time_cv", "defect_rate", "score", "action"),
)


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """How a supplier is judged.

    late_rate: above it a backup or more safety stock is advised (O33: 0.20), once the receipts prove it, that is the
    lower bound of the late rate at `confidence` is above it; else the supplier is only watched. The score is 100 at
    best: punctuality, quality and steadiness with these weights; a part falls evenly to 0 at a late rate of 1, a defect
    rate of worst_defect_rate, a coefficient of variation of the lead time of worst_cv.
    """

    late_rate: float = 0.20
    confidence: float = 0.80
    punctuality: float = 0.5
    quality: float = 0.3
    steadiness: float = 0.2
    worst_defect_rate: float = 0.10
    worst_cv: float = 1.0

    def __post_init__(self) -> None:
        """Refuse weights that do not make a whole."""
        whole = self.punctuality + self.quality + self.steadiness
        if abs(whole - 1.0) > 1e-9:
            raise UsageError(f"the weights of a supplier's score add up to {whole:g}; make them 1 together")


def supplier_scores(
    receipts: pd.DataFrame,
    promised: Mapping[tuple[str, str], Promise],
    as_of: date,
    settings: ScoreSettings | None = None,
    learning: LeadTimeLearning | None = None,
) -> pd.DataFrame:
    """Return one row a supplier that delivered before `as_of`, with SCORE_COLUMNS, the worst score first.

    receipts: the table `receipts`. promised: what a lane promises where an order does not. A late rate needs a promise
    (NaN without one; its part of the score then does not count). late_rate_low: Clopper and Pearson's one-sided lower
    bound. lead_time_cv: standard deviation ÷ mean of days, of the orders with a day of placement.
    """
    settings, learning = settings or ScoreSettings(), learning or LeadTimeLearning()
    samples = lead_time_samples(receipts, as_of, learning)
    lanes = zip(samples["supplier"], samples["mode"], strict=True)
    days = np.array([promised[lane].days if lane in promised else np.nan for lane in lanes], dtype=np.float64)
    samples["late_days"] = samples["late_days"].fillna(samples["days"] - days)
    known = receipts[pd.to_datetime(receipts["received_on"]) < pd.Timestamp(as_of)]
    known = known.assign(supplier=known["supplier"].fillna(""))
    rows = [
        _row(str(supplier), own, samples[samples["supplier"] == supplier], settings, learning)
        for supplier, own in known.groupby("supplier", sort=True)
    ]
    table = pd.DataFrame(rows, columns=list(SCORE_COLUMNS))
    return table.sort_values(["score", "supplier"], kind="stable", na_position="last").reset_index(drop=True)


def _row(
    supplier: str, receipts: pd.DataFrame, samples: pd.DataFrame, settings: ScoreSettings, learning: LeadTimeLearning
) -> tuple[object, ...]:
    late = samples["late_days"].dropna().to_numpy(dtype=np.float64)
    units, defective = float(receipts["quantity"].sum()), float(receipts["defective"].fillna(0.0).sum())
    late_orders = int((late > learning.grace_days).sum())
    rate = late_orders / len(late) if len(late) else np.nan
    low = (
        float(stats.beta.ppf(1 - settings.confidence, late_orders, len(late) - late_orders + 1)) if late_orders else 0.0
    )
    days = samples["days"].to_numpy(dtype=np.float64)
    cv = float(days.std(ddof=1) / days.mean()) if len(days) > 1 and days.mean() > 0 else np.nan
    defects = defective / units if units > 0 else np.nan
    return (
        *(supplier, len(samples), units, late_orders, rate, low if len(late) else np.nan),
        *(float(late.mean()) if len(late) else np.nan, max(float(late.max()), 0.0) if len(late) else np.nan),
        *(cv, defects, _score(rate, defects, cv, settings), _action(rate, low, settings)),
    )


def _score(late: float, defects: float, cv: float, settings: ScoreSettings) -> float:
    """Return the weighted mean of the parts that are known, 0 … 100; NaN where none is."""
    parts = np.array([1 - late, 1 - defects / settings.worst_defect_rate, 1 - cv / settings.worst_cv])
    weights = np.array([settings.punctuality, settings.quality, settings.steadiness])
    known = ~np.isnan(parts)
    if not known.any() or weights[known].sum() <= 0:
        return np.nan
    return float(100 * (np.clip(parts[known], 0, 1) * weights[known]).sum() / weights[known].sum())


def _action(rate: float, low: float, settings: ScoreSettings) -> str:
    if not rate > settings.late_rate:
        return ""
    return "backup supplier or more safety stock" if low > settings.late_rate else "watch: late, on few orders"
