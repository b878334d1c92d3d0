"""Running totals of groups, against pandas."""

import numpy as np
import pandas as pd
import pytest

from features.group_totals import running_totals


def test_totals_are_what_pandas_adds_up_by_group() -> None:
    draw = np.random.default_rng(4)
    units = draw.poisson(2.0, (40, 30)).astype(np.float32)
    observed = draw.choice([0, 0.99, 1], (40, 30)).astype(np.float32)
    codes = draw.integers(0, 5, 40).astype(np.int32)
    codes[codes == 3] = 2  # a code that nobody has
    total, seen = running_totals(units, observed, codes, 5)
    for found, cells in ((total, units * observed), (seen, observed)):
        oracle = pd.DataFrame(cells.astype(np.float64)).groupby(codes).sum().reindex(range(5), fill_value=0)
        assert found[:, 1:] == pytest.approx(oracle.cumsum(axis=1).to_numpy(), rel=1e-6)
        assert not found[:, 0].any()


def test_nothing_sums_to_nothing() -> None:
    empty = np.empty((0, 4), dtype=np.float32)
    total, seen = running_totals(empty, empty, np.empty(0, dtype=np.int32), 1)
    assert not total.any()
    assert not seen.any()
