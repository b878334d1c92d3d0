"""Presets by age: introduction, growth, maturity, as practitioners state them (O28–O30, O46, O50–O52).

Their magnitudes do not agree with each other (1.5 days, 15 %, 45 days of safety stock: E07); so they are presets to
compare with, never the default. Age alone does not make a phase: a product that does not grow is not in growth (E18).
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.frequency import Frequency
from core.types import FloatArray
from optimizer.demand_class import abc_class
from optimizer.policies import Knowledge, StockState, order_up_to
from optimizer.safety_stock import recent_demand
from optimizer.uplift import Factor, uplift

__all__ = ["LifeCycle", "LifeCycleRules", "air_emergency", "growth_streak", "phases"]

INTRODUCTION, GROWTH, MATURITY = 0, 1, 2
DAYS_A_MONTH = 30.0


@dataclass(frozen=True, slots=True)
class LifeCycleRules:
    """The numbers of the presets.

    introduction_months, growth_months: ages at which a phase ends. window_days: of recent demand. base_days: safety
    stock of an introduction, in days of recent demand (O28). first_order_cap: times the forecast over lead time and
    review (O50, E19). growth_increment, growth_safety: shares added in growth (O51). core_days: safety stock of a
    mature A product (O52). streak_buffer: share added after a week of growth (O29). cap: of the uplift budget (E17).
    """

    introduction_months: float = 3.0
    growth_months: float = 12.0
    window_days: int = 30
    base_days: float = 1.5
    first_order_cap: float = 1.5
    growth_increment: float = 0.5
    growth_safety: float = 0.15
    core_days: float = 45.0
    streak_growth: float = 0.2
    streak_buffer: float = 0.15
    cap: float = 1.5


def phases(knowledge: Knowledge, rules: LifeCycleRules) -> npt.NDArray[np.int64]:
    """Return (n,) 0 introduction, 1 growth, 2 maturity: by age, but growth only where demand did grow.

    Grown: the last three months' mean is above that of the three months before; where there are no six months of
    history, age decides.
    """
    seen = ~np.isnan(knowledge.units)
    periods = knowledge.units.shape[1]
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), periods)
    months = (periods - first) * knowledge.frequency.period_days / DAYS_A_MONTH
    quarter = knowledge.frequency.periods(91)
    late, _ = recent_demand(knowledge, quarter)
    before = knowledge.units[:, -2 * quarter : -quarter]
    known = ~np.isnan(before)
    early = np.where(known, before, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    grew = (late > early) | ~known.any(axis=1)
    mature = (months >= rules.growth_months) | ~grew
    return np.where(months < rules.introduction_months, INTRODUCTION, np.where(mature, MATURITY, GROWTH))


def growth_streak(knowledge: Knowledge, least_growth: float = 0.2) -> npt.NDArray[np.bool_]:
    """Return (n,) whether each of the last seven days sold at least 20 % more than the same day a week before (O29).

    In weekly data: whether the last week did against the week before.
    """
    length = 7 if knowledge.frequency is Frequency.DAILY else 1
    if knowledge.units.shape[1] < 2 * length:
        return np.zeros(len(knowledge.units), dtype=np.bool_)
    now, before = knowledge.units[:, -length:], knowledge.units[:, -2 * length : -length]
    with np.errstate(invalid="ignore"):
        grown = (now >= (1.0 + least_growth) * before) & (now > 0)
    return np.asarray(grown.all(axis=1), dtype=np.bool_)


def air_emergency(
    cover_days: FloatArray, competitor_out: npt.NDArray[np.bool_], least_days: float = 14.0
) -> npt.NDArray[np.bool_]:
    """Return whether to fly goods in: cover below 14 days while the competitor is out of stock (O30).

    >>> air_emergency(np.array([10.0, 10.0, 20.0]), np.array([True, False, True])).tolist()
    [True, False, False]
    """
    return (cover_days < least_days) & competitor_out


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """Order up to what a product's phase calls for.

    Introduction: the protection interval plus 1.5 days, and never above 1.5 times the forecast of the interval.
    Growth: the interval times one capped uplift (increment, safety, streak). Maturity: a core product 45 days more
    than the interval; the long tail just the interval.
    """

    rules: LifeCycleRules = field(default_factory=LifeCycleRules)
    name: str = "life-cycle"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to the phase's level."""
        return order_up_to(self.level(knowledge), state, knowledge.terms)

    def level(self, knowledge: Knowledge) -> FloatArray:
        """Return (n,) the order-up-to level."""
        rules = self.rules
        mean, _ = recent_demand(knowledge, knowledge.frequency.periods(rules.window_days))
        interval = mean * (knowledge.first + knowledge.review)
        daily = mean / knowledge.frequency.period_days
        streak = growth_streak(knowledge, rules.streak_growth)
        value = mean * knowledge.column("planning_unit_cost")
        core = abc_class(value) == 0
        new = np.minimum(interval + rules.base_days * daily, rules.first_order_cap * interval)
        factors = [
            Factor("growth increment", 1.0 + rules.growth_increment, "O51"),
            Factor("safety", 1.0 + rules.growth_safety, "O51"),
        ]
        buffer = Factor("week of growth", 1.0 + rules.streak_buffer, "O29")
        plain = uplift(factors, rules.cap).multiplier
        strong = uplift([*factors, buffer], rules.cap).multiplier
        growing = interval * np.where(streak, strong, plain)
        mature = interval + np.where(core, rules.core_days * daily, 0.0)
        phase = phases(knowledge, rules)
        return np.select([phase == INTRODUCTION, phase == GROWTH], [new, growing], mature)
