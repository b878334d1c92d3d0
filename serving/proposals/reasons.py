"""Why each order is as it is, drawn from the plan's study: pieces, binding limit, cost curve and explanation."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core.types import FloatArray
from optimizer.explanation import explain_row, order_pieces
from optimizer.look_ahead import LookAhead, Run
from optimizer.study import ChosenRun, PlanStudy
from optimizer.ways import Way
from serving.proposals.recosting import StoredCurve

__all__ = ["CURVE_POINTS", "Binding", "KnownReason", "OrderReasons"]

CURVE_POINTS = 128
"""Quantities of a cost curve that are kept; between them the straight line is read."""


@dataclass(frozen=True, slots=True)
class Binding:
    """The limit that shaped an order. shadow_price: money saved by one more unit of it (None: not a shared limit)."""

    constraint: str
    shadow_price: float | None
    message: str


@dataclass(frozen=True, slots=True)
class KnownReason:
    """What the study knows of one order. explanation: `optimizer.explanation`'s, None where it was not asked for."""

    way: Way
    ways: Sequence[Way]
    curve: StoredCurve
    binding: Binding | None
    pieces: dict[str, float]
    explanation: dict[str, Any] | None


class OrderReasons:
    """A plan's study, asked order by order."""

    def __init__(self, study: PlanStudy) -> None:
        self.study = study
        facts = study.workshop.facts
        self.rows = {key: i for i, key in enumerate(zip(facts["sku"], facts["location"], strict=True))}
        self.volumes = study.workshop.terms["volume"].fillna(0.0).tolist()

    def of(self, sku: str, location: str, supplier: str, mode: str, quantity: int, whole: bool) -> KnownReason:
        """Return what is known of the order of `quantity` units; whole: its full explanation too."""
        i = self.rows[(sku, location)]
        ways = self.study.workshop.ways[i]
        way = next((way for way in ways if (way.supplier, way.mode) == (supplier, mode)), ways[0])
        chosen = self.study.chosen_run(i)
        ordered = float(self.study.curves.quantity[int(self.study.allocation.choice[i])])
        pieces = order_pieces(chosen.ahead, chosen.run, ordered)
        explanation = explain_row(self.study, i).to_dict() if whole else None
        return KnownReason(
            way=way,
            ways=ways,
            curve=self._curve(i, chosen, way, quantity),
            binding=self._binding(i, way, quantity, round(ordered)),
            pieces={name: round(value, 4) for name, value in asdict(pieces).items()},
            explanation=None if explanation is None else _rounded(explanation),
        )

    def _curve(self, i: int, chosen: ChosenRun, way: Way, quantity: int) -> StoredCurve:
        ahead, run, _ = chosen
        if ahead.ways[run.first].row != way.row:  # nothing chosen, or the later part of an order split over two ways
            place = next((at for at, other in enumerate(ahead.ways) if other.row == way.row), run.first)
            run = ahead.run(place)
        costs = run.curve.cost.copy()
        filled = ~np.isfinite(costs)
        if filled.any():
            _fill(costs, filled, self._unlimited(i, way, len(costs)))
        step = ahead.costs.step
        at = min(round(quantity / step), len(costs) - 1)
        known = float(self.study.curves.orders.cost[int(self.study.allocation.choice[i])])
        shift = known - float(costs[at])
        kept = list(_kept(costs, step, way.pack, at))
        known_cost = not math.isnan(self.study.workshop.told["unit_cost"][way.row])
        return StoredCurve(
            quantities=tuple(round(k * step) for k in kept),
            costs=tuple(round(cost + shift, 6) for cost in costs[kept].tolist()),
            shortages=tuple(round(share, 6) for share in run.curve.shortage[kept].tolist()),
            pack=way.pack,
            minimum=int(way.minimum),
            capacity=None if math.isinf(way.capacity) else int(way.capacity),
            minimum_value=way.minimum_value,
            invoiced=_stored_bands(way.invoiced) if known_cost else (),
            landed=_stored_bands(way.landed),
            order_cost=way.order_cost,
            volume=float(self.volumes[i]),
        )

    def _unlimited(self, i: int, way: Way, size: int) -> FloatArray:
        """Return the cost of quantities that the supplier's limits forbid, as if they did not: now and later."""
        free = replace(way, minimum=1.0, minimum_value=0.0, capacity=math.inf)
        ahead: LookAhead = self.study.workshop.look_ahead(i, [free])
        run: Run = ahead.run(0, size=size)
        return run.curve.cost

    def _binding(self, i: int, way: Way, quantity: int, ordered: int) -> Binding | None:
        allocation, candidates = self.study.allocation, self.study.curves.candidates
        best = round(float(self.study.curves.quantity[candidates.offsets[i + 1] - 1]))
        if best != ordered:
            name, price = max(
                (("budget", allocation.budget_price), ("volume", allocation.volume_price)), key=lambda item: item[1]
            )
            words = f"{best} units would be best alone; 1 more of the {name} would save {price:.3g}"
            return Binding(name, round(price, 6), words)
        floor = float(self.study.curves.floor_price[i])
        if floor > 0:
            return Binding("service_floor", round(floor, 6), f"the service floor costs {floor:.2f} more")
        if quantity > 0 and quantity == int(way.least) and way.least > way.pack:
            return Binding("minimum_order_quantity", None, f"{quantity} is the smallest order allowed")
        if quantity > 0 and quantity + way.pack > way.capacity:
            return Binding("capacity", None, f"the supplier delivers at most {way.capacity:g} units")
        return None


def _fill(costs: FloatArray, filled: np.ndarray[Any, np.dtype[np.bool_]], free: FloatArray) -> None:
    size = min(len(free), len(costs))
    usable = filled[:size] & np.isfinite(free[:size])
    costs[:size][usable] = free[:size][usable]


def _kept(costs: FloatArray, step: float, pack: int, chosen: int) -> Iterator[int]:
    """Yield the places that are kept: whole packs, thinned evenly, nothing and the order always."""
    stride = max(round(pack / step), 1)
    whole = np.arange(0, len(costs), stride)
    whole = whole[np.isfinite(costs[whole])]
    thin = whole[np.unique(np.linspace(0, len(whole) - 1, min(CURVE_POINTS, len(whole))).round().astype(int))]
    near = whole[np.abs(whole - chosen) <= 8 * stride]
    yield from sorted({0, chosen, *thin.tolist(), *near.tolist()})


def _stored_bands(bands: Sequence[Any]) -> tuple[tuple[float, float | None, float, float], ...]:
    return tuple(
        (band.least, None if math.isinf(band.most) else band.most, band.unit_cost, band.surcharge) for band in bands
    )


def _rounded(value: Any) -> Any:
    """Return the same with every float rounded to six places: noise beyond it would make two runs differ."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
