"""What a sale earns after storage and capital, and which phase and class a product is in."""

import numpy as np
import pandas as pd

from core.types import FloatArray
from monitoring.fact import Fact
from monitoring.view import View

__all__ = ["FACTS", "margin_facts"]

FACTS = (
    Fact("price", "money", "newest price"),
    Fact("unit_margin", "money", "price less unit cost, duty and freight"),
    Fact("margin_share", "share", "the same less storage and capital while a unit waits, over the price (O41)"),
    Fact("phase_code", "0 introduction, 1 growth, 2 maturity, 3 decline", "phase of life by age and growth test"),
    Fact("is_core", "flag", "1 for the products that make up 80 % of sales value"),
    Fact("dsi_over_category", "ratio", "days of inventory over the category's median (O39)"),
)


def margin_facts(view: View, dsi_days: FloatArray, phase_code: FloatArray, core: FloatArray) -> pd.DataFrame:
    """Return one row a series with the columns of FACTS; NaN where no price or cost is known.

    A unit is taken to wait half the days of inventory, at most half a year (the mean over a lot sold at an even pace).
    """
    terms = view.terms
    price = _price(view)
    landed = terms["unit_cost"] * (1.0 + terms["duty_rate"].fillna(0.0)) + terms["freight_cost"].fillna(0.0)
    margin = price - landed.to_numpy(dtype=np.float64)
    waits = np.minimum(dsi_days, 365.0) / 2.0 / view.frequency.period_days
    storage = terms["holding_cost"].to_numpy(dtype=np.float64) * np.nan_to_num(waits)
    share = np.divide(margin - storage, price, out=np.full(len(price), np.nan), where=price > 0)
    return pd.DataFrame(
        {
            "price": price,
            "unit_margin": margin,
            "margin_share": share,
            "phase_code": phase_code.astype(np.float64),
            "is_core": core.astype(np.float64),
            "dsi_over_category": _over_category(view, dsi_days),
        }
    )


def _price(view: View) -> FloatArray:
    paid = view.panel.history.price[:, -1].astype(np.float64)
    listed = view.terms["price"].to_numpy(dtype=np.float64)
    return np.where(np.isfinite(paid) & (paid > 0), paid, listed)


def _over_category(view: View, dsi_days: FloatArray) -> FloatArray:
    products = view.tables.get("products")
    if products is None or products.empty:
        usual: FloatArray = np.full(len(dsi_days), np.nanmedian(dsi_days) if np.isfinite(dsi_days).any() else np.nan)
    else:
        category = view.series["sku"].map(products.drop_duplicates("sku").set_index("sku")["category"]).fillna("")
        usual = pd.Series(dsi_days).groupby(category.to_numpy()).transform("median").to_numpy()
    return np.divide(dsi_days, usual, out=np.full(len(dsi_days), np.nan), where=usual > 0)
