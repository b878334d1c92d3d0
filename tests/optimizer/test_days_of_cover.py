import numpy as np
import pytest

from optimizer.days_of_cover import DaysOfCover, cover_of
from tests.optimizer.reviews import knowledge_of, state_of


def test_the_target_is_so_many_days_of_recent_demand():
    """O25: 45 days by default."""
    known = knowledge_of(count=3)
    mean = known.units[:, -5:].mean(axis=1)
    assert DaysOfCover(45).order(state_of(np.zeros(3)), known)[:, 0].tolist() == np.ceil(mean * 45 / 7).tolist()


def test_the_target_never_falls_below_lead_time_and_review():
    known = knowledge_of(count=3)
    mean = known.units[:, -5:].mean(axis=1)
    assert DaysOfCover(3).order(state_of(np.zeros(3)), known)[:, 0].tolist() == np.ceil(mean * 3).tolist()


def test_cover_is_the_position_over_daily_demand():
    known = knowledge_of(count=2)
    known.units[1] = 0.0
    found = cover_of(state_of(np.array([10.0, 10.0]), promised=np.full((2, 1, 1), 4.0)), known)
    assert found[0, 0] == pytest.approx(14 / (known.units[0, -5:].mean() / 7))
    assert np.isinf(found[1, 0])
