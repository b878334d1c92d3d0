import numpy as np
import pytest

from core.errors import UsageError
from optimizer.base_stock import FixedLevel
from optimizer.uplift import FACTORS, Factor, Uplifted, known_factor, uplift
from tests.optimizer.reviews import knowledge_of, state_of

ALL_FIRE = [
    Factor("growth week", 1.3, "O29"),
    Factor("competitor out", 1.5, "O40"),
    Factor("slope", 1.2, "E17"),
    Factor("growth phase", 1.2, "O44"),
    Factor("monthly increment", 2.0, "O51"),
]


def test_all_buffers_together_stay_within_one_budget():
    """E17: they would make 5.6 times the forecast."""
    made = uplift(ALL_FIRE)
    assert made.uncapped == pytest.approx(5.616)
    assert made.multiplier == 1.5
    assert uplift(ALL_FIRE, cap=1.2).multiplier == 1.2


def test_every_factor_is_logged_with_its_rule_and_its_part():
    made = uplift(ALL_FIRE)
    assert len(made.log) == 5
    assert made.log[0] == "growth week ×1.3 (O29): 1.00 → 1.30"
    assert made.log[1].endswith("1.30 → 1.50, capped from 1.95")
    assert all(factor.rule in line for factor, line in zip(ALL_FIRE, made.log, strict=True))


def test_a_factor_below_one_lowers_the_order_down_to_the_floor():
    """O13, O45: off-season and the mature promotion's 85 %."""
    assert uplift([known_factor("mature-promotion")]).multiplier == 0.85
    assert uplift([known_factor("off-season")] * 5).multiplier == 0.5


def test_no_factor_changes_nothing():
    assert uplift([]).multiplier == 1.0


def test_an_uplifted_policy_raises_its_target():
    known, base = knowledge_of(count=3), FixedLevel(np.full(3, 20.0))
    raised = Uplifted(base, uplift([known_factor("growth-phase")]))
    state = state_of(np.array([0.0, 15.0, 30.0]))
    assert raised.order(state, known)[:, 0].tolist() == [24, 9, 0]
    lowered = Uplifted(base, uplift([known_factor("mature-promotion")]))
    assert lowered.order(state, known)[:, 0].tolist() == [17, 2, 0]


@pytest.mark.parametrize("bounds", [{"cap": 0.9}, {"floor": 0.0}, {"floor": 1.2}])
def test_a_budget_without_one_in_it_is_refused(bounds):
    with pytest.raises(UsageError):
        uplift([], **bounds)


def test_a_factor_that_is_not_known_is_refused_with_those_that_are():
    with pytest.raises(UsageError, match="growth-week"):
        known_factor("full-moon")
    with pytest.raises(UsageError, match="above 0"):
        uplift([Factor("bad", 0.0, "E17")])


def test_the_presets_are_the_published_numbers():
    found = {factor.name: factor.multiplier for factor in FACTORS}
    assert (found["growth-week"], found["growth-week-strong"]) == (1.15, 1.30)
    assert (found["competitor-out-of-stock"], found["competitor-out-of-stock-strong"]) == (1.30, 1.50)
    assert found["growth-phase"] == 1.2
