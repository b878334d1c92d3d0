"""What a unit costs in stock (C04) and what a unit short costs (C07), from their parts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from core.errors import UsageError

__all__ = ["HoldingRates", "ShortageRates", "holding_cost", "shortage_cost"]

DAYS_A_YEAR = Decimal(365)


@dataclass(frozen=True, slots=True)
class HoldingRates:
    """Shares of the unit's cost a year: capital, insurance, shrinkage, depreciation; rent: money a unit and day."""

    capital: Decimal = Decimal("0.10")
    insurance: Decimal = Decimal("0.01")
    shrinkage: Decimal = Decimal("0.01")
    depreciation: Decimal = Decimal("0.13")
    rent: Decimal = Decimal(0)

    @classmethod
    def whole(cls, share: Decimal) -> Self:
        """Return rates that are one share, whatever it is made of."""
        return cls(share, Decimal(0), Decimal(0), Decimal(0))

    @property
    def share(self) -> Decimal:
        """All shares together, a year; with the defaults 0.25, as `[defaults] holding_rate`."""
        return self.capital + self.insurance + self.shrinkage + self.depreciation


@dataclass(frozen=True, slots=True)
class ShortageRates:
    """What happens when a unit is short.

    expedited_share: of the units short that are sent in haste instead of being lost; expedite_premium: 0.20 … 0.40 of
    the landed cost, on top of it (C07). lost_customer_share: of the customers turned away who do not come back, up to
    0.30 (C07); later_margin: what such a customer would still have brought; brand: money a unit short.
    """

    expedited_share: Decimal = Decimal(0)
    expedite_premium: Decimal = Decimal("0.30")
    lost_customer_share: Decimal = Decimal(0)
    later_margin: Decimal = Decimal(0)
    brand: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse shares outside 0 … 1."""
        for name in ("expedited_share", "lost_customer_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} {getattr(self, name)} is no share; give a number from 0 to 1")


def holding_cost(unit_cost: Decimal, rates: HoldingRates, fees_a_day: Decimal = Decimal(0)) -> Decimal:
    """Return money a unit and day: unit cost × shares ÷ 365 + rent + the marketplace's storage fees a unit and day.

    >>> holding_cost(Decimal("14.60"), HoldingRates(), Decimal("0.013"))
    Decimal('0.0230')
    """
    return unit_cost * rates.share / DAYS_A_YEAR + rates.rent + fees_a_day


def shortage_cost(margin: Decimal, landed_cost: Decimal, rates: ShortageRates) -> Decimal:
    """Return money a unit short, e·π·c + (1 − e)·(m + λ·V) + brand.

    Of the units short a share e is sent in haste at a premium π on the landed cost c; the others lose the margin m, and
    of their customers a share λ is lost with the margin V that they still had brought.

    >>> rates = ShortageRates(Decimal("0.5"), Decimal("0.4"), Decimal("0.3"), Decimal(20))
    >>> shortage_cost(Decimal(12), Decimal(10), rates)
    Decimal('11.00')
    """
    e = rates.expedited_share
    lost = margin + rates.lost_customer_share * rates.later_margin
    return e * rates.expedite_premium * landed_cost + (1 - e) * lost + rates.brand
