from core.frequency import Frequency
from optimizer.lead_time import arrival_periods, review_periods


def test_goods_that_arrive_mid_week_serve_the_next_week():
    assert arrival_periods([0.0, 1.0, 7.0, 8.0, 14.0], Frequency.WEEKLY).tolist() == [0, 1, 1, 2, 2]
    assert arrival_periods([0.0, 10.5], Frequency.DAILY).tolist() == [0, 11]


def test_a_review_lasts_at_least_one_period():
    assert review_periods(1, Frequency.WEEKLY) == 1
    assert review_periods(14, Frequency.WEEKLY) == 2
    assert review_periods(7, Frequency.DAILY) == 7
