"""How an earlier forecast of one product did: what was said two weeks ago, and what was sold since."""

from dataclasses import dataclass

import numpy as np

from monitoring.view import View

__all__ = ["PastAccuracy", "past_accuracy"]


@dataclass(frozen=True, slots=True)
class PastAccuracy:
    """The newest forecast that can be judged: made at `as_of` by the same model, over `days` days.

    said, sold: units in the periods in stock. wape: Σ|sold − said| ÷ Σ sold, NaN where nothing was sold. within: share
    of those periods whose sales lie between q0.05 and q0.95 (about 90 % are wanted).
    """

    as_of: str
    days: int
    said: float
    sold: float
    wape: float
    within: float

    @property
    def bias(self) -> float:
        """Said over sold, less one; NaN where nothing was sold."""
        return self.said / self.sold - 1.0 if self.sold > 0 else float("nan")


def past_accuracy(view: View, row: int) -> PastAccuracy | None:
    """Return how the issued forecast of one row did; None where the model has seen what came after, or nothing was in
    stock."""
    issued = view.feeds.issued
    if issued is None:
        return None
    start = view.panel.origin_of(issued.as_of)
    length = min(view.panel.periods - start, issued.horizon)
    judged = view.panel.history.observed[row, start : start + length] > 0.999
    if not judged.any():
        return None
    sold = view.panel.history.units[row, start : start + length].astype(np.float64)[judged]
    said = issued.mean[row, :length][judged]
    low, high = (issued.quantiles[row, :length, place][judged] for place in (0, -1))
    total = float(sold.sum())
    return PastAccuracy(
        as_of=str(issued.as_of),
        days=length * view.frequency.period_days,
        said=float(said.sum()),
        sold=total,
        wape=float(np.abs(sold - said).sum() / total) if total > 0 else float("nan"),
        within=float(((sold >= low) & (sold <= high)).mean()),
    )
