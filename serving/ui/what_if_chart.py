"""Side by side: each SKU's order under both plans, bars of the cost parts, the cost of every quantity of one SKU."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.plan import OrderPlan
from serving.proposals.reasons import OrderReasons
from serving.proposals.recosting import StoredCurve

__all__ = ["Bar", "CostChart", "CostLine", "bars_of", "cost_chart", "order_rows"]

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 26
BAR_WIDTH = 300.0
TABLE_POINTS = 25


@dataclass(frozen=True, slots=True)
class Bar:
    """One cost part under both plans; widths: of 0 … BAR_WIDTH, to the same scale."""

    name: str
    base: float
    changed: float
    base_width: float
    changed_width: float


@dataclass(frozen=True, slots=True)
class CostLine:
    """One plan's cost by quantity: points of a drawing, where its order stands, and the numbers."""

    name: str
    points: str
    x: float
    y: float
    quantity: int
    cost: float


@dataclass(frozen=True, slots=True)
class CostChart:
    """Both lines, the scale, and the table twin: quantity and the cost under each plan."""

    lines: Sequence[CostLine]
    quantities: tuple[int, int]
    costs: tuple[float, float]
    table: Sequence[tuple[int, float, float]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def bars_of(parts: Mapping[str, Mapping[str, str]] | None) -> list[Bar]:
    """Return a bar a cost part of a scenario's answer; none where there are too many series for parts."""
    if parts is None:
        return []
    numbers = {name: (float(part["base"]), float(part["scenario"])) for name, part in parts.items()}
    largest = max((abs(value) for pair in numbers.values() for value in pair), default=0.0) or 1.0
    return [
        Bar(name, base, changed, _width(base, largest), _width(changed, largest))
        for name, (base, changed) in numbers.items()
    ]


def _width(value: float, largest: float) -> float:
    return round(BAR_WIDTH * max(value, 0.0) / largest, 1)


def order_rows(base: OrderPlan, plan: OrderPlan) -> list[dict[str, Any]]:
    """Return sku, location and both plans' quantity, way, days, cost and risk of each series."""
    found = []
    ways = _ways(base), _ways(plan)
    for before, after in zip(base.lines.to_dict("records"), plan.lines.to_dict("records"), strict=True):
        told = {"sku": str(before["sku"]), "location": str(before["location"])}
        found.append(told | {"base": _order(before, ways[0]), "changed": _order(after, ways[1])})
    return found


def _ways(plan: OrderPlan) -> Mapping[tuple[str, str], list[str]]:
    """Return by which ways each series is bought now; an order may be split over two."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in plan.orders.to_dict("records"):
        words = [str(row[name]) for name in ("supplier", "mode") if not pd.isna(row[name]) and str(row[name])]
        found.setdefault((str(row["sku"]), str(row["location"])), []).append(" · ".join(words))
    return found


def _order(row: Mapping[Any, Any], ways: Mapping[tuple[str, str], list[str]]) -> dict[str, Any]:
    return {
        "quantity": int(row["quantity"]),
        "way": " + ".join(ways.get((str(row["sku"]), str(row["location"])), ())),
        "arrive_on": pd.Timestamp(row["arrive_on"]).date(),
        "expected_cost": float(row["expected_cost"]),
        "risk": float(row["stockout_probability"]),
    }


def cost_chart(base: OrderPlan, plan: OrderPlan) -> CostChart | None:
    """Return the expected cost by quantity of the only series of both plans.

    None for several series, for no curve, and for an order split over two ways: it has no one quantity.
    """
    if len(base.lines) != 1 or base.study is None or plan.study is None:
        return None
    if max(len(base.orders), len(plan.orders)) > 1:
        return None
    curves = _curve(base), _curve(plan)
    if any(len(curve.quantities) < 2 for curve, _ in curves):
        return None
    most = max(curve.quantities[-1] for curve, _ in curves)
    shown = [_thin(curve, most) for curve, _ in curves]
    costs = [cost for points in shown for _, cost in points]
    low, high = min(costs), max(costs)
    scale = _Scale(most, low, high if high > low else low + 1.0)
    lines = [
        _line(name, points, scale, curve, quantity)
        for name, points, (curve, quantity) in zip(("base", "changed"), shown, curves, strict=True)
    ]
    steps = sorted({round(most * place / (TABLE_POINTS - 1)) for place in range(TABLE_POINTS)})
    packs = [quantity - quantity % curves[0][0].pack for quantity in steps]
    table = [(quantity, *(round(curve.at(quantity)[0], 2) for curve, _ in curves)) for quantity in dict.fromkeys(packs)]
    return CostChart(lines, (0, most), (low, high), table)  # type: ignore[arg-type]


def _curve(plan: OrderPlan) -> tuple[StoredCurve, int]:
    """Return the plan's own cost curve, as proposals keep it, and the quantity that it orders."""
    assert plan.study is not None
    row = plan.lines.iloc[0]
    quantity = int(row["quantity"])
    known = OrderReasons(plan.study).of(row["sku"], row["location"], row["supplier"], row["mode"], quantity, False)
    return known.curve, quantity


def _thin(curve: StoredCurve, most: int) -> list[tuple[int, float]]:
    """Return the points to draw, the last one at `most`."""
    points = list(zip(curve.quantities, curve.costs, strict=True))
    if points[-1][0] < most:
        points.append((most, curve.at(most)[0]))
    return points


@dataclass(frozen=True, slots=True)
class _Scale:
    most: int
    low: float
    high: float

    def x(self, quantity: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * quantity / max(self.most, 1), 1)

    def y(self, cost: float) -> float:
        room = HEIGHT - TOP - BOTTOM
        return round(TOP + room * (1 - (cost - self.low) / (self.high - self.low)), 1)


def _line(name: str, points: Sequence[tuple[int, float]], scale: _Scale, curve: StoredCurve, quantity: int) -> CostLine:
    path = " ".join(f"{scale.x(at)},{scale.y(cost)}" for at, cost in points)
    cost = curve.at(quantity)[0]
    return CostLine(name, path, scale.x(quantity), scale.y(cost), quantity, cost)
