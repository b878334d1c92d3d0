"""Peak stock at the marketplace or at a third party's warehouse: where a unit is cheaper, by how long it waits (O37).

A unit that waits `t` days costs `t` days of storage at the marketplace; or at the warehouse the days until it must
leave, the transfer, and the rest of the days at the marketplace. So there is one number of days from which on the
warehouse is cheaper, and what sells before it goes to the marketplace directly.
"""

from dataclasses import dataclass

import numpy as np

from core.types import FloatArray

__all__ = ["NodeCosts", "NodeSplit", "split_nodes"]


@dataclass(frozen=True, slots=True)
class NodeCosts:
    """What a unit costs by node, in money a unit (and day).

    direct_storage, warehouse_storage: a unit and day at the marketplace and at the warehouse. transfer_cost: a unit
    from the one to the other. direct_freight, warehouse_freight: a unit's first leg to each. transfer_days: from
    leaving the warehouse to being sellable, spent at the marketplace's rate.
    """

    direct_storage: float
    warehouse_storage: float
    transfer_cost: float
    direct_freight: float = 0.0
    warehouse_freight: float = 0.0
    transfer_days: float = 0.0

    @property
    def break_even_days(self) -> float:
        """Days of waiting from which on the warehouse is cheaper: d·t + f_d > w·(t − L) + d·L + f_w + c.

        t* = L + (c + f_w − f_d) ÷ (d − w), at least L; infinite where the warehouse's storage is no cheaper.
        Source: the indifference point of two linear costs.

        >>> NodeCosts(0.10, 0.02, 2.0, transfer_days=10.0).break_even_days
        35.0
        """
        saved = self.direct_storage - self.warehouse_storage
        extra = self.transfer_cost + self.warehouse_freight - self.direct_freight
        if saved <= 0:
            return float("inf") if extra >= 0 else self.transfer_days
        return max(self.transfer_days + extra / saved, self.transfer_days)


@dataclass(frozen=True, slots=True)
class NodeSplit:
    """direct, warehouse: (n,) units to send to each. cost, cost_direct: money of the split, and of sending all directly
    (NaN where the marketplace has no room for all).
    """

    direct: FloatArray
    warehouse: FloatArray
    cost: FloatArray
    cost_direct: FloatArray


def split_nodes(
    units: FloatArray, daily_demand: FloatArray, costs: NodeCosts, room: FloatArray | None = None
) -> NodeSplit:
    """Return how n products' peak stock is split between the marketplace and a warehouse.

    units: (n,) to be on the shelf at the start of the peak. daily_demand: (n, D) units a day from then on; units sell
    in its order, and what D days do not sell waits D days. room: (n,) units that the marketplace takes now (None: all).
    """
    reach = daily_demand.shape[1]
    sold = np.minimum(np.cumsum(daily_demand, axis=1), units[:, None])
    each = np.diff(np.concatenate([np.zeros((len(units), 1)), sold, units[:, None]], axis=1), axis=1)
    waits = np.r_[np.arange(reach, dtype=np.float64), float(reach)]
    early = np.where(waits < costs.break_even_days, each, 0.0).sum(axis=1)
    direct = early if room is None else np.minimum(early, room)
    before = np.concatenate([np.zeros((len(units), 1)), np.cumsum(each, axis=1)[:, :-1]], axis=1)
    at_once = np.clip(direct[:, None] - before, 0.0, each)
    stay = costs.direct_freight + costs.direct_storage * waits
    moved = costs.warehouse_freight + costs.transfer_cost + _waiting(costs, waits)
    total = (at_once * stay + (each - at_once) * moved).sum(axis=1)
    whole = (each * stay).sum(axis=1)
    return NodeSplit(direct, units - direct, total, whole if room is None else np.where(room >= units, whole, np.nan))


def _waiting(costs: NodeCosts, waits: FloatArray) -> FloatArray:
    """Return storage of a unit that comes by the warehouse: there until it must leave, then at the other's rate."""
    way = np.minimum(waits, costs.transfer_days)
    stored: FloatArray = costs.warehouse_storage * (waits - way) + costs.direct_storage * way
    return stored
