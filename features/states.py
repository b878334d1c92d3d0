"""Promotion states: planned price, discounts and flags of a period as one small code, to find past periods alike."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

from features.history import carry_forward
from features.panel import Panel

__all__ = ["planned_prices", "promotion_states"]

PRICE_STEPS = (0.75, 0.88, 0.97)
"""Price ÷ regular price that parts deep, middle and small discounts from none."""

DISCOUNT_STEPS = (0.01, 0.15, 0.30)
"""The same for stated discounts."""

MOST_COVARIATES = 5
"""Covariates that make up a state: with more, no two periods would be alike."""


def planned_prices(panel: Panel) -> npt.NDArray[np.float32]:
    """Return (n, span) prices as planned: the planned price signal, else (in the past) the price that was paid."""
    planned = np.full((len(panel.series), panel.events.identity.shape[1]), np.nan, dtype=np.float32)
    if "price" in panel.known.names:
        planned[:] = panel.known.values[panel.known.names.index("price")]
    past = planned[:, : panel.periods]
    np.copyto(past, panel.history.price, where=np.isnan(past))
    return planned


def promotion_states(panel: Panel, known: tuple[str, ...], prices: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """Return (n, span) codes: two periods of a series with the same code had the same promotion state; -1 unknown.

    A price is placed against the regular one: the highest planned in the last quarter of a year. Covariates that were
    announced at some date are left out: at an earlier origin they would tell of a plan not yet made.
    """
    states = np.zeros(prices.shape, dtype=np.int16)
    usable = [name for name in known if panel.known.always_known(name)]
    for name in usable[:MOST_COVARIATES]:
        if name == "price":
            quarter = 91 // panel.frequency.period_days
            filled = np.nan_to_num(carry_forward(prices), nan=0.0)
            regular = maximum_filter1d(filled, quarter, axis=1, origin=quarter // 2, mode="nearest")
            code = len(PRICE_STEPS) - np.searchsorted(PRICE_STEPS, filled / np.maximum(regular, 1e-9))
        else:
            value = np.nan_to_num(panel.known.values[panel.known.names.index(name)])
            steps = DISCOUNT_STEPS if name == "discount" else DISCOUNT_STEPS[:1]
            code = np.searchsorted(steps, value)
        states = states * 4 + code.astype(np.int16)
    return states
