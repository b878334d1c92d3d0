"""One uplift budget (E17): percentages on top of the forecast add up to a cap, and each one is logged.

The trade's rules give +15 … +30 % for a growing week, +30 … +50 % where a competitor is out of stock, ×1.2 for
growth, ×2 for a launch: all of them together would order 5.6 times the forecast. What the model already sees (slope,
rank, keywords) belongs in the model and not on top of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.errors import UsageError
from core.types import FloatArray
from optimizer.policies import Knowledge, Policy, StockState, allowed_quantity

__all__ = ["FACTORS", "Factor", "Uplift", "Uplifted", "known_factor", "uplift"]


@dataclass(frozen=True, slots=True)
class Factor:
    """One percentage of the trade: its name, its multiplier, the rule that it comes from."""

    name: str
    multiplier: float
    rule: str


FACTORS = (
    Factor("growth-week", 1.15, "O29"),
    Factor("growth-week-strong", 1.30, "O29"),
    Factor("competitor-out-of-stock", 1.30, "O40"),
    Factor("competitor-out-of-stock-strong", 1.50, "O40"),
    Factor("growth-phase", 1.20, "O44"),
    Factor("mature-promotion", 0.85, "O45"),
    Factor("promotion", 1.20, "O13"),
    Factor("off-season", 0.80, "O13"),
    Factor("aged-stock", 0.80, "O49"),
    Factor("material-price-rise", 1.20, "O24"),
)
"""Presets; the first of each pair is the lower end of the published range. O13, O24 and O49 name no number: ±20 %."""


@dataclass(frozen=True, slots=True)
class Uplift:
    """The multiplier to use, what the factors alone would have made, and a line a factor."""

    multiplier: float
    uncapped: float
    log: tuple[str, ...]


def known_factor(name: str) -> Factor:
    """Return the preset called `name`; raises UsageError naming those there are."""
    for factor in FACTORS:
        if factor.name == name:
            return factor
    raise UsageError(f"uplift factor {name!r} is not known; choose from {', '.join(item.name for item in FACTORS)}")


def uplift(factors: Iterable[Factor], cap: float = 1.5, floor: float = 0.5) -> Uplift:
    """Return the product of the factors, at most `cap` and at least `floor`, with each factor's part logged.

    A factor's part is what it adds to the multiplier reached so far, within the budget.

    >>> made = uplift([Factor("a", 1.3, "O29"), Factor("b", 1.5, "O40")])
    >>> made.multiplier, round(made.uncapped, 2), made.log
    (1.5, 1.95, ('a ×1.3 (O29): 1.00 → 1.30', 'b ×1.5 (O40): 1.30 → 1.50, capped from 1.95'))
    """
    if not 0 < floor <= 1 <= cap:
        raise UsageError(f"the uplift budget {floor} … {cap} must contain 1")
    reached, uncapped, log = 1.0, 1.0, []
    for factor in factors:
        if not factor.multiplier > 0:
            raise UsageError(f"uplift factor {factor.name} is {factor.multiplier}; it must be above 0")
        uncapped *= factor.multiplier
        wanted = reached * factor.multiplier
        after = min(max(wanted, floor), cap)
        words = f"{factor.name} ×{factor.multiplier:g} ({factor.rule}): {reached:.2f} → {after:.2f}"
        log.append(words + (f", capped from {wanted:.2f}" if abs(after - wanted) > 1e-12 else ""))
        reached = after
    return Uplift(reached, uncapped, tuple(log))


@dataclass(frozen=True, slots=True)
class Uplifted:
    """Another policy whose position target is multiplied: it orders (position + order) × multiplier − position."""

    base: Policy
    uplift: Uplift
    name: str = "uplifted"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return the base's order for a target raised, or lowered, by the uplift."""
        ordered = self.base.order(state, knowledge)
        position = state.inventory_position
        reached = np.where(ordered > 0, position + ordered, 0.0)
        wanted = np.where(ordered > 0, np.ceil(reached * self.uplift.multiplier - 1e-9) - position, 0.0)
        return allowed_quantity(np.maximum(wanted, 0.0), knowledge.terms)
