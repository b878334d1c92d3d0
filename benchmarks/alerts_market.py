"""Simulated: a shop whose suppliers take 5 … 45 days, with the stock of every morning and every order on record."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.market_demand import Forces, MarketSettings, draw_forces

__all__ = ["LEAD_DAYS", "StockedMarket", "stocked_market"]

Array = npt.NDArray[np.float64]

LEAD_DAYS = (5, 12, 25, 45)
"""Lead times of the suppliers: road, rail, fast and slow sea."""
LATE_SHARE = 0.1
"""Standard deviation of a lead time over its mean."""
REVIEW_DAYS = 7


@dataclass(frozen=True, slots=True)
class StockedMarket:
    """n skus over D days. demand, sold: (n, D) units; on_hand: (n, D) at the start of each day, before receipts of it.

    lost: (n, D) demand that met no stock. lead: (n,) days. orders: `row, placed, expected, received` (days) and
    `quantity`. price: (n,). launched: (n,) first day. forces: what moves demand.
    """

    demand: Array
    sold: Array
    on_hand: Array
    lost: Array
    lead: npt.NDArray[np.int64]
    orders: pd.DataFrame
    price: Array
    launched: npt.NDArray[np.int64]
    forces: Forces
    settings: MarketSettings


def stocked_market(settings: MarketSettings) -> StockedMarket:
    """Return the market: buyers look once a week and order up to a month beyond their own idea of a reorder point.

    That idea is 0.5 … 1.5 times the mean demand of the lead time, one factor a sku: some run short, some do not.
    """
    forces = draw_forces(settings)
    draw = np.random.default_rng((settings.seed, 99))
    count, days = forces.mean.shape
    odds = forces.size[:, None] / (forces.size[:, None] + forces.mean)
    demand = draw.negative_binomial(forces.size[:, None], odds).astype(np.float64)
    lead = draw.choice(LEAD_DAYS, count)
    factor, weekday = draw.uniform(0.5, 1.5, count), draw.integers(0, REVIEW_DAYS, count)
    early = np.array([row[at : at + 28].mean() for row, at in zip(demand, forces.launched, strict=True)])
    stock = np.ceil(early * (lead + 30)) + 1
    sold, on_hand, lost = (np.zeros((count, days)) for _ in range(3))
    coming = np.zeros((count, days + 120))
    orders = []
    for day in range(days):
        on_hand[:, day] = stock
        stock = stock + coming[:, day]
        sold[:, day] = np.minimum(demand[:, day], stock)
        lost[:, day] = demand[:, day] - sold[:, day]
        stock = stock - sold[:, day]
        mean = sold[:, max(day - 27, 0) : day + 1].sum(axis=1) / np.clip(day + 1 - forces.launched, 1, 28)
        position = stock + coming[:, day + 1 :].sum(axis=1)
        asks = (day % REVIEW_DAYS == weekday) & (day >= forces.launched) & (position <= factor * mean * lead)
        for row in np.flatnonzero(asks):
            quantity = float(np.ceil(mean[row] * (factor[row] * lead[row] + 30) - position[row]))
            if quantity <= 0:
                continue
            took = max(int(np.rint(draw.normal(lead[row], LATE_SHARE * lead[row]))), 1)
            coming[row, day + took] += quantity
            orders.append((row, day, day + lead[row], day + took, quantity))
    table = pd.DataFrame(orders, columns=["row", "placed", "expected", "received", "quantity"])
    price = forces.regular[:, 0]
    return StockedMarket(demand, sold, on_hand, lost, lead, table, price, forces.launched, forces, settings)
