"""Days of cover: order up to so many days of recent demand (O25: 30–45 days are held to be healthy).

The practitioners' rule. It knows neither the spread of demand nor what anything costs, and is here for comparison.
"""

from dataclasses import dataclass

import numpy as np

from core.types import FloatArray
from optimizer.policies import Knowledge, StockState, order_up_to
from optimizer.safety_stock import recent_demand

__all__ = ["DaysOfCover", "cover_of"]


def cover_of(state: StockState, knowledge: Knowledge, window_days: int = 30) -> FloatArray:
    """Return (n, P) the days that the inventory position lasts at recent demand; infinite where nothing sells."""
    mean, _ = recent_demand(knowledge, knowledge.frequency.periods(window_days))
    daily = mean[:, None] / knowledge.frequency.period_days
    position = np.maximum(state.inventory_position, 0.0)
    return np.divide(position, daily, out=np.full_like(position, np.inf), where=daily > 0)


@dataclass(frozen=True, slots=True)
class DaysOfCover:
    """Order up to `days` of the mean demand of the last `window_days`, and at least the protection interval's."""

    days: float = 45.0
    window_days: int = 30
    name: str = "days-of-cover"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the cover."""
        mean, _ = recent_demand(knowledge, knowledge.frequency.periods(self.window_days))
        periods = np.maximum(self.days / knowledge.frequency.period_days, knowledge.first + knowledge.review)
        return order_up_to(mean * periods, state, knowledge.terms)
