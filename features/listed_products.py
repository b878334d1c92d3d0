"""Products that are listed but have not sold yet, as series without history, so that a forecast can speak of them."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from core.frequency import Frequency

__all__ = ["with_listed_products"]

DATED = {"stock": ("date", "on_hand"), "open_orders": ("placed_on", "quantity")}
"""Tables that tell where a product that never sold is to be sold, the day on which a row became known, and units."""


def with_listed_products(
    tables: Mapping[str, pd.DataFrame], frequency: Frequency, as_of: date, launch_days: int = 365
) -> dict[str, pd.DataFrame]:
    """Return the tables with one row in `sales` for each product without any before `as_of` that is about to sell.

    That is a product in stock or on order by `as_of`, at each such location that sells anything (a warehouse does not);
    or one whose `launched_on` lies within `launch_days` of it, where only one location sells: of several, nobody can
    know which. Components of kits are asked for by their kits and are left alone. The row is dated the newest period
    sold, with no units and `in_stock` 0: the series exists, and nothing is known about its demand.
    """
    products, sales = tables.get("products"), tables["sales"]
    cut = frequency.first_day(np.datetime64(as_of, "D"))
    past = sales[sales["date"].to_numpy().astype("datetime64[D]") < cut]
    if products is None or past.empty:
        return dict(tables)
    parts = set(tables["kits"]["component"]) if "kits" in tables else set()
    unsold = set(products["sku"]) - set(past["sku"]) - parts
    locations = past["location"].unique().tolist()
    pairs = {(sku, place) for sku, place in _stocked(tables, as_of) if sku in unsold and place in locations}
    if len(locations) == 1:
        placed = {sku for sku, _ in pairs}
        pairs |= {(sku, locations[0]) for sku in _launching(products, as_of, launch_days) & unsold - placed}
    if not pairs:
        return dict(tables)
    rows = pd.DataFrame(sorted(pairs), columns=["sku", "location"]).astype("str")
    price = products.drop_duplicates("sku").set_index("sku")["price"] if "price" in products else pd.Series(dtype=float)
    rows = rows.assign(date=past["date"].max(), units=0.0, in_stock=0.0, price=rows["sku"].map(price).astype(float))
    return {**tables, "sales": pd.concat([sales, rows], ignore_index=True)}


def _stocked(tables: Mapping[str, pd.DataFrame], as_of: date) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for name, (column, units) in DATED.items():
        if name in tables:
            day = tables[name][column]
            there = tables[name][units] > 0
            known = tables[name][(there & (day.isna() | (day <= pd.Timestamp(as_of)))).to_numpy()]
            found |= set(zip(known["sku"], known["location"], strict=True))
    return found


def _launching(products: pd.DataFrame, as_of: date, launch_days: int) -> set[str]:
    if "launched_on" not in products:
        return set()
    away = (products["launched_on"] - pd.Timestamp(as_of)).dt.days
    return set(products.loc[(away.abs() <= launch_days).to_numpy(), "sku"])
