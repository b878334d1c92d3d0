"""Sentences about orders: what to order, what there is, what happens without it, what shaped it."""

from typing import Any

from optimizer.allocation import Allocation
from optimizer.ways import Way

__all__ = ["binding", "order_words", "percent", "reason"]

ROWS = 2
"""Binding limits that a sentence names, at most."""


def order_words(way: Way, quantity: int, several: bool = False, other: Way | None = None, second: int = 0) -> str:
    """Return the order in words: `24 (2 cases of 12)`, or `6 by air and 48 by sea` where it is split.

    several: whether there are several ways to buy. other, second: way and units of a split order's later part.
    """
    if other is not None:
        return f"{quantity} {_by(way)} and {second} {_by(other)}"
    packs = f" ({quantity // way.pack} cases of {way.pack})" if way.pack > 1 else ""
    named = f" {_by(way)}" if several else ""
    return f"{quantity}{packs}{named}"


def _by(way: Way) -> str:
    words = [f"by {way.mode}" if way.mode else "", f"from {way.supplier}" if way.supplier else ""]
    return " ".join(word for word in words if word) or "as usual"


def reason(line: Any, order: str, way: Way, days: int, allocation: Allocation, floor_price: float = 0.0) -> str:
    """Return one line's sentence; order: from `order_words`; days: until the next order can have arrived.

    floor_price: what a service floor costs above the cheapest order.
    """
    have = f"{line.on_hand:.0f} on hand and {line.inbound:.0f} inbound"
    words = [f"{have} cover {line.cover_days:.0f} of the {days} days until the next order can arrive"]
    if line.quantity == 0:
        words.append(f"a stock-out has probability {percent(line.stockout_probability)} by then")
        if line.best_quantity > 0:
            words.append(f"{line.best_quantity} would be best alone, but {binding(allocation)}")
        return f"Order nothing: {'; '.join(words)}."
    saved = line.cost_without_order - line.expected_cost
    money = f"costs {saved:.2f} more" if saved >= 0 else f"costs {-saved:.2f} less"
    words.append(
        f"without it a stock-out has probability {percent(line.stockout_probability_without_order)} "
        f"instead of {percent(line.stockout_probability)} and {money}"
    )
    if floor_price > 0:
        words.append(f"the service floor costs {floor_price:.2f} more than the cheapest order")
    least = int(way.least)
    if line.quantity == least and least > way.pack:
        words.append(f"{least} is the smallest order allowed")
    if line.best_quantity > line.quantity or (allocation.joints and line.quantity > line.best_quantity):
        words.append(f"{line.best_quantity} would be best alone, but {binding(allocation)}")
    return f"Order {order}: {'; '.join(words)}."


def binding(allocation: Allocation) -> str:
    """Return which shared limits bind and what one more unit of each would save, the dearest first."""
    prices = [("budget", allocation.budget_price), ("volume", allocation.volume_price)]
    if allocation.rows:
        dearest = sorted(allocation.rows, key=lambda row: -row.price * row.used)
        prices = [(row.name, row.price) for row in dearest[:ROWS]]
    words = [f"the {name} binds: 1 more of it would save {price:.3g}" for name, price in prices if price > 0]
    words += [f"the terms of {joint.name} count for its whole order" for joint in allocation.joints]
    return " and ".join(words) or "other limits bind"


def percent(share: float) -> str:
    """Return a probability in words that never claims more certainty than some hundred paths can give."""
    if 0 < share < 0.01:
        return "below 1 %"
    return "above 99 %" if 0.99 < share < 1 else f"{share:.0%}".replace("%", " %")
