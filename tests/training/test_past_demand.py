import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.frequency import Frequency
from tests.training.test_baselines import panel_of
from training.past_demand import filled_demand


def test_a_gap_is_filled_with_the_mean_of_the_same_weekday_before_it() -> None:
    units = [*np.tile([1.0, 2, 3, 4, 5, 6, 70], 5)]
    units[-1] = 0.0
    stock = [1.0] * 34 + [0.0]
    demand = filled_demand(panel_of(units, in_stock=stock), 1000)[0]
    np.testing.assert_array_equal(demand[:-1], units[:-1])
    assert demand[-1] == 70


def test_a_weekly_gap_is_filled_with_the_weeks_before_it_and_not_those_after() -> None:
    demand = filled_demand(panel_of([4.0, 6, 0, 100], Frequency.WEEKLY, in_stock=[1, 1, 0, 1]), 1000)[0]
    np.testing.assert_array_equal(demand, [4, 6, 5, 100])


def test_a_series_begins_with_its_first_observed_period_and_is_cut_to_the_newest() -> None:
    panel = panel_of([0.0, 0, 5, 6, 7], in_stock=[0, 0, 1, 1, 1])
    np.testing.assert_array_equal(filled_demand(panel, 1000)[0], [5, 6, 7])
    np.testing.assert_array_equal(filled_demand(panel, 2)[0], [6, 7])
    assert len(filled_demand(panel_of([0.0, 0, 0], in_stock=[0, 0, 0]), 10)[0]) == 0


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=9, max_size=40), st.integers(1, 8))
def test_what_comes_later_never_fills_a_gap(history: list[tuple[int, bool]], cut: int) -> None:
    units = [float(value) for value, _ in history]
    stock = [1.0, *(float(seen) for _, seen in history[1:])]
    whole = filled_demand(panel_of(units, in_stock=stock), 1000)[0]
    part = filled_demand(panel_of(units[:-cut], in_stock=stock[:-cut]), 1000)[0]
    np.testing.assert_array_equal(whole[: len(part)], part)
