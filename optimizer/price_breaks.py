"""Price breaks: what a unit costs in an order of a given size, for all units or for those above the break."""

from typing import NamedTuple

import numpy as np

from core.types import FloatArray

__all__ = ["Band", "invoices", "price_bands", "purchase_cost"]


class Band(NamedTuple):
    """Orders of `least` to `most` units cost surcharge + unit_cost × quantity."""

    least: float
    most: float
    unit_cost: float
    surcharge: float = 0.0


def price_bands(text: str, unit_cost: float) -> tuple[Band, ...]:
    """Return the bands of `100:4.50;500:4.10` (all units) or `+100:4.50;500:4.10` (only those from 100 on).

    unit_cost: below the first break. With all units, an order of 100 costs 100 × 4.50; incrementally, 99 units
    at unit_cost and one at 4.50, and so band i has the surcharge F_i = Σ_{j ≤ i} (c_{j−1} − c_j)(q_j − 1), with
    breaks q and unit costs c. Source: Hadley and Whitin (1963), section 2-10.

    >>> [(band.least, band.most, band.unit_cost) for band in price_bands("100:4.50", 5.0)]
    [(1.0, 99.0, 5.0), (100.0, inf, 4.5)]
    >>> price_bands("+100:4.50", 5.0)[1].surcharge
    49.5
    """
    incremental = text.startswith("+")
    pairs = [pair.split(":") for pair in text.lstrip("+").rstrip("; ").split(";") if pair.strip()]
    breaks = [(float(quantity), float(cost)) for quantity, cost in pairs]
    if not breaks or breaks[0][0] > 1:
        breaks.insert(0, (1.0, unit_cost))
    bands: list[Band] = []
    surcharge = 0.0
    for place, (least, cost) in enumerate(breaks):
        most = breaks[place + 1][0] - 1 if place + 1 < len(breaks) else float("inf")
        if incremental and bands:
            surcharge += (bands[-1].unit_cost - cost) * (least - 1)
        bands.append(Band(least, most, cost, surcharge))
    return tuple(bands)


def purchase_cost(bands: tuple[Band, ...], quantity: float) -> float:
    """Return what an order costs before freight, duty and order cost.

    >>> purchase_cost(price_bands("+100:4.50", 5.0), 101)
    504.0
    """
    band = next((band for band in bands if band.least <= quantity <= band.most), bands[0])
    return band.surcharge + band.unit_cost * quantity if quantity > 0 else 0.0


def invoices(bands: tuple[Band, ...], quantity: FloatArray) -> FloatArray:
    """Return (m,) what orders of these sizes are invoiced at, `purchase_cost` of each; 0 for no order."""
    band = np.maximum(np.searchsorted([band.least for band in bands], quantity, side="right") - 1, 0)
    unit, surcharge = (np.array([getattr(item, name) for item in bands])[band] for name in ("unit_cost", "surcharge"))
    paid: FloatArray = np.where(quantity > 0, quantity * unit + surcharge, 0.0)
    return paid
