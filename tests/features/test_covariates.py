"""Facts known ahead: what has not been published yet, and what was published twice."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.frequency import Frequency
from features.panel import Panel, build_panel
from tests.simulated import simulated_tables

TABLES = simulated_tables(series=3, days=60, seed=4)
AS_OF = date(2023, 2, 20)
NEXT_WEEK = pd.Timestamp("2023-02-27")


def panel_with(revisions: list[tuple[str, float]], seed: int) -> Panel:
    """Return the panel with one planned price next week for each (published on, value), rows shuffled."""
    planned = TABLES["signals"].iloc[: len(revisions)].assign(name="price", date=NEXT_WEEK)
    planned["available_on"] = pd.to_datetime([day for day, _ in revisions]).astype("datetime64[s]")
    planned["value"] = [value for _, value in revisions]
    signals = pd.concat([TABLES["signals"], planned]).sample(frac=1, random_state=seed).reset_index(drop=True)
    return build_panel({**TABLES, "signals": signals}, Frequency.DAILY, AS_OF)


@pytest.mark.parametrize("seed", range(4))
def test_of_a_revised_plan_the_newest_published_version_counts_wherever_its_row_is(seed: int) -> None:
    panel = panel_with([("2023-02-01", 9.0), ("2023-02-20", 8.0), ("2023-02-21", 7.0)], seed)
    place = panel.known.names.index("price")
    column = panel.origin_of(NEXT_WEEK.date())
    np.testing.assert_array_equal(panel.known.values[place, :, column], 8.0)


def test_what_is_published_after_as_of_is_not_there_at_all() -> None:
    assert "price" not in panel_with([("2023-02-21", 7.0)], seed=0).known.names


def test_a_plan_told_by_keyword_reaches_its_skus_as_a_weighted_mean() -> None:
    planned = TABLES["signals"].iloc[:2].assign(name="bid", date=NEXT_WEEK, value=[1.0, 4.0], keyword=["mug", "cup"])
    signals = pd.concat([TABLES["signals"], planned.astype({"keyword": "str"})], ignore_index=True)
    keywords = pd.DataFrame({"keyword": ["mug", "cup"], "sku": ["sku-001"] * 2, "weight": [1.0, 2.0]})
    tables = {**TABLES, "signals": signals, "keywords": keywords.astype({"keyword": "str", "sku": "str"})}
    panel = build_panel(tables, Frequency.DAILY, AS_OF)
    day = panel.origin_of(NEXT_WEEK.date())
    np.testing.assert_allclose(panel.known.values[panel.known.names.index("bid"), :, day], [np.nan, 3.0, np.nan])


def test_a_plan_told_by_category_reaches_the_skus_of_the_category() -> None:
    planned = TABLES["signals"].iloc[:1].assign(name="bid", date=NEXT_WEEK, value=2.0, category="a")
    signals = pd.concat([TABLES["signals"], planned.astype({"category": "str"})], ignore_index=True)
    panel = build_panel({**TABLES, "signals": signals}, Frequency.DAILY, AS_OF)
    day = panel.origin_of(NEXT_WEEK.date())
    np.testing.assert_allclose(panel.known.values[panel.known.names.index("bid"), :, day], [np.nan, 2.0, np.nan])
