"""Buffers against a supplier that fails: disruption floor, dual sourcing, stock held by it (O09–O11, E04)."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import UsageError

__all__ = ["SupplierShare", "disruption_floor", "dual_supplier_floors", "own_buffer", "with_floor"]


@dataclass(frozen=True, slots=True)
class SupplierShare:
    """One of several suppliers: its share of demand, 0 … 1, and its longest and its planned delay in days."""

    supplier: str
    share: float
    longest_delay_days: float
    planned_delay_days: float = 0.0


def disruption_floor(daily_demand: float, longest_delay_days: float, planned_delay_days: float = 0.0) -> float:
    """Return units, (longest delay − delay that the planned lead time contains) × daily demand, never negative.

    O09 with nothing planned; E04 where the planned lead time already holds the average delay:

    >>> disruption_floor(50.0, 10.0), disruption_floor(50.0, 10.0, planned_delay_days=3.0)
    (500.0, 350.0)
    """
    return max(longest_delay_days - planned_delay_days, 0.0) * max(daily_demand, 0.0)


def with_floor(safety_stock: float, floor: float) -> float:
    """Return the safety stock that covers both, the greater of them: adding them would count delays twice (E04).

    >>> with_floor(87.3, 350.0)
    350.0
    """
    return max(safety_stock, floor)


def dual_supplier_floors(
    daily_demand: float, suppliers: Sequence[SupplierShare], together: bool = False
) -> tuple[dict[str, float], float]:
    """Return the floor that each supplier's failure asks for, and the floor of the item (O10).

    A supplier that serves a share w and fails for d days leaves w·d days of demand open. The item needs the largest
    of these, for independent suppliers do not fail together; with `together` (one port, one region) it needs all of
    them. Raises UsageError for shares that do not make a whole.

    >>> half = [SupplierShare("Acme", 0.5, 10.0), SupplierShare("Near", 0.5, 4.0)]
    >>> dual_supplier_floors(50.0, half)
    ({'Acme': 250.0, 'Near': 100.0}, 250.0)
    """
    whole = sum(supplier.share for supplier in suppliers)
    if suppliers and abs(whole - 1.0) > 1e-6:
        raise UsageError(f"the suppliers' shares add up to {whole:g}; make them 1 together")
    floors = {
        item.supplier: disruption_floor(daily_demand * item.share, item.longest_delay_days, item.planned_delay_days)
        for item in suppliers
    }
    return floors, sum(floors.values()) if together else max(floors.values(), default=0.0)


def own_buffer(floor: float, vmi: bool, held_by_supplier: float = 0.0) -> float:
    """Return the units that the seller itself must keep: what a supplier holds at hand under VMI need not be (O11).

    >>> own_buffer(350.0, vmi=True, held_by_supplier=200.0), own_buffer(350.0, vmi=False, held_by_supplier=200.0)
    (150.0, 350.0)
    """
    return max(floor - held_by_supplier, 0.0) if vmi else floor
