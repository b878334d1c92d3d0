"""Levels before an origin, of a series and of its like, against pandas-plain numpy; F38: what a newcomer is told."""

import numpy as np
import pandas as pd
import pytest

from features.build import build_features
from features.level import group_levels, levels_before
from features.rows import Rows
from features.specification import specify_features
from tests.features.facts import daily_panel, series_rows

DRAW = np.random.default_rng(2)
UNITS = DRAW.poisson(3, (6, 80)).astype(float)
STOCKED = (DRAW.random((6, 80)) > 0.2).astype(float)


def rows() -> Rows:
    return Rows(np.repeat(np.arange(6), 3), np.tile([1, 30, 80], 6).astype(np.int32), np.zeros(18, dtype=np.int32))


def test_a_level_is_the_mean_of_what_was_observed() -> None:
    panel = daily_panel(UNITS, in_stock=STOCKED)
    seen = panel.history.observed > 0
    found = levels_before(panel.history, rows(), 28)
    for place, (who, origin) in enumerate(zip(rows().who, rows().origin, strict=True)):
        window = slice(max(origin - 28, 0), origin)
        days = UNITS[who, window][seen[who, window]]
        assert found[place] == pytest.approx(days.mean() if len(days) else np.nan, nan_ok=True)


def test_the_level_of_a_group_leaves_the_series_itself_out() -> None:
    panel = daily_panel(UNITS, in_stock=STOCKED)
    codes = np.array([0, 1, 0, 1, 0, -1], dtype=np.int32)
    seen = panel.history.observed > 0
    level, _ = group_levels(panel.history, codes, rows(), 28)
    for place, (who, origin) in enumerate(zip(rows().who, rows().origin, strict=True)):
        others = (codes == codes[who]) & (np.arange(6) != who) & (codes[who] >= 0)
        window = slice(max(origin - 28, 0), origin)
        days = UNITS[others][:, window][seen[others][:, window]]
        assert level[place] == pytest.approx(days.mean() if len(days) else np.nan, nan_ok=True)


def test_a_newcomer_is_told_the_level_of_its_brand() -> None:
    products = pd.DataFrame({"sku": ["s0", "s1", "s2"], "brand": ["x", "x", "y"], "parent": ["p", "q", "r"]}).astype(
        "str"
    )
    units = np.array([[8.0] * 60, [0.0] * 60, [1.0] * 60])
    panel = daily_panel(units, products=products)
    assert set(panel.pools) == {"brand"}  # a pool in which every series is alone says nothing
    spec = specify_features(panel, 1, also=["pooled"])
    matrix = build_features(panel, spec, series_rows(1, [60]))
    assert np.exp(matrix.values[0, spec.names.index("pool_brand")]) * matrix.scale[0] == pytest.approx(8, rel=1e-3)
