"""Indices of the market: what was published by the day, own category first, the whole market else."""

import numpy as np
import pandas as pd
import pytest

from monitoring.facts import Scope, facts_of
from monitoring.market_index import index_change, inventory_index
from monitoring.slow_movers import slow_movers
from tests.monitoring.views import day, make_view, severity_of, table


def index(name: str, values: dict[int, float], category: str | None = None, published: int = 1) -> pd.DataFrame:
    """Return values by days back, each published so many days after its own."""
    backs = sorted(values, reverse=True)
    return table(
        "signals",
        date=[day(back) for back in backs],
        name=name,
        value=[values[back] for back in backs],
        category=pd.Series([category] * len(backs), dtype="str"),
        available_on=[day(back - published) for back in backs],
    )


def view_with(*signals: pd.DataFrame, units=None, categories=("Garden", "Toys")):
    count = len(categories)
    products = table(
        "products", sku=[f"S{place}" for place in range(count)], category=list(categories), price=20.0, unit_cost=8.0
    )
    sold = np.full((count, 150), 5.0) if units is None else units
    return make_view(sold, products=products, signals=pd.concat(signals, ignore_index=True))


def test_m17_the_market_index_of_a_category_is_held_against_the_month_before() -> None:
    view = view_with(index("market_index", {50: 100.0, 20: 80.0}, "Garden"))
    found = facts_of(view)[Scope.CATEGORY].set_index("category")["market_index_change"]
    assert found["Garden"] == pytest.approx(-0.2)
    assert np.isnan(found["Toys"])


def test_m17_a_category_without_an_index_has_that_of_the_whole_market() -> None:
    view = view_with(index("market_index", {50: 100.0, 20: 80.0}, "Garden"), index("market_index", {60: 50.0, 1: 60.0}))
    assert index_change(view, np.array(["Garden", "Toys"], dtype=object)) == pytest.approx([-0.2, 0.2])


def test_m17_what_is_published_after_the_day_is_not_known_and_a_correction_counts() -> None:
    late = index("market_index", {50: 100.0, 20: 80.0}, "Garden", published=30)
    assert np.isnan(index_change(view_with(late), np.array(["Garden"], dtype=object))).all()
    corrected = index("market_index", {20: 90.0}, "Garden", published=5)
    first = index("market_index", {50: 100.0, 20: 80.0}, "Garden")
    found = index_change(view_with(corrected, first), np.array(["Garden"], dtype=object))
    assert found == pytest.approx([-0.1])


def test_m18_sales_that_keep_the_pace_of_a_falling_market_lose_no_share() -> None:
    units = np.full((1, 150), 10.0)
    units[:, -30:] = 8.0
    view = view_with(index("market_index", {50: 100.0, 20: 80.0}, "Garden"), units=units, categories=("Garden",))
    found = facts_of(view)[Scope.CATEGORY].iloc[0]
    assert found["category_share_change"] == pytest.approx(0.0, abs=1e-6)
    steady = view_with(index("market_index", {50: 100.0, 20: 125.0}, "Garden"), units=units, categories=("Garden",))
    assert facts_of(steady)[Scope.CATEGORY]["category_share_change"].iloc[0] == pytest.approx(0.8 / 1.25 - 1)


def test_m17_m18_a_slow_movers_fall_that_its_index_shares_is_the_markets() -> None:
    units = np.full((1, 150), 10.0)
    units[:, -60:-30], units[:, -30:] = 6.5, 4.0
    alone = make_view(units, on_hand=500.0)
    shared = view_with(index("market_index", {50: 100.0, 20: 50.0}), units=units, categories=("Garden",))
    causes = [slow_movers(view, facts_of(view)[Scope.SERIES])["cause"].tolist() for view in (alone, shared)]
    assert causes == [["own_decline"], ["market_decline"]]


def test_m42_the_inventory_index_that_was_handed_in_as_a_signal_is_a_fact() -> None:
    view = view_with(index("inventory_index", {40: 450.0, 10: 380.0}))
    assert inventory_index(view) == 380.0
    (row,) = facts_of(view)[Scope.DATASET].to_dict("records")
    assert severity_of("low-inventory-index", inventory_index=row["inventory_index"]) == "urgent"
    assert np.isnan(inventory_index(view_with(index("inventory_index", {130: 380.0}))))
    assert np.isnan(inventory_index(make_view(np.ones(50))))
