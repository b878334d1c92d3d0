from dataclasses import replace

import numpy as np
import pytest

from features.build import build_features
from features.panel import Panel
from features.rows import Rows, training_rows
from features.specification import specify_features
from features.windows import OWN_COLUMNS
from tests.features.oracle import own_features


def test_the_compiled_pass_equals_plain_numpy_row_by_row(panel: Panel) -> None:
    specification = specify_features(panel, 28)
    rows = training_rows(panel, 28, most=150, history=400, seed=5)
    matrix = build_features(panel, specification, rows)
    for place in range(len(rows)):
        expected = own_features(panel, specification, rows.who[place], rows.origin[place], rows.horizon[place])
        assert matrix.scale[place] == pytest.approx(expected.pop("scale"), rel=1e-4)
        got = dict(zip(specification.names[:OWN_COLUMNS], matrix.values[place], strict=False))
        assert set(got) == set(expected)
        for name, value in expected.items():
            assert got[name] == pytest.approx(value, rel=2e-3, abs=2e-4, nan_ok=True), (name, place)


def test_every_column_has_a_name_and_says_something_in_some_row(panel: Panel) -> None:
    specification = specify_features(panel, 28)
    matrix = build_features(panel, specification, training_rows(panel, 28, most=500, history=400, seed=5))
    assert matrix.values.shape[1] == len(specification.names) == len(set(specification.names))
    silent = {name for name, column in zip(matrix.names, matrix.values.T, strict=True) if np.isnan(column).all()}
    assert silent == {"two_years_ago_ratio"}  # the history is 400 days long


def test_planned_promotions_and_signals_of_the_target_day_are_seen_ahead(panel: Panel) -> None:
    specification = specify_features(panel, 7)
    assert {"payday", "discount"} <= set(specification.known)
    row = Rows(np.array([0]), np.array([panel.periods], dtype=np.int32), np.array([5], dtype=np.int32))
    values = dict(zip(specification.names, build_features(panel, specification, row).values[0], strict=True))
    day = panel.dates(panel.periods + 5, 1)[0].astype(object)
    assert values["known_payday"] == float(day.day <= 3)


def test_an_unknown_future_price_is_left_out_of_the_specification(panel: Panel) -> None:
    assert "price" not in specify_features(panel, 28).known


def test_a_row_of_the_past_is_the_same_whatever_came_later(panel: Panel) -> None:
    origin = panel.periods - 60
    earlier = panel.before(origin)
    specification = specify_features(panel, 7)
    row = Rows(np.arange(8), np.full(8, origin, dtype=np.int32), np.full(8, 3, dtype=np.int32))
    now = build_features(panel, specification, row)
    then = build_features(earlier, specification, row)
    np.testing.assert_array_equal(now.values, then.values)
    np.testing.assert_array_equal(now.scale, then.scale)


def test_the_place_in_the_year_is_used_only_where_history_has_seen_it_twice(panel: Panel) -> None:
    specification = specify_features(panel, 28)  # 400 days
    assert {"weekday", "day_of_month"} <= set(specification.names)
    assert not {"month", "year_sine", "year_cosine"} & set(specification.names)


def test_the_age_of_a_series_as_old_as_the_records_tells_no_time(panel: Panel) -> None:
    specification = specify_features(panel, 28)
    old = int(np.flatnonzero(panel.history.first == 0)[0])
    origins = np.array([30, 300], dtype=np.int32)
    rows = Rows(np.array([old, old]), origins, np.zeros(2, dtype=np.int32))
    ages = build_features(panel, specification, rows).values[:, specification.names.index("age")]
    assert ages[0] == ages[1]


def test_a_series_out_of_stock_when_the_records_begin_is_as_old_as_they_are(panel: Panel) -> None:
    """Only where the records are young: later all of them have reached the largest age that is told."""
    specification = specify_features(panel, 28)
    old, fortnight, place = specification.windows[4], specification.windows[1], specification.names.index("age")
    first = panel.history.first.copy()
    first[:2] = fortnight, fortnight + 1
    rows = Rows(np.array([0, 1]), np.full(2, 40, dtype=np.int32), np.zeros(2, dtype=np.int32))
    for periods, ages in ((363, [old, 39 - fortnight]), (364, [40 - fortnight, 39 - fortnight])):
        short = panel.before(periods)
        late = replace(short, history=replace(short.history, first=first))
        assert build_features(late, specification, rows).values[:, place].tolist() == ages
