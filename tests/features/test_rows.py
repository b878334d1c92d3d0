"""Training rows: every observed target once or not at all, whatever the size of the pieces they are counted in."""

import numpy as np
import pytest

from benchmarks.scale_panel import synthetic_panel, synthetic_units
from features import rows as rows_module
from features.rows import Rows, training_rows


@pytest.fixture(scope="module")
def panel():
    return synthetic_panel(synthetic_units(60, 300, 1))


def eligible(panel, history: int) -> set[tuple[int, int]]:
    who, target = np.nonzero(panel.history.observed >= 1)
    late = (target > panel.history.first[who]) & (target >= panel.periods - history)
    return set(zip(who[late].tolist(), target[late].tolist(), strict=True))


def cells(rows: Rows) -> list[tuple[int, int]]:
    return list(zip(rows.who.tolist(), rows.target.tolist(), strict=True))


def test_rows_enough_for_all_show_every_observed_target_equally_often(panel) -> None:
    rows = training_rows(panel, 7, 100_000, 200, 1)
    found, times = np.unique(np.array(cells(rows)), axis=0, return_counts=True)
    assert {tuple(pair) for pair in found.tolist()} == eligible(panel, 200)
    assert set(times.tolist()) == {7}


def test_a_sample_shows_no_target_twice_and_none_that_was_not_observed(panel) -> None:
    rows = training_rows(panel, 7, 500, 200, 1)
    assert len(rows) == len(set(cells(rows))) == 500
    assert set(cells(rows)) <= eligible(panel, 200)
    assert (np.diff(rows.who) >= 0).all()


def test_an_origin_lies_after_the_first_observed_period_and_within_the_horizon(panel) -> None:
    rows = training_rows(panel, 7, 100_000, 300, 1)
    assert (rows.origin > panel.history.first[rows.who]).all()
    assert set(rows.horizon.tolist()) == set(range(7))


@pytest.mark.parametrize("most", [400, 100_000])
def test_the_size_of_the_pieces_changes_no_row(panel, monkeypatch, most) -> None:
    whole = training_rows(panel, 7, most, 200, 1)
    monkeypatch.setattr(rows_module, "PIECE", 7)
    pieced = training_rows(panel, 7, most, 200, 1)
    for name in ("who", "origin", "horizon"):
        assert np.array_equal(getattr(whole, name), getattr(pieced, name))
