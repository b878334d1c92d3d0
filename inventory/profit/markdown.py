"""Markdown ladders: price cuts step by step, each with its margin, its time to clear and its cash (M35, M44)."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from core.errors import UsageError
from inventory.profit.unit_economics import UnitEconomics

__all__ = ["MarkdownSettings", "Rung", "best_rung", "markdown_ladder"]

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class MarkdownSettings:
    """How prices are cut.

    aged_days: stock older than that is marked down (M35). deepest: largest discount; 0.25 takes 39.99 to 29.99
    (M35). steps: prices on the way. elasticity: sales grow as (price ÷ old price)^−elasticity. price_end: the last
    digits that prices are given, 0.99 (None: none). horizon_days: what is not sold by then is removed.
    """

    aged_days: int = 120
    deepest: Decimal = Decimal("0.25")
    steps: int = 5
    elasticity: Decimal = Decimal(2)
    price_end: Decimal | None = Decimal("0.99")
    horizon_days: int = 90


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder.

    discount: share off the first price. margin: money a unit after all costs; contribution: with the goods already
    paid. above_break_even: whether the margin is not negative. daily_units: at this price. clear_days: days until the
    stock is gone, None where the horizon ends first. sold, left: units within the horizon. cash: contribution of what
    is sold, less storage of what waits, less removal of what is left.
    """

    price: Decimal
    discount: Decimal
    margin: Decimal
    contribution: Decimal
    above_break_even: bool
    daily_units: Decimal
    clear_days: Decimal | None
    sold: Decimal
    left: Decimal
    cash: Decimal


def markdown_ladder(
    unit: UnitEconomics,
    units: Decimal,
    daily_units: Decimal,
    storage_a_day: Decimal = Decimal(0),
    removal: Decimal = Decimal(0),
    settings: MarkdownSettings | None = None,
) -> list[Rung]:
    """Return the ladder from today's price down to the deepest discount.

    units: to be cleared, selling `daily_units` a day at today's price. storage_a_day: fees a unit and day; give
    unit.storage as 0 with it, or storage counts twice. removal: of a unit that is left. Raises UsageError for settings
    that make no ladder.
    """
    settings = settings or MarkdownSettings()
    if not 0 < settings.deepest < 1 or settings.steps < 1 or unit.price <= 0:
        raise UsageError(
            f"a ladder from {unit.price} by {settings.steps} steps to {settings.deepest:%} off is none; "
            "give a price, at least one step and a discount between 0 and 1"
        )
    prices = [unit.price]
    for step in range(1, settings.steps + 1):
        price = _ended(unit.price * (1 - settings.deepest * step / settings.steps), settings.price_end)
        if price < prices[-1]:
            prices.append(price)
    return [_rung(unit, price, units, daily_units, storage_a_day, removal, settings) for price in prices]


def best_rung(ladder: list[Rung]) -> Rung:
    """Return the rung that brings most cash; of equals the dearer one."""
    return max(ladder, key=lambda rung: (rung.cash, rung.price))


def _ended(price: Decimal, end: Decimal | None) -> Decimal:
    """Return the price nearest to `price` that ends as prices do, such as 29.99."""
    if end is None:
        return price.quantize(CENT, rounding=ROUND_HALF_UP)
    return max((price - end).quantize(Decimal(1), rounding=ROUND_HALF_UP), Decimal(0)) + end


def _rung(
    unit: UnitEconomics,
    price: Decimal,
    units: Decimal,
    daily_units: Decimal,
    storage_a_day: Decimal,
    removal: Decimal,
    settings: MarkdownSettings,
) -> Rung:
    at = unit.at(price)
    faster = daily_units * (price / unit.price) ** -settings.elasticity
    horizon = Decimal(settings.horizon_days)
    sold = min(units, faster * horizon)
    days = units / faster if faster > 0 else None
    waiting = min(days, horizon) if days is not None else horizon
    # Stock falls evenly from units to what is left: on average half of both lies there while it is being sold.
    stored = (units + units - sold) / 2 * waiting
    cash = sold * at.contribution - storage_a_day * stored - removal * (units - sold)
    return Rung(
        price=price,
        discount=1 - price / unit.price,
        margin=at.margin,
        contribution=at.contribution,
        above_break_even=at.margin >= 0,
        daily_units=faster,
        clear_days=days if days is not None and days <= horizon else None,
        sold=sold,
        left=units - sold,
        cash=cash,
    )
