"""Signals known only afterwards: each value from the day it was published on, the newest version of it, for whom it
speaks of."""

import numpy as np
import pandas as pd
import pytest

from features.build import build_features
from features.listing import list_signals
from features.panel import Panel
from features.signal_rows import STATISTICS, signal_windows, statistics_at
from features.specification import MOST_SIGNALS, signal_choice, specify_features
from tests.features.facts import daily_panel, series_rows, signal_rows

UNITS = np.full((2, 120), 3.0)


def known(panel: Panel, name: str, who: int, origins: list[int], statistic: str = "last") -> list[float]:
    """Return one statistic of a signal at each origin, in the signal's own unit where it is `last`."""
    layer = next(item for item in panel.signals if item.name == name)
    rows = series_rows(who, origins)
    windows = signal_windows(panel.frequency)
    found = statistics_at(layer, rows, np.arange(len(rows)), panel.history.units, windows)
    values = found[:, STATISTICS.index(statistic)].astype(float)
    return (np.sinh(values) if statistic == "last" else values).tolist()


def test_a_value_is_known_from_the_day_after_its_own_and_not_before() -> None:
    panel = daily_panel(UNITS, signals=[signal_rows("sessions", {10: 100.0, 11: 200.0}, sku="s0")])
    assert known(panel, "sessions", 0, [10, 11, 12]) == pytest.approx([np.nan, 100, 200], nan_ok=True, rel=1e-5)
    assert known(panel, "sessions", 0, [12, 20], "age") == [0, 8]
    assert np.isnan(known(panel, "sessions", 1, [50])).all()


def test_a_value_published_late_is_used_late() -> None:
    panel = daily_panel(UNITS, signals=[signal_rows("sessions", {10: 100.0}, sku="s0", available_on=15)])
    assert known(panel, "sessions", 0, [14, 15]) == pytest.approx([np.nan, 100], nan_ok=True, rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_of_several_versions_the_newest_published_by_the_origin_counts(seed: int) -> None:
    versions = [signal_rows("index", {10: value}, available_on=day) for day, value in ((11, 5.0), (20, 9.0), (30, 1.0))]
    shuffled = [versions[place] for place in np.random.default_rng(seed).permutation(3)]
    panel = daily_panel(UNITS, signals=shuffled)
    assert known(panel, "index", 1, [11, 19, 20, 30]) == pytest.approx([5, 5, 9, 1], rel=1e-5)


def test_what_is_published_on_as_of_or_later_is_not_there_at_all() -> None:
    late = signal_rows("gossip", {100: 5.0}, available_on=121)
    same_day = signal_rows("news", {100: 5.0}, available_on=120)
    panel = daily_panel(UNITS, signals=[late, same_day])
    assert [layer.name for layer in panel.signals] == ["news"]


def test_a_sku_is_told_by_itself_before_its_category_before_everything() -> None:
    products = pd.DataFrame({"sku": ["s0", "s1"], "category": ["a", "b"]}).astype("str")
    signals = [
        signal_rows("index", {10: 1.0}),
        signal_rows("index", {10: 2.0}, category="b"),
        signal_rows("index", {10: 3.0}, sku="s0"),
        signal_rows("index", {10: 9.0}, sku="unknown"),
    ]
    panel = daily_panel(UNITS, signals=signals, products=products)
    assert known(panel, "index", 0, [11]) == pytest.approx([3.0], rel=1e-5)
    assert known(panel, "index", 1, [11]) == pytest.approx([2.0], rel=1e-5)


def test_what_is_told_once_for_all_series_is_stored_once() -> None:
    panel = daily_panel(np.ones((50, 120)), signals=[signal_rows("temperature", dict.fromkeys(range(100), 20.0))])
    assert len(panel.signals[0].change) == 100
    assert set(panel.signals[0].index) == {0}


def test_search_volume_adds_up_over_a_skus_keywords_and_a_rank_is_averaged() -> None:
    keywords = pd.DataFrame({"keyword": ["mug", "cup", "tea"], "sku": ["s0", "s0", "s1"], "weight": [1.0, 3.0, 1.0]})
    signals = [
        *(signal_rows("keyword_volume", {10: value}, keyword=word) for word, value in (("mug", 100.0), ("cup", 50.0))),
        *(signal_rows("keyword_rank", {10: value}, keyword=word) for word, value in (("mug", 8.0), ("cup", 4.0))),
        signal_rows("keyword_volume", {10: 7.0}, keyword="nobody's"),
    ]
    panel = daily_panel(UNITS, signals=signals, keywords=keywords.astype({"keyword": "str", "sku": "str"}))
    assert known(panel, "keyword_volume", 0, [11]) == pytest.approx([1 * 100 + 3 * 50], rel=1e-5)
    assert known(panel, "keyword_rank", 0, [11]) == pytest.approx([(8 + 3 * 4) / 4], rel=1e-5)
    assert np.isnan(known(panel, "keyword_volume", 1, [11])).all()


def oracle(values: np.ndarray, units: np.ndarray, origin: int) -> dict[str, float]:
    """Return the statistics again, from a daily series that is told from the day after each value, in plain numpy."""
    seen = values[:origin]
    told = np.flatnonzero(np.isfinite(seen[max(origin - 91, 0) :])) + max(origin - 91, 0)
    if not len(told):
        return dict.fromkeys(STATISTICS, np.nan)
    carried = pd.Series(seen).ffill().to_numpy()
    last = int(told[-1])
    today = last if origin - 1 - last <= 7 else origin - 1

    def at(day: int) -> float:
        return float(carried[day]) if day >= 0 else np.nan

    def mean(end: int, length: int) -> float:
        window = carried[max(end - length, 0) : max(end, 0)]
        return float(np.nanmean(window)) if np.isfinite(window).any() else np.nan

    value = np.arcsinh(seen[last])
    recent = slice(max(today + 1 - 28, 0), today + 1)
    there = np.isfinite(seen[recent])
    return {
        "last": value,
        "age": origin - 1 - last,
        "change_short": value - np.arcsinh(at(today - 7)),
        "change_long": value - np.arcsinh(at(today - 28)),
        "to_mean": value - np.arcsinh(mean(today + 1, 91)),
        "growth": np.arcsinh(mean(today + 1, 28)) - np.arcsinh(mean(today + 1 - 28, 28)),
        "mean_long": np.mean(seen[recent][there]) if there.any() else np.nan,
        "units_told": np.mean(units[:origin][recent][there]) if there.any() else np.nan,
        "total": np.nansum(seen[max(origin - 91, 0) :]),
    }


@pytest.mark.parametrize("share", [1.0, 0.5, 0.08])
def test_the_compiled_replay_equals_plain_numpy(share: float) -> None:
    draw = np.random.default_rng(int(share * 100))
    units = draw.poisson(4, (1, 150)).astype(float)
    values = np.where(draw.random(150) < share, np.exp(draw.normal(3, 1, 150)), np.nan)
    told = {day: float(value) for day, value in enumerate(values) if np.isfinite(value)}
    panel = daily_panel(units, signals=[signal_rows("visits", told)])
    origins = [1, 5, 20, 40, 77, 90, 91, 120, 149, 150]
    for statistic in STATISTICS:
        expected = [oracle(values, units[0], origin)[statistic] for origin in origins]
        assert known(panel, "visits", 0, origins, statistic) == pytest.approx(
            np.sinh(expected) if statistic == "last" else expected, nan_ok=True, rel=1e-4, abs=1e-5
        ), statistic


def test_a_series_rescaled_to_its_own_maximum_tells_changes_only() -> None:
    trend = {day: float(value) for day, value in enumerate(np.linspace(10, 100, 91).round())}
    panel = daily_panel(UNITS, signals=[signal_rows("search_interest", trend)])
    spec = specify_features(panel, 7)
    assert spec.relative == ("search_interest",)
    assert "search_interest_last" not in spec.names
    assert "search_interest_to_mean" in spec.names


def test_snapshots_of_a_rescaled_series_are_trusted() -> None:
    first = signal_rows("search_interest", {day: 100.0 - day for day in range(30)}, available_on=31)
    second = signal_rows("search_interest", {day: 50.0 - day for day in range(30)}, available_on=61)
    assert specify_features(daily_panel(UNITS, signals=[first, second]), 7).relative == ()


def test_only_so_many_signals_are_used_those_told_of_most_first_and_the_rest_is_named() -> None:
    signals = [signal_rows(f"index {number:02d}", dict.fromkeys(range(100 - number, 118), 1.0)) for number in range(15)]
    old = signal_rows("forgotten", {3: 1.0})
    rank = signal_rows("bsr", {110: 1000.0}, sku="s0")
    panel = daily_panel(UNITS, signals=[*signals, old, rank])
    choice = signal_choice(panel)
    used = [name for name, why in choice.items() if not why]
    assert used[0] == "bsr"
    assert used[1:] == [f"index {number:02d}" for number in range(14, 14 - MOST_SIGNALS + 1, -1)]
    assert choice["index 00"] == f"{MOST_SIGNALS} signals are told of more"
    assert choice["forgotten"] == "no value of the last quarter is known"


def test_a_signal_that_is_told_no_longer_is_unknown_and_no_error() -> None:
    with_signal = daily_panel(UNITS, signals=[signal_rows("temperature", dict.fromkeys(range(120), 20.0))])
    spec = specify_features(with_signal, 7, also=["signals"])
    matrix = build_features(daily_panel(UNITS), spec, series_rows(0, [100]))
    assert np.isnan(matrix.values[:, spec.names.index("temperature_last")]).all()


def test_the_listing_names_what_is_left_out_and_why() -> None:
    trend = {day: float(value) for day, value in enumerate(np.linspace(10, 100, 91).round())}
    signals = [signal_rows("search_interest", trend), signal_rows("forgotten", {3: 1.0}), signal_rows("bsr", {99: 5.0})]
    listed = list_signals(daily_panel(UNITS, signals=signals), also=["signals"], without=["bsr"]).set_index("signal")
    assert listed.loc["search_interest", "remark"].startswith("only changes are used")
    assert listed.loc["forgotten", "remark"] == "no value of the last quarter is known"
    assert listed["used"].to_dict() == {"bsr": "no", "search_interest": "yes", "forgotten": "no"}


def test_the_fingerprint_tells_signals_apart_as_far_as_they_were_known() -> None:
    ranks = signal_rows("bsr", {10: 500.0, 20: 400.0}, sku="s0")
    revised = signal_rows("bsr", {10: 9.0}, sku="s0", available_on=110)
    plain, told = daily_panel(UNITS), daily_panel(UNITS, signals=[ranks])
    later = daily_panel(UNITS, signals=[ranks, revised])
    assert told.fingerprint() != plain.fingerprint()
    assert later.fingerprint() != told.fingerprint()
    assert later.before(100).fingerprint() == told.before(100).fingerprint()
    assert told.before(5).fingerprint() == plain.before(5).fingerprint()
