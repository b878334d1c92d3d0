"""One period of stock: receive, serve what waits, sell, lose or let wait, count (compiled; every unit adds up).

A cell is one SKU on one path. Its open orders lie in S slots, each with a quantity and the period in which it
really arrives, so that a later order may overtake an earlier one.
"""

import numba
import numpy as np
import numpy.typing as npt

from core.types import FloatArray

__all__ = [
    "AT_ONCE",
    "BACKLOG_LEFT",
    "CLEAN_CYCLES",
    "COUNTERS",
    "CYCLES",
    "DEMAND",
    "DEMANDED",
    "LOST",
    "ORDERED",
    "ORDERS",
    "PERIODS",
    "RECEIVED",
    "SHORT_PERIODS",
    "SOLD",
    "STOCK_LEFT",
    "UNITS_LOST",
    "Periods",
    "by_period",
    "run_period",
]

Periods = npt.NDArray[np.int64]

DEMANDED, RECEIVED, SOLD, LOST, ORDERED = range(5)
"""Places in the ledger of units in all periods: they balance."""

PERIODS, DEMAND, AT_ONCE, UNITS_LOST, STOCK_LEFT, BACKLOG_LEFT, SHORT_PERIODS, CYCLES, CLEAN_CYCLES, ORDERS = range(
    5, 15
)
"""Places of what is counted in the periods that are paid for and in which demand is known."""

COUNTERS = 15


@numba.njit(cache=True)
def run_period(
    period: int,
    paid: bool,
    demand: FloatArray,
    lost_share: float,
    holding_cost: FloatArray,
    stockout_cost: FloatArray,
    on_hand: FloatArray,
    backlog: FloatArray,
    quantity: FloatArray,
    due: Periods,
    cycle_short: npt.NDArray[np.bool_],
    ledger: FloatArray,
    totals: FloatArray,
) -> None:
    """Play one period in place.

    demand: (n, P) units, NaN where it is not known: nothing is sold and nothing is paid. holding_cost,
    stockout_cost: (n,). on_hand, backlog: (n, P). quantity, due: (n, P, S) open orders; a slot with quantity 0 is
    free. cycle_short: (n, P) whether demand went unmet since the last receipt. ledger: (n, P, COUNTERS), added
    to. totals: (5,) of this period over all cells: demand, units served at once, stock left, holding and stock-out
    cost, added to.
    """
    for i in range(quantity.shape[0]):
        for p in range(quantity.shape[1]):
            row = ledger[i, p]
            arrived = _receive(period, quantity[i, p], due[i, p])
            if arrived > 0.0:
                if paid:
                    row[CYCLES] += 1.0
                    row[CLEAN_CYCLES] += 0.0 if cycle_short[i, p] else 1.0
                cycle_short[i, p] = False
            known = not np.isnan(demand[i, p])
            wanted = demand[i, p] if known else 0.0
            stock = on_hand[i, p] + arrived
            served = min(stock, backlog[i, p])
            at_once = min(stock - served, wanted)
            unmet = wanted - at_once
            lost = unmet if lost_share >= 1.0 else min(np.floor(lost_share * unmet + 0.5), unmet)
            on_hand[i, p] = stock - served - at_once
            backlog[i, p] += unmet - lost - served
            cycle_short[i, p] |= unmet > 0.0
            row[DEMANDED] += wanted
            row[RECEIVED] += arrived
            row[SOLD] += served + at_once
            row[LOST] += lost
            if paid and known:
                row[PERIODS] += 1.0
                row[DEMAND] += wanted
                row[AT_ONCE] += at_once
                row[UNITS_LOST] += lost
                row[STOCK_LEFT] += on_hand[i, p]
                row[BACKLOG_LEFT] += backlog[i, p]
                row[SHORT_PERIODS] += 1.0 if unmet > 0.0 else 0.0
                totals[0] += wanted
                totals[1] += at_once
                totals[2] += on_hand[i, p]
                totals[3] += holding_cost[i] * on_hand[i, p]
                totals[4] += stockout_cost[i] * (lost + backlog[i, p])


@numba.njit(cache=True)
def _receive(period: int, quantity: FloatArray, due: Periods) -> float:
    """Empty the slots that are due and return the units in them."""
    arrived = 0.0
    for s in range(quantity.size):
        if quantity[s] > 0.0 and due[s] <= period:
            arrived += quantity[s]
            quantity[s] = 0.0
    return arrived


@numba.njit(cache=True)
def by_period(quantity: FloatArray, when: Periods, now: int) -> FloatArray:
    """Return (n, P, H) the units of all slots, (n, P, S), by the period in which they come, counted from `now`.

    when: (n, P, S), or (n, 1, S) where it is the same on all paths; what is late comes now.
    """
    count, paths, slots = quantity.shape
    furthest = 0
    for i in range(count):
        for p in range(paths):
            for s in range(slots):
                if quantity[i, p, s] > 0.0:
                    furthest = max(furthest, when[i, p % when.shape[1], s] - now)
    table = np.zeros((count, paths, furthest + 1))
    for i in range(count):
        for p in range(paths):
            for s in range(slots):
                if quantity[i, p, s] > 0.0:
                    table[i, p, max(when[i, p % when.shape[1], s] - now, 0)] += quantity[i, p, s]
    return table
