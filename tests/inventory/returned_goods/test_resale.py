"""Resale shares and what they do to demand (F25)."""

from datetime import date

import pandas as pd
import pytest

from inventory.returned_goods.resale import ResaleSettings, buying_factors, resale_shares

SALES = pd.DataFrame({"sku": ["A", "A", "B", "C"], "units": [60.0, 40.0, 100.0, 1.0]})
RETURNS = pd.DataFrame(
    {
        "sku": ["A", "A", "B", "A"],
        "units": [6.0, 4.0, 2.0, 10.0],
        "grade": ["intact", "B", "A", None],
    }
)


def test_f25_what_comes_back_and_is_lost_lowers_net_sales_and_what_is_resold_need_not_be_bought():
    exact = resale_shares(SALES, RETURNS, ResaleSettings({"intact": 1.0}, prior_units=0.0)).set_index("sku")
    # A: 20 of 100 came back; of 10 graded 6 are sold again.
    assert exact.loc["A", ["return_rate", "resale_share"]].tolist() == pytest.approx([0.2, 0.6])
    assert exact.loc["A", "supply_factor"] == pytest.approx(1 - 0.2 * 0.6)
    assert exact.loc["A", "net_sales_factor"] == pytest.approx(1 - 0.2 * 0.4)
    assert exact.loc["C", ["return_rate", "supply_factor"]].tolist() == [0.0, 1.0]


def test_few_units_say_little_against_the_rate_of_all():
    found = resale_shares(SALES, RETURNS).set_index("sku")
    usual = 22 / 201
    assert found.loc["C", "return_rate"] == pytest.approx(20 * usual / 21)
    assert found.loc["A", "return_rate"] == pytest.approx((20 + 20 * usual) / 120)
    assert found.loc["C", "resale_share"] == pytest.approx(0.5)  # 6 of 12 graded units of all


def test_grades_count_as_far_as_the_seller_says():
    half = ResaleSettings({"intact": 1.0, "A": 0.5}, prior_units=0.0)
    found = resale_shares(SALES, RETURNS, half).set_index("sku")
    assert found.loc["B", "resale_share"] == 0.5


def test_the_units_to_buy_for_a_sale_know_nothing_dated_later_and_are_one_for_what_never_sold():
    sales = pd.DataFrame({"sku": ["A", "A", "B"], "date": pd.to_datetime(["2026-01-01"] * 3), "units": [60, 40, 100]})
    returns = pd.DataFrame(
        {
            "sku": ["A", "A"],
            "date": pd.to_datetime(["2026-01-05", "2026-02-01"]),
            "units": [20.0, 50.0],
            "grade": ["intact", "intact"],
        }
    )
    series, usual = pd.DataFrame({"sku": ["B", "A", "new"]}), ResaleSettings({"intact": 1.0}, prior_units=0.0)
    factors = buying_factors(series, sales, returns, date(2026, 2, 1), usual)
    assert factors.tolist() == [1.0, 0.8, 1.0]
