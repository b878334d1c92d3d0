"""How much at once: the economic order quantity (EOQ), plain, with waiting demand, and with both kinds of discount.

All rates are of one unit of time (a year, a period); sources: Harris (1913); Hadley and Whitin (1963) for the
discounts, as told in Snyder and Shen, Fundamentals of Supply Chain Theory, chapter 3.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from core.errors import UsageError

__all__ = [
    "PriceBreak",
    "eoq",
    "eoq_all_units",
    "eoq_incremental",
    "eoq_with_backorders",
]

PriceBreak = tuple[float, float]
"""The least quantity of a price, and the unit cost from there on."""


def eoq(fixed_cost: float, holding_cost: float, demand_rate: float) -> tuple[float, float]:
    """Return (Q, cost): Q = √(2Kλ/h), cost √(2Kλh) of ordering and holding a unit of time.

    fixed_cost: per order, [K]. holding_cost: per unit and unit of time, [h]. demand_rate: [λ].

    >>> eoq(8, 0.225, 1300)
    (304.0467800264368, 68.41052550594829)
    """
    _check(holding_cost=holding_cost)
    both = 2 * fixed_cost * demand_rate
    return math.sqrt(both / holding_cost), math.sqrt(both * holding_cost)


def eoq_with_backorders(
    fixed_cost: float, holding_cost: float, stockout_cost: float, demand_rate: float
) -> tuple[float, float, float]:
    """Return (Q, share of demand that waits, cost) where demand may wait at `stockout_cost` per unit and time, [p].

    Q = √(2Kλ(h + p) / hp), share h / (h + p).

    >>> [round(value, 6) for value in eoq_with_backorders(8, 0.225, 5, 1300)]
    [310.812555, 0.043062, 66.921364]
    """
    _check(holding_cost=holding_cost, stockout_cost=stockout_cost)
    both = holding_cost + stockout_cost
    quantity = math.sqrt(2 * fixed_cost * demand_rate * both / (holding_cost * stockout_cost))
    cost = math.sqrt(2 * fixed_cost * demand_rate * holding_cost * stockout_cost / both)
    return quantity, holding_cost / both, cost


def eoq_all_units(
    fixed_cost: float, holding_rate: float, demand_rate: float, breaks: Sequence[PriceBreak]
) -> tuple[float, float, float]:
    """Return (Q, unit cost, cost) where the price of a quantity holds for all its units.

    holding_rate: share of the unit cost that holding costs a unit of time, [i]. breaks: rising, the first one from
    0. Cost of purchase, ordering and holding: c_j λ + Kλ/Q + i c_j Q / 2, least over each price's own EOQ where it
    is allowed and over the breakpoints.

    >>> eoq_all_units(200, 0.20, 1000, [(0, 500), (200, 475), (500, 450)])
    (500.0, 450, 472900.0)
    """
    found = []
    for place, (least, unit_cost) in enumerate(_checked(breaks)):
        beyond = breaks[place + 1][0] if place + 1 < len(breaks) else math.inf
        holding = holding_rate * unit_cost
        best, _ = eoq(fixed_cost, holding, demand_rate)
        quantity = max(best, float(least))
        if 0 < quantity < beyond:
            cost = unit_cost * demand_rate + fixed_cost * demand_rate / quantity + holding * quantity / 2
            found.append((quantity, unit_cost, cost))
    return min(found, key=lambda item: (item[2], item[0]))


def eoq_incremental(
    fixed_cost: float, holding_rate: float, demand_rate: float, breaks: Sequence[PriceBreak]
) -> tuple[float, float, float]:
    """Return (Q, unit cost of the last unit, cost) where a price holds only for the units beyond its breakpoint.

    With c̄_j what the units below breakpoint j cost beyond c_j each: Q_j = √(2(K + c̄_j)λ / i c_j), cost
    c_j λ + i c̄_j / 2 + (K + c̄_j)λ/Q + i c_j Q / 2, least over the Q_j that lie in their own interval.

    >>> [round(value, 4) for value in eoq_incremental(150, 0.25, 2400, [(0, 100), (300, 90), (600, 80)])]
    [1481.8907, 80, 222762.8137]
    """
    found, extra = [], 0.0
    for place, (least, unit_cost) in enumerate(_checked(breaks)):
        if place:
            extra += least * (breaks[place - 1][1] - unit_cost)
        beyond = breaks[place + 1][0] if place + 1 < len(breaks) else math.inf
        holding = holding_rate * unit_cost
        quantity, _ = eoq(fixed_cost + extra, holding, demand_rate)
        if least <= quantity < beyond and quantity > 0:
            bought = unit_cost * demand_rate + (fixed_cost + extra) * demand_rate / quantity
            cost = bought + holding_rate * extra / 2 + holding * quantity / 2
            found.append((quantity, unit_cost, cost))
    return min(found, key=lambda item: (item[2], item[0]))


def _checked(breaks: Sequence[PriceBreak]) -> Sequence[PriceBreak]:
    least = [item[0] for item in breaks]
    if not breaks or least[0] != 0 or any(later <= earlier for earlier, later in pairwise(least)):
        raise UsageError(f"price breaks {list(breaks)} must start at quantity 0 and rise")
    for _, unit_cost in breaks:
        _check(unit_cost=unit_cost)
    return breaks


def _check(**costs: float) -> None:
    for name, cost in costs.items():
        if not cost > 0:
            raise UsageError(f"{name} {cost} must be above 0 for an economic order quantity")
