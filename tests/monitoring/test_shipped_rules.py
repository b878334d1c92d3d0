"""Every shipped rule quotes its rows and fires on the right side of its limit: at, just under, just over."""

import re
from pathlib import Path

import pytest

from monitoring.facts import CATALOGUE
from monitoring.rule import SEVERITIES
from tests.monitoring.views import RULES, actions_of, severity_of

IN = 1e-3
"""Just inside or outside a limit."""

# (rule, row, further facts, the ladder's fact, limit, comparison, severity)
LIMITS = [
    ("stockout-risk", "E13", {}, "stockout_probability", 0.25, "at_least", "watch"),
    ("stockout-risk", "E13", {}, "stockout_probability", 0.5, "at_least", "warning"),
    ("stockout-risk", "E13", {}, "stockout_probability", 0.75, "at_least", "urgent"),
    ("stockout-risk", "E13", {}, "stockout_probability", 0.95, "at_least", "critical"),
    ("cover-3-days", "M04", {"forecast_daily": 1}, "cover_days", 3, "at_most", "critical"),
    ("cover-7-days", "M05", {"forecast_daily": 1}, "cover_days", 7, "below", "urgent"),
    ("cover-14-days", "M06", {"forecast_daily": 1}, "cover_days", 14, "below", "warning"),
    ("cover-15-days", "M07", {"forecast_daily": 1}, "cover_days", 15, "below", "warning"),
    ("cover-30-days", "M08", {"forecast_daily": 1}, "cover_days", 30, "below", "watch"),
    ("introduction-cover", "M09", {"phase_code": 0, "forecast_daily": 1}, "cover_days", 60, "below", "watch"),
    ("introduction-cover", "M09", {"phase_code": 0, "forecast_daily": 1}, "cover_days", 30, "below", "warning"),
    ("stock-below-share", "M10", {"forecast_daily": 1}, "stock_share", 0.2, "below", "warning"),
    (
        "air-emergency",
        "O30",
        {"competitor_out": 1, "fastest_lead_time_days": 5, "lead_time_days": 30},
        "cover_days",
        14,
        "below",
        "urgent",
    ),
    (
        "pause-ads",
        "M03",
        {"acos_last_week": 0.2, "air_on_the_way": 0, "lead_time_days": 30},
        "cover_days",
        15,
        "below",
        "watch",
    ),
    ("keep-ads", "E12", {"air_on_the_way": 1, "competitor_out": 1}, "cover_days", 14, "below", "watch"),
    ("below-reorder-point", "O32", {"forecast_daily": 1}, "position_over_reorder", 1, "below", "watch"),
    ("capacity", "M02", {}, "volume_share", 0.9, "at_least", "warning"),
    ("capacity-ahead", "O37", {}, "volume_share_expected", 1.0, "at_least", "warning"),
    ("low-inventory-index", "M42", {}, "inventory_index", 400, "below", "urgent"),
    ("low-health-score", "M23", {}, "health_score", 80, "below", "watch"),
    ("low-health-score", "M23", {}, "health_score", 60, "below", "warning"),
    ("no-movement", "M11", {"on_hand": 5}, "no_movement_days", 90, "above", "urgent"),
    ("days-of-inventory", "M12", {"on_hand": 5}, "dsi_days", 90, "above", "watch"),
    ("days-of-inventory", "M12", {"on_hand": 5}, "dsi_days", 180, "above", "warning"),
    ("velocity-decay", "M13", {"decline_prior_30d": 0.4, "sold_90d": 100}, "decline_30d", 0.3, "above", "warning"),
    ("velocity-decay", "M13", {"decline_30d": 0.4, "sold_90d": 100}, "decline_prior_30d", 0.3, "above", "warning"),
    ("aged-share", "M14", {"on_hand": 5}, "aged_120_share", 0.2, "above", "warning"),
    ("aged-90-days", "M30", {"aged_90_share": 0.5}, "aged_90_units", 0, "above", "watch"),
    ("monthly-drop", "M25", {"sold_90d": 100, "decline_z": 3}, "decline_30d", 0.4, "at_least", "warning"),
    ("overstock", "M28", {"dsi_days": 80, "on_hand": 9}, "excess_share", 0.5, "at_least", "watch"),
    ("category-ageing", "O49", {}, "aged_90_share_rise", 0.05, "at_least", "watch"),
    ("season-ends", "M44", {"season_cover_days": 90}, "season_end_in_days", 42, "at_most", "watch"),
    ("velocity-up", "F34", {"velocity_z": 3, "sold_90d": 100}, "velocity_change", 0.3, "at_least", "watch"),
    ("growth-week", "O29", {"sold_90d": 100}, "growth_days", 7, "at_least", "warning"),
    ("quarter-slope", "F22", {"sold_90d": 100}, "slope_90d", 0.5, "at_least", "watch"),
    (
        "next-quarter-down",
        "F31",
        {"sold_90d": 100, "inbound_units": 5},
        "forecast_quarter_change",
        -0.15,
        "at_most",
        "watch",
    ),
    ("above-forecast", "O05", {"forecast_deviation": 0.4}, "forecast_surprise", 2, "at_least", "watch"),
    ("below-forecast", "O05", {"forecast_deviation": -0.4}, "forecast_surprise", -3, "at_most", "warning"),
    ("season-order-day", "E16", {}, "season_order_in_days", 7, "at_most", "warning"),
    ("season-talks", "O21", {}, "season_talk_in_days", 0, "at_most", "watch"),
    ("event-order-day", "O36", {}, "event_slack_days", 0, "at_most", "urgent"),
    ("margin-floor", "O41", {}, "margin_share", 0.25, "below", "watch"),
    ("competitor-price-cut", "M26", {}, "competitor_cut_3d", 0.15, "above", "warning"),
    ("price-war-postpone", "O39", {"dsi_over_category": 1.5}, "competitor_cut_3d", 0.15, "above", "watch"),
    ("price-war-postpone", "E11", {"competitor_cut_3d": 0.2}, "dsi_over_category", 1.0, "above", "watch"),
    ("competitor-out", "O40", {"competitor_out": 1}, "competitor_price_rise", 0, "above", "watch"),
    (
        "competitor-cycle",
        "O38",
        {"competitor_cycle_days": 40, "competitor_out": 0, "lead_time_days": 20},
        "competitor_next_out_days",
        20,
        "at_most",
        "watch",
    ),
    ("competitor-rank-jump", "O42", {"cover_days": 20}, "competitor_rank_gain_3d", 10, "at_least", "warning"),
    ("competitor-rank-jump", "O42", {"competitor_rank_gain_3d": 12}, "cover_days", 30, "below", "warning"),
    ("competitor-best-rank", "O42", {"competitor_best_bsr": 1}, "cover_days", 30, "below", "warning"),
    ("competitor-growth", "O44", {"phase_code": 1}, "competitor_growth", 0.2, "at_least", "watch"),
    ("price-volatility", "M47", {}, "competitor_price_swing", 0.25, "at_least", "watch"),
    ("keyword-surge", "F26", {}, "keyword_growth", 0.3, "above", "watch"),
    ("keyword-fall", "F35", {"cover_days": 60}, "keyword_growth", -0.15, "at_most", "watch"),
    ("rank-loss", "M33", {}, "keyword_rank_loss", 10, "at_least", "warning"),
    (
        "competitiveness-loss",
        "F28",
        {"keyword_growth": 0.1, "decline_30d": 0.2},
        "keyword_rank_loss",
        3,
        "at_least",
        "urgent",
    ),
    ("saturation", "F28", {"phase_code": 2, "slope_90d": -0.1}, "competitor_cut_3d", 0.1, "at_least", "watch"),
    ("acos-two-weeks", "M31", {}, "acos_two_weeks", 0.3, "above", "warning"),
    ("campaign-loses", "M39", {"acos_last_week": 0.4}, "ad_margin_28d", 0, "below", "watch"),
    ("bad-reviews", "M34", {}, "bad_review_share", 0.2, "at_least", "watch"),
    ("keyword-acos", "M36", {"keyword_cvr": 0.02}, "keyword_acos", 0.3, "above", "watch"),
    ("keyword-acos", "M36", {"keyword_acos": 0.5}, "keyword_cvr", 0.05, "at_most", "watch"),
    ("modifier-converts", "F27", {"keyword_volume_change": 0.1}, "keyword_cvr_over_mean", 1.2, "above", "watch"),
    ("term-surge", "F26", {}, "keyword_volume_change", 0.3, "above", "watch"),
    ("market-falls", "M17", {}, "market_index_change", -0.15, "at_most", "watch"),
    ("market-falls", "F17", {}, "market_index_change", -0.3, "at_most", "warning"),
    ("market-rises", "M17", {}, "market_index_change", 0.15, "at_least", "watch"),
    ("market-share-lost", "M18", {}, "category_share_change", -0.15, "at_most", "watch"),
    ("competitor-new-product", "M26", {}, "competitor_new_products", 1, "at_least", "watch"),
    ("competitor-baskets", "M34", {}, "competitor_basket_change", 0.15, "at_least", "watch"),
    ("late-supplier", "O33", {"receipts": 10}, "late_rate", 0.2, "above", "warning"),
    ("slow-supplier", "O20", {"receipts": 10}, "lead_time_excess", 0.2, "at_least", "watch"),
    ("supplier-quality", "M27", {}, "defect_rate", 0.05, "above", "warning"),
    ("logistics-delay", "M43", {}, "overdue_days", 7, "above", "warning"),
    ("stuck-in-factory", "M43", {"order_lead_time_days": 30}, "factory_days", 30, "above", "warning"),
    ("stuck-in-domestic", "M43", {}, "domestic_days", 10, "above", "watch"),
    ("stuck-in-transit", "M43", {"order_lead_time_days": 30}, "transit_days", 30, "above", "warning"),
    ("stuck-in-customs", "M43", {}, "customs_days", 10, "above", "warning"),
    ("stuck-in-port", "M43", {}, "port_days", 21, "above", "urgent"),
    ("stuck-in-receiving", "M43", {}, "receiving_days", 35, "above", "urgent"),
    ("stale-data", "M24", {}, "data_age_days", 3, "above", "urgent"),
    ("stale-stock", "M24", {}, "stock_age_days", 7, "above", "urgent"),
    ("stale-signals", "M24", {}, "signal_age_days", 28, "above", "warning"),
    ("model-drift", "O19", {}, "model_drift", 2, "at_least", "urgent"),
    ("forecast-bias", "O19", {}, "forecast_bias", 0.15, "at_least", "watch"),
    ("forecast-bias-low", "O19", {}, "forecast_bias", -0.3, "at_most", "warning"),
    ("forecast-calibration", "O19", {}, "calibration_gap", 0.1, "at_least", "warning"),
    ("sync-failed", "M02", {}, "listing_failed", 1, "at_least", "urgent"),
    ("oversell-risk", "H09", {}, "published_gap_units", 0, "above", "warning"),
    (
        "runs-out-before-receipt",
        "E13",
        {"next_receipt_days": 40, "lead_time_days": 14},
        "stockout_before_receipt",
        0.75,
        "at_least",
        "warning",
    ),
    ("stocked-out", "M01", {"forecast_daily": 1}, "on_hand", 0, "at_most", "critical"),
]


@pytest.mark.parametrize(("rule", "row", "facts", "fact", "limit", "comparison", "severity"), LIMITS)
def test_a_rule_fires_at_its_limit_and_not_beside_it(rule, row, facts, fact, limit, comparison, severity) -> None:
    assert row in RULES[rule].rows
    worse = 1 if comparison in ("above", "at_least") else -1

    def at(value: float) -> int:
        found = severity_of(rule, **{**facts, fact: value})
        return 0 if found is None else SEVERITIES.index(found) + 1

    wanted = SEVERITIES.index(severity) + 1
    assert at(limit + worse * IN) >= wanted, "just over"
    assert (at(limit) >= wanted) == (comparison in ("at_least", "at_most")), "at"
    assert at(limit - worse * IN) < wanted, "just under"


def test_every_shipped_rule_has_a_limit_in_the_table_above_and_quotes_a_row() -> None:
    assert set(RULES) == {item[0] for item in LIMITS}
    assert all(re.fullmatch(r"[A-Z]\d{2}", row) for rule in RULES.values() for row in rule.rows)
    assert all(rule.rows for rule in RULES.values())


def test_the_fixed_day_limits_are_overrides_and_off_as_shipped_e13() -> None:
    fixed = [rule for rule in RULES.values() if rule.fact == "cover_days" and rule.cause == "stock-out"]
    assert {rule.id for rule in fixed if rule.enabled} == {"air-emergency"}
    assert sum(not rule.enabled for rule in fixed) == 6


def test_m31_needs_two_weeks_above_thirty_percent() -> None:
    assert severity_of("acos-two-weeks", acos_two_weeks=0.31, acos_last_week=0.45) == "warning"
    assert severity_of("acos-two-weeks", acos_two_weeks=0.29, acos_last_week=0.45) is None


def test_e12_ads_are_paused_below_fifteen_days_unless_air_freight_comes_in_time() -> None:
    facts = {"cover_days": 10, "acos_last_week": 0.2, "lead_time_days": 30, "competitor_out": 1}
    assert severity_of("pause-ads", air_on_the_way=0, **facts) == "watch"
    assert severity_of("pause-ads", air_on_the_way=1, **facts) is None
    assert severity_of("keep-ads", air_on_the_way=1, **facts) == "watch"
    assert severity_of("keep-ads", air_on_the_way=0, **facts) is None


def test_e11_a_fast_seller_is_not_told_to_postpone_in_a_price_war() -> None:
    assert severity_of("price-war-postpone", competitor_cut_3d=0.2, dsi_over_category=0.5) is None
    assert severity_of("price-war-postpone", competitor_cut_3d=0.2, dsi_over_category=1.5) == "watch"


def test_o05_answers_grow_with_the_error() -> None:
    assert actions_of("above-forecast", forecast_surprise=3, forecast_deviation=0.3) == ["flexible_supplier"]
    assert actions_of("above-forecast", forecast_surprise=3, forecast_deviation=1.5) == ["substitute"]
    assert actions_of("below-forecast", forecast_surprise=-3, forecast_deviation=-0.3) == ["postpone"]
    assert actions_of("below-forecast", forecast_surprise=-3, forecast_deviation=-0.6) == ["pause_orders"]


def test_m33s_case_raises_what_its_story_tells() -> None:
    case = {"inventory_index": 380}
    assert severity_of("low-inventory-index", **case) == "urgent"
    assert severity_of("rank-loss", keyword_rank_loss=15 - 3) == "warning"
    assert severity_of("acos-two-weeks", acos_two_weeks=0.45) == "warning"
    assert severity_of("monthly-drop", decline_30d=1 - 40 / 120, sold_90d=300, decline_z=9) == "warning"


def test_m34s_case_the_word_fell_by_18_percent_and_the_long_tail_rose_by_42() -> None:
    assert severity_of("keyword-fall", keyword_growth=-0.18, cover_days=60) == "watch"
    assert severity_of("term-surge", keyword_volume_change=0.42) == "watch"
    assert severity_of("bad-reviews", bad_review_share=0.27) == "watch"
    assert severity_of("competitor-baskets", competitor_basket_change=0.15) == "watch"


def test_every_row_of_this_part_is_named_by_the_coverage_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "coverage" / "alerts.md").read_text(encoding="utf-8")
    wanted = [f"M{number:02d}" for number in range(1, 50)]
    wanted += [f"O{number:02d}" for number in (12, 19, 20, 21, 29, 30, 31, 33, *range(36, 48), *range(49, 53))]
    wanted += ["F22", "F26", "F27", "F28", "F31", "F34", "F35", "E11", "E12", "E13", "E15", "E16", "E17", "E18"]
    assert [row for row in wanted if not re.search(rf"\b{row}\b", page)] == []


def test_the_guide_lists_every_fact_that_rules_can_ask_about() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert [name for facts in CATALOGUE.values() for name in facts if f"`{name}`" not in guide] == []
