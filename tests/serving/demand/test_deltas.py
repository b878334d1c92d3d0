"""Deltas of a scenario: each moves the plan the way the trade says, about whom it names and nobody else."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from serving.demand.deltas import DELTAS, Delta, apply_delta
from serving.demand.scenarios import base_question


@pytest.fixture
def question(context):
    rows = np.arange(4)
    made = base_question(context, rows, 21)
    ways = made.buying.ways
    air = ways.assign(mode="air", supplier="Swift", lead_time_days=2.0, unit_cost=7.0, rank=1)
    both = pd.concat([ways.assign(mode="sea", supplier="Acme"), air]).sort_values(["series", "rank"])
    orders = pd.DataFrame(
        {"series": [0, 1], "quantity": [30.0, 40.0], "period": [3, 5], "days": [3, 5], "supplier": ["Acme", "Swift"]}
    ).assign(mode="sea")
    inbound = made.inbound.copy()
    inbound[0, 3], inbound[1, 5] = 30.0, 40.0
    terms = made.terms.assign(mode="sea", supplier="Acme")
    buying = replace(made.buying, ways=both.reset_index(drop=True), open_orders=orders)
    return replace(made, buying=buying, inbound=inbound, terms=terms)


def test_demand_is_multiplied_for_whom_and_when_it_says(question):
    facts = {"factor": 2.0, "start": date(2024, 7, 30), "end": date(2024, 7, 31)}
    made = apply_delta(question, Delta("demand", facts, skus=("SKU-01",)))
    expected = np.ones((4, 21))
    expected[1, 1:3] = 2
    np.testing.assert_array_equal(made.factor, expected)
    np.testing.assert_allclose(made.forecast.mean, question.made.mean * expected)
    np.testing.assert_allclose(made.forecast.paths, question.made.paths * expected[:, None, :].astype("f4"))


def test_deltas_follow_one_another(question):
    twice = question
    for factor in (2.0, 1.5):
        twice = apply_delta(twice, Delta("demand", {"factor": factor}))
    assert (twice.factor == 3.0).all()


def test_a_price_moves_demand_by_its_elasticity_and_the_margin_by_its_change(question):
    made = apply_delta(question, Delta("price", {"factor": 0.8, "elasticity": -2.0}, skus=("SKU-02",)))
    assert made.factor[2, 0] == pytest.approx(0.8**-2)
    assert (made.factor[[0, 1, 3]] == 1).all()
    before, after = question.terms.iloc[2], made.terms.iloc[2]
    assert after["stockout_cost"] == pytest.approx(before["stockout_cost"] - 0.2 * before["price"])
    assert "elasticity -2" in made.assumed[0]


def test_a_promotion_lifts_its_days_as_stated_or_by_elasticity(question):
    facts = {"discount": 0.2, "uplift": 0.5, "elasticity": -1.5, "start": date(2024, 7, 29), "end": date(2024, 7, 29)}
    assert apply_delta(question, Delta("promotion", facts)).factor[0, :2].tolist() == [1.5, 1.0]
    by_price = apply_delta(question, Delta("promotion", facts | {"uplift": None})).factor[0, 0]
    assert by_price == pytest.approx(0.8**-1.5)


def test_lead_times_change_for_terms_and_for_every_way_of_the_supplier(question):
    made = apply_delta(question, Delta("lead_time", {"days": None, "add_days": 5.0, "supplier": "Acme"}))
    assert (made.terms["lead_time_days"] == question.terms["lead_time_days"] + 5).all()
    ways = made.buying.ways
    assert (ways[ways["supplier"] == "Swift"]["lead_time_days"] == 2).all()
    assert (ways[ways["supplier"] == "Acme"]["lead_time_days"] == 12).all()
    fixed = apply_delta(question, Delta("lead_time", {"days": 3.0, "add_days": None, "supplier": None}))
    assert (fixed.buying.ways["lead_time_days"] == 3).all()


def test_minimum_and_budget_replace_the_datasets(question):
    assert (
        apply_delta(question, Delta("minimum_order_quantity", {"quantity": 50})).terms["minimum_order_quantity"] == 50
    ).all()
    assert apply_delta(question, Delta("budget", {"amount": 100})).options.budget == 100


def test_a_freight_mode_leaves_only_ways_of_that_mode(question):
    made = apply_delta(question, Delta("freight_mode", {"mode": "air"}, skus=("SKU-00",)))
    assert made.terms["mode"].tolist() == ["air", "sea", "sea", "sea"]
    ways = made.buying.ways
    assert ways[ways["series"] == 0][["mode", "rank"]].to_numpy().tolist() == [["air", 0]]
    assert len(ways[ways["series"] == 1]) == 2


def test_who_cannot_be_bought_that_way_is_not_ordered_and_it_is_said(question):
    ways = question.buying.ways
    only_sea = replace(
        question, buying=replace(question.buying, ways=ways[ways["mode"] == "sea"].reset_index(drop=True))
    )
    made = apply_delta(only_sea, Delta("freight_mode", {"mode": "air"}))
    assert (made.terms["capacity"] == 0).all()
    assert "4 of 4 series cannot be bought by air" in made.assumed[0]


def test_a_lost_supplier_sells_nothing_and_delivers_nothing_more(question):
    made = apply_delta(question, Delta("supplier_lost", {"supplier": "Acme"}))
    assert made.terms["supplier"].tolist() == ["Swift"] * 4
    assert (made.inbound[0, 3], made.inbound[1, 5]) == (0.0, 40.0)
    assert made.buying.open_orders["supplier"].tolist() == ["Swift"]
    assert made.assumed == ("30 units on order at Acme do not come",)


def test_until_the_day_of_a_stockout_nothing_can_be_sold_and_late_goods_come_then(question):
    made = apply_delta(question, Delta("stockout_until", {"date": date(2024, 8, 2)}, skus=("SKU-00",)))
    assert made.on_hand[0] == 0
    assert made.inbound[0, :4].sum() == 0
    assert made.inbound[0, 4] == 30
    assert made.buying.open_orders["period"].tolist() == [4, 5]
    np.testing.assert_array_equal(made.on_hand[1:], question.on_hand[1:])


@pytest.mark.parametrize("kind", DELTAS)
def test_no_delta_changes_the_question_it_was_given(question, kind):
    facts = {
        "factor": 2.0, "elasticity": -1.0, "discount": 0.1, "uplift": None, "days": 3.0, "quantity": 5, "amount": 5,
        "mode": "air", "supplier": "Acme", "date": date(2024, 8, 2), "level": 0.9, "holding_cost": 2.0,
        "stockout_cost": 2.0, "order_cost": 2.0,
    }  # fmt: skip
    before = question.on_hand.copy(), question.inbound.copy(), question.factor.copy(), question.terms.copy()
    ways = question.buying.ways.copy()
    apply_delta(question, Delta(kind, facts))
    for array, kept in zip((question.on_hand, question.inbound, question.factor), before, strict=False):
        np.testing.assert_array_equal(array, kept)
    pd.testing.assert_frame_equal(question.terms, before[3])
    pd.testing.assert_frame_equal(question.buying.ways, ways)


def test_a_service_level_sets_the_penalty_whose_critical_ratio_it_is(question):
    made = apply_delta(question, Delta("service_level", {"level": 0.9}, skus=("SKU-01",)))
    review = question.options.review_period_days
    holding, penalty = made.terms["holding_cost"].to_numpy(), made.terms["stockout_cost"].to_numpy()
    assert penalty[1] / (penalty[1] + holding[1] * review) == pytest.approx(0.9)
    np.testing.assert_array_equal(penalty[[0, 2, 3]], question.terms["stockout_cost"].to_numpy()[[0, 2, 3]])
    assert made.options == question.options
    assert apply_delta(question, Delta("service_level", {"level": 0.9})).options.cycle_service_level == 0.9


def test_costs_are_multiplied_for_terms_and_every_way(question):
    facts = {"holding_cost": 2.0, "stockout_cost": 0.5, "order_cost": 3.0}
    made = apply_delta(question, Delta("costs", facts, skus=("SKU-00",)))
    for name, factor in facts.items():
        for table, series in ((made.terms, made.terms.index), (made.buying.ways, made.buying.ways["series"])):
            old = question.terms if table is made.terms else question.buying.ways
            np.testing.assert_allclose(table[name], old[name] * np.where(series == 0, factor, 1.0))
