"""Play a policy over demand: many SKUs on many paths, period by period, with books in which every unit adds up.

Order of events in a period: decide (at a review), receive, serve what waits, sell, lose or let wait, pay. An
order with a lead time of l periods placed in period t is there for the demand of period t + l.

Policies are compared on common random numbers: the same demand and the same lead time for the order of the same
review, whatever its quantity.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.errors import UsageError
from core.types import FloatArray
from optimizer.policies import Knowledge, Policy, StockState
from optimizer.scenario import Opening, Prices, Scenario
from optimizer.stock_flow import (
    BACKLOG_LEFT,
    COUNTERS,
    DEMANDED,
    LOST,
    ORDERED,
    ORDERS,
    RECEIVED,
    SOLD,
    STOCK_LEFT,
    UNITS_LOST,
    by_period,
    run_period,
)

__all__ = ["Outcome", "simulate"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy did.

    ledger: (n, P, COUNTERS). order_cost, premium_cost: (n, P) money for orders placed in periods paid for.
    totals: (T, 6) demand, units served at once, stock left, holding, stock-out and ordering cost a period, all SKUs
    and paths together, periods paid for only. quantities: (R, n, P, M) units ordered at each review by lane.
    opening, closing: the stock before and after, so that another run can go on from there.
    """

    policy: str
    ledger: FloatArray
    order_cost: FloatArray
    premium_cost: FloatArray
    totals: FloatArray
    quantities: FloatArray
    opening: Opening
    closing: Opening
    prices: Prices

    @property
    def costs(self) -> dict[str, FloatArray]:
        """Money by kind, (n, P) each."""
        book, prices = self.ledger, self.prices
        unmet = book[:, :, UNITS_LOST] + book[:, :, BACKLOG_LEFT]
        return {
            "holding_cost": prices.holding_cost[:, None] * book[:, :, STOCK_LEFT],
            "stockout_cost": prices.stockout_cost[:, None] * unmet,
            "order_cost": self.order_cost,
            "premium_cost": self.premium_cost,
        }

    @property
    def cost(self) -> FloatArray:
        """All of it, (n, P)."""
        total: FloatArray = np.sum(list(self.costs.values()), axis=0)
        return total

    def check_balance(self) -> None:
        """Raise AssertionError where a unit appeared or vanished."""
        book, start, end = self.ledger, self.opening, self.closing
        on_hand = start.on_hand + book[:, :, RECEIVED] - book[:, :, SOLD] - end.on_hand
        transit = start.inbound.sum(axis=2) + book[:, :, ORDERED] - book[:, :, RECEIVED] - end.inbound.sum(axis=2)
        wanted = start.backlog + book[:, :, DEMANDED] - book[:, :, SOLD] - book[:, :, LOST] - end.backlog
        for name, gap in (("on hand", on_hand), ("in transit", transit), ("demanded", wanted)):
            worst = float(np.abs(gap).max(initial=0.0))
            if worst > 1e-6:
                raise AssertionError(f"units {name} do not add up: {worst:g} of them appeared or vanished")


def simulate(policy: Policy, scenario: Scenario, opening: Opening, knowledge: Callable[[int], Knowledge]) -> Outcome:
    """Return what `policy` does to the stock over the scenario's periods.

    knowledge: from a period to what is known at its start; called at each review. Raises UsageError where the
    policy orders part units, negative units or the wrong number of them, AssertionError where the books do not
    balance (never).
    """
    stock = _Stock(scenario, opening)
    count, paths, periods = scenario.demand.shape
    totals = np.zeros((periods, 6))
    quantities = np.zeros((scenario.reviews, count, paths, scenario.lanes))
    for period in range(periods):
        number = period // scenario.review
        if period % scenario.review == 0 and number < scenario.reviews:
            wanted = policy.order(stock.state(period), knowledge(period))
            quantities[number] = _checked(policy.name, wanted, (count, paths, scenario.lanes))
            totals[period, 5] = stock.place(period, number, quantities[number])
        stock.run(period, totals[period])
    outcome = Outcome(
        policy.name,
        stock.ledger,
        stock.order_cost,
        stock.premium_cost,
        totals,
        quantities,
        opening,
        stock.closing(periods),
        scenario.prices,
    )
    outcome.check_balance()
    return outcome


def _checked(name: str, wanted: FloatArray, shape: tuple[int, int, int]) -> FloatArray:
    """Return the orders by lane (n, P, M); those of a policy that knows no lanes go by the first one."""
    units = np.asarray(wanted, dtype=np.float64)
    if units.shape == shape[:2]:
        units = np.concatenate([units[:, :, None], np.zeros((*shape[:2], shape[2] - 1))], axis=2)
    if units.shape != shape:
        raise UsageError(f"policy {name} answered {units.shape} quantities where {shape} are asked for")
    if not ((units >= 0) & (units == np.round(units))).all():
        raise UsageError(f"policy {name} ordered part or negative units; it must order whole ones")
    return units


class _Stock:
    """The stock while it is played. Slots: first those of the opening's arrivals, then a ring of reviews × lanes."""

    def __init__(self, scenario: Scenario, opening: Opening) -> None:
        count, paths, _ = scenario.demand.shape
        self.scenario = scenario
        self.on_hand = opening.on_hand.astype(np.float64).copy()
        self.backlog = opening.backlog.astype(np.float64).copy()
        self.first = opening.inbound.shape[2]
        self.ring = int(scenario.lead_times.max(initial=0)) // scenario.review + 1
        slots = self.first + self.ring * scenario.lanes
        self.quantity = np.zeros((count, paths, slots))
        self.quantity[:, :, : self.first] = opening.inbound
        self.due = np.zeros((count, paths, slots), dtype=np.int64)
        self.due[:, :, : self.first] = np.arange(self.first)
        self.promised = np.zeros((count, slots), dtype=np.int64)
        self.promised[:, : self.first] = np.arange(self.first)
        self.cycle_short = np.zeros((count, paths), dtype=np.bool_)
        self.ledger = np.zeros((count, paths, COUNTERS))
        self.order_cost = np.zeros((count, paths))
        self.premium_cost = np.zeros((count, paths))

    def state(self, period: int) -> StockState:
        """Return what a policy may see: promised arrivals, not the real ones."""
        promised = by_period(self.quantity, self.promised[:, None, :], period)
        return StockState(self.on_hand.copy(), self.backlog.copy(), promised)

    def place(self, period: int, number: int, wanted: FloatArray) -> float:
        """Put the orders of a review, (n, P, M), on their way; return the money that placing them costs."""
        scenario, prices = self.scenario, self.scenario.prices
        start = self.first + (number % self.ring) * scenario.lanes
        slots = slice(start, start + scenario.lanes)
        self.quantity[:, :, slots] = wanted
        self.due[:, :, slots] = period + scenario.lead_times[:, :, number]
        self.promised[:, slots] = period + scenario.promised
        self.ledger[:, :, ORDERED] += wanted.sum(axis=2)
        if period < scenario.paid_from:
            return 0.0
        self.ledger[:, :, ORDERS] += (wanted > 0).sum(axis=2)
        fixed = (prices.order_cost[:, None, :] * (wanted > 0)).sum(axis=2)
        premium = (prices.premium[:, None, :] * wanted).sum(axis=2)
        self.order_cost += fixed
        self.premium_cost += premium
        return float(fixed.sum() + premium.sum())

    def run(self, period: int, totals: FloatArray) -> None:
        """Play one period."""
        scenario, prices = self.scenario, self.scenario.prices
        run_period(
            period,
            period >= scenario.paid_from,
            np.ascontiguousarray(scenario.demand[:, :, period]),
            scenario.lost_share,
            prices.holding_cost,
            prices.stockout_cost,
            self.on_hand,
            self.backlog,
            self.quantity,
            self.due,
            self.cycle_short,
            self.ledger,
            totals,
        )

    def closing(self, periods: int) -> Opening:
        """Return the stock at the end, its real arrivals counted from there."""
        return Opening(self.on_hand, self.backlog, by_period(self.quantity, self.due, periods))
