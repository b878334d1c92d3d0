"""Measures worked out from a report's own: cubic feet, pounds, prices and rates, in the units the dataset counts in."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from inventory.fees.stored_item import CUBIC_FEET, POUNDS, cubic_feet_of
from inventory.imports.header_match import plain
from inventory.imports.parsed_report import ParsedReport

__all__ = ["derive"]

SIXTH = Decimal("0.000001")
INCHES: Mapping[str, Decimal] = {
    **dict.fromkeys(("inches", "inch", "in"), Decimal(1)),
    **dict.fromkeys(("centimeters", "centimetres", "centimeter", "cm"), 1 / Decimal("2.54")),
    **dict.fromkeys(("millimeters", "millimetres", "mm"), 1 / Decimal("25.4")),
    **dict.fromkeys(("feet", "foot", "ft"), Decimal(12)),
}
"""Inches in one unit of length, by its plain name."""
VOLUMES: Mapping[str, Decimal] = {
    **dict.fromkeys(("cubicfeet", "cubicfoot", "cuft", "ft3"), CUBIC_FEET["cubic_feet"]),
    **dict.fromkeys(("cubicinches", "cuin", "in3"), CUBIC_FEET["cubic_inches"]),
    **dict.fromkeys(("cubicmeters", "cubicmetres", "m3"), CUBIC_FEET["cubic_metres"]),
    **dict.fromkeys(("liters", "litres", "l"), CUBIC_FEET["litres"]),
    **dict.fromkeys(("cubiccentimeters", "cubiccentimetres", "cm3", "cubiccm"), CUBIC_FEET["cubic_centimetres"]),
}
WEIGHTS: Mapping[str, Decimal] = {
    **dict.fromkeys(("pounds", "pound", "lb", "lbs"), POUNDS["pounds"]),
    **dict.fromkeys(("ounces", "ounce", "oz"), POUNDS["ounces"]),
    **dict.fromkeys(("kilograms", "kilogram", "kg"), POUNDS["kilograms"]),
    **dict.fromkeys(("grams", "gram", "g"), POUNDS["grams"]),
}

Row = Mapping[str, Any]
Values = npt.NDArray[np.object_]


def derive(report: ParsedReport) -> None:
    """Add the fields that the layout's `derive` asks for, in place; missing where what they are made of is.

    volume, box: `cubic_feet` of the stated volume, else of the box's sides. weight: `pounds`. unit_price: sales ÷
    units. referral: `referral_rate` = fee ÷ price. storage_part: a storage fee less its surcharge. after_end: the day
    after `end`, when the span's values are known. rival_cart_adds: all cart adds less one's own. rank_name: of a
    department's search ranks.
    """
    for name in report.layout.derive:
        field, inputs, work = DERIVED[name]
        columns = [report.fields[each] for each in inputs]
        made = np.empty(report.kept, dtype=object)
        before = report.fields.get(field)
        for place, cells in enumerate(zip(*columns, strict=True)):
            value = work(*cells)
            made[place] = value if value is not None or before is None else before[place]
        report.fields[field] = made


def _volume(volume: Decimal | None, unit: str) -> Decimal | None:
    factor = VOLUMES.get(plain(unit))
    return None if volume is None or factor is None else _rounded(volume * factor)


def _box(longest: Decimal | None, median: Decimal | None, shortest: Decimal | None, unit: str) -> Decimal | None:
    factor = INCHES.get(plain(unit))
    if longest is None or median is None or shortest is None or factor is None:
        return None
    return _rounded(cubic_feet_of(longest * factor, median * factor, shortest * factor))


def _weight(weight: Decimal | None, unit: str) -> Decimal | None:
    factor = WEIGHTS.get(plain(unit))
    return None if weight is None or factor is None else _rounded(weight * factor)


def _referral(fee: Decimal | None, price: Decimal | None, sales_price: Decimal | None) -> Decimal | None:
    paid = sales_price or price
    rate = fee / paid if fee is not None and paid else None
    return _rounded(rate) if rate is not None and rate < Decimal("0.999") else None


def _unit_price(amount: Decimal | None, units: Decimal | None) -> Decimal | None:
    return _rounded(amount / units) if amount is not None and units else None


def _storage_part(amount: Decimal, surcharge: Decimal | None) -> Decimal:
    return amount - (surcharge or 0)


def _rank_name(department: str) -> str:
    """Return the signal of a department's ranks; the marketplace's own one has no further name."""
    slug = "" if plain(department).startswith("amazon") else plain(department)
    return f"search_frequency_rank_{slug}" if slug else "search_frequency_rank"


def _others(total: int | None, own: int | None) -> int | None:
    return None if total is None or own is None else max(total - own, 0)


def _after(day: date) -> date:
    return day + timedelta(days=1)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(SIXTH)


DERIVED: Mapping[str, tuple[str, tuple[str, ...], Callable[..., Any]]] = {
    "box": ("cubic_feet", ("longest_side", "median_side", "shortest_side", "side_unit"), _box),
    "volume": ("cubic_feet", ("volume", "volume_unit"), _volume),
    "weight": ("pounds", ("weight", "weight_unit"), _weight),
    "referral": ("referral_rate", ("referral_fee", "price", "sales_price"), _referral),
    "unit_price": ("unit_price", ("sales_amount", "units"), _unit_price),
    "storage_part": ("storage_part", ("amount", "surcharge"), _storage_part),
    "rank_name": ("rank_name", ("department",), _rank_name),
    "after_end": ("after_end", ("end",), _after),
    "rival_cart_adds": ("rival_cart_adds", ("total_cart_adds", "cart_adds"), _others),
}
"""What the layout asks for → the field made, the fields it is made of, and how."""
