"""The engine: one alert a subject and cause, the worst rule speaks, the same facts give the same alerts."""

from dataclasses import replace

import numpy as np
import pandas as pd

from monitoring.alerts import alert_id, raise_alerts
from monitoring.fact import Scope
from monitoring.rule import read_rules, shipped_rules
from tests.monitoring.views import RULES, facts_of_one


def raised(rules, **numbers) -> pd.DataFrame:
    return raise_alerts(
        rules,
        {
            scope: facts_of_one(scope, **numbers) if scope is Scope.SERIES else facts_of_one(scope).iloc[:0]
            for scope in Scope
        },
    )


def test_the_signs_of_one_cause_are_one_alert_and_the_worst_speaks_e14() -> None:
    facts = {"dsi_days": 200, "on_hand": 50, "no_movement_days": 100, "stock_value": 400.0, "days_since_sale": 100}
    alerts = raised(shipped_rules(), **facts)
    slow = alerts[alerts["cause"] == "slow-mover"]
    assert len(slow) == 1
    assert slow["rule"].iloc[0] == "no-movement"
    assert slow["also"].iloc[0] == "days-of-inventory"
    assert slow["severity"].iloc[0] == "urgent"
    assert slow["action"].iloc[0] == "markdown"


def test_both_rules_of_decline_are_kept_apart_by_id_and_merged_by_cause_e14() -> None:
    facts = {"decline_30d": 0.5, "decline_prior_30d": 0.35, "sold_90d": 200, "decline_z": 5, "fill_feasible_30d": 0}
    alerts = raised(shipped_rules(), **facts)
    assert alerts["cause"].tolist() == ["decline"]
    assert {alerts["rule"].iloc[0], alerts["also"].iloc[0]} == {"velocity-decay", "monthly-drop"}


def test_fixed_days_that_are_switched_on_raise_the_severity_of_the_same_alert_e13() -> None:
    rules = read_rules("[change.cover-3-days]\nenabled = true\n", "mine.toml", shipped_rules())
    facts = {
        "stockout_probability": 0.55,
        "cover_days": 2.0,
        "forecast_daily": 3.0,
        "on_hand": 6,
        "stockout_loss": 12.0,
    }
    usual, strict = raised(shipped_rules(), **facts), raised(rules, **facts)
    assert (usual["severity"].tolist(), strict["severity"].tolist()) == (["warning"], ["critical"])
    assert usual["alert_id"].tolist() == strict["alert_id"].tolist()


def test_an_alert_carries_numbers_money_words_and_something_to_do() -> None:
    facts = {
        "stockout_probability": 0.97,
        "on_hand": 12,
        "inbound_units": 0,
        "lead_time_days": 21,
        "stockout_loss": 88.5,
    }
    facts |= {"fastest_lead_time_days": 6, "cover_days": 4.2, "forecast_daily": 2.9, "lost_units": 40}
    alert = raised(shipped_rules(), **facts).iloc[0]
    assert (alert["severity"], alert["action"], alert["money"]) == ("critical", "order_by_air", 88.5)
    assert "97%" in alert["words"]
    assert "(21 days)" in alert["words"]
    assert alert["evidence"]["lost_units"] == 40
    assert alert["rows"] == "M01 M02 E13"


def test_a_rule_is_silent_where_the_one_it_yields_to_fires() -> None:
    facts = {"position_over_reorder": 0.4, "forecast_daily": 2.0, "reorder_point": 50}
    assert raised(shipped_rules(), **facts)["rule"].tolist() == ["below-reorder-point"]
    alerts = raised(shipped_rules(), stockout_probability=0.9, **facts)
    assert alerts["rule"].tolist() == ["stockout-risk"]


def test_what_is_only_near_its_limit_keeps_an_alert_open_and_opens_none() -> None:
    near = raised([RULES["stockout-risk"]], stockout_probability=0.24)
    assert near["fires"].tolist() == [False]
    assert near["held_level"].tolist() == [1]
    assert raised([RULES["stockout-risk"]], stockout_probability=0.2).empty


def test_rules_that_are_off_say_nothing() -> None:
    off = replace(RULES["stockout-risk"], enabled=False)
    assert raised([off], stockout_probability=0.99).empty


def test_the_order_of_subjects_changes_no_alert() -> None:
    draw = np.random.default_rng(3)
    facts = pd.concat([facts_of_one(Scope.SERIES) for _ in range(40)], ignore_index=True)
    facts["sku"] = [f"S{place}" for place in range(40)]
    for name in ("stockout_probability", "decline_30d", "decline_prior_30d", "excess_share"):
        facts[name] = draw.random(40)
    facts = facts.assign(sold_90d=50.0, dsi_days=draw.random(40) * 300, on_hand=9.0, stockout_loss=draw.random(40))
    rules = [rule for rule in shipped_rules() if rule.scope is Scope.SERIES]
    one = raise_alerts(rules, {Scope.SERIES: facts})
    other = raise_alerts(rules, {Scope.SERIES: facts.iloc[draw.permutation(40)].reset_index(drop=True)})
    pd.testing.assert_frame_equal(one, other)
    assert one["alert_id"].is_unique


def test_an_alerts_name_depends_on_subject_and_cause_alone() -> None:
    assert alert_id("series", "A@main", "stock-out") == alert_id("series", "A@main", "stock-out")
    assert alert_id("series", "A@main", "decline") != alert_id("series", "A@main", "stock-out")


def test_subjects_other_than_series_have_alerts_of_their_own() -> None:
    suppliers = facts_of_one(Scope.SUPPLIER, late_rate=0.4, receipts=12, mean_late_days=6, lead_time_seen_days=20)
    alerts = raise_alerts([RULES["late-supplier"]], {Scope.SUPPLIER: suppliers})
    assert alerts[["subject", "sku", "action", "owner"]].iloc[0].tolist() == ["x", "", "second_supplier", "purchasing"]
