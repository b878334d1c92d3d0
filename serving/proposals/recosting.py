"""What another quantity would cost: the optimizer's own cost curve of one order, kept with its proposal.

The curve holds the expected cost and the stock-out probability of every whole number of case packs that the plan looked
at, thinned out where there are many; between two kept quantities both are read from the straight line.
"""

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Self

from optimizer.price_breaks import Band, purchase_cost
from serving.proposals.amounts import amount

__all__ = ["Recosted", "StoredCurve", "Violation", "is_whole_packs", "recost"]


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that a quantity breaks, in words and numbers."""

    constraint: str
    limit: str
    actual: str
    message: str


@dataclass(frozen=True, slots=True)
class StoredCurve:
    """Terms and cost of one way to buy one SKU.

    quantities: units in rising order, 0 first. costs: expected cost of each with the best continuation. shortages:
    stock-out probability of each. pack, minimum, capacity: units (capacity None: no limit). minimum_value: money before
    freight and duty. invoiced, landed: price bands (least, most, unit cost, surcharge; most None: no end), without and
    with freight and duty; invoiced is empty where the unit cost is not known. order_cost: an order. volume: a unit.
    """

    quantities: tuple[int, ...]
    costs: tuple[float, ...]
    shortages: tuple[float, ...]
    pack: int = 1
    minimum: int = 1
    capacity: int | None = None
    minimum_value: float = 0.0
    invoiced: tuple[tuple[float, float | None, float, float], ...] = ()
    landed: tuple[tuple[float, float | None, float, float], ...] = ()
    order_cost: float = 0.0
    volume: float = 0.0

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return the curve that JSON tells."""
        known: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
        }
        for name in ("invoiced", "landed"):
            known[name] = tuple(tuple(band) for band in known[name])
        return cls(**known)

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as JSON can hold it."""
        return {item.name: _listed(getattr(self, item.name)) for item in fields(self)}

    def at(self, quantity: int) -> tuple[float, float, str]:
        """Return expected cost, stock-out probability and how they were found: exact, interpolated or extrapolated.

        Beyond the last quantity the plan found nothing left to gain: the cost goes on along the last line.
        """
        place = bisect.bisect_left(self.quantities, quantity)
        if place < len(self.quantities) and self.quantities[place] == quantity:
            return self.costs[place], self.shortages[place], "exact"
        if len(self.quantities) == 1:
            return self.costs[0], self.shortages[0], "extrapolated"
        basis = "interpolated" if place < len(self.quantities) else "extrapolated"
        right = min(place, len(self.quantities) - 1)
        left = right - 1
        share = (quantity - self.quantities[left]) / (self.quantities[right] - self.quantities[left])
        cost = self.costs[left] + share * (self.costs[right] - self.costs[left])
        shortage = self.shortages[left] + share * (self.shortages[right] - self.shortages[left])
        return cost, min(max(shortage, 0.0), 1.0), basis

    def unit_cost(self, quantity: int) -> Decimal | None:
        """Return what a unit is invoiced at in an order of `quantity`, price breaks included; None: not known."""
        if not self.invoiced:
            return None
        if quantity == 0:
            return amount(self.invoiced[0][2])
        return amount(purchase_cost(_bands(self.invoiced), quantity) / quantity)

    def spend(self, quantity: int) -> Decimal:
        """Return what the order takes of a budget: goods, freight, duty and order cost."""
        paid = purchase_cost(_bands(self.landed), quantity) if self.landed else 0.0
        return amount(paid + self.order_cost if quantity else 0.0)


@dataclass(frozen=True, slots=True)
class Recosted:
    """An order of another quantity: its money, its risk, and the limits that it breaks."""

    quantity: int
    unit_cost: Decimal | None
    expected_cost: Decimal
    stockout_probability: float
    spend: Decimal
    volume: float
    basis: str
    violations: tuple[Violation, ...]


def is_whole_packs(quantity: int, pack: int) -> bool:
    """Return whether the quantity is a whole number of packs."""
    return quantity % pack == 0


def recost(curve: StoredCurve, quantity: int, shared: Sequence[tuple[str, float, float, float]] = ()) -> Recosted:
    """Return the order of `quantity` units on the curve, and which limits it breaks.

    shared: for each limit that all orders of the run share its name, its size, what the other orders take of it, and
    what this one would.
    """
    cost, shortage, basis = curve.at(quantity)
    return Recosted(
        quantity=quantity,
        unit_cost=curve.unit_cost(quantity),
        expected_cost=amount(cost),
        stockout_probability=round(shortage, 6),
        spend=curve.spend(quantity),
        volume=quantity * curve.volume,
        basis=basis,
        violations=(*_own_violations(curve, quantity), *_shared_violations(shared)),
    )


def _own_violations(curve: StoredCurve, quantity: int) -> list[Violation]:
    if quantity == 0:
        return []
    found = []
    if quantity < curve.minimum:
        words = f"{quantity} units are below the minimum order of {curve.minimum}"
        found.append(Violation("minimum_order_quantity", str(curve.minimum), str(quantity), words))
    if curve.capacity is not None and quantity > curve.capacity:
        words = f"{quantity} units are above what the supplier can deliver, {curve.capacity}"
        found.append(Violation("capacity", str(curve.capacity), str(quantity), words))
    value = purchase_cost(_bands(curve.invoiced), quantity) if curve.invoiced else math.inf
    if value < curve.minimum_value - 1e-9:
        words = f"goods for {value:.2f} are below the minimum order value of {curve.minimum_value:.2f}"
        found.append(Violation("minimum_order_value", f"{curve.minimum_value:.2f}", f"{value:.2f}", words))
    return found


def _shared_violations(shared: Sequence[tuple[str, float, float, float]]) -> list[Violation]:
    found = []
    for name, limit, others, own in shared:
        total = others + own
        if total > limit * (1 + 1e-9) + 1e-6:
            words = f"all orders of the plan would take {total:.2f} of a {name} of {limit:.2f}"
            found.append(Violation(name, f"{limit:.2f}", f"{total:.2f}", words))
    return found


def _bands(stored: Sequence[tuple[float, float | None, float, float]]) -> tuple[Band, ...]:
    return tuple(
        Band(least, math.inf if most is None else most, unit, surcharge) for least, most, unit, surcharge in stored
    )


def _listed(value: Any) -> Any:
    """Return tuples as lists; of bands each is one too."""
    if not isinstance(value, tuple):
        return value
    return [list(item) for item in value] if value and isinstance(value[0], tuple) else list(value)
