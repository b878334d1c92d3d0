"""Slow movers: signs at their limits, levels, root causes one by one, baskets, and the markdown ladder."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from monitoring.association import out_of_stock_partners, pairs_bought_together
from monitoring.fact import Scope
from monitoring.facts import facts_of
from monitoring.markdown import break_even_factor, markdown_ladder, stop_loss_price
from monitoring.slow_movers import RESPONSES, slow_movers
from tests.monitoring.views import day, make_view, table


def found(view, **more) -> pd.DataFrame:
    return slow_movers(view, facts_of(view)[Scope.SERIES], **more)


def receipt(quantity: float, ago: int = 30, late: int = 0, **more) -> pd.DataFrame:
    return table(
        "receipts",
        order_id=["R"],
        sku=["S0"],
        placed_on=[day(ago + 30)],
        promised_on=[day(ago + late)],
        received_on=[day(ago)],
        quantity=[quantity],
        **more,
    )


@pytest.mark.parametrize(
    ("held", "level"), [(90, None), (91, "yellow"), (180, "yellow"), (181, "orange"), (366, "red")]
)
def test_m12_m20_days_of_inventory_make_the_level(held, level) -> None:
    table_ = found(make_view(np.full(400, 1.0), on_hand=float(held)))
    assert (None if table_.empty else table_["level"].iloc[0]) == level


def test_m13_a_decline_is_a_sign_even_where_days_of_inventory_are_low() -> None:
    units = np.repeat([100.0, 69.0, 47.0], 30)
    table_ = found(make_view(units, on_hand=50.0))
    assert table_["level"].tolist() == ["yellow"]
    assert "two periods of decline" in table_["signs"].iloc[0]


def test_m11_m32_what_did_not_move_for_half_a_year_is_red() -> None:
    units = np.r_[np.ones(200), np.zeros(181)]
    assert found(make_view(units, on_hand=5.0))["level"].tolist() == ["red"]
    assert "removal" in RESPONSES["red"][1]


def test_what_is_not_there_is_no_slow_mover() -> None:
    assert found(make_view(np.zeros(200), on_hand=0.0)).empty


def test_m18_a_minimum_order_that_brought_too_much() -> None:
    supply = table("supply", sku=["S0"], lead_time_days=[30.0], minimum_order_quantity=[400.0])
    table_ = found(make_view(np.full(200, 2.0), on_hand=340.0, receipts=receipt(400.0), supply=supply))
    assert table_["cause"].tolist() == ["minimum_order"]
    assert "400 was 200 days of sales" in table_["because"].iloc[0]


def test_m18_more_was_bought_than_was_ever_sold() -> None:
    table_ = found(make_view(np.full(200, 2.0), on_hand=340.0, receipts=receipt(400.0)))
    assert table_["cause"].tolist() == ["over_forecast"]


def test_m18_goods_that_came_much_too_late() -> None:
    table_ = found(make_view(np.full(200, 2.0), on_hand=340.0, receipts=receipt(100.0, late=45)))
    assert table_["cause"].tolist() == ["execution"]


def two_products(falls: tuple[float, float]) -> pd.DataFrame:
    units = np.full((2, 200), 10.0)
    for row, fall in enumerate(falls):
        units[row, -40:] *= 1 - fall
    products = table("products", sku=["S0", "S1"], category=["a", "a"], price=20.0, unit_cost=8.0)
    return found(make_view(units, on_hand=1200.0, products=products)).set_index("sku")


def test_m17_m18_a_fall_that_the_market_shares_is_the_markets() -> None:
    assert two_products((0.5, 0.5))["cause"]["S0"] == "market_decline"
    assert two_products((0.5, 0.0))["cause"]["S0"] == "own_decline"


def test_m16_a_fall_while_the_partner_is_out_is_the_partners() -> None:
    units = np.full(200, 10.0)
    units[-40:] = 4.0
    table_ = found(make_view(units, on_hand=1200.0), partners={"S0": "printer"})
    assert table_["cause"].tolist() == ["partner_out_of_stock"]
    assert "printer" in table_["because"].iloc[0]


@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True), min_size=1, max_size=40))
def test_pairs_are_counted_as_by_hand(baskets) -> None:
    lines = pd.DataFrame(
        [(f"o{place}", sku) for place, basket in enumerate(baskets) for sku in basket], columns=["order_id", "sku"]
    )
    pairs = pairs_bought_together(lines, least_together=1, least_lift=0.0)
    for row in pairs.itertuples():
        both = sum(row.sku in basket and row.partner in basket for basket in baskets)
        own = sum(row.sku in basket for basket in baskets)
        other = sum(row.partner in basket for basket in baskets)
        assert (row.together, row.confidence) == (both, pytest.approx(both / own))
        assert row.lift == pytest.approx(both * len(baskets) / (own * other))


def test_a_partner_counts_if_it_is_often_bought_along_and_out_of_stock() -> None:
    baskets = [["ink", "printer"]] * 12 + [["ink"]] * 10 + [["paper"]] * 40
    lines = pd.DataFrame(
        [(place, sku) for place, basket in enumerate(baskets) for sku in basket], columns=["order_id", "sku"]
    )
    pairs = pairs_bought_together(lines)
    assert out_of_stock_partners(pairs, {"printer": 0.5, "ink": 0.0}) == {"ink": "printer"}
    assert out_of_stock_partners(pairs, {"printer": 0.1}) == {}


def test_m35_the_ladder_ends_a_quarter_lower_with_its_break_even() -> None:
    ladder = markdown_ladder(39.99, 18.0, 200.0, 0.5, last_price=29.99, steps=3, holding_cost_a_day=0.02)
    assert [step.price for step in ladder] == sorted((step.price for step in ladder), reverse=True)
    assert ladder[-1].price == 29.99
    assert ladder[-1].cut == pytest.approx(0.25, abs=1e-3)
    assert ladder[-1].needed == pytest.approx(21.99 / 11.99)
    assert break_even_factor(39.99, 18.0, 18.0) == float("inf")


def test_m35_selling_the_factor_earns_the_same_margin() -> None:
    factor = break_even_factor(39.99, 29.99, 18.0)
    assert factor * (29.99 - 18.0) == pytest.approx(39.99 - 18.0)


def test_m44_the_ladder_never_goes_below_what_removal_is_worth() -> None:
    assert stop_loss_price(3.0, 6.0, 0.01, 100.0) == pytest.approx(8.0)
    ladder = markdown_ladder(20.0, 8.0, 50.0, 0.1, last_price=5.0, sale_cost=3.0, salvage_value=6.0, must_go_days=0.0)
    assert min(step.price for step in ladder) == 9.0


def test_a_cut_pays_where_demand_is_elastic_and_not_where_it_is_not() -> None:
    common = {"last_price": 30.0, "steps": 1, "must_go_days": 90.0}
    assert markdown_ladder(40.0, 10.0, 1000.0, 1.0, elasticity=4.0, **common)[0].pays
    assert not markdown_ladder(40.0, 10.0, 1000.0, 1.0, elasticity=0.2, salvage_value=9.9, **common)[0].pays


def test_a_ladder_upwards_is_refused() -> None:
    with pytest.raises(UsageError, match="lower last price"):
        markdown_ladder(20.0, 8.0, 10.0, 1.0, last_price=25.0)
