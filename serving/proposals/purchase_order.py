"""Purchase-order drafts, the pure part: approved proposals grouped by supplier, summed up and held against limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from serving.proposals.amounts import amount_text

__all__ = ["Check", "Group", "Limits", "OrderLine", "checks_of", "grouped", "order_line", "totals_of"]

UNIT = "C62"
"""UN/ECE Recommendation 20: one."""


class Group(NamedTuple):
    """What one draft has one of."""

    supplier: str
    mode: str
    ship_to: str
    currency: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of a draft: a proposal as it was approved. volume, spend: of the line."""

    proposal_id: str
    sku: str
    quantity: int
    case_pack: int
    unit_cost: Decimal | None
    order_by: str
    arrive_on: str
    volume: float
    spend: Decimal
    violations: tuple[str, ...]

    @property
    def total(self) -> Decimal | None:
        """Quantity × unit cost, None where the unit cost is not known."""
        return None if self.unit_cost is None else self.quantity * self.unit_cost

    def facts(self) -> dict[str, Any]:
        """Return the line as JSON can hold it."""
        return {
            "sku": self.sku,
            "quantity": self.quantity,
            "unit": UNIT,
            "case_pack": self.case_pack,
            "cases": self.quantity // self.case_pack,
            "unit_cost": amount_text(self.unit_cost),
            "line_total": amount_text(self.total),
            "order_by": self.order_by,
            "arrive_on": self.arrive_on,
            "violations": list(self.violations),
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """What a supplier or a ship asks of a whole draft; None: nothing. budget: of all that is committed of the run."""

    minimum_units: int | None = None
    minimum_value: Decimal | None = None
    container_volume: float | None = None
    budget: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A limit, what the draft makes of it, and whether it is kept. missing: to the limit (a minimum or a full
    container), or beyond it (a budget); empty where nothing is.
    """

    name: str
    limit: str
    actual: str
    is_met: bool
    missing: str


def order_line(row: Any) -> OrderLine:
    """Return the line of a proposal's row."""
    return OrderLine(
        proposal_id=row.proposal_id,
        sku=row.sku,
        quantity=row.quantity,
        case_pack=row.case_pack,
        unit_cost=row.unit_cost,
        order_by=row.order_by.isoformat(),
        arrive_on=row.arrive_on.isoformat(),
        volume=row.volume,
        spend=row.spend,
        violations=tuple(item["constraint"] for item in row.violations),
    )


def grouped(rows: Iterable[Any]) -> dict[Group, list[Any]]:
    """Return the rows of each draft, by supplier, mode, ship-to and currency, each by sku and name."""
    found: dict[Group, list[Any]] = {}
    for row in sorted(rows, key=lambda row: (row.supplier, row.mode, row.location, row.currency, row.sku)):
        found.setdefault(Group(row.supplier, row.mode, row.location, row.currency), []).append(row)
    return found


def totals_of(lines: Sequence[OrderLine]) -> dict[str, Any]:
    """Return what the lines add up to; subtotal is of the lines whose unit cost is known."""
    return {
        "lines": len(lines),
        "units": sum(line.quantity for line in lines),
        "cases": sum(line.quantity // line.case_pack for line in lines),
        "volume": round(sum(line.volume for line in lines), 6),
        "subtotal": amount_text(_value(lines)),
        "lines_without_cost": sum(line.unit_cost is None for line in lines),
        "order_by": min(line.order_by for line in lines),
        "arrive_on": max(line.arrive_on for line in lines),
    }


def checks_of(lines: Sequence[OrderLine], limits: Limits, committed_spend: Decimal) -> list[Mapping[str, Any]]:
    """Return the limits that were given, each with what the draft makes of it.

    committed_spend: money of all orders of the run that are approved or further, these lines among them.
    """
    units, value, volume = sum(line.quantity for line in lines), _value(lines), sum(line.volume for line in lines)
    found = []
    if limits.minimum_units is not None:
        short = max(limits.minimum_units - units, 0)
        found.append(Check("minimum_units", str(limits.minimum_units), str(units), not short, str(short or "")))
    if limits.minimum_value is not None:
        found.append(_at_least("minimum_value", limits.minimum_value, value))
    if limits.budget is not None:
        over = max(committed_spend - limits.budget, Decimal(0))
        words = str(amount_text(limits.budget)), str(amount_text(committed_spend))
        found.append(Check("budget", *words, not over, str(amount_text(over)) if over else ""))
    if limits.container_volume is not None:
        found.append(_in_containers(limits.container_volume, volume))
    return [asdict(check) for check in found]


def _in_containers(container: float, volume: float) -> Check:
    if volume <= 0:
        return Check("container_volume", f"{container:g}", "not known: the products have no volume", False, "")
    full, rest = divmod(volume, container)
    room = container - rest if rest > 1e-9 else 0.0
    words = f"{volume:g} in {int(full) + (rest > 1e-9)} containers"
    return Check("container_volume", f"{container:g}", words, room == 0.0, f"{room:g}" if room else "")


def _at_least(name: str, limit: Decimal, actual: Decimal) -> Check:
    short = max(limit - actual, Decimal(0))
    return Check(
        name,
        str(amount_text(limit)),
        str(amount_text(actual)),
        not short,
        str(amount_text(short)) if short else "",
    )


def _value(lines: Sequence[OrderLine]) -> Decimal:
    return sum((line.total for line in lines if line.total is not None), Decimal(0))
