"""A movement: units of one SKU that leave one bucket and enter another; the ledger is nothing but these.

Double entry: what leaves a bucket enters another one, `OUTSIDE` being all that is not ours (suppliers, customers, the
bin). So for every bucket and span of days start + in − out = end holds by construction (H01, H11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.errors import DataError, Issue

__all__ = ["ALLOWED", "MOST_UNITS", "Bucket", "Movement", "MovementKind"]

MOST_UNITS = 1_000_000_000
MOST_COST = 10**12
LONGEST = 200
EARLIEST = date(1970, 1, 1)


class Bucket(StrEnum):
    """Where units are, seen from one location.

    IN_TRANSFER: on the way here from another location of ours. ON_ORDER: bought, still with the supplier. The three
    INBOUND stages: announced, on the way, at the dock (a marketplace's working, shipped and receiving).
    """

    OUTSIDE = "outside"
    ON_ORDER = "on_order"
    INBOUND_WORKING = "inbound_working"
    INBOUND_SHIPPED = "inbound_shipped"
    INBOUND_RECEIVING = "inbound_receiving"
    IN_TRANSFER = "in_transfer"
    AVAILABLE = "available"
    RESERVED = "reserved"
    UNSELLABLE = "unsellable"


class MovementKind(StrEnum):
    """Why units move."""

    ORDER_PLACED = "order_placed"
    ORDER_CANCELLED = "order_cancelled"
    SHIPMENT = "shipment"
    RECEIPT = "receipt"
    SALE = "sale"
    RETURN = "return"
    TRANSFER_SENT = "transfer_sent"
    TRANSFER_RECEIVED = "transfer_received"
    ADJUSTMENT = "adjustment"
    FOUND = "found"
    LOST = "lost"
    DAMAGED = "damaged"
    REPAIRED = "repaired"
    DISPOSED = "disposed"
    RESERVED = "reserved"
    RELEASED = "released"


B = Bucket
_COMING = (B.OUTSIDE, B.ON_ORDER, B.INBOUND_WORKING, B.INBOUND_SHIPPED, B.INBOUND_RECEIVING)
_STAGES = (B.ON_ORDER, B.INBOUND_WORKING, B.INBOUND_SHIPPED, B.INBOUND_RECEIVING)

ALLOWED: Mapping[MovementKind, tuple[tuple[Bucket, Bucket], ...]] = {
    MovementKind.ORDER_PLACED: ((B.OUTSIDE, B.ON_ORDER), (B.OUTSIDE, B.INBOUND_WORKING)),
    MovementKind.ORDER_CANCELLED: tuple((stage, B.OUTSIDE) for stage in _STAGES),
    MovementKind.SHIPMENT: (
        (B.ON_ORDER, B.INBOUND_SHIPPED),
        *((start, end) for place, start in enumerate(_STAGES) for end in _STAGES[place + 1 :]),
    ),
    MovementKind.RECEIPT: (
        *((start, B.AVAILABLE) for start in _COMING),
        *((start, B.UNSELLABLE) for start in _COMING),
    ),
    MovementKind.SALE: ((B.AVAILABLE, B.OUTSIDE), (B.RESERVED, B.OUTSIDE)),
    MovementKind.RETURN: ((B.OUTSIDE, B.AVAILABLE), (B.OUTSIDE, B.UNSELLABLE)),
    MovementKind.TRANSFER_SENT: ((B.AVAILABLE, B.IN_TRANSFER), (B.RESERVED, B.IN_TRANSFER)),
    MovementKind.TRANSFER_RECEIVED: ((B.IN_TRANSFER, B.AVAILABLE), (B.IN_TRANSFER, B.UNSELLABLE)),
    MovementKind.ADJUSTMENT: (
        (B.OUTSIDE, B.AVAILABLE),
        (B.AVAILABLE, B.OUTSIDE),
        (B.OUTSIDE, B.UNSELLABLE),
        (B.UNSELLABLE, B.OUTSIDE),
    ),
    MovementKind.FOUND: ((B.OUTSIDE, B.AVAILABLE), (B.OUTSIDE, B.UNSELLABLE)),
    MovementKind.LOST: (
        (B.AVAILABLE, B.OUTSIDE),
        (B.RESERVED, B.OUTSIDE),
        (B.UNSELLABLE, B.OUTSIDE),
        (B.IN_TRANSFER, B.OUTSIDE),
    ),
    MovementKind.DAMAGED: ((B.AVAILABLE, B.UNSELLABLE), (B.RESERVED, B.UNSELLABLE), (B.IN_TRANSFER, B.UNSELLABLE)),
    MovementKind.REPAIRED: ((B.UNSELLABLE, B.AVAILABLE),),
    MovementKind.DISPOSED: ((B.UNSELLABLE, B.OUTSIDE), (B.AVAILABLE, B.OUTSIDE)),
    MovementKind.RESERVED: ((B.AVAILABLE, B.RESERVED),),
    MovementKind.RELEASED: ((B.RESERVED, B.AVAILABLE),),
}
"""From where to where each kind may move units; the first pair is the usual one."""


@dataclass(frozen=True, slots=True)
class Movement:
    """`units` (a whole number above 0) of a SKU that moved on `date`.

    location: where the units were, and where they are then unless `to_location` says otherwise (sent transfers only).
    origin and reference: who told it, and that teller's own id: the same pair is the same movement, however often it
    is told. unit_cost: in currency, of units that enter from outside. recorded in the order of telling, folded in the
    order of dates.
    """

    sku: str
    location: str
    date: date
    kind: MovementKind
    units: int
    origin: str
    reference: str
    leaves: Bucket | None = None
    enters: Bucket | None = None
    to_location: str | None = None
    unit_cost: Decimal | None = None
    reason: str | None = None

    @property
    def path(self) -> tuple[Bucket, Bucket]:
        """Return the buckets that the units leave and enter: as given, else the first allowed that fits what is
        given.
        """
        for leaves, enters in ALLOWED[self.kind]:
            if self.leaves in (None, leaves) and self.enters in (None, enters):
                return leaves, enters
        raise DataError([self._issue("leaves", f"{self.kind} cannot move units so", _ways(self.kind))])

    @property
    def destination(self) -> str:
        """Return the location where the units are afterwards."""
        return self.to_location or self.location

    def check(self) -> None:
        """Raise DataError unless the movement is possible in itself."""
        cost = self.unit_cost
        possible = (
            0 < len(self.sku) <= LONGEST,
            0 < len(self.location) <= LONGEST,
            0 < len(self.reference) <= LONGEST,
            0 < self.units <= MOST_UNITS,
            self.date >= EARLIEST,
            cost is None or (cost.is_finite() and 0 <= cost < MOST_COST),
            self._directed(),
        )
        if not all(possible):
            broken = [rule for rule, holds in zip(_RULES, possible, strict=True) if not holds]
            raise DataError([self._issue(*rule, str(getattr(self, rule[0]))) for rule in broken])
        _ = self.path

    def _directed(self) -> bool:
        sent = self.kind is MovementKind.TRANSFER_SENT
        return (self.to_location is not None) == sent and self.to_location != self.location

    def _issue(self, column: str, rule: str, remedy: str, value: str | None = None) -> Issue:
        return Issue(f"movement {self.origin}/{self.reference}", rule, remedy, column=column, value=value)


_RULES = (
    ("sku", "is empty or too long", "give 1 … 200 characters"),
    ("location", "is empty or too long", "give 1 … 200 characters"),
    ("reference", "is empty or too long", "give the teller's own id of the movement, 1 … 200 characters"),
    ("units", "so many cannot move", "give a whole number of 1 or more; the kind tells the direction"),
    ("date", f"is before {EARLIEST}", "give the day on which the units moved"),
    ("unit_cost", "is no cost", "give currency per unit, 0 or more"),
    ("to_location", "does not fit", "only transfer_sent has one, and not its own location"),
)
"""Column, rule and remedy of each thing that `Movement.check` looks at, in its order."""


def _ways(kind: MovementKind) -> str:
    pairs = ", ".join(f"{leaves} → {enters}" for leaves, enters in ALLOWED[kind])
    return f"possible are {pairs}"
