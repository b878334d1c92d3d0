"""Open orders whose arrival is uncertain: on each sample path they come on a day of their own."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.types import DemandForecast, FloatArray
from optimizer.lead_time import Days, arrival_periods, named_random, sampled_lead_days
from optimizer.ways import Way

__all__ = ["OpenOrder", "drawn_arrivals"]


class OpenOrder(NamedTuple):
    """An open order: units, the period that `inbound` counts them in, the day after `as_of` they are expected on."""

    quantity: float
    period: int
    days: int
    supplier: str
    mode: str


def drawn_arrivals(
    certain: FloatArray,
    orders: Sequence[OpenOrder],
    ways: Sequence[Way],
    forecast: DemandForecast,
    names: tuple[str, str],
    review_days: int = 0,
) -> FloatArray:
    """Return (P, H) units inbound by path, or `certain` (1, H) where every order's supplier is punctual.

    An order comes as many days before or after its expected day as its way's drawn lead time differs from the
    mean one, given that it has not come before `as_of`; its way is that of its supplier and mode, else the
    preferred one. What comes after the horizon does not count. names: sku and location.

    An order placed within the last `review_days` is as late, on each path, as one that would be placed now: the two
    travel together. Drawn apart from it, the very order that was decided for yesterday would look like a reason to
    order once more today, against the one shipment being late and not the other.
    """
    paths, horizon = forecast.paths.shape[1:]
    random = named_random(forecast.seed, *names)
    drawn = np.repeat(certain, paths, axis=0)
    moved = False
    for order in orders:
        named = (way for way in ways if (way.supplier, way.mode) == (order.supplier, order.mode))
        way = next(named, ways[0])
        if way.sd_days <= 0 or not 0 <= order.period < horizon:
            continue
        together = order.days > way.lead_days - review_days
        source = named_random(forecast.seed, *names, way.supplier, way.mode) if together else random
        lead = sampled_lead_days(way.lead_days, way.sd_days, (paths,), source, way.observed)
        days = _not_yet_come(order.days + lead - round(way.lead_days), random)
        period = arrival_periods(days, forecast.frequency)
        drawn[:, order.period] -= order.quantity
        counted = period < horizon
        drawn[np.flatnonzero(counted), period[counted]] += order.quantity
        moved = True
    return np.maximum(drawn, 0.0) if moved else certain


def _not_yet_come(days: Days, random: np.random.Generator) -> Days:
    """Return the days with those before `as_of` drawn anew among the others; all at `as_of` where there is no other."""
    early = days < 0
    if not early.any():
        return days
    if early.all():
        return np.zeros_like(days)
    return np.where(early, random.choice(days[~early], len(days)), days)
