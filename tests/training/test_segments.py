"""Classes of series from facts that were there, on a panel whose classes are known by construction."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.frequency import Frequency
from features.panel import Panel, build_panel
from training.segments import SegmentSettings, recent_pace, segment_labels

DAYS = 364
SOLD = {
    "big": np.full(DAYS, 90.0),
    "calm": np.full(DAYS, 12.0),
    "lumpy": np.where(np.arange(DAYS) % 5 == 0, np.where(np.arange(DAYS) % 20 == 0, 40.0, 1.0), 0.0),
    "rare": np.where(np.arange(DAYS) % 30 == 0, 2.0, 0.0),
    "young": np.where(np.arange(DAYS) >= DAYS - 40, 1.0, 0.0),
}


@pytest.fixture(scope="module")
def mixed() -> Panel:
    dates = pd.date_range("2023-01-02", periods=DAYS, unit="s")
    sales = pd.concat(
        pd.DataFrame({"sku": sku, "location": "main", "date": dates, "units": units, "price": 10.0, "in_stock": 1.0})
        for sku, units in SOLD.items()
    )
    sales = sales[(sales["sku"] != "young") | (sales["units"] > 0)].astype({"sku": "str", "location": "str"})
    products = pd.DataFrame({"sku": list(SOLD), "category": ["a", "a", "b", "b", "b"], "value": ["x"] * 4 + ["y"]})
    return build_panel({"sales": sales, "products": products.astype("str")}, Frequency.DAILY, date(2024, 1, 1))


def by_sku(panel: Panel, segment: str, settings: SegmentSettings | None = None) -> dict[str, str]:
    return dict(zip(panel.series["sku"], segment_labels(panel, settings)[segment].tolist(), strict=True))


def test_value_classes_are_shares_of_sales_in_money(mixed: Panel) -> None:
    assert by_sku(mixed, "value") == {"big": "A", "calm": "B", "lumpy": "C", "rare": "C", "young": "C"}
    assert by_sku(mixed, "value", SegmentSettings(a_share=0.9))["calm"] == "A"


def test_patterns_are_those_of_syntetos_and_boylan(mixed: Panel) -> None:
    found = by_sku(mixed, "pattern")
    assert found == {"big": "smooth", "calm": "smooth", "lumpy": "lumpy", "rare": "intermittent", "young": "smooth"}


def test_steady_demand_is_x_and_a_launch_is_not_its_fault(mixed: Panel) -> None:
    found = by_sku(mixed, "variability")
    assert found["big"] == found["calm"] == found["young"] == "X"


def test_a_series_is_new_for_ninety_days(mixed: Panel) -> None:
    assert by_sku(mixed, "life")["young"] == "new"
    assert by_sku(mixed, "life", SegmentSettings(new_days=30))["young"] == "mature"


def test_a_column_of_products_is_a_segment_and_never_hides_ours(mixed: Panel) -> None:
    labels = segment_labels(mixed)
    assert labels["category"].tolist() == ["a", "a", "b", "b", "b"]
    assert labels["value (column)"].tolist()[-1] == "y"


def test_classes_at_an_origin_know_nothing_of_what_came_later(mixed: Panel) -> None:
    early = segment_labels(mixed.before(200))
    again = build_panel_without_the_future(mixed)
    for name, labels in segment_labels(again).items():
        np.testing.assert_array_equal(early[name], labels)


def build_panel_without_the_future(panel: Panel) -> Panel:
    changed = panel.history.units.copy()
    changed[:, 200:] = 777
    return replace(panel, history=replace(panel.history, units=changed)).before(200)


def test_the_recent_pace_counts_days_in_stock_of_the_last_twelve_weeks_only(mixed: Panel) -> None:
    seen = mixed.history.observed.copy()
    seen[:, : DAYS - 84] = 1
    seen[:, DAYS - 10 :] = 0
    units = mixed.history.units.copy()
    units[:, DAYS - 10 :] = 900
    units[:, : DAYS - 84] = 900
    panel = replace(mixed, history=replace(mixed.history, observed=seen, units=units))
    pace = dict(zip(panel.series["sku"], recent_pace(panel).tolist(), strict=True))
    assert pace["big"] == pytest.approx(90)
    assert pace["calm"] == pytest.approx(12)
    nothing = replace(mixed, history=replace(mixed.history, observed=np.zeros_like(seen)))
    assert not recent_pace(nothing).any()
