"""Rolling quantiles against numpy's, row by row."""

import numpy as np
import pytest

from core.frequency import Frequency
from features.build import build_features
from features.rows import Rows
from features.specification import specify_features
from features.window_quantiles import QUANTILE_LEVELS, quantile_windows
from tests.features.facts import daily_panel

ORIGINS = [160, 0, 1, 5, 27, 28, 29, 90, 112, 113, 140]


def test_every_quantile_is_numpys_of_the_observed_days_before_the_origin() -> None:
    draw = np.random.default_rng(3)
    units = draw.negative_binomial(1, 0.3, (4, 160)).astype(float)
    stocked = np.ones((4, 160))
    stocked[1, 60:100] = 0
    stocked[2, ::2] = 0
    panel = daily_panel(units, in_stock=stocked)
    specification = specify_features(panel, 1, also=["window_quantiles"])
    who = np.repeat(np.arange(4), len(ORIGINS))
    rows = Rows(who, np.tile(np.array(ORIGINS, dtype=np.int32), 4), np.zeros(len(who), dtype=np.int32))
    made = build_features(panel, specification, rows)
    history = panel.history
    for window in quantile_windows(Frequency.DAILY):
        for level in QUANTILE_LEVELS:
            found = made.values[:, specification.names.index(f"quantile_{level}_{window}")] * made.scale
            for row, (series, origin) in enumerate(zip(who, rows.origin, strict=True)):
                past = slice(max(origin - window, 0), origin)
                seen = history.units[series, past][history.observed[series, past] > 0]
                expected = np.quantile(seen, level) if len(seen) else np.nan
                assert found[row] == pytest.approx(expected, rel=1e-5, abs=1e-5, nan_ok=True)


def test_one_odd_order_moves_the_mean_and_not_the_median() -> None:
    units = np.full((1, 60), 3.0)
    units[0, 50] = 500.0
    panel = daily_panel(units)
    specification = specify_features(panel, 1, also=["window_quantiles"])
    made = build_features(panel, specification, Rows(np.zeros(1, dtype=np.int64), np.array([60]), np.array([0])))
    values = {name: made.values[0, place] * made.scale[0] for place, name in enumerate(specification.names)}
    assert values["quantile_0.5_28"] == pytest.approx(3.0)
    assert values["mean_28"] > 20


def test_rows_of_weeks_have_windows_of_weeks() -> None:
    assert quantile_windows(Frequency.WEEKLY) == (8, 26)
