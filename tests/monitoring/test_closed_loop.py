"""Suggestion → order → receipt → outcome: adherence, cost, lateness; lead times learned; levels reviewed."""

import numpy as np
import pandas as pd
import pytest

from monitoring.closed_loop import (
    calibration,
    calibration_gap,
    followed,
    learned_lead_times,
    safety_stock_review,
    summarise,
)
from monitoring.facts import Scope, facts_of
from monitoring.view import Feeds
from tests.monitoring.views import day, forecast_of, make_view, table


def loop() -> pd.DataFrame:
    suggestions = pd.DataFrame(
        {
            "proposal_id": list("abcd"),
            "sku": "S0",
            "location": "main",
            "quantity": [100.0, 100.0, 100.0, 100.0],
            "order_by": pd.Timestamp("2024-05-01"),
            "arrive_on": pd.Timestamp("2024-05-31"),
            "unit_cost": 2.0,
        }
    )
    orders = pd.DataFrame(
        {
            "order_id": ["1", "2", "3"],
            "proposal_id": ["a", "b", "c"],
            "quantity": [110.0, 100.0, 50.0],
            "placed_on": pd.to_datetime(["2024-05-04", "2024-05-05", "2024-05-01"]),
            "unit_cost": [2.0, 2.5, 2.0],
        }
    )
    receipts = pd.DataFrame(
        {
            "order_id": ["1", "1", "2"],
            "received_on": pd.to_datetime(["2024-06-01", "2024-06-05", "2024-05-29"]),
            "quantity": [60.0, 45.0, 100.0],
        }
    )
    return followed(suggestions, orders, receipts)


def test_o19_an_order_near_the_suggestion_in_time_and_quantity_follows_it() -> None:
    found = loop().set_index("proposal_id")
    assert found["outcome"].to_dict() == {"a": "followed", "b": "changed", "c": "changed", "d": "ignored"}
    assert found.loc["a", ["received", "late_days"]].tolist() == [105.0, 5]
    assert found.loc["b", "cost_off"] == pytest.approx(50.0)


def test_the_summary_adds_up() -> None:
    told = summarise(loop())
    assert (told.suggested, told.followed, told.changed, told.ignored) == (4, 1, 2, 1)
    assert told.adherence == 0.25
    assert (told.planned_cost, told.realised_cost) == (600.0, 220.0 + 250.0 + 100.0)
    assert told.received_share == pytest.approx(205 / 210)
    assert told.late_days == pytest.approx((5 - 2) / 2)


def test_o20_lead_times_are_learned_from_five_receipts_on() -> None:
    receipts = table(
        "receipts",
        order_id=[str(place) for place in range(6)],
        sku="S0",
        supplier="Acme",
        mode="sea",
        placed_on=[day(100)] * 6,
        received_on=[day(100 - days) for days in (20, 22, 24, 26, 28, 30)],
        quantity=1.0,
    )
    found = learned_lead_times(make_view(np.ones(50), lead=14.0, receipts=receipts)).iloc[0]
    assert (found["seen_days"], found["planned_days"], found["use"]) == (25.0, 14.0, True)
    assert found["late_quantile_days"] == pytest.approx(29.0)
    few = learned_lead_times(make_view(np.ones(50), receipts=receipts.iloc[:4])).iloc[0]
    assert not few["use"]


def test_a_forecast_whose_levels_are_true_is_calibrated() -> None:
    draw = np.random.default_rng(3)
    units = draw.poisson(20.0, (200, 80)).astype(float)
    view = make_view(units)
    issued = forecast_of(view.panel.before(60), draw.poisson(20.0, (200, 400, 20)).astype(np.float32))
    found = calibration(issued, view.panel).set_index("level")["share_below"]
    assert found.to_dict() == pytest.approx({0.05: 0.05, 0.5: 0.5, 0.95: 0.95}, abs=0.03)


def narrow(spread: float, count: int = 400):
    """Return a view and a forecast of demand of spread 20 which says that its spread is another."""
    draw = np.random.default_rng(5)
    view = make_view(np.maximum(draw.normal(100.0, 20.0, (count, 80)), 0.0))
    paths = np.maximum(draw.normal(100.0, spread, (count, 400, 20)), 0.0)
    return view, forecast_of(view.panel.before(60), paths.astype(np.float32))


def test_o19_a_forecast_that_is_too_narrow_has_a_gap_and_says_for_which_level_to_ask() -> None:
    view, issued = narrow(10.0)
    found = calibration(issued, view.panel).set_index("level")
    assert found.loc[0.95, "share_below"] == pytest.approx(0.79, abs=0.02)  # Φ(1.645 / 2)
    assert found.loc[0.5, "ask_for"] == pytest.approx(0.5, abs=0.01)
    assert np.isnan(found.loc[0.95, "ask_for"]), "no level of it reached 95 %"
    assert calibration_gap(issued, view.panel) == pytest.approx(0.95 - 0.79 - 2 * (0.95 * 0.05 / 400) ** 0.5, abs=0.02)


def test_o19_a_forecast_that_is_too_wide_is_asked_for_less() -> None:
    view, issued = narrow(40.0)
    found = calibration(issued, view.panel).set_index("level")["ask_for"]
    assert 0.5 < found[0.95] < 0.95


def test_o19_the_gap_is_a_fact_and_chance_is_none() -> None:
    view, issued = narrow(20.0)
    told = facts_of(make_view(np.ones(50)))[Scope.DATASET]["calibration_gap"]
    assert told.isna().all()
    assert calibration_gap(issued, view.panel) == pytest.approx(0.0, abs=0.01)
    few, narrow_one = narrow(10.0, count=6)
    assert calibration_gap(narrow_one, few.panel) < 0.1, "six series prove little"
    wrong, said = narrow(8.0)
    seen = make_view(wrong.panel.history.units.astype(float), feeds=Feeds(issued=said))
    assert facts_of(seen)[Scope.DATASET]["calibration_gap"].iloc[0] > 0.1


def test_o12_the_quarterly_review_moves_levels_towards_their_targets() -> None:
    kpis = pd.DataFrame({"group": ["A", "B", "C"], "in_stock_rate": [0.95, 0.96, 0.99], "turnover": [8.0, 6.0, 2.0]})
    found = safety_stock_review(kpis, np.array([0.95, 0.95, 0.95])).set_index("group")["suggested"]
    assert found.to_dict() == pytest.approx({"A": 0.96, "B": 0.95, "C": 0.94})
