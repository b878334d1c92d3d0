"""The markdown ladder: stepped prices for stock that is too old, each with its break-even (M35, M44).

What stays unsold costs its holding and may end at its salvage value. With p the price, c the cash cost that a sale
still causes (fees, shipping), h the holding cost a unit and day, T the days until the rest must go and s its salvage
value, a unit that would sell after T days is worth s − h·T. So a price below c + s − h·T is worse than removal: the
stop-loss. Unit cost is sunk and decides nothing; it is told as the margin of each step.

A cut from p₀ to p needs (p₀ − v) ÷ (p − v) times the sales to earn as much, v the unit cost: the classic break-even.
"""

from dataclasses import dataclass

from core.errors import UsageError

__all__ = ["Step", "break_even_factor", "markdown_ladder", "stop_loss_price"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: price, cut from the first price (share), margin a unit (money), sales needed to earn as much as at the
    first price (factor, infinite where the margin is gone), sales expected (units a day), days until sold out."""

    price: float
    cut: float
    margin: float
    needed: float
    expected_daily: float
    days_to_sell: float
    pays: bool


def break_even_factor(price: float, new_price: float, unit_cost: float) -> float:
    """Return how many times as much must sell at the new price to earn the same margin.

    >>> round(break_even_factor(39.99, 29.99, 18.0), 3)   # M35: −25.0 % needs 83 % more sales at a cost of 18
    1.834
    """
    return (price - unit_cost) / (new_price - unit_cost) if new_price > unit_cost else float("inf")


def stop_loss_price(sale_cost: float, salvage_value: float, holding_cost_a_day: float, days: float) -> float:
    """Return the price below which removal is better: sale cost + salvage − holding saved, at least 0.

    >>> stop_loss_price(2.0, 5.0, 0.02, 100.0)
    5.0
    """
    return max(sale_cost + salvage_value - holding_cost_a_day * days, 0.0)


def markdown_ladder(
    price: float,
    unit_cost: float,
    on_hand: float,
    daily: float,
    *,
    last_price: float | None = None,
    steps: int = 3,
    elasticity: float = 2.0,
    holding_cost_a_day: float = 0.0,
    salvage_value: float = 0.0,
    sale_cost: float = 0.0,
    must_go_days: float = 180.0,
) -> list[Step]:
    """Return the steps from the first cut to the last price, at equal ratios, none below the stop-loss.

    last_price: by default three quarters of the price, at least the stop-loss. elasticity: sales grow as
    (p₀ ÷ p)^elasticity. `pays` says whether the sales expected reach those needed, holding saved by selling sooner
    included. Raises UsageError for a price that is not above 0 or a last price above it.
    """
    floor = stop_loss_price(sale_cost, salvage_value, holding_cost_a_day, must_go_days)
    end = max(0.75 * price if last_price is None else last_price, floor)
    if not price > 0 or end > price or steps < 1:
        raise UsageError(f"a markdown from {price} to {end} in {steps} steps is none; give a lower last price")
    ladder = []
    for number in range(1, steps + 1):
        at = round(price * (end / price) ** (number / steps), 2)
        expected = daily * (price / at) ** elasticity
        days, days_before = _days(on_hand, expected), _days(on_hand, daily)
        saved = holding_cost_a_day * on_hand * (days_before - days) / 2.0
        needed = break_even_factor(price, at, unit_cost)
        earns = expected * (at - unit_cost) * min(days, must_go_days) + saved
        earned = daily * (price - unit_cost) * min(days_before, must_go_days)
        left = max(on_hand - daily * must_go_days, 0.0) * (salvage_value - unit_cost)
        left_after = max(on_hand - expected * must_go_days, 0.0) * (salvage_value - unit_cost)
        ladder.append(
            Step(
                price=at,
                cut=1 - at / price,
                margin=at - unit_cost,
                needed=needed,
                expected_daily=expected,
                days_to_sell=days,
                pays=bool(earns + left_after >= earned + left),
            )
        )
    return ladder


def _days(units: float, daily: float) -> float:
    return min(units / daily, 3650.0) if daily > 0 else 3650.0
