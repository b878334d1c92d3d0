"""The study behind a plan: kept for whoever asks why an order is as it is, or what is to be ordered later."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from core.errors import UnknownSkuError
from optimizer.allocation import Allocation
from optimizer.first_orders import FirstOrders
from optimizer.look_ahead import LookAhead, Run
from optimizer.ways import Way
from optimizer.workshop import Workshop

__all__ = ["ChosenRun", "PlanStudy", "PlannedOrder"]


class ChosenRun(NamedTuple):
    """One SKU's look-ahead, the run that its order comes from and the steps of that order now."""

    ahead: LookAhead
    run: Run
    first: int


class PlannedOrder(NamedTuple):
    """An order that a plan over several reviews means to place later: its way, its days after `as_of`, its units."""

    way: Way
    ordered: timedelta
    received: timedelta
    quantity: int


@dataclass(frozen=True, slots=True)
class PlanStudy:
    """What a plan was made from: the workshop, the candidates of each SKU and which of them were chosen.

    later: each SKU's later orders where limits of several periods were planned; None: those of the look-ahead.
    """

    workshop: Workshop
    curves: FirstOrders
    allocation: Allocation
    later: tuple[tuple[PlannedOrder, ...], ...] | None = None

    def rows(self, sku: str, location: str | None = None) -> list[int]:
        """Return the workshop's rows of a SKU; raises UnknownSkuError where it is not in the plan."""
        facts = self.workshop.facts
        keys = zip(facts["sku"], facts["location"], strict=True)
        found = [i for i, (name, place) in enumerate(keys) if name == sku and location in (None, place)]
        if not found:
            where = f" at {location}" if location else ""
            raise UnknownSkuError(f"{sku}{where} is not in the plan; give a sku of the sales table")
        return found

    def chosen_run(self, i: int) -> ChosenRun:
        """Return the run that SKU i's order comes from, made again where it was not kept."""
        orders, candidate = self.curves.orders, int(self.allocation.choice[i])
        kept = self.curves.runs.get(i)
        ahead = self.workshop.look_ahead(i) if kept is None else kept[0]
        first = round(float(orders.quantity[candidate]) / ahead.costs.step)
        if kept is not None and first < len(kept[1].curve.cost):
            return ChosenRun(*kept, first)
        place = {way.row: position for position, way in enumerate(ahead.ways)}
        way, second = int(orders.way[candidate]), int(orders.second_way[candidate])
        if way < 0:
            runs = [ahead.run(position) for position in range(len(ahead.ways))]
            return ChosenRun(ahead, min(runs, key=lambda run: float(run.curve.cost[0])), 0)
        run = ahead.run(place[way], (place[second],) if second >= 0 else ())
        if first >= len(run.curve.cost):
            run = ahead.run(place[way], (place[second],) if second >= 0 else (), more=first)
        return ChosenRun(ahead, run, first)

    @property
    def ordered(self) -> list[int]:
        """The workshop's rows with an order now."""
        return np.flatnonzero(self.curves.quantity[self.allocation.choice] > 0).tolist()
