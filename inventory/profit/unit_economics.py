"""Unit economics: what is left of a price, and the price at which nothing is left (C02, C14, O41, E22)."""

from dataclasses import dataclass, replace
from decimal import Decimal

from core.errors import UsageError

__all__ = ["UnitEconomics"]


@dataclass(frozen=True, slots=True)
class UnitEconomics:
    """One unit sold: money a unit.

    referral_rate: the marketplace's share of the price, at least referral_least. fulfilment: picking and sending,
    surcharges included. storage: expected storage fees until it is sold. returns: expected cost of returns a unit sold.
    advertising: a unit sold.
    """

    price: Decimal
    landed_cost: Decimal
    referral_rate: Decimal = Decimal("0.15")
    referral_least: Decimal = Decimal("0.30")
    fulfilment: Decimal = Decimal(0)
    storage: Decimal = Decimal(0)
    returns: Decimal = Decimal(0)
    advertising: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse a share that leaves nothing of any price."""
        if not 0 <= self.referral_rate < 1:
            raise UsageError(f"referral rate {self.referral_rate} is no share below 1; give for example 0.15")

    @property
    def referral(self) -> Decimal:
        """The marketplace's share of the price."""
        return max(self.price * self.referral_rate, self.referral_least)

    @property
    def selling_costs(self) -> Decimal:
        """All but the goods and the referral."""
        return self.fulfilment + self.storage + self.returns + self.advertising

    @property
    def margin(self) -> Decimal:
        """What a sold unit leaves: price − referral − selling costs − landed cost."""
        return self.contribution - self.landed_cost

    @property
    def contribution(self) -> Decimal:
        """What a sold unit leaves where its goods are already paid: the cash that a clearance brings."""
        return self.price - self.referral - self.selling_costs

    @property
    def margin_share(self) -> Decimal:
        """Margin ÷ price; 0 for a price of 0."""
        return self.margin / self.price if self.price else Decimal(0)

    @property
    def break_even(self) -> Decimal:
        """The price p* that leaves nothing: p* − fees(p*) = landed cost (C14)."""
        return self.floor_price(Decimal(0))

    @property
    def clearance_floor(self) -> Decimal:
        """The price below which a sale brings less than nothing even where the goods are already paid."""
        return replace(self, landed_cost=Decimal(0)).break_even

    def floor_price(self, margin_share: Decimal) -> Decimal:
        """Return the least price that leaves `margin_share` of itself (O41: 0.25 even in a price war).

        With c all costs but the referral, r the referral rate and g the share: p = c / (1 − r − g), or, where the
        least referral fee counts, (c + least) / (1 − g). Raises UsageError where no price can leave that share.
        """
        room = 1 - self.referral_rate - margin_share
        if room <= 0:
            words = f"a margin of {margin_share:%} cannot be had with a referral rate of {self.referral_rate:%}"
            raise UsageError(f"{words}; ask for less")
        costs = self.landed_cost + self.selling_costs
        return max(costs / room, (costs + self.referral_least) / (1 - margin_share))

    def at(self, price: Decimal) -> "UnitEconomics":
        """Return the same unit sold at another price."""
        return replace(self, price=price)
