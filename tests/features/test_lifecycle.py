"""E18: the phase of life is an age prior times a growth test."""

import numpy as np
import pandas as pd
import pytest

from features.build import build_features
from features.lifecycle import PHASES, UNKNOWN, phase_of
from features.specification import specify_features
from tests.features.facts import START, daily_panel, series_rows


@pytest.mark.parametrize(
    ("age", "growth", "phase"),
    [
        (20, 0.3, "introduction"),
        (90, np.nan, "introduction"),
        (120, 1.4, "growth"),
        (120, 1.0, "maturity"),
        (500, 1.4, "maturity"),
        (120, 0.6, "decline"),
        (900, 0.6, "decline"),
        (900, np.nan, "maturity"),
    ],
)
def test_a_phase_needs_both_age_and_growth(age: float, growth: float, phase: str) -> None:
    assert PHASES[int(phase_of(np.array([float(age)]), np.array([growth]))[0])] == phase


def test_age_counts_from_the_launch_that_is_told_else_from_the_first_sale() -> None:
    units = np.full((3, 300), 5.0)
    products = pd.DataFrame({"sku": ["s0", "s1"], "launched_on": [START - pd.Timedelta(days=700), pd.NaT]})
    panel = daily_panel(units, products=products.astype({"sku": "str"}))
    assert panel.launched.tolist() == [-700, UNKNOWN, UNKNOWN]
    spec = specify_features(panel, 1, also=["lifecycle"])
    values = [build_features(panel, spec, series_rows(who, [200])).values[0] for who in (0, 1)]
    age = spec.names.index("life_age")
    assert np.expm1(values[0][age]) == pytest.approx(900, rel=1e-4)
    assert np.isnan(values[1][age])
