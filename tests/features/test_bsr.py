"""F24, E08: demand falls with a rank by a power law, whose exponent is learned from the past and shrunk."""

import numpy as np
import pandas as pd
import pytest

from features.bsr import PRIOR_SLOPE, PRIOR_STRENGTH, rank_lines
from features.build import build_features
from features.panel import Panel
from features.specification import specify_features
from tests.features.facts import daily_panel, series_rows, signal_rows

DAYS = 200


def market(slope: float, series: int = 4, seed: int = 1) -> Panel:
    """Return series whose weekly level follows their rank exactly: log units = 12 - slope · log rank."""
    draw = np.random.default_rng(seed)
    ranks = np.exp(
        draw.uniform(6, 10, (series, 1)) + 0.8 * np.sin(np.arange(DAYS) / 20 + draw.uniform(0, 6, (series, 1)))
    )
    units = np.exp(12 - slope * np.log(ranks))
    signals = [signal_rows("bsr", dict(enumerate(ranks[who])), sku=f"s{who}") for who in range(series)]
    products = pd.DataFrame({"sku": [f"s{who}" for who in range(series)], "category": "toys"}).astype("str")
    return daily_panel(units, signals=signals, products=products)


def lines(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    layer = panel.signals[0]
    codes = np.zeros(len(panel.series), dtype=np.int32)
    return rank_lines(layer, panel.history.units, panel.history.observed, codes, 1)


def test_the_slope_is_ridge_regression_towards_the_prior() -> None:
    panel = market(1.3)
    origin = 60
    rank = np.array([[1.0 * v for v in panel.signals[0].change]]).reshape(len(panel.series), DAYS)[:, :origin]
    x, y = np.log(rank).ravel(), np.log(panel.history.units[:, :origin]).astype(float).ravel()
    spread = ((x - x.mean()) ** 2).sum()
    fall = -((x - x.mean()) * (y - y.mean())).sum()
    pooled = (fall + PRIOR_STRENGTH * PRIOR_SLOPE) / (spread + PRIOR_STRENGTH)
    expected = (fall + PRIOR_STRENGTH * pooled) / (spread + PRIOR_STRENGTH)
    _, slope = lines(panel)
    assert slope[0, origin] == pytest.approx(expected, rel=1e-4)
    assert PRIOR_SLOPE < slope[0, 5] < slope[0, -1] < 1.3


def test_before_any_rank_the_slope_is_the_published_one_and_there_is_no_level() -> None:
    level, slope = lines(market(1.3))
    assert slope[0, 0] == pytest.approx(PRIOR_SLOPE)
    assert np.isnan(level[0, 0])


def test_a_thousand_places_are_worth_what_the_power_law_says() -> None:
    """E08 at the published exponent: +82.8 % at 2,000, +9.6 % at 10,000, +.9 % at 100,000."""
    _, slope = lines(market(PRIOR_SLOPE))
    for rank, gain in ((2000, 0.828), (10_000, 0.096), (100_000, 0.009)):
        assert (rank / (rank - 1000)) ** slope[0, -1] - 1 == pytest.approx(gain, abs=0.003)


def test_the_units_that_a_rank_stands_for_are_found_again() -> None:
    panel = market(1.0)
    spec = specify_features(panel, 1, also=["bsr"])
    matrix = build_features(panel, spec, series_rows(1, [DAYS]))
    implied = np.exp(matrix.values[0, spec.names.index("bsr_units")]) * matrix.scale[0]
    recent = panel.history.units[1, DAYS - 1]
    assert implied == pytest.approx(recent, rel=0.15)


def test_a_corrected_rank_does_not_change_what_was_learned_before_it() -> None:
    panel = market(1.0)
    ranks = panel.signals[0]
    again = market(1.0)
    fixed = signal_rows("bsr", {10: 5.0}, sku="s0", available_on=150)
    assert len(again.signals[0].change) == len(ranks.change)
    signals = [signal_rows("bsr", dict(enumerate(ranks.change[:DAYS])), sku="s0"), fixed]
    corrected = daily_panel(panel.history.units[:1].astype(float), signals=signals)
    plain = daily_panel(panel.history.units[:1].astype(float), signals=signals[:1])
    np.testing.assert_array_equal(lines(corrected)[1], lines(plain)[1])
