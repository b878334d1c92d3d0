"""What to do with a returned unit: of the ways that its grade allows, the one that leaves most money (R03, R05)."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from inventory.returned_goods.acceptance import Grade

__all__ = ["ALLOWED", "ROUTES", "Decision", "Disposition", "ReturnValue", "ValueShares", "decide", "value_by_shares"]


class Disposition(StrEnum):
    """What becomes of a returned unit."""

    RESTOCK = "restock"
    DISCOUNT = "discount"
    STAFF_SALE = "staff sale"
    GIFT = "gift"
    REFURBISH = "refurbish"
    PARTS = "parts"
    RECYCLE = "recycle"
    DISPOSE = "dispose"


ALLOWED: dict[Grade, tuple[Disposition, ...]] = {
    Grade.INTACT: (Disposition.RESTOCK, Disposition.DISCOUNT),
    Grade.A: (Disposition.DISCOUNT, Disposition.STAFF_SALE, Disposition.GIFT),
    Grade.B: (Disposition.REFURBISH, Disposition.PARTS, Disposition.RECYCLE, Disposition.DISPOSE),
    Grade.C: (Disposition.PARTS, Disposition.RECYCLE, Disposition.DISPOSE),
}
"""R05: A is sold off or given away, B repaired if its cost allows, C goes for parts or to a recycler."""

ROUTES: dict[Disposition, str] = {
    Disposition.RESTOCK: "shelf",
    Disposition.DISCOUNT: "outlet",
    Disposition.STAFF_SALE: "outlet",
    Disposition.GIFT: "outlet",
    Disposition.REFURBISH: "repair",
    Disposition.PARTS: "defective",
    Disposition.RECYCLE: "defective",
    Disposition.DISPOSE: "defective",
}
"""R03: the queue that a unit goes to; only the shelf makes it sellable as new."""


@dataclass(frozen=True, slots=True)
class ReturnValue:
    """What a unit brings by each way, in money; None: that way is not open.

    new: net of a sale as new (price less fees). discount_share, staff_share: of that, as an opened or a staff's unit.
    gift: goodwill that a unit given away is worth. refurbished: net of a sale as refurbished. parts, recycling: what
    they pay. restocking, repair: what the work costs. disposal: what it costs to be rid of it.
    """

    new: Decimal
    discount_share: Decimal = Decimal("0.70")
    staff_share: Decimal = Decimal("0.50")
    gift: Decimal | None = None
    refurbished: Decimal | None = None
    parts: Decimal | None = None
    recycling: Decimal | None = None
    restocking: Decimal = Decimal(0)
    repair: Decimal | None = None
    disposal: Decimal = Decimal(0)

    def of(self, disposition: Disposition) -> Decimal | None:
        """Return the money that a way leaves, None where it is not open."""
        match disposition:
            case Disposition.RESTOCK:
                return self.new - self.restocking
            case Disposition.DISCOUNT:
                return self.new * self.discount_share - self.restocking
            case Disposition.STAFF_SALE:
                return self.new * self.staff_share
            case Disposition.REFURBISH:
                if self.refurbished is None or self.repair is None:
                    return None
                return self.refurbished - self.repair
            case Disposition.GIFT:
                return self.gift
            case Disposition.PARTS:
                return self.parts
            case Disposition.RECYCLE:
                return self.recycling
            case Disposition.DISPOSE:
                return -self.disposal


@dataclass(frozen=True, slots=True)
class ValueShares:
    """Stand-ins until the seller knows better: refurbished of the price; parts and repair of the unit cost."""

    refurbished: Decimal = Decimal("0.70")
    parts: Decimal = Decimal("0.10")
    repair: Decimal = Decimal("0.30")


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a unit: the money it leaves, the queue it goes to, and what the other ways would leave."""

    disposition: Disposition
    route: str
    value: Decimal
    alternatives: tuple[tuple[Disposition, Decimal], ...]
    reason: str


def decide(grade: Grade, value: ReturnValue) -> Decision:
    """Return the best way that the grade allows; where none is open, disposal.

    Of equal ways the first of ALLOWED counts. A repair is chosen only where what it leaves, refurbished value less
    repair cost, is above what every other way leaves (the repair-cost test of R05).
    """
    found = [(way, left) for way in ALLOWED[grade] if (left := value.of(way)) is not None]
    if not found:
        found = [(Disposition.DISPOSE, -value.disposal)]
    best = max(found, key=lambda pair: pair[1])
    others = tuple(sorted((pair for pair in found if pair is not best), key=lambda pair: -pair[1]))
    words = f"grade {grade}: {best[0]} leaves {best[1]:.2f}"
    if others:
        words += f", {others[0][0]} {others[0][1]:.2f}"
    return Decision(best[0], ROUTES[best[0]], best[1], others, words)


def value_by_shares(price: Decimal, unit_cost: Decimal, shares: ValueShares | None = None) -> ReturnValue:
    """Return what a unit brings where only its price and cost are known."""
    shares = shares or ValueShares()
    return ReturnValue(
        new=price,
        refurbished=price * shares.refurbished,
        parts=unit_cost * shares.parts,
        repair=unit_cost * shares.repair,
    )
