"""How much comes back and how much of it is sold again, by sku: what a return really costs in demand (F25, R03)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from core.types import FloatArray

__all__ = ["RESALE_COLUMNS", "ResaleSettings", "buying_factors", "resale_shares"]

RESALE_COLUMNS = (
    *("sku", "sold", "returned", "return_rate", "graded", "resold", "resale_share", "supply_factor"),
    "net_sales_factor",
)


@dataclass(frozen=True, slots=True)
class ResaleSettings:
    """What counts as sold again.

    resale: share of the units of a grade that are sold as new again (a grade that is not there: 0). prior_units: units
    sold, and units returned, at the rate of all skus that a sku's own rates are blended with: three returns say little.
    """

    resale: Mapping[str, float]
    prior_units: float = 20.0

    @classmethod
    def usual(cls) -> "ResaleSettings":
        """Return the settings in which intact units and nothing else are sold as new again."""
        return cls({"intact": 1.0})


def resale_shares(sales: pd.DataFrame, returns: pd.DataFrame, settings: ResaleSettings | None = None) -> pd.DataFrame:
    """Return one row a sku that sold, with RESALE_COLUMNS.

    sales: `sku, units`; returns: `sku, units, grade` of the same time. return_rate: returned ÷ sold; resale_share: of
    the graded units, those sold as new again; both blended with the rate of all skus, (own + k·usual) ÷ (n + k).

        supply_factor     1 − return_rate · resale_share: units that must be bought for a unit sold
        net_sales_factor  1 − return_rate · (1 − resale_share): F25, sales less what comes back and is lost
    """
    settings = settings or ResaleSettings.usual()
    sold = sales.groupby("sku", sort=True)["units"].sum()
    back = returns.groupby("sku")["units"].sum().reindex(sold.index).fillna(0.0)
    graded = returns[returns["grade"].notna()]
    again = graded["units"] * graded["grade"].map(dict(settings.resale)).astype(float).fillna(0.0)
    judged = graded.groupby("sku")["units"].sum().reindex(sold.index).fillna(0.0)
    resold = again.groupby(graded["sku"]).sum().reindex(sold.index).fillna(0.0)
    rate = _blended(back, sold, settings.prior_units).clip(upper=1.0)
    share = _blended(resold, judged, settings.prior_units)
    table = pd.DataFrame(
        {"sold": sold, "returned": back, "return_rate": rate, "graded": judged, "resold": resold, "resale_share": share}
    )
    table["supply_factor"] = 1.0 - rate * share
    table["net_sales_factor"] = 1.0 - rate * (1.0 - share)
    return table.reset_index()[list(RESALE_COLUMNS)]


def buying_factors(
    series: pd.DataFrame, sales: pd.DataFrame, returns: pd.DataFrame, as_of: date, settings: ResaleSettings
) -> FloatArray:
    """Return (n,) the units that must be bought for each unit sold of n series: `supply_factor` of their skus (R03).

    series: `sku`; sales, returns: with `date`, of which only rows before `as_of` count. 1 for a sku that never sold. A
    unit that comes back is taken to be there for the next sale: its days on the way are not counted.
    """
    day = pd.Timestamp(as_of)
    shares = resale_shares(sales[sales["date"] < day], returns[returns["date"] < day], settings).set_index("sku")
    return shares["supply_factor"].reindex(series["sku"]).fillna(1.0).to_numpy(dtype=np.float64)


def _blended(part: pd.Series, whole: pd.Series, prior: float) -> pd.Series:
    usual = part.sum() / whole.sum() if whole.sum() > 0 else 0.0
    return ((part + prior * usual) / (whole + prior)).where(whole + prior > 0, 0.0)
