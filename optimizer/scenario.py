"""What a simulation plays: demand, lead times, prices and rules, and the stock that it starts from."""

from dataclasses import dataclass

import numpy as np

from core.errors import UsageError
from core.types import FloatArray
from optimizer.stock_flow import Periods

__all__ = ["Opening", "Prices", "Scenario", "fixed_lead_times", "random_lead_times"]

LEAST_DEVIATION = 1e-3
"""Periods below which a lead time is taken as certain."""

LONGEST_LEAD = 400
"""Periods that a random lead time may last at most."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Stock before period 0: on_hand (n, P) units, backlog (n, P), inbound (n, P, K) units arriving by period."""

    on_hand: FloatArray
    backlog: FloatArray
    inbound: FloatArray

    @classmethod
    def of(cls, on_hand: FloatArray, inbound: FloatArray | None = None, paths: int = 1) -> "Opening":
        """Return the same opening stock, (n,), and arrivals, (n, K), on every path."""
        stock = np.repeat(on_hand[:, None].astype(np.float64), paths, axis=1)
        arrivals = np.zeros((len(on_hand), 0)) if inbound is None else inbound.astype(np.float64)
        return cls(stock, np.zeros_like(stock), np.repeat(arrivals[:, None, :], paths, axis=1))


@dataclass(frozen=True, slots=True)
class Prices:
    """What SKUs cost.

    holding_cost: (n,) per unit left at a period's end. stockout_cost: (n,) per unit lost, or waiting a period.
    order_cost: (n, M) per order by lane. premium: (n, M) per unit ordered by lane, beyond the unit cost that the
    margin of a lost sale already contains (air freight, expediting).
    """

    holding_cost: FloatArray
    stockout_cost: FloatArray
    order_cost: FloatArray
    premium: FloatArray

    @classmethod
    def of(cls, holding_cost: FloatArray, stockout_cost: FloatArray, order_cost: FloatArray) -> "Prices":
        """Return the prices, (n,) each, of SKUs with one lane and no premium."""
        fixed = order_cost[:, None].astype(np.float64)
        return cls(holding_cost.astype(np.float64), stockout_cost.astype(np.float64), fixed, np.zeros_like(fixed))


@dataclass(frozen=True, slots=True)
class Scenario:
    """Demand and the rules under which it is met.

    demand: (n, P, T) units, NaN where it is not known: nothing is sold or paid then. lead_times: (n, P, R, M)
    periods that the order of each review really takes by each lane. promised: (n, M) periods that suppliers
    promise. review: periods between reviews. rounds: reviews at which orders may be placed (None: all). paid_from:
    the first period that is paid for. lost_share: of unmet demand that is lost; the rest waits.
    """

    demand: FloatArray
    lead_times: Periods
    promised: Periods
    prices: Prices
    review: int = 1
    rounds: int | None = None
    paid_from: int = 0
    lost_share: float = 1.0

    def __post_init__(self) -> None:
        """Refuse arrays whose shapes disagree and rules without sense."""
        count, paths, periods = self.demand.shape
        if self.review < 1 or not 0.0 <= self.lost_share <= 1.0:
            raise UsageError(f"review {self.review} must be ≥ 1 and lost_share {self.lost_share} within 0 … 1")
        wanted = (count, paths, self.lead_times.shape[2], self.promised.shape[1])
        if self.lead_times.shape != wanted or self.lead_times.shape[2] < self.reviews:
            raise UsageError(f"lead times {self.lead_times.shape} do not fit {count} × {paths} × {self.reviews}")
        if not 0 <= self.paid_from < max(periods, 1):
            raise UsageError(f"paid_from {self.paid_from} is outside the {periods} periods")

    @property
    def lanes(self) -> int:
        """Ways to buy, M."""
        return self.promised.shape[1]

    @property
    def reviews(self) -> int:
        """Reviews within the periods at which orders may be placed."""
        within = -(-self.demand.shape[2] // self.review)
        return within if self.rounds is None else min(self.rounds, within)


def fixed_lead_times(promised: Periods, paths: int, reviews: int) -> Periods:
    """Return (n, P, R, M) lead times that are always as promised, (n, M)."""
    return np.broadcast_to(promised[:, None, None, :], (promised.shape[0], paths, reviews, promised.shape[1]))


def random_lead_times(
    mean: FloatArray, sd: FloatArray, paths: int, reviews: int, seed: int, period_days: int = 1
) -> Periods:
    """Return (n, P, R, M) whole periods drawn from gamma distributions of this mean and deviation in periods, (n, M).

    Drawn anew for each order, so that orders may cross. Goods come on a whole day and serve from the next period
    on, as everywhere (`optimizer.lead_time.arrival_periods`). A deviation of 0 gives the mean, rounded up.
    """
    random = np.random.default_rng(seed)
    varies = (sd > LEAST_DEVIATION) & (mean > 0)
    shape = np.divide(mean, sd, out=np.ones_like(mean), where=varies) ** 2
    scale = np.divide(sd**2, mean, out=np.zeros_like(mean), where=varies)
    size = (mean.shape[0], paths, reviews, mean.shape[1])
    drawn = random.gamma(shape[:, None, None, :], scale[:, None, None, :], size)
    served = np.ceil(np.round(drawn * period_days) / period_days - 1e-9)
    whole = np.where(varies[:, None, None, :], served, np.ceil(mean - 1e-9)[:, None, None, :])
    return np.clip(whole, 0, LONGEST_LEAD).astype(np.int64)
