from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InfeasiblePlanError, UsageError
from core.frequency import Frequency
from inventory.configuration import PlanningConfig
from optimizer.buying import Buying
from optimizer.later_orders import later_orders
from optimizer.newsvendor import newsvendor_quantity
from optimizer.plan import plan_orders, required_horizon
from optimizer.planning import PlanningOptions
from optimizer.proposals import ORDER_COLUMNS

FREE = PlanningOptions()
RELAXED = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def quantities(*case, options=FREE):
    return plan_orders(*case, options).lines["quantity"].to_numpy()


def test_the_orders_table_keeps_its_contract(shop):
    plan = plan_orders(*shop(), FREE)
    assert tuple(plan.orders.columns) == ORDER_COLUMNS
    assert plan.orders["quantity"].dtype == np.int64
    assert (plan.orders["quantity"] > 0).all()
    assert (plan.orders["order_by"] == pd.Timestamp("2024-04-15")).all()
    assert (plan.orders["arrive_on"] == pd.Timestamp("2024-04-29")).all()
    assert (plan.orders["cost_without_order"] > plan.orders["expected_cost"]).all()
    assert plan.orders["stockout_probability"].between(0, 1).all()
    assert plan.orders["proposal_id"].is_unique
    assert len(plan.lines) == 6
    assert plan.summary.solver == "exact per SKU"
    assert plan.summary.expected_cost == pytest.approx(plan.lines["expected_cost"].sum())


def test_the_first_order_covers_the_critical_fractile_of_demand_until_the_next_arrival(shop):
    forecast, terms, _, inbound = shop(count=3, mean=8.0)
    empty = np.zeros(3)
    plan = plan_orders(forecast, terms, empty, inbound, FREE)
    for i, quantity in enumerate(plan.lines["quantity"]):
        # Nothing is on hand: all sales before the arrival are lost, whatever is ordered.
        third_week = forecast.paths[i, :, 2].astype(np.float64)
        assert quantity == newsvendor_quantity(third_week, 0.2, 1.0)


@RELAXED
@given(seed=st.integers(0, 10_000), data=st.data())
def test_the_order_of_the_rows_changes_nothing(shop, seed, data):
    case = shop(count=8, seed=seed)
    options = PlanningOptions(budget=25.0)
    straight = plan_orders(*case, options)
    rows = np.array(data.draw(st.permutations(range(8))))
    forecast, terms, on_hand, inbound = case
    turned = plan_orders(
        forecast.take(rows), terms.iloc[rows].reset_index(drop=True), on_hand[rows], inbound[rows], options
    )
    pd.testing.assert_frame_equal(turned.orders, straight.orders)
    pd.testing.assert_frame_equal(turned.lines, straight.lines.iloc[rows].reset_index(drop=True))


def test_the_same_input_gives_the_same_plan(shop):
    first, second = (plan_orders(*shop(), PlanningOptions(budget=20.0)) for _ in range(2))
    pd.testing.assert_frame_equal(first.orders, second.orders)
    assert first.summary == second.summary


@RELAXED
@given(seed=st.integers(0, 10_000), case=st.integers(1, 7), least=st.integers(1, 30), budget=st.integers(0, 90))
def test_quantities_are_whole_packs_zero_or_the_minimum_and_within_the_budget(shop, seed, case, least, budget):
    plan = plan_orders(
        *shop(seed=seed, case_pack=float(case), minimum_order_quantity=float(least), order_cost=1.0),
        PlanningOptions(budget=float(budget) or None),
    )
    quantity = plan.lines["quantity"].to_numpy()
    assert (quantity % case == 0).all()
    assert ((quantity == 0) | (quantity >= least)).all()
    spend = (plan.orders["quantity"] * 2.0 + 1.0).sum()
    assert plan.summary.spend == pytest.approx(spend)
    assert not budget or spend <= budget + 1e-9


@RELAXED
@given(seed=st.integers(0, 10_000), lost=st.booleans(), factor=st.floats(1.0, 20.0))
def test_a_dearer_shortage_never_lowers_an_order(shop, seed, lost, factor):
    forecast, terms, on_hand, inbound = shop(seed=seed)
    options = PlanningOptions(lost_sales=lost)
    cheap = quantities(forecast, terms, on_hand, inbound, options=options)
    dearer = terms.assign(stockout_cost=terms["stockout_cost"] * factor)
    assert (quantities(forecast, dearer, on_hand, inbound, options=options) >= cheap).all()


@RELAXED
@given(seed=st.integers(0, 10_000), lost=st.booleans(), more=st.integers(1, 20))
def test_more_on_hand_never_raises_an_order(shop, seed, lost, more):
    forecast, terms, on_hand, inbound = shop(seed=seed)
    options = PlanningOptions(lost_sales=lost)
    scarce = quantities(forecast, terms, on_hand, inbound, options=options)
    ample = quantities(forecast, terms, on_hand + more, inbound, options=options)
    assert (ample <= scarce).all()


@RELAXED
@given(seed=st.integers(0, 10_000), budget=st.integers(1, 60), more=st.integers(1, 40))
def test_more_budget_never_costs_more(shop, seed, budget, more):
    case = shop(seed=seed, case_pack=3.0)
    tight, loose = (plan_orders(*case, PlanningOptions(budget=float(b))) for b in (budget, budget + more))
    assert loose.summary.expected_cost <= tight.summary.expected_cost + 1e-9
    assert tight.summary.lower_bound <= tight.summary.expected_cost + 1e-9


def test_a_binding_budget_is_said_with_its_price(shop):
    plan = plan_orders(*shop(), PlanningOptions(budget=20.0))
    assert plan.summary.spend <= 20.0
    assert plan.summary.budget_price > 0
    cut = plan.lines[plan.lines["quantity"] < plan.lines["best_quantity"]]
    assert cut["reason"].str.contains("the budget binds: 1 more of it would save").all()


def test_a_volume_capacity_counts_what_is_on_hand_and_on_order(shop):
    forecast, terms, on_hand, inbound = shop()
    inbound[:, 1] = 2.0
    used = 0.1 * (on_hand.sum() + inbound.sum())
    plan = plan_orders(forecast, terms, on_hand, inbound, PlanningOptions(volume_capacity=used + 1.0))
    assert plan.summary.volume <= 1.0 + 1e-9
    with pytest.raises(InfeasiblePlanError, match="raise the capacity by"):
        plan_orders(forecast, terms, on_hand, inbound, PlanningOptions(volume_capacity=used - 1.0))


def test_a_reason_is_one_sentence_with_the_numbers(shop):
    forecast, terms, on_hand, inbound = shop(count=1, mean=9.0, case_pack=12.0, minimum_order_quantity=24.0)
    reason = plan_orders(forecast, terms, on_hand * 0.0, inbound, FREE).orders["reason"].iloc[0]
    assert reason.startswith("Order 24 (2 cases of 12): 0 on hand and 0 inbound cover 0 of the 21 days")
    assert "24 is the smallest order allowed" in reason
    assert reason.endswith(".")
    assert reason.count(". ") == 0


def test_a_negative_budget_is_explained(shop):
    with pytest.raises(InfeasiblePlanError, match=r"the budget left for this plan is -5\.00"):
        plan_orders(*shop(), PlanningOptions(budget=-5.0))


def test_a_forecast_too_short_for_the_lead_time_is_refused(shop):
    with pytest.raises(UsageError, match="goods ordered now arrive after 9; forecast at least 14"):
        plan_orders(*shop(lead_time_days=63.0), FREE)


def test_a_forecast_without_paths_is_refused(shop):
    forecast, terms, on_hand, inbound = shop()
    with pytest.raises(UsageError, match="no sample paths"):
        plan_orders(replace(forecast, paths=forecast.paths[:, :0]), terms, on_hand, inbound, FREE)


def test_terms_of_other_series_are_refused(shop):
    forecast, terms, on_hand, inbound = shop()
    with pytest.raises(UsageError, match="other series"):
        plan_orders(forecast, terms.iloc[::-1].reset_index(drop=True), on_hand, inbound, FREE)
    with pytest.raises(UsageError, match="do not fit"):
        plan_orders(forecast, terms, on_hand[1:], inbound, FREE)


def test_no_series_make_an_empty_plan(shop):
    forecast, terms, on_hand, inbound = shop(count=1)
    none = np.array([], dtype=np.int64)
    plan = plan_orders(forecast.take(none), terms.iloc[:0], on_hand[:0], inbound[:0], FREE)
    assert plan.orders.empty
    assert plan.summary.series == 0


def test_the_horizon_spans_lead_time_review_and_look_ahead(shop):
    forecast, terms, _, _ = shop()
    day = forecast.as_of
    assert required_horizon(terms, PlanningConfig(), Frequency.WEEKLY, day) == 2 + 1 + 4
    assert required_horizon(terms, FREE, Frequency.DAILY, day) == 14 + 7 + 28
    assert required_horizon(terms, PlanningOptions(review_period_days=21), Frequency.WEEKLY, day) == 2 + 3 + 12
    assert required_horizon(terms, PlanningOptions(look_ahead_periods=0), Frequency.WEEKLY, day) == 3


def test_a_supplier_without_capacity_gets_no_order(shop):
    assert not quantities(*shop(capacity=0.0)).any()
    assert (quantities(*shop(capacity=2.0)) <= 2).all()


def test_options_follow_the_dataset_and_name_the_policy_not_the_solver():
    options = PlanningOptions.of(PlanningConfig(review_period_days=14, lost_sales=False, budget=9.0))
    assert (options.review_period_days, options.lost_sales, options.budget) == (14, False, 9.0)
    assert options.policy == replace(options, seed=1, time_limit_seconds=1.0).policy
    assert options.policy != replace(options, budget=8.0).policy


def test_orders_whose_unit_cost_is_a_guess_are_counted(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=0.0)
    terms["unit_cost"] = [2.0, np.nan, np.nan, 2.0, 2.0, 2.0]
    terms["price"] = [3.0, 4.0, np.nan, np.nan, 3.0, 3.0]
    summary = plan_orders(forecast, terms, on_hand, inbound, FREE).summary
    assert (summary.ordered, summary.unpriced, summary.counted) == (6, 2, 1)


@pytest.mark.parametrize("amount", [1e305, np.inf, np.nan])
def test_amounts_whose_sums_would_overflow_are_refused(shop, amount):
    with pytest.raises(UsageError, match="the stockout_cost of s0 at main is"):
        plan_orders(*shop(stockout_cost=amount), FREE)


def two_ways(terms, **air):
    """Return sea as it stands in `terms` and an air row beside it for every series."""
    sea = terms.assign(series=range(len(terms)), rank=0)
    values = {"mode": "air", "lead_time_days": 0.0, "freight_cost": 0.3, "rank": 1}
    return pd.concat([sea, sea.assign(**{**values, **air})]).sort_values(["series", "rank"]).reset_index(drop=True)


def test_air_bridges_until_the_sea_order_comes_and_both_are_orders_to_place_now(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=0.0, mean=8.0)
    free = plan_orders(forecast, terms, on_hand, inbound, FREE)
    plan = plan_orders(forecast, terms, on_hand, inbound, FREE, buying=Buying(ways=two_ways(terms)))
    assert plan.summary.expected_cost < free.summary.expected_cost
    split = plan.orders[plan.orders.duplicated(["sku", "location"], keep=False)]
    assert set(split["mode"]) == {"air", "sea"}
    assert (plan.orders["order_by"] == pd.Timestamp("2024-04-15")).all()
    assert (plan.orders.groupby("sku")["quantity"].sum() == plan.lines.set_index("sku")["quantity"]).all()
    assert plan.orders["proposal_id"].is_unique
    paid = plan.orders["quantity"] * np.where(plan.orders["mode"] == "air", 2.3, 2.0)
    assert plan.summary.spend == pytest.approx(paid.sum())
    assert plan.summary.ordered == len(plan.lines)
    assert split["reason"].str.contains("by air from mill and .* by sea from mill").all()


def test_a_second_way_that_is_too_dear_changes_nothing(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=2.0)
    free = plan_orders(forecast, terms, on_hand, inbound, FREE)
    dear = plan_orders(forecast, terms, on_hand, inbound, FREE, buying=Buying(ways=two_ways(terms, freight_cost=50.0)))
    assert (dear.lines["quantity"] == free.lines["quantity"]).all()
    assert set(dear.orders["mode"]) == {"sea"}


@RELAXED
@given(seed=st.integers(0, 10_000), premium=st.sampled_from([0.05, 0.2, 0.6]), budget=st.integers(0, 90))
def test_more_ways_to_buy_never_cost_more_and_the_budget_holds(shop, seed, premium, budget):
    forecast, terms, on_hand, inbound = shop(seed=seed, stock_weeks=0.8)
    options = PlanningOptions(budget=float(budget) or None)
    ways = Buying(ways=two_ways(terms, freight_cost=premium))
    one = plan_orders(forecast, terms, on_hand, inbound, options)
    two = plan_orders(forecast, terms, on_hand, inbound, options, buying=ways)
    assert two.summary.expected_cost <= one.summary.expected_cost + 1e-6
    assert not budget or two.summary.spend <= budget + 1e-9


def test_a_price_break_that_pays_is_reached_and_invoiced(shop):
    forecast, terms, on_hand, inbound = shop(count=2, stock_weeks=0.0, mean=8.0)
    plain = plan_orders(forecast, terms, on_hand, inbound, FREE).orders
    threshold = int(plain["quantity"].max()) + 4
    broken = plan_orders(forecast, terms.assign(price_breaks=f"{threshold}:1.50"), on_hand, inbound, FREE)
    assert (broken.orders["quantity"] >= threshold).all()
    assert (broken.orders["unit_cost"] == 1.5).all()
    assert broken.summary.spend == pytest.approx((broken.orders["quantity"] * 1.5).sum())


@RELAXED
@given(seed=st.integers(0, 10_000), sd=st.sampled_from([3.0, 7.0]))
def test_random_lead_times_keep_the_plan_independent_of_the_other_series(shop, seed, sd):
    forecast, terms, on_hand, inbound = shop(seed=seed, count=4, lead_time_sd_days=sd)
    whole = plan_orders(forecast, terms, on_hand, inbound, FREE)
    rows = np.array([2])
    alone = plan_orders(
        forecast.take(rows), terms.iloc[rows].reset_index(drop=True), on_hand[rows], inbound[rows], FREE
    )
    assert alone.lines["quantity"].tolist() == whole.lines["quantity"].iloc[[2]].tolist()
    assert alone.summary.expected_cost == pytest.approx(whole.lines["expected_cost"].iloc[2])


def test_lead_times_that_were_seen_replace_the_ones_that_were_promised(shop):
    forecast, terms, on_hand, inbound = shop(stock_weeks=3.0, lead_time_days=7.0)
    seen = Buying(lead_times={("mill", "sea"): np.array([21.0, 21.0, 21.0])})
    late = plan_orders(forecast, terms, on_hand, inbound, FREE, buying=seen)
    sure = plan_orders(forecast, terms.assign(lead_time_days=21.0), on_hand, inbound, FREE)
    assert late.lines["quantity"].tolist() == sure.lines["quantity"].tolist()
    assert (late.lines["arrive_on"] == pd.Timestamp("2024-05-06")).all()


def test_a_transfer_brings_what_the_source_has_and_is_paid_for_its_freight_only(shop):
    forecast, terms, _, inbound = shop(2, mean=8.0)
    buy = terms.assign(series=range(2), rank=0, owned_cost=0.0)
    move = buy.assign(
        supplier="3pl", mode="transfer", lead_time_days=7.0, freight_cost=0.1, capacity=5.0, rank=1, owned_cost=2.0
    )
    ways = pd.concat([buy, move]).sort_values(["series", "rank"]).reset_index(drop=True)
    plan = plan_orders(forecast, terms, np.zeros(2), inbound, PlanningOptions(), buying=Buying(ways=ways))
    moved = plan.orders[plan.orders["mode"] == "transfer"]
    bought = plan.orders[plan.orders["mode"] == "sea"]
    assert moved["quantity"].tolist() == [5, 5]
    assert (bought["quantity"] > 0).all()
    assert plan.summary.spend == pytest.approx(2 * 5 * 0.1 + 2.0 * bought["quantity"].sum())
    assert plan.lines["reason"].str.contains("5 by transfer from 3pl and").all()
    later = later_orders(plan.study)
    assert (later["mode"] == "sea").all()


def test_threads_change_no_order_and_not_the_policys_name(shop, monkeypatch):
    monkeypatch.setattr("optimizer.first_orders.CHUNK", 2)
    case = shop(count=7, stock_weeks=0.5)
    alone, together = (plan_orders(*case, PlanningOptions(threads=threads)) for threads in (1, 3))
    assert together.lines.equals(alone.lines)
    assert together.orders.equals(alone.orders)
    assert PlanningOptions(threads=3).policy == PlanningOptions().policy
