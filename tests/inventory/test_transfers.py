"""Moves between own locations compete with purchases (C08)."""

from datetime import date

import numpy as np
import pandas as pd

from inventory.configuration import DatasetConfig
from inventory.schema import TABLES, empty_frame
from inventory.supply import supply_ways
from inventory.transfers import with_source_stock

AS_OF = date(2024, 7, 1)


def table(name, **columns):
    frame = pd.DataFrame(columns)
    empty = empty_frame(TABLES[name])
    return frame.reindex(columns=[*empty.columns]).astype(dict(empty.dtypes))


def ways(supply_rows, stock_rows, series):
    supply = table("supply", **{name: [row.get(name) for row in supply_rows] for name in supply_rows[0]})
    supply["available"] = True
    supply[["order_cost", "freight_cost"]] = supply[["order_cost", "freight_cost"]].fillna(0.0)
    products = table("products", sku=["a"], unit_cost=[5.0], price=[12.0])
    stock = table(
        "stock", **{name: [row[name] for row in stock_rows] for name in ("sku", "location", "date", "on_hand")}
    )
    stock[["reserved", "unsellable"]] = stock[["reserved", "unsellable"]].fillna(0.0)
    made = supply_ways(products, supply, pd.DataFrame(series, columns=["sku", "location"]), DatasetConfig())
    return with_source_stock(made, stock, AS_OF)


MOVE = {"sku": "a", "location": "fba", "supplier": "3pl", "mode": "transfer", "lead_time_days": 3.0}
BUY = {"sku": "*", "location": None, "supplier": "mill", "mode": "sea", "lead_time_days": 30.0}
THERE = {"sku": "a", "location": "3pl", "date": pd.Timestamp("2024-06-30"), "on_hand": 41.0}


def test_a_transfer_competes_with_the_purchase_and_brings_what_its_source_has():
    made = ways([MOVE, BUY], [THERE], [("a", "fba")])
    assert made["mode"].tolist() == ["sea", "transfer"]
    assert made["rank"].tolist() == [0, 1]
    assert made["capacity"].tolist() == [np.inf, 41.0]
    assert made["owned_cost"].tolist() == [0.0, 5.0]


def test_two_locations_share_the_source_in_whole_units():
    made = ways([MOVE, {**MOVE, "location": "shop"}], [THERE], [("a", "fba"), ("a", "shop")])
    assert made["capacity"].tolist() == [21.0, 20.0]


def test_a_source_that_states_no_stock_has_none():
    late = {**THERE, "date": pd.Timestamp("2024-07-02")}
    assert ways([MOVE, BUY], [late], [("a", "fba")])["capacity"].tolist() == [np.inf, 0.0]


def test_a_dataset_without_transfers_is_left_as_it_is():
    assert "owned_cost" not in ways([BUY], [THERE], [("a", "fba")])
