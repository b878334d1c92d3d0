"""The five states: each limit at, just under and just over, and the same limits as the shipped rules."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from monitoring.rule import shipped_rules
from monitoring.stock_state import AT_RISK_FROM, EXCESS_FROM, STATES, stock_states, surplus_units

FACTS = {
    "on_hand": 100.0,
    "inbound_units": 0.0,
    "stockout_probability": 0.0,
    "excess_share": 0.0,
    "lead_time_days": 10.0,
    "forecast_daily": 2.0,
}


def states_of(age_days=400.0, review_days=7, **facts):
    view = SimpleNamespace(review_days=review_days, age_days=np.array([age_days]))
    row = stock_states(view, pd.DataFrame([FACTS | facts])).iloc[0]
    return {name for name in STATES if row[name]}


@pytest.mark.parametrize(
    ("facts", "states"),
    [
        ({}, set()),
        ({"on_hand": 0.0}, {"out_of_stock"}),
        ({"on_hand": 0.0, "stockout_probability": 1.0, "excess_share": 1.0}, {"out_of_stock"}),
        ({"stockout_probability": 0.25}, {"at_risk"}),
        ({"stockout_probability": 0.2499}, set()),
        ({"excess_share": 0.5}, {"excess"}),
        ({"excess_share": 0.4999}, set()),
        ({"on_hand": 80.0, "inbound_units": 11.0}, {"surplus_orders"}),
        ({"on_hand": 80.0, "inbound_units": 10.9}, set()),
        ({"on_hand": 80.0, "inbound_units": 11.0, "lead_time_days": 38.5}, set()),
        ({"age_days": 90.9}, {"new"}),
        ({"age_days": 91.0}, set()),
        ({"on_hand": np.nan, "stockout_probability": np.nan, "excess_share": np.nan, "inbound_units": 50.0}, set()),
        ({"stockout_probability": 0.9, "age_days": 3.0}, {"at_risk", "new"}),
    ],
    ids=range(14),
)
def test_a_state_begins_at_its_limit(facts, states):
    assert states_of(**facts) == states


def test_the_limits_are_those_of_the_shipped_rules():
    rules = {rule.id: dict(rule.levels) for rule in shipped_rules()}
    assert rules["stockout-risk"]["watch"] == AT_RISK_FROM
    assert rules["overstock"]["watch"] == EXCESS_FROM


def test_a_surplus_is_never_more_than_what_is_on_order():
    facts = pd.DataFrame([FACTS | {"on_hand": 500.0, "inbound_units": 30.0}, FACTS | {"on_hand": 0.0}])
    assert surplus_units(facts, 7).tolist() == [30.0, 0.0]
