"""Looked-up columns, against plain indexing."""

import numpy as np

from features.lookup import fill_lines


def test_every_row_gets_its_own_line_and_no_other_column_is_touched() -> None:
    draw = np.random.default_rng(2)
    table = draw.normal(size=(7, 3)).astype(np.float32)
    lines = draw.integers(0, 7, 50)
    out = np.full((50, 6), -1.0, dtype=np.float32)
    fill_lines(table, lines, 2, out)
    np.testing.assert_array_equal(out[:, 2:5], table[lines])
    assert (out[:, [0, 1, 5]] == -1.0).all()
