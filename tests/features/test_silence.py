"""Runs without a sale that chance does not explain are unknown to features, and nothing else changes."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.frequency import Frequency
from features.build import build_features
from features.history import History
from features.panel import Panel, build_panel
from features.rows import forecast_rows
from features.silence import LEAST_MEMORY, LEAST_PROBABILITY, MEMORY_DAYS, SHARES, doubt_silences
from features.specification import specify_features


def history_of(units: np.ndarray, in_stock: np.ndarray | None = None) -> History:
    shelf = np.ones_like(units) if in_stock is None else in_stock
    seen = (shelf >= 0.999).astype(np.float32)
    return History(
        units=units.astype(np.float32),
        observed=seen,
        in_stock=shelf.astype(np.float32),
        price=np.full(units.shape, 9.0, dtype=np.float32),
        first=seen.argmax(axis=1).astype(np.int32),
        last_reported=units.shape[1] - 1,
        integer_valued=True,
    )


def coin(days: int, share: float, seed: int = 1) -> np.ndarray:
    """Return one unit on a `share` of the days, the last one always."""
    sold = (np.random.default_rng(seed).random(days) < share).astype(float)
    sold[-1] = 1.0
    return sold


def doubted(history: History, period_days: int = 1) -> np.ndarray:
    believed = doubt_silences(history, period_days).as_believed().observed
    return (believed == 0) & (history.observed > 0)


def test_a_month_without_a_sale_of_a_daily_seller_is_doubted_from_the_tenth_day_on() -> None:
    units = np.concatenate([coin(200, 0.5), np.zeros(30), coin(20, 0.5, 2)])[None]
    places = 200 + np.flatnonzero(doubted(history_of(units))[0, 200:])
    assert 207 <= places[0] <= 214, "0.5 to the tenth is a thousandth"
    assert places[-1] == 229
    assert len(places) == 230 - places[0]


def test_a_rare_seller_may_be_silent_for_months() -> None:
    units = np.concatenate([np.tile([1.0] + [0.0] * 29, 12), np.zeros(100)])[None]
    assert not doubted(history_of(units)).any()


def test_chance_alone_is_doubted_no_more_often_than_its_probability() -> None:
    units = (np.random.default_rng(5).random((300, 700)) < 0.3).astype(float)
    assert doubted(history_of(units)).mean() < 2 * LEAST_PROBABILITY


def test_a_short_history_knows_no_silence() -> None:
    units = np.concatenate([np.ones(MEMORY_DAYS), np.zeros(40)])[None]
    assert not doubted(history_of(units)).any()
    assert doubted(history_of(np.concatenate([[1.0, 1.0], units[0]])[None])).any()
    weeks = np.concatenate([np.ones(LEAST_MEMORY + 1), np.zeros(40)])[None]
    assert doubted(history_of(weeks), period_days=7).any()


def test_where_stock_outs_are_told_a_period_without_a_sale_is_one() -> None:
    units = np.concatenate([np.ones(100), np.zeros(60)])[None].repeat(2, axis=0)
    told = np.ones_like(units)
    told[1, 120] = 0.5
    found = doubted(history_of(units, told))
    assert found[:, :120].any()
    assert not found[:, 120:].any()
    told[1, 50] = 0.0
    history = history_of(units, told)
    assert doubt_silences(history, 1) is history


def brute(units: np.ndarray) -> np.ndarray:
    """Return the same in plain words, for one series that is always in stock."""
    share, known, run, result = 0.5, 0, 0, np.zeros(len(units), dtype=bool)
    for time, sold in enumerate(units.tolist()):
        run = 0 if sold > 0 else run + 1
        if run == 1:
            chance = float(np.clip(share, *SHARES)) if known > MEMORY_DAYS else 1.0
        if run and run * np.log(chance) < np.log(LEAST_PROBABILITY):
            result[time] = True
            continue
        known += 1
        share += max(1 / MEMORY_DAYS, 1 / known) * (float(sold <= 0) - share)
    return result


lengths = st.lists(st.tuples(st.booleans(), st.integers(1, 60)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(lengths, st.integers(0, 200))
def test_it_is_what_it_says_and_later_facts_change_no_earlier_period(runs, cut: int) -> None:
    units = np.concatenate([np.full(length, float(sold)) for sold, length in runs])
    whole = doubted(history_of(units[None]))[0]
    np.testing.assert_array_equal(whole, brute(units))
    cut = min(cut, len(units) - 1) + 1
    np.testing.assert_array_equal(whole[:cut], doubted(history_of(units[None, :cut]))[0])


@pytest.fixture(scope="module")
def quiet() -> Panel:
    """Return 40 daily sellers, half of which are silent for their last 40 days."""
    days, count = 400, 40
    units = (np.random.default_rng(3).random((count, days)) < 0.6) * 2.0
    units[::2, -40:] = 0.0
    dates = np.tile(pd.date_range("2023-01-02", periods=days, unit="s"), count)
    sku = np.repeat([f"s{i:02d}" for i in range(count)], days)
    sales = pd.DataFrame({"sku": sku, "location": "main", "date": dates, "units": units.ravel()})
    sales = sales.assign(price=5.0, in_stock=1.0).astype({"sku": "str", "location": "str"})
    return build_panel({"sales": sales}, Frequency.DAILY, date(2024, 2, 6))


def test_features_keep_the_level_from_before_and_tell_how_little_was_seen(quiet: Panel) -> None:
    specification = specify_features(quiet, 7)
    rows = forecast_rows(40, quiet.periods, 7)
    names = list(specification.names)
    believing = build_features(quiet, specification, rows)
    plain = build_features(replace(quiet, history=replace(quiet.history, believed=None)), specification, rows)
    silent = np.repeat(np.arange(40) % 2 == 0, 7)
    level = names.index("mean_56")
    units, faded = (matrix.values[silent, level] * matrix.scale[silent] for matrix in (believing, plain))
    assert units.mean() == pytest.approx(1.2, abs=0.35), (
        "two units on six days of ten, and the first days of the silence"
    )
    assert (units > 1.3 * faded).all()
    share = believing.values[:, names.index("observed_share")]
    assert share[silent].max() < 0.5 < share[~silent].min()
    loud = [matrix.values[~silent, level] * matrix.scale[~silent] for matrix in (believing, plain)]
    assert np.isclose(*loud, rtol=1e-5).mean() > 0.9, "chance is silent for long now and then"
    assert (quiet.history.observed[:, -30:] == 1).all(), "what is learned from and scored stays"


def test_an_earlier_panel_doubts_what_it_would_have_doubted_then(quiet: Panel) -> None:
    earlier = quiet.before(quiet.periods - 20)
    assert earlier.history.believed is not None
    again = doubt_silences(replace(earlier.history, believed=None), 1)
    np.testing.assert_array_equal(again.as_believed().observed, earlier.as_believed().history.observed)
