"""The response to price and promotion, against plain linear algebra."""

from datetime import date

import numpy as np
import pytest

from core.frequency import Frequency
from features.build import build_features
from features.panel import Panel, build_panel
from features.promotion_response import PRIOR_OF_SERIES, PRIOR_OF_SKU, log_offset, response_design
from features.rows import Rows
from features.specification import FeatureSpecification, specify_features
from features.states import planned_prices
from tests.simulated import simulated_tables


@pytest.fixture(scope="module")
def panel() -> Panel:
    return build_panel(simulated_tables(series=8, days=300, seed=3), Frequency.DAILY, date(2023, 10, 20))


def expected(panel: Panel, spec: FeatureSpecification, who: int, now: int, target: int) -> tuple[float, float]:
    """Return log expected demand and effect by np.linalg, from the sums written out."""
    data = response_design(panel, spec.known, planned_prices(panel), target + 1)
    x, y, seen = data.design.astype(float), data.log_units.astype(float), panel.history.observed > 0
    grid = now - now % 14

    def centred(i: int, stop: int) -> tuple[np.ndarray, np.ndarray, int]:
        chosen = np.flatnonzero(seen[i, :stop])
        if len(chosen) < 3:
            return np.zeros((x.shape[2],) * 2), np.zeros(x.shape[2]), 0
        a, b = x[i, chosen] - x[i, chosen].mean(axis=0), y[i, chosen] - y[i, chosen].mean()
        return a.T @ a, a.T @ b, len(chosen)

    parts = [centred(i, grid) for i in range(len(x))]
    whole, right = sum(part[0] for part in parts), sum(part[1] for part in parts)
    precision = np.diag(np.diag(whole) / sum(part[2] for part in parts) + 1e-6)
    common = np.linalg.solve(whole + np.diag(1e-3 * np.diag(whole) + 1e-6), right)
    mine = [part for part, pool in zip(parts, data.pools, strict=True) if pool == data.pools[who]]
    square, product = sum(part[0] for part in mine), sum(part[1] for part in mine)
    sku = np.linalg.solve(square + PRIOR_OF_SKU * precision, product + PRIOR_OF_SKU * precision @ common)
    square, product, _ = centred(who, now)
    beta = np.linalg.solve(square + PRIOR_OF_SERIES * precision, product + PRIOR_OF_SERIES * precision @ sku)
    weight = seen[who, :now] * 0.5 ** ((now - 1 - np.arange(now)) / 28.0)
    usual = (weight[:, None] * x[who, :now]).sum(axis=0) / weight.sum()
    effect = float(beta @ (x[who, target] - usual))
    return float((weight * y[who, :now]).sum() / weight.sum()) + effect, effect


def test_the_compiled_response_is_the_regression_written_out(panel: Panel) -> None:
    spec = specify_features(panel, 14)
    random = np.random.default_rng(1)
    who = np.sort(random.integers(0, len(panel.series), 30))
    origin = random.integers(120, panel.periods - 14, 30).astype(np.int32)
    rows = Rows(who, origin, random.integers(0, 14, 30).astype(np.int32))
    matrix = build_features(panel, spec, rows)
    demand, effect = (matrix.values[:, matrix.names.index(name)] for name in ("response_demand", "response_effect"))
    for place in range(30):
        told = expected(panel, spec, int(who[place]), int(origin[place]), int(rows.target[place]))
        assert demand[place] + np.log(matrix.scale[place]) == pytest.approx(told[0], abs=2e-3)
        assert effect[place] == pytest.approx(told[1], abs=2e-3)


def test_before_anything_was_seen_there_is_no_response(panel: Panel) -> None:
    spec = specify_features(panel, 14)
    first = Rows(np.array([0]), np.array([3], dtype=np.int32), np.array([0], dtype=np.int32))
    matrix = build_features(panel, spec, first)
    assert np.isnan(matrix.values[0, matrix.names.index("response_demand")])


def test_counts_and_amounts_have_offsets_of_their_own_size() -> None:
    np.testing.assert_array_equal(log_offset(np.array([2.0, 40.0]), True), [0.5, 0.5])
    np.testing.assert_allclose(log_offset(np.array([2.0, 40.0]), False), [0.2, 4.0])
