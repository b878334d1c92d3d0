"""Products listed without a sale so far (F12, O50)."""

from datetime import date

import numpy as np
import pandas as pd

from core.frequency import Frequency
from features.listed_products import with_listed_products
from features.panel import build_panel

AS_OF = date(2024, 3, 1)
DAYS = pd.date_range("2024-01-01", "2024-02-29", freq="D", unit="s")


def sold(location: str = "main") -> pd.DataFrame:
    frame = pd.DataFrame(
        {"sku": "old", "location": location, "date": DAYS, "units": 3.0, "price": 2.0, "in_stock": 1.0}
    )
    return frame.astype({"sku": "str", "location": "str"})


def products(**launched: str) -> pd.DataFrame:
    frame = pd.DataFrame({"sku": ["old", *launched], "price": 9.5})
    frame["launched_on"] = pd.to_datetime([pd.NaT, *launched.values()]).astype("datetime64[s]")
    return frame.astype({"sku": "str"})


def stock(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["sku", "location", "date"]).astype({"sku": "str", "location": "str"})
    return frame.assign(date=pd.to_datetime(frame["date"]).astype("datetime64[s]"), on_hand=5.0)


def pairs(tables: dict[str, pd.DataFrame]) -> list[tuple[str, str]]:
    panel = build_panel(with_listed_products(tables, Frequency.DAILY, AS_OF), Frequency.DAILY, AS_OF)
    return list(zip(panel.series["sku"], panel.series["location"], strict=True))


def test_a_launch_within_a_year_is_a_series_and_an_old_listing_that_never_sold_is_none() -> None:
    tables = {"sales": sold(), "products": products(soon="2024-03-20", dead="2019-01-01", far="2026-01-01")}
    assert pairs(tables) == [("old", "main"), ("soon", "main")]


def test_a_product_in_stock_is_a_series_where_it_is_stocked() -> None:
    sales = pd.concat([sold("east"), sold("west")], ignore_index=True)
    tables = {
        "sales": sales,
        "products": products(soon="2024-03-20", unplaced="2024-03-20"),
        "stock": stock(("soon", "west", "2024-02-20"), ("unplaced", "east", "2024-03-09")),
    }
    assert pairs(tables) == [("old", "east"), ("old", "west"), ("soon", "west")]


def test_the_added_series_has_no_demand_and_changes_nothing_for_the_others() -> None:
    tables = {"sales": sold(), "products": products(soon="2024-03-20")}
    plain = build_panel(tables, Frequency.DAILY, AS_OF)
    panel = build_panel(with_listed_products(tables, Frequency.DAILY, AS_OF), Frequency.DAILY, AS_OF)
    assert panel.fingerprint() == plain.fingerprint()
    assert panel.last_observed == plain.last_observed
    assert panel.history.observed[1].sum() == 0
    assert panel.history.price[1, -1] == np.float32(9.5)
    np.testing.assert_array_equal(panel.history.units[0], plain.history.units[0])


def test_a_dataset_without_products_or_launches_stays_as_it_is() -> None:
    assert with_listed_products({"sales": sold()}, Frequency.DAILY, AS_OF)["sales"].equals(sold())
    assert pairs({"sales": sold(), "products": products()}) == [("old", "main")]


def test_a_warehouse_that_sells_nothing_and_an_empty_shelf_are_no_places_to_sell() -> None:
    held = stock(("soon", "warehouse", "2024-02-20"), ("later", "main", "2024-02-20"))
    held.loc[1, "on_hand"] = 0.0
    sales = pd.concat([sold("main"), sold("shop")], ignore_index=True)
    tables = {"sales": sales, "products": products(soon="2024-03-20", later="2024-03-20"), "stock": held}
    assert pairs(tables) == [("old", "main"), ("old", "shop")]


def test_a_part_of_a_kit_is_asked_for_by_its_kit_alone() -> None:
    kits = pd.DataFrame({"sku": ["old"], "component": ["part"], "quantity": [2.0]}).astype({"component": "str"})
    tables = {"sales": sold(), "products": products(part="2024-03-01"), "kits": kits}
    assert pairs(tables) == [("old", "main")]
    assert pairs({name: table for name, table in tables.items() if name != "kits"}) == [
        ("old", "main"),
        ("part", "main"),
    ]
