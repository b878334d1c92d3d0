"""A caller may ask in bursts, and over time no faster than its rate; callers do not share."""

import random

from hypothesis import given
from hypothesis import strategies as st

from serving.access.rate import MOST_CALLERS, RateLimit


class Ticks:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_burst_passes_and_then_one_as_each_token_comes():
    ticks = Ticks()
    rate = RateLimit(per_second=2, burst=3, ticks=ticks)
    assert [rate.take("a").passes for _ in range(4)] == [True, True, True, False]
    assert rate.take("a").retry_after == 1
    assert rate.take("b").remaining == 2
    ticks.now = 0.5
    assert [rate.take("a").passes for _ in range(2)] == [True, False]


@given(st.integers(1, 20), st.integers(1, 30), st.lists(st.floats(0, 2), max_size=50))
def test_in_no_window_more_pass_than_the_burst_and_the_rate_times_its_length(per_second, burst, gaps):
    ticks = Ticks()
    rate = RateLimit(per_second, burst, ticks)
    passed = []
    for gap in gaps:
        ticks.now += gap
        allowance = rate.take("a")
        assert allowance.passes or allowance.retry_after >= 1
        if allowance.passes:
            passed.append(ticks.now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            assert last - first + 1 <= burst + per_second * (passed[last] - passed[first]) + 1e-6


def test_waiting_as_long_as_told_is_enough():
    ticks = Ticks()
    rate = RateLimit(per_second=0.3, burst=1, ticks=ticks)
    rate.take("a")
    ticks.now += rate.take("a").retry_after
    assert rate.take("a").passes


def test_the_memory_of_callers_is_bounded():
    ticks = Ticks()
    rate = RateLimit(1, 2, ticks)
    for _ in range(3 * MOST_CALLERS):
        rate.take(str(random.random()))
        ticks.now += 0.001
    assert len(rate._buckets) <= MOST_CALLERS
