"""Policies that order lots: (s, S), (R, Q) and the economic order quantity with price breaks.

The reorder point is the base-stock level of the protection interval (joint paths, the SKU's own critical ratio); the
lot is the EOQ of the forecast's mean demand, so that fixed costs are spread. Whole packs and the minimum hold.
"""

from dataclasses import dataclass

import numpy as np

from core.types import FloatArray
from optimizer.base_stock import path_quantile, protection_interval_demand, review_ratio
from optimizer.economic_order_quantity import PriceBreak, eoq_all_units, eoq_incremental
from optimizer.policies import Knowledge, StockState, allowed_quantity
from optimizer.price_breaks import price_bands

__all__ = ["EconomicOrderQuantity", "FixedMinMax", "MinMax", "ReorderQuantity", "order_lots"]

LEAST_HOLDING = 1e-9
DAYS_A_YEAR = 365.0


def _point_and_lot(knowledge: Knowledge, cycle_service_level: float | None) -> tuple[FloatArray, FloatArray]:
    """Return (n,) the reorder point and √(2Kλ/h), at least the demand of one review."""
    forecast = knowledge.forecast(int(knowledge.first.max(initial=0)) + knowledge.review)
    demand = protection_interval_demand(forecast, knowledge.first, knowledge.review)
    asked = cycle_service_level
    ratio = review_ratio(knowledge) if asked is None else np.full(len(demand), asked)
    pace = forecast.mean.mean(axis=1)
    holding = np.maximum(knowledge.column("holding_cost"), LEAST_HOLDING)
    lot = np.sqrt(2.0 * np.maximum(knowledge.column("order_cost"), 0.0) * pace / holding)
    return path_quantile(demand, ratio), np.ceil(np.maximum(lot, 1.0))


@dataclass(frozen=True, slots=True)
class FixedMinMax:
    """(s, S) with given levels, (n,) each: at or below s order up to S."""

    reorder_point: FloatArray
    order_up_to_level: FloatArray
    name: str = "fixed-min-max"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to S where the position is at or below s."""
        position = state.inventory_position
        wanted = np.where(
            position <= self.reorder_point[:, None], np.ceil(self.order_up_to_level[:, None] - 1e-9) - position, 0.0
        )
        return allowed_quantity(wanted, knowledge.terms)


@dataclass(frozen=True, slots=True)
class MinMax:
    """(s, S): below the base-stock level order up to it plus the EOQ's lot minus one."""

    cycle_service_level: float | None = None
    name: str = "min-max"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to S where the position is at or below s."""
        level, lot = _point_and_lot(knowledge, self.cycle_service_level)
        return FixedMinMax(level - 1.0, level - 1.0 + lot).order(state, knowledge)


@dataclass(frozen=True, slots=True)
class ReorderQuantity:
    """(R, Q): at or below R order as many whole lots Q as lift the position above R."""

    cycle_service_level: float | None = None
    name: str = "reorder-quantity"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return whole lots where the position is at or below R."""
        level, lot = _point_and_lot(knowledge, self.cycle_service_level)
        return order_lots(level - 1.0, allowed_quantity(lot, knowledge.terms), state, knowledge)


@dataclass(frozen=True, slots=True)
class EconomicOrderQuantity:
    """(R, Q) whose lot weighs ordering, holding and the supplier's price breaks.

    holding_rate: share of the unit cost that holding costs a year, used for lots with price breaks. Prices of all
    units, or of the units beyond the break only, as the supply row says.
    """

    holding_rate: float = 0.25
    cycle_service_level: float | None = None
    name: str = "economic-order-quantity"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return whole economic lots where the position is at or below R."""
        level, lot = _point_and_lot(knowledge, self.cycle_service_level)
        terms = knowledge.terms
        forecast = knowledge.forecast(int(knowledge.first.max(initial=0)) + knowledge.review)
        yearly = forecast.mean.mean(axis=1) * DAYS_A_YEAR / knowledge.frequency.period_days
        for row in np.flatnonzero((terms["price_breaks"].to_numpy(dtype=str) != "") & (yearly > 0)):
            text, unit_cost = terms["price_breaks"].iat[row], float(terms["planning_unit_cost"].iat[row])
            fixed = max(float(terms["order_cost"].iat[row]), LEAST_HOLDING)
            lot[row] = _lot_with_breaks(text, unit_cost, fixed, self.holding_rate, float(yearly[row]))
        return order_lots(level - 1.0, allowed_quantity(lot, terms), state, knowledge)


def _lot_with_breaks(text: str, unit_cost: float, fixed_cost: float, holding_rate: float, yearly: float) -> float:
    """Return the economic lot, whole units, under a supply row's price breaks."""
    incremental = text.startswith("+")
    breaks: list[PriceBreak] = [
        (0.0 if not place else band.least - (1.0 if incremental else 0.0), band.unit_cost)
        for place, band in enumerate(price_bands(text, unit_cost))
    ]
    solve = eoq_incremental if incremental else eoq_all_units
    return float(np.ceil(solve(fixed_cost, holding_rate, yearly, breaks)[0] - 1e-9))


def order_lots(point: FloatArray, lot: FloatArray, state: StockState, knowledge: Knowledge) -> FloatArray:
    """Return (n, P) the whole lots, (n,) units each, that lift the position above `point`, (n,)."""
    gap = point[:, None] - state.inventory_position
    size = np.maximum(lot, 1.0)[:, None]
    wanted = np.where(gap >= 0, size * (np.floor(gap / size) + 1.0), 0.0)
    return np.where(lot[:, None] > 0, allowed_quantity(wanted, knowledge.terms), 0.0)
