"""Simulated: what a shop that reorders by (s, S) sells of the true demand, hour by hour, and what comes back.

Orders of a day come early rather than late: by the share u of the day S(u) = 1 − (1 − u)^1.6 of them are placed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["StockHistory", "returned_units", "sell_from_stock", "share_sold_by"]

Array = npt.NDArray[np.float64]

EARLY = 1.6
"""Exponent of the day's rhythm; 1 would be orders at an even pace."""

LEAD_DAYS = 12
ORDER_DAYS = 21
LISTING_OUTAGE = 1 / 250
"""Chance that a day's listing is suppressed from some hour on, whatever the stock."""


@dataclass(frozen=True, slots=True)
class StockHistory:
    """n skus over D days. sold, in_stock (share of the day the item could be bought): (n, D).

    on_hand: (n,) at the end; inbound: (n, LEAD_DAYS) quantities that arrive on the days after the end.
    """

    sold: Array
    in_stock: Array
    on_hand: Array
    inbound: Array


def share_sold_by(day_share: Array) -> Array:
    """Return the expected share of a day's orders placed by the share `day_share` of the day, S(u).

    >>> share_sold_by(np.array([0.0, 0.5, 1.0])).round(3).tolist()
    [0.0, 0.67, 1.0]
    """
    return 1 - (1 - day_share) ** EARLY


def sell_from_stock(
    demand: Array, launched: npt.NDArray[np.int64], cover: float, draw: np.random.Generator
) -> StockHistory:
    """Return what is sold of `demand` (n, D) by a shop that orders up to S whenever its position is at or below s.

    s = `cover` × mean sales of the last 28 days × LEAD_DAYS, S = s + ORDER_DAYS of mean sales. On a day when k units
    meet D ≥ k orders the item is sold out at the hour of the k-th order: the day's in-stock share tells of demand.
    """
    count, days = demand.shape
    sold, in_stock = np.zeros((count, days)), np.zeros((count, days))
    first_weeks = np.array([row[at : at + 28].mean() for row, at in zip(demand, launched, strict=True)])
    on_hand = np.ceil(first_weeks * (LEAD_DAYS + ORDER_DAYS)) + 1
    inbound = np.zeros((count, LEAD_DAYS))
    for day in range(days):
        on_hand = on_hand + inbound[:, 0]
        listed = np.where(draw.random(count) < LISTING_OUTAGE, draw.random(count), 1.0)
        wanted = demand[:, day]
        reached = draw.binomial(wanted.astype(np.int64), share_sold_by(listed)).astype(np.float64)
        sold[:, day] = np.minimum(reached, on_hand)
        in_stock[:, day] = _hours_in_stock(wanted, on_hand, reached, listed, draw)
        on_hand = on_hand - sold[:, day]
        mean = sold[:, max(day - 27, 0) : day + 1].sum(axis=1) / np.clip(day + 1 - launched, 1, 28)
        inbound = np.concatenate([inbound[:, 1:], np.zeros((count, 1))], axis=1)
        position = on_hand + inbound.sum(axis=1)
        target = mean * (cover * LEAD_DAYS + ORDER_DAYS) + 2
        low = (position <= cover * mean * LEAD_DAYS + 1) & (day >= launched)
        inbound[:, -1] += np.where(low, np.ceil(np.maximum(target - position, 0)), 0.0)
    return StockHistory(sold, in_stock, on_hand, inbound)


def _hours_in_stock(wanted: Array, on_hand: Array, reached: Array, listed: Array, draw: np.random.Generator) -> Array:
    """Return (n,) the share of the day until the last unit went (k-th of D orders: a beta variable) or the listing did.

    A day that begins without stock has none. The last unit's hour is the end even when nobody asks for another.
    """
    short = reached >= on_hand
    place = draw.beta(np.where(short, np.maximum(on_hand, 1), 1), np.where(short, reached - on_hand + 1, 1))
    hour = 1 - (1 - place * share_sold_by(listed)) ** (1 / EARLY)
    share = np.where(short, np.where(on_hand > 0, hour, 0.0), np.where(on_hand > 0, listed, 0.0))
    return np.where((share > 0) & (share < 1), np.clip(np.round(share, 3), 0.001, 0.995), share)


def returned_units(sold: Array, draw: np.random.Generator) -> Array:
    """Return (n, D) units that come back: 2 … 12 % of a sku's sales, 6 … 20 days later."""
    count, days = sold.shape
    back = draw.binomial(sold.astype(np.int64), draw.uniform(0.02, 0.12, count)[:, None])
    later = np.arange(days)[None, :] + draw.integers(6, 21, (count, days))
    inside = later < days
    result = np.zeros((count, days))
    np.add.at(result, (np.nonzero(inside)[0], later[inside]), back[inside])
    return result
