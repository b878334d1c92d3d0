"""Safety stock by formula: Z·σ·√L put right (O07, E01–E03), and the floor against a disruption (O09, E04).

These are for comparison, and for where costs are unknown. They suppose normal, independent demand, which slow and
irregular sellers do not have; the plan of least expected cost supposes neither.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from core.types import FloatArray
from inventory.supplier_buffer import disruption_floor
from optimizer.policies import Knowledge, StockState, order_up_to

__all__ = [
    "DisruptionFloor",
    "SafetyStock",
    "recent_demand",
    "reorder_point",
    "safety_stock",
]


def safety_stock(
    z: float, demand_sd: float, lead_time: float, demand_mean: float = 0.0, lead_time_sd: float = 0.0
) -> float:
    """Return Z·√(L σ_d² + d̄² σ_L²): with a certain lead time Z·σ_d·√L.

    demand_sd: σ_d, of one period's demand (not of the lead time's: E02). lead_time: L, periods to protect, the
    review included where there is one. lead_time_sd: σ_L, periods.

    The worked example that came to us, Z = 1.65, σ = 20 a day, 7 days, says 92; it is 87.3 (E01):

    >>> round(safety_stock(1.65, 20, 7), 1)
    87.3
    """
    return z * math.sqrt(lead_time * demand_sd**2 + demand_mean**2 * lead_time_sd**2)


def reorder_point(demand_mean: float, lead_time: float, safety: float) -> float:
    """Return the demand of the lead time plus the safety stock: without it half of all cycles run out (E05, O32).

    >>> reorder_point(50, 15, 0.0), reorder_point(50, 15, 120.0)
    (750.0, 870.0)
    """
    return float(demand_mean * lead_time + safety)


def recent_demand(knowledge: Knowledge, periods: int) -> tuple[FloatArray, FloatArray]:
    """Return (n,) mean and standard deviation of the demand seen in the last `periods`; 0 where nothing was seen."""
    recent = knowledge.units[:, -periods:]
    seen = ~np.isnan(recent)
    count = np.maximum(seen.sum(axis=1), 1)
    mean = np.where(seen, recent, 0.0).sum(axis=1) / count
    spread = np.where(seen, recent - mean[:, None], 0.0)
    return mean, np.sqrt((spread**2).sum(axis=1) / np.maximum(count - 1, 1))


@dataclass(frozen=True, slots=True)
class SafetyStock:
    """Order up to mean demand of the protection interval plus Z·√((L + R) σ_d² + d̄² σ_L²).

    cycle_service_level: the probability that Z stands for (Z 1.645 at 0.95). window: days of history for mean and
    deviation.
    """

    cycle_service_level: float = 0.95
    window_days: int = 91
    name: str = "safety-stock"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the level."""
        return order_up_to(self.level(knowledge), state, knowledge.terms)

    def level(self, knowledge: Knowledge) -> FloatArray:
        """Return (n,) the order-up-to level."""
        mean, safety = self.parts(knowledge)
        return mean * (knowledge.first + knowledge.review) + safety

    def parts(self, knowledge: Knowledge) -> tuple[FloatArray, FloatArray]:
        """Return (n,) mean demand a period and the safety stock."""
        mean, sd = recent_demand(knowledge, knowledge.frequency.periods(self.window_days))
        length = knowledge.first + knowledge.review
        lead_sd = np.nan_to_num(knowledge.column("lead_time_sd_days")) / knowledge.frequency.period_days
        z = float(ndtri(self.cycle_service_level))
        return mean, z * np.sqrt(length * sd**2 + mean**2 * lead_sd**2)


@dataclass(frozen=True, slots=True)
class DisruptionFloor:
    """The safety stock, but never less than what the longest delay takes: the larger of the two, not their sum (E04).

    longest_delay_days: of the supplier's history. delay_in_lead_time_days: what the planned lead time already has.
    """

    longest_delay_days: float = 10.0
    delay_in_lead_time_days: float = 0.0
    base: SafetyStock = SafetyStock()
    name: str = "disruption-floor"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the level with the larger buffer."""
        mean, safety = self.base.parts(knowledge)
        late = disruption_floor(1.0, self.longest_delay_days, self.delay_in_lead_time_days)
        floor = late / knowledge.frequency.period_days * mean
        level = mean * (knowledge.first + knowledge.review) + np.maximum(safety, floor)
        return order_up_to(level, state, knowledge.terms)
