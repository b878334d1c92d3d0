"""F25: the rate of returns beside the category's, from returns known at the origin."""

import numpy as np
import pandas as pd
import pytest

from features.build import build_features
from features.panel import Panel
from features.returned import PRIOR_UNITS
from features.specification import specify_features
from tests.features.facts import START, daily_panel, series_rows

PRODUCTS = pd.DataFrame({"sku": ["s0", "s1", "s2"], "category": ["a", "a", "b"]}).astype("str")


def panel_with(returned: list[tuple[str, int, float]]) -> Panel:
    table = pd.DataFrame(returned, columns=["sku", "day", "units"])
    table["date"] = (START + pd.to_timedelta(table["day"], unit="D")).astype("datetime64[s]")
    table = table.assign(location="main").astype({"sku": "str", "location": "str"})
    return daily_panel(np.full((3, 120), 2.0), products=PRODUCTS, returns=table)


def rates(panel: Panel, who: int, origins: list[int]) -> np.ndarray:
    spec = specify_features(panel, 1, also=["returns"])
    values = build_features(panel, spec, series_rows(who, origins)).values
    return values[:, [spec.names.index("return_rate"), spec.names.index("return_rate_gap")]]


def test_the_rate_is_returned_over_sold_of_a_quarter_blended_with_the_category() -> None:
    panel = panel_with([("s0", 50, 20.0), ("s0", 60, 10.0), ("s1", 60, 6.0), ("s2", 5, 3.0)])
    usual = 36 / (2 * 2 * 91)
    rate = (30 + PRIOR_UNITS * usual) / (2 * 91 + PRIOR_UNITS)
    np.testing.assert_allclose(rates(panel, 0, [110]), [[rate, rate - usual]], rtol=1e-5)
    assert rates(panel, 2, [110])[0, 0] == pytest.approx(0.0)  # a return of a hundred days ago


def test_a_return_is_known_the_day_after() -> None:
    found = rates(panel_with([("s0", 50, 20.0)]), 0, [50, 51])
    assert found[0, 0] == 0
    assert found[1, 0] > 0
