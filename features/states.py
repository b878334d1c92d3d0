"""Promotion states: planned price, discounts and flags of a period as one small code, to find past periods alike."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

from features.history import carry_forward

if TYPE_CHECKING:
    from features.panel import Panel

__all__ = ["planned_prices", "price_shares", "promotion_states"]

PRICE_STEPS = (0.75, 0.88, 0.97)
"""Price ÷ regular price that parts deep, middle and small discounts from none."""

DISCOUNT_STEPS = (0.01, 0.15, 0.30)
"""The same for stated discounts."""

MOST_COVARIATES = 5
"""Covariates that make up a state: with more, no two periods would be alike."""


def planned_prices(panel: "Panel") -> npt.NDArray[np.float32]:
    """Return (n, span) prices as planned: the planned price signal, else (in the past) the price that was paid."""
    planned = np.full((len(panel.series), panel.events.identity.shape[1]), np.nan, dtype=np.float32)
    if "price" in panel.known.names:
        planned[:] = panel.known.values[panel.known.names.index("price")]
    past = planned[:, : panel.periods]
    np.copyto(past, panel.history.price, where=np.isnan(past))
    return planned


def price_shares(panel: "Panel", prices: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return (n, span) price ÷ regular price, the highest planned in the quarter of a year up to then; NaN unknown."""
    quarter = 91 // panel.frequency.period_days
    filled = carry_forward(prices)
    highest = maximum_filter1d(np.nan_to_num(filled, nan=0.0), quarter, axis=1, origin=quarter // 2, mode="nearest")
    return filled / np.maximum(highest, np.float32(1e-9))


def promotion_states(panel: "Panel", known: tuple[str, ...], prices: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """Return (n, span) codes: two periods of a series with the same code had the same promotion state; -1 unknown.

    Covariates that were
    announced at some date are left out: at an earlier origin they would tell of a plan not yet made.
    """
    states = np.zeros(prices.shape, dtype=np.int16)
    usable = [name for name in known if panel.known.always_known(name)]
    for name in usable[:MOST_COVARIATES]:
        if name == "price":
            share = np.nan_to_num(price_shares(panel, prices), nan=1.0)
            code = len(PRICE_STEPS) - np.searchsorted(PRICE_STEPS, share)
        else:
            value = np.nan_to_num(panel.known.values[panel.known.names.index(name)])
            steps = DISCOUNT_STEPS if name == "discount" else DISCOUNT_STEPS[:1]
            code = np.searchsorted(steps, value)
        states = states * 4 + code.astype(np.int16)
    return states
