"""Competitors, search terms and advertising: edge by edge, and only what was published by the day."""

import numpy as np
import pandas as pd
import pytest

from inventory.schema import STAGES
from monitoring.market_facts import keyword_facts, market_facts
from monitoring.supply_facts import order_facts, seen_lead_times, supplier_facts
from tests.monitoring.views import actions_of, day, make_view, severity_of, table


def signal(name: str, values: list[float], sku: str | None = "S0", keyword: str | None = None) -> pd.DataFrame:
    """Return daily values whose last one is of yesterday, known the day after."""
    count = len(values)
    return table(
        "signals",
        date=[day(count - place) for place in range(count)],
        name=name,
        value=values,
        sku=pd.Series([sku] * count, dtype="str"),
        keyword=pd.Series([keyword] * count, dtype="str"),
        available_on=[day(count - place - 1) for place in range(count)],
    )


def facts(*signals: pd.DataFrame, **tables: pd.DataFrame) -> pd.Series:
    view = make_view(np.full(150, 5.0), signals=pd.concat(signals, ignore_index=True), **tables)
    return market_facts(view, np.array([0.5])).iloc[0]


@pytest.mark.parametrize(
    ("last", "cut"), [((84, 84, 84), 0.16), ((85, 85, 85), 0.15), ((84, 90, 84), 0.10), ((84, 84), 0.0)]
)
def test_o39_the_cut_is_the_least_one_of_three_days(last, cut) -> None:
    assert facts(signal("competitor_price", [100.0] * 60 + list(last)))["competitor_cut_3d"] == pytest.approx(
        cut, abs=1e-6
    )


def test_o40_a_competitor_that_is_out_and_dearer() -> None:
    found = facts(signal("competitor_in_stock", [1.0] * 60 + [0.0]), signal("competitor_price", [10.0] * 60 + [12.0]))
    assert (found["competitor_out"], found["competitor_price_rise"]) == (1.0, pytest.approx(0.2))


def test_o38_the_cycle_of_a_competitors_stock_outs() -> None:
    cycle = ([1.0] * 27 + [0.0] * 3) * 4
    found = facts(signal("competitor_in_stock", [*cycle, 1.0]))
    assert found["competitor_cycle_days"] == pytest.approx(30.0)
    assert found["competitor_next_out_days"] == pytest.approx(30 - 4)


@pytest.mark.parametrize(("now", "gain"), [(10.0, 10.0), (11.0, 9.0), (5.0, 15.0)])
def test_o42_places_gained_in_72_hours(now, gain) -> None:
    assert facts(signal("competitor_keyword_rank", [20.0] * 30 + [now] * 3))["competitor_rank_gain_3d"] == gain


def test_o42_a_rank_that_was_never_so_good() -> None:
    assert facts(signal("competitor_bsr", [500.0] * 40 + [499.0]))["competitor_best_bsr"] == 1.0
    assert facts(signal("competitor_bsr", [500.0] * 40 + [500.0]))["competitor_best_bsr"] == 0.0


@pytest.mark.parametrize(("before", "last", "least"), [(0.31, 0.45, 0.31), (0.30, 0.9, 0.30), (0.9, 0.29, 0.29)])
def test_m31_the_lower_of_two_weeks_decides(before, last, least) -> None:
    spend = [0.2 * 100] * 20 + [before * 100] * 7 + [last * 100] * 7
    found = facts(signal("ad_spend", spend), signal("ad_sales", [100.0] * 34))
    assert found["acos_two_weeks"] == pytest.approx(least)


def test_m39_what_advertising_earns_after_its_cost() -> None:
    found = facts(signal("ad_spend", [60.0] * 28), signal("ad_sales", [100.0] * 28))
    assert found["ad_margin_28d"] == pytest.approx(28 * (50 - 60))


def test_f26_f35_search_volume_of_the_own_keywords() -> None:
    links = table("keywords", keyword=["box"], sku=["S0"])
    volume = signal("keyword_volume", [100.0] * 28 + [131.0] * 28, sku=None, keyword="box")
    assert facts(volume, keywords=links)["keyword_growth"] == pytest.approx(0.31)


def test_f26_search_volume_that_is_told_once_a_week_is_enough() -> None:
    links = table("keywords", keyword=["box"], sku=["S0"])
    volume = signal("keyword_volume", [100.0] * 28 + [131.0] * 28, sku=None, keyword="box").iloc[::7]
    assert facts(volume, keywords=links)["keyword_growth"] == pytest.approx(0.31)


def test_m34_competitors_carts_of_the_own_search_terms_rose_by_15_percent() -> None:
    carts = signal("query_competitor_cart_adds", [200.0] * 28 + [230.0] * 28, keyword="box").iloc[::7]
    found = facts(carts)["competitor_basket_change"]
    assert found == pytest.approx(0.15)
    assert severity_of("competitor-baskets", competitor_basket_change=found) == "watch"


@pytest.mark.parametrize(("now", "new", "severity"), [(5.0, 0.0, None), (6.0, 1.0, "watch"), (8.0, 3.0, "warning")])
def test_m26_competing_products_that_are_new(now, new, severity) -> None:
    found = facts(signal("competitor_products", [5.0] * 40 + [now] * 20).iloc[::5])["competitor_new_products"]
    assert found == new
    assert severity_of("competitor-new-product", competitor_new_products=found) == severity


def test_f27_m36_terms_are_held_against_the_mean_of_their_products_terms() -> None:
    links = table("keywords", keyword=["box", "portable box"], sku=["S0", "S0"])
    told = [signal("keyword_cvr", [0.02] * 28, None, "box"), signal("keyword_cvr", [0.06] * 28, None, "portable box")]
    view = make_view(np.full(150, 5.0), signals=pd.concat(told, ignore_index=True), keywords=links)
    found = keyword_facts(view).set_index("keyword")
    assert found.loc["portable box", "keyword_cvr_over_mean"] == pytest.approx(1.5)
    assert found.loc["box", "keyword_cvr"] == pytest.approx(0.02)


def test_a_value_that_was_published_later_is_not_known_yet() -> None:
    late = signal("competitor_price", [100.0] * 60 + [50.0] * 3)
    late.loc[late["value"] == 50.0, "available_on"] = day(-5)
    assert np.isnan(facts(late)["competitor_cut_3d"])


def test_without_signals_nothing_of_the_market_is_known() -> None:
    found = market_facts(make_view(np.full(100, 5.0)), np.array([0.5]))
    assert found.isna().all(axis=None)


def deliveries(late: int, of: int, defective: float = 0.0) -> pd.DataFrame:
    return table(
        "receipts",
        order_id=[f"R{place}" for place in range(of)],
        sku="S0",
        supplier="Acme",
        mode="sea",
        placed_on=[day(60)] * of,
        promised_on=[day(30)] * of,
        received_on=[day(25 if place < late else 30) for place in range(of)],
        quantity=10.0,
        defective=defective,
    )


@pytest.mark.parametrize(("late", "rate"), [(2, 0.2), (3, 0.3), (1, 0.1)])
def test_o33_the_late_rate_counts_deliveries_after_the_promised_day(late, rate) -> None:
    found = supplier_facts(make_view(np.full(100, 5.0), receipts=deliveries(late, 10))).iloc[0]
    assert (found["late_rate"], found["receipts"], found["mean_late_days"]) == (pytest.approx(rate), 10, 5)


def test_m27_defects_and_o20_lead_times_that_were_seen() -> None:
    view = make_view(np.full(100, 5.0), lead=20.0, receipts=deliveries(0, 10, defective=0.6))
    found = supplier_facts(view).iloc[0]
    assert found["defect_rate"] == pytest.approx(0.06)
    assert found["lead_time_excess"] == pytest.approx(30 / 20 - 1)
    assert seen_lead_times(view)["Acme", "sea"].tolist() == [30.0] * 10


def test_m43_an_order_that_should_be_here() -> None:
    orders = table(
        "open_orders",
        order_id=["P1", "P2"],
        sku="S0",
        quantity=40.0,
        placed_on=[day(50), day(2)],
        expected_on=[day(8), day(-9)],
    )
    found = order_facts(make_view(np.full(100, 5.0), open_orders=orders), np.array([12.0]))
    assert found["overdue_days"].tolist() == [8.0, 0.0]
    assert found["days_on_the_way"].tolist() == [50.0, 2.0]
    assert found["cover_without_it_days"].tolist() == [12.0, 12.0]


def staged(stage: str | None, since: int) -> pd.Series:
    """Return the facts of an order of 40 units that has been in a stage since so many days."""
    orders = table("open_orders", order_id=["P1"], sku="S0", quantity=40.0, placed_on=[day(50)], expected_on=[day(-9)])
    orders = orders.assign(stage=pd.Series([stage], dtype="str"), stage_since=[day(since)])
    return order_facts(make_view(np.full(100, 5.0), lead=30.0, open_orders=orders), np.array([12.0])).iloc[0]


@pytest.mark.parametrize("stage", STAGES)
def test_m43_an_order_is_told_by_the_days_in_its_stage_and_in_no_other(stage) -> None:
    found = staged(stage, 12)
    assert found[f"{stage}_days"] == 12.0
    assert [found[f"{other}_days"] for other in STAGES if other != stage] == pytest.approx([np.nan] * 5, nan_ok=True)
    assert np.isnan(staged(stage, -1)[f"{stage}_days"]), "what is dated later is not known"


def test_m43_what_a_warehouse_receives_for_weeks_is_stuck_and_what_ends_the_stock_is_expedited() -> None:
    facts = staged("receiving", 22).drop(["order_id", "sku", "location"]).to_dict()
    assert severity_of("stuck-in-receiving", **facts) == "warning"
    assert actions_of("stuck-in-receiving", **facts) == ["chase_carrier"]
    assert actions_of("stuck-in-receiving", **facts | {"cover_without_it_days": 3.0}) == ["expedite"]


def test_m43_a_crossing_longer_than_the_whole_lead_time_is_late() -> None:
    limits = {since: severity_of("stuck-in-transit", transit_days=since, order_lead_time_days=30) for since in (30, 31)}
    assert limits == {30: None, 31: "warning"}
    assert severity_of("stuck-in-customs", **staged("customs", 6).drop(["order_id", "sku", "location"])) == "watch"
