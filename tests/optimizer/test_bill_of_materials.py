"""Kits and duplicates: demand falls on components, path by path, and only they are bought."""

import numpy as np
import pandas as pd
import pytest

from core.errors import UsageError
from optimizer.bill_of_materials import bill_of_materials, missing_components, on_components, with_series
from optimizer.buying import Buying
from optimizer.plan import PlanningOptions, plan_orders
from tests.optimizer.conftest import forecast_of, random_paths, terms_of


def kits(*rows):
    return pd.DataFrame(rows, columns=["sku", "component", "quantity"])


def series(*skus):
    return pd.DataFrame({"sku": list(skus), "location": "main"})


def test_components_without_sales_are_found_through_all_levels():
    found = missing_components(kits(("kit", "box", 1), ("box", "lid", 2), ("kit", "pen", 3)), series("kit", "pen"))
    assert found.to_numpy().tolist() == [["box", "main"], ["lid", "main"]]


@pytest.mark.parametrize("rows", [[("a", "a", 1)], [("a", "b", 1), ("b", "c", 1), ("c", "a", 1)]])
def test_a_part_of_itself_is_refused(rows):
    with pytest.raises(UsageError, match="a part of itself"):
        bill_of_materials(kits(*rows), series("a", "b", "c"))


def test_demand_beyond_the_assembled_stock_falls_on_the_components_on_every_path():
    forecast = forecast_of([[[3, 3, 3], [0, 0, 9]], [[1, 1, 1], [1, 1, 1]]], names=["kit", "pen"])
    bill = bill_of_materials(kits(("kit", "pen", 2)), forecast.series)
    inbound = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    moved, terms = on_components(forecast, terms_of(forecast), np.array([4.0, 0.0]), inbound, bill)
    assert moved.paths[0].tolist() == [[3, 3, 0], [0, 0, 6]]
    assert moved.paths[1].tolist() == [[1, 1, 7], [1, 1, 7]]
    assert moved.mean[1].tolist() == [1, 1, 7]
    assert terms["assumed"].tolist() == ["sold from its components", "demand includes 2 for each kit"]


def test_kits_of_kits_reach_the_innermost_part():
    forecast = forecast_of([[[1.0]], [[0.0]], [[0.0]]], names=["crate", "box", "pen"])
    bill = bill_of_materials(kits(("box", "pen", 4), ("crate", "box", 3)), forecast.series)
    nothing = np.zeros(3)
    moved, _ = on_components(forecast, terms_of(forecast), nothing, np.zeros((3, 1)), bill)
    assert moved.paths[:, 0, 0].tolist() == [0, 0, 12]


def test_a_missing_component_costs_what_the_kits_it_keeps_from_being_sold_earn():
    forecast = forecast_of([[[10.0]], [[10.0]]], names=["kit", "pen"])
    bill = bill_of_materials(kits(("kit", "pen", 2)), forecast.series)
    terms = terms_of(forecast, stockout_cost=[9.0, 3.0])
    _, changed = on_components(forecast, terms, np.zeros(2), np.zeros((2, 1)), bill)
    assert changed["stockout_cost"].tolist() == [9.0, pytest.approx((10 * 3.0 + 20 * 4.5) / 30)]


def test_one_order_serves_duplicates_as_if_they_had_been_sold_under_one_name():
    paths = random_paths(2, mean=6.0)
    names = ["listing", "real"]
    both = forecast_of(paths, names=names)
    one = forecast_of(paths.sum(axis=0, keepdims=True), names=["real"])
    bill = bill_of_materials(kits(("listing", "real", 1)), both.series)
    on_hand, none = np.array([0.0, 7.0]), np.zeros((2, 7))
    plan = plan_orders(both, terms_of(both), on_hand, none, PlanningOptions(), buying=Buying(bill=bill))
    alone = plan_orders(one, terms_of(one), np.array([7.0]), np.zeros((1, 7)), PlanningOptions())
    assert plan.orders["sku"].tolist() == ["real"]
    assert plan.orders["quantity"].tolist() == alone.orders["quantity"].tolist()


def test_series_without_sales_are_appended_with_nothing_to_sell():
    forecast = forecast_of(random_paths(2), names=["a", "b"])
    wide = with_series(forecast, series("lid"))
    assert wide.series["sku"].tolist() == ["a", "b", "lid"]
    assert wide.paths.shape == (3, *forecast.paths.shape[1:])
    assert not wide.paths[2].any()
    assert with_series(forecast, series()) is forecast


def test_a_part_of_the_bill_goes_with_a_part_of_the_series():
    bill = bill_of_materials(kits(("a", "b", 1), ("c", "b", 2)), series("a", "b", "c"))
    part = bill.take(np.array([2, 1]))
    assert (part.kit.tolist(), part.component.tolist(), part.quantity.tolist()) == ([0], [1], [2.0])
