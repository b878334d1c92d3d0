"""Landed cost: what one more sellable unit costs by each way to buy it (C02, O37, O48) and at each batch size (O35)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

__all__ = ["LANDED_COLUMNS", "BatchCost", "LandedCost", "batch_costs", "landed_costs"]

DAYS_A_YEAR = 365
LANDED_COLUMNS = (
    *("sku", "location", "supplier", "mode", "lead_time_days", "unit_cost", "freight_cost", "duty", "placement"),
    *("capital_in_transit", "order_share", "landed_cost", "place", "extra", "assumed"),
)


@dataclass(frozen=True, slots=True)
class LandedCost:
    """The parts of one unit's landed cost, in money.

    duty is charged on the goods (duty_rate × unit cost); placement is the marketplace's fee for spreading the unit;
    capital_in_transit is what the money costs while the unit travels; order_share is the order's fixed cost a unit.
    """

    unit_cost: Decimal
    freight: Decimal = Decimal(0)
    duty: Decimal = Decimal(0)
    placement: Decimal = Decimal(0)
    capital_in_transit: Decimal = Decimal(0)
    order_share: Decimal = Decimal(0)

    @classmethod
    def of(
        cls,
        unit_cost: Decimal,
        freight: Decimal = Decimal(0),
        duty_rate: Decimal = Decimal(0),
        placement: Decimal = Decimal(0),
        lead_time_days: Decimal = Decimal(0),
        capital_rate: Decimal = Decimal(0),
        order_cost: Decimal = Decimal(0),
        quantity: Decimal = Decimal(1),
    ) -> "LandedCost":
        """Return the parts: duty on the unit cost, capital on goods and freight for the days under way.

        >>> days, rate = Decimal(73), Decimal("0.1")
        >>> LandedCost.of(Decimal(10), Decimal(1), Decimal("0.05"), lead_time_days=days, capital_rate=rate).total
        Decimal('11.72')
        """
        capital = (unit_cost + freight) * capital_rate * lead_time_days / DAYS_A_YEAR
        return cls(unit_cost, freight, unit_cost * duty_rate, placement, capital, order_cost / quantity)

    @property
    def total(self) -> Decimal:
        """All parts, in money a unit."""
        return self.unit_cost + self.freight + self.duty + self.placement + self.capital_in_transit + self.order_share


@dataclass(frozen=True, slots=True)
class BatchCost:
    """One batch size: its price a unit, its landed cost a unit, what it ties up and for how long."""

    quantity: int
    unit_cost: Decimal
    landed_cost: Decimal
    spend: Decimal
    days_of_supply: Decimal | None
    saving: Decimal
    holding: Decimal


def landed_costs(
    ways: pd.DataFrame, capital_rate: float = 0.0, placement: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Return one row a way to buy with `LANDED_COLUMNS`, cheapest first within a sku and location.

    ways: rows of `inventory.supply.supply_ways`. placement: fee a unit by sku. The order's fixed cost is spread over
    the minimum order. place: 1 is the cheapest; extra: landed cost above it. A way whose unit cost is unknown is left
    out.
    """
    table = ways[ways["unit_cost"].notna() & (ways["capacity"] > 0)].copy()
    table["duty"] = table["unit_cost"] * table["duty_rate"]
    table["placement"] = table["sku"].map(dict(placement or {})).astype(float).fillna(0.0)
    years = table["lead_time_days"] / DAYS_A_YEAR
    table["capital_in_transit"] = (table["unit_cost"] + table["freight_cost"]) * capital_rate * years
    table["order_share"] = table["order_cost"] / table["minimum_order_quantity"].clip(lower=1.0)
    parts = ["unit_cost", "freight_cost", "duty", "placement", "capital_in_transit", "order_share"]
    table["landed_cost"] = table[parts].sum(axis=1)
    table = table.sort_values(["sku", "location", "landed_cost", "lead_time_days", "supplier", "mode"], kind="stable")
    groups = table.groupby(["sku", "location"], sort=False)["landed_cost"]
    table["place"] = groups.cumcount() + 1
    table["extra"] = table["landed_cost"] - groups.transform("first")
    return table[list(LANDED_COLUMNS)].reset_index(drop=True)


def batch_costs(
    quantities: Sequence[int],
    breaks: Sequence[tuple[int, Decimal]],
    unit_cost: Decimal,
    order_cost: Decimal,
    daily_units: Decimal,
    holding_a_day: Decimal,
    freight: Decimal = Decimal(0),
) -> list[BatchCost]:
    """Return what batches of these sizes cost a unit, all-units price breaks applied (O35).

    breaks: (least quantity, unit cost) rising. saving: landed cost a unit below the smallest batch's. holding: what a
    unit of the batch costs in stock on average, holding_a_day × half the batch's days of supply; a larger batch pays
    while its saving exceeds its holding. holding_a_day: money a unit and day.
    """
    found: list[BatchCost] = []
    for quantity in sorted(quantities):
        price = next((cost for least, cost in reversed(breaks) if quantity >= least), unit_cost)
        landed = price + freight + order_cost / quantity
        days = None if daily_units <= 0 else quantity / daily_units
        first = found[0].landed_cost if found else landed
        holding = Decimal(0) if days is None else holding_a_day * days / 2
        found.append(BatchCost(quantity, price, landed, quantity * landed, days, first - landed, holding))
    return found
