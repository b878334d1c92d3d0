"""The health score: the trade's arithmetic, published maps, reasons that add up; KPIs against hand-made sums."""

import numpy as np
import pandas as pd
import pytest

from monitoring.fact import Scope
from monitoring.facts import facts_of
from monitoring.health import ALERT_BELOW, MAPS, PILLARS, WEIGHTS, combine, explain, health_table, points
from monitoring.kpi import KPIS, kpi_parts, kpis_of
from tests.monitoring.views import day, make_view, table


def kpis_for(view, groups=None) -> pd.DataFrame:
    return kpis_of(kpi_parts(view, facts_of(view)[Scope.SERIES]), groups)


def test_m21_the_weights_are_40_35_25_and_make_one() -> None:
    assert WEIGHTS == {"turnover": 0.40, "structure": 0.35, "service_cost": 0.25}
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


def test_m22_e10_a_total_of_75_with_a_structure_of_50_needs_others_of_88_and_a_half_and_names_structure() -> None:
    other = (75 - 0.35 * 50) / 0.65
    assert other == pytest.approx(88.4615, abs=1e-4)
    pillars = {"turnover": other, "structure": 50.0, "service_cost": other}
    assert float(combine(pillars)) == pytest.approx(75.0)
    kpis = {"turnover": 9.0, "cover_days": 50.0, "aged_share": 0.1, "dead_share": 0.4, "excess_share": 0.1}
    kpis |= {"in_stock_rate": 0.95, "fill_rate": 0.95, "holding_cost_share": 0.04}
    assert explain(pillars)[0].name == "structure"
    assert explain(pillars, kpis)[0].name == "dead_share"


@pytest.mark.parametrize(("score", "alarm"), [(79.9, True), (80.0, False), (80.1, False)])
def test_m23_a_score_below_80_is_an_alert(score, alarm) -> None:
    assert (score < ALERT_BELOW) == alarm


def test_every_kpi_of_a_pillar_has_a_map_from_0_to_100_whose_values_rise() -> None:
    for name in (kpi for kpis in PILLARS.values() for kpi in kpis):
        values, worth = zip(*MAPS[name], strict=True)
        assert list(values) == sorted(values)
        assert (min(worth), max(worth)) == (0, 100)
        assert name in KPIS


def test_maps_are_linear_between_their_points_and_flat_outside_e30() -> None:
    assert points("in_stock_rate", np.array([0.3, 0.85, 1.0])).tolist() == pytest.approx([0.0, 55.0, 100.0])
    assert np.isnan(points("aged_share", np.nan))


def test_what_each_kpi_costs_adds_up_to_what_the_score_lacks() -> None:
    draw = np.random.default_rng(4)
    for _ in range(50):
        kpis = {"turnover": draw.uniform(0, 14), "cover_days": draw.uniform(0, 300)}
        kpis |= {name: draw.uniform(0, 0.6) for name in ("aged_share", "dead_share", "excess_share")}
        kpis |= {"in_stock_rate": draw.uniform(0.5, 1), "fill_rate": draw.uniform(0.5, 1), "holding_cost_share": 0.05}
        table = health_table(pd.DataFrame([{"group": "all", **kpis}]))
        pillars = {name: float(table[name].iloc[0]) for name in PILLARS}
        assert sum(part.costs for part in explain(pillars, kpis)) == pytest.approx(100 - table["score"].iloc[0])


def test_a_pillar_that_is_not_known_leaves_the_others_their_weights() -> None:
    assert float(combine({"turnover": 80.0, "structure": np.nan, "service_cost": 60.0})) == pytest.approx(
        (0.4 * 80 + 0.25 * 60) / 0.65
    )
    assert np.isnan(combine({"turnover": np.nan, "structure": np.nan, "service_cost": np.nan}))


def test_m15_turnover_is_cost_of_goods_a_year_over_stock_at_cost() -> None:
    found = kpis_for(make_view(np.full(365, 10.0), on_hand=300.0, unit_cost=8.0, price=20.0)).iloc[0]
    assert found["turnover"] == pytest.approx(10 * 365 / 300)
    assert found["days_of_inventory"] == pytest.approx(30.0)
    assert found["cover_days"] == pytest.approx(30.0)
    assert found["gmroi"] == pytest.approx(10 * 365 * 12 / (300 * 8))
    assert found["roi"] < found["gmroi"]  # E22: both are told; ROI pays the holding


def test_average_stock_is_that_of_the_statements_of_the_window() -> None:
    stock = table("stock", sku="S0", date=[day(60), day(40), day(20)], on_hand=[600.0, 300.0, 300.0])
    found = kpis_for(make_view(np.full(365, 10.0), on_hand=300.0, stock=stock)).iloc[0]
    assert found["turnover"] == pytest.approx(10 * 365 / 400)


def test_m49_o12_lost_sales_are_the_pace_in_stock_times_the_days_out() -> None:
    units, there = np.full(365, 10.0), np.ones(365)
    units[-9:], there[-9:] = 0.0, 0.0
    found = kpis_for(make_view(units, on_hand=0.0, in_stock=there, price=20.0)).iloc[0]
    assert found["in_stock_rate"] == pytest.approx(0.9)
    assert found["lost_units"] == pytest.approx(90.0)
    assert found["lost_sales"] == pytest.approx(1800.0)
    assert found["fill_rate"] == pytest.approx(0.9)


def test_m38_the_age_score_falls_with_age_and_a_group_is_its_stocks_and_not_the_mean_of_its_products() -> None:
    receipts = table(
        "receipts", order_id=["a", "b"], sku=["S0", "S1"], received_on=[day(10), day(365)], quantity=[90.0, 10.0]
    )
    view = make_view(np.full((2, 365), 1.0), on_hand=[90.0, 10.0], receipts=receipts)
    each = kpis_for(view, view.series["sku"]).set_index("group")
    whole = kpis_for(view).iloc[0]
    assert each["age_score"].tolist() == [100.0, 0.0]
    assert whole["age_score"] == pytest.approx(90.0)
    assert whole["aged_share"] == pytest.approx(0.1)


def test_without_any_stock_on_record_only_service_is_scored() -> None:
    table_ = health_table(kpis_for(make_view(np.full(120, 5.0), on_hand=np.nan)))
    assert table_["turnover"].isna().all()
    assert table_["score"].iloc[0] == pytest.approx(table_["service_cost"].iloc[0])
