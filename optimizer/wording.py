"""Sentences about orders: what to order, what there is, what happens without it, what shaped it."""

from typing import Any

from optimizer.allocation import Allocation
from optimizer.ways import Way

__all__ = ["binding", "order_words", "percent", "reason"]


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


def reason(line: Any, order: str, way: Way, days: int, allocation: Allocation) -> str:
    """Return one line's sentence; order: from `order_words`; days: until the next order can have arrived."""
    have = f"{line.on_hand:.0f} on hand and {line.inbound:.0f} inbound"
    words = [f"{have} cover {line.cover_days:.0f} of the {days} days until the next order can arrive"]
    if line.quantity == 0:
        words.append(f"a stock-out has probability {percent(line.stockout_probability)} by then")
        if line.best_quantity > 0:
            words.append(f"{line.best_quantity} would be best alone, but {binding(allocation)}")
        return f"Order nothing: {'; '.join(words)}."
    saved = line.cost_without_order - line.expected_cost
    words.append(
        f"without it a stock-out has probability {percent(line.stockout_probability_without_order)} "
        f"instead of {percent(line.stockout_probability)} and costs {saved:.2f} more"
    )
    least = int(way.least)
    if line.quantity == least and least > way.pack:
        words.append(f"{least} is the smallest order allowed")
    if line.best_quantity > line.quantity:
        words.append(f"{line.best_quantity} would be best alone, but {binding(allocation)}")
    return f"Order {order}: {'; '.join(words)}."


def binding(allocation: Allocation) -> str:
    """Return which shared limit binds and what one more unit of it would save."""
    prices = (("budget", allocation.budget_price), ("volume", allocation.volume_price))
    words = [f"the {name} binds: 1 more of it would save {price:.3g}" for name, price in prices if price > 0]
    return " and ".join(words) or "other limits bind"


def percent(share: float) -> str:
    """Return a probability in words that never claims more certainty than some hundred paths can give."""
    if 0 < share < 0.01:
        return "below 1 %"
    return "above 99 %" if 0.99 < share < 1 else f"{share:.0%}".replace("%", " %")
