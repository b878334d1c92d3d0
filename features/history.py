"""What was sold: units, censoring mask and prices of every series as dense arrays."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency

__all__ = ["History", "build_history", "carry_forward"]

SELLABLE_ALL_PERIOD = 0.999
"""A period counts as demand seen only when the item could be bought all of it: else its units are a lower bound."""


@dataclass(frozen=True, slots=True)
class History:
    """Sales of n series over T periods, float32, row by row in the order of the panel's series.

    units: sold; 0 where nothing was reported.
    observed: 1 where units are demand (item in stock and already listed), 0 where they are censored or unknown; between
        the two where `units` are an estimate of censored demand (`features.censoring`), which is learned from and
        never scored.
    in_stock: share of the period the item could be bought.
    price: paid that period, the last known one carried forward; NaN before the first.
    first: (n,) the series' first observed period; T where there is none.
    last_reported: newest period in which any series has a row.
    believed: what features take for `observed`, where silences are doubted (`features.silence`); None: the same.
    """

    units: npt.NDArray[np.float32]
    observed: npt.NDArray[np.float32]
    in_stock: npt.NDArray[np.float32]
    price: npt.NDArray[np.float32]
    first: npt.NDArray[np.int32]
    last_reported: int
    integer_valued: bool
    believed: npt.NDArray[np.float32] | None = None

    def as_believed(self) -> Self:
        """Return the history as features see it: periods of a doubted silence are unknown."""
        return self if self.believed is None else replace(self, observed=self.believed, believed=None)

    def before(self, origin: int) -> Self:
        """Return the history of the periods before `origin`."""
        return type(self)(
            units=self.units[:, :origin],
            observed=self.observed[:, :origin],
            in_stock=self.in_stock[:, :origin],
            price=self.price[:, :origin],
            first=np.minimum(self.first, origin).astype(np.int32),
            last_reported=min(self.last_reported, origin - 1),
            integer_valued=self.integer_valued,
            believed=None if self.believed is None else self.believed[:, :origin],
        )


def build_history(
    sales: pd.DataFrame, frequency: Frequency, start: np.datetime64, periods: int
) -> tuple[pd.DataFrame, History]:
    """Return the series found in `sales` (`sku, location`, sorted) and their history.

    Rows of several channels add up; a missing row between a series' first row and the newest row of all series is a
    period without sales; after the newest row of all, nothing is known.
    """
    rows, series = _series_codes(sales)
    columns = frequency.index(sales["date"].to_numpy(), start)
    cells = rows * periods + columns
    shape = (len(series), periods)
    sold = sales["units"].to_numpy(dtype=np.float64)
    units = np.bincount(cells, weights=sold, minlength=shape[0] * shape[1]).reshape(shape)
    stocked = np.ones(shape, dtype=np.float32)
    np.minimum.at(stocked.ravel(), cells, sales["in_stock"].to_numpy(dtype=np.float32))
    last_reported = int(columns.max())
    begun = np.full(shape[0], periods, dtype=np.int64)
    np.minimum.at(begun, rows, columns)
    observed = (stocked >= SELLABLE_ALL_PERIOD) & (np.arange(periods) >= begun[:, None])
    observed[:, last_reported + 1 :] = False
    seen = observed.any(axis=1)
    first = np.where(seen, observed.argmax(axis=1), periods).astype(np.int32)
    history = History(
        units=units.astype(np.float32),
        observed=observed.astype(np.float32),
        in_stock=np.where(np.arange(periods) >= begun[:, None], stocked, np.float32(0)),
        price=_carried_price(sales, cells, sold, shape),
        first=first,
        last_reported=last_reported,
        integer_valued=bool(np.all(sold == np.rint(sold))),
    )
    return series, history


def _series_codes(sales: pd.DataFrame) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    skus, sku_names = pd.factorize(sales["sku"], sort=True)
    locations, location_names = pd.factorize(sales["location"], sort=True)
    pairs, rows = np.unique(skus * len(location_names) + locations, return_inverse=True)
    series = pd.DataFrame(
        {
            "sku": np.asarray(sku_names, dtype=object)[pairs // len(location_names)],
            "location": np.asarray(location_names, dtype=object)[pairs % len(location_names)],
        }
    ).astype("str")
    return rows.astype(np.int64), series


def _carried_price(
    sales: pd.DataFrame, cells: npt.NDArray[np.int64], sold: npt.NDArray[np.float64], shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Return the units-weighted price of each cell, the last known one carried forward."""
    price = np.full(shape, np.nan, dtype=np.float32)
    given = sales["price"].to_numpy(dtype=np.float64)
    priced = np.isfinite(given) & (given > 0)
    if priced.any():
        size = shape[0] * shape[1]
        weight = np.maximum(sold[priced], 1e-3)
        total = np.bincount(cells[priced], weights=weight, minlength=size)
        value = np.bincount(cells[priced], weights=weight * given[priced], minlength=size)
        flat = price.ravel()
        filled = total > 0
        flat[filled] = (value[filled] / total[filled]).astype(np.float32)
        price = carry_forward(price)
    return price


def carry_forward(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the rows with each NaN replaced by the last number before it."""
    places = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    np.maximum.accumulate(places, axis=1, out=places)
    return np.take_along_axis(values, places, axis=1)
