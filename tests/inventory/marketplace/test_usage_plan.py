"""How fast the marketplace may be asked: never beyond the published rates."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.marketplace.usage_plan import PUBLISHED_RATES, TokenBucket, UsagePlan, UsageRate, back_off_seconds

PUBLISHED = Path(__file__).parents[2] / "serving" / "marketplace" / "published" / "selling_partner.json"


def test_the_rates_are_the_published_ones() -> None:
    models = json.loads(PUBLISHED.read_text())
    operations = {name: facts for model in models.values() for name, facts in model["operations"].items()}
    shared = set(operations) & set(PUBLISHED_RATES)
    assert len(shared) == len(operations)
    for name in shared:
        assert PUBLISHED_RATES[name] == UsageRate(operations[name]["rate"], operations[name]["burst"])


@given(
    rate=st.floats(0.005, 20),
    burst=st.integers(1, 15),
    gaps=st.lists(st.floats(0, 30), min_size=1, max_size=60),
)
def test_no_span_of_time_ever_sees_more_than_the_burst_and_the_rate_allow(rate, burst, gaps) -> None:
    bucket, now, asked = TokenBucket(UsageRate(rate, burst), 0.0), 0.0, []
    for gap in gaps:
        now += gap
        asked.append(now + bucket.reserve(now))
    assert asked == sorted(asked)
    for first, start in enumerate(asked):
        for last in range(first, len(asked)):
            assert last - first + 1 <= burst + rate * (asked[last] - start) + 1e-6


def test_an_answer_tells_the_rate_and_nonsense_is_ignored() -> None:
    plan = UsagePlan({"look": UsageRate(1.0, 1)})
    assert [plan.reserve("look", 0.0), plan.reserve("look", 0.0)] == [0.0, 1.0]
    plan.learn("look", "0.5", 1.0)
    for nonsense in (None, "", "many", "0", "-3", "nan"):
        plan.learn("look", nonsense, 1.0)
    assert plan.reserve("look", 1.0) == pytest.approx(2.0)


def test_a_refusal_empties_the_bucket() -> None:
    plan = UsagePlan({"look": UsageRate(0.5, 15)})
    plan.refused("look", 0.0)
    assert plan.reserve("look", 0.0) == pytest.approx(2.0)


def test_an_operation_without_a_rate_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        UsagePlan().reserve("deleteEverything", 0.0)


@given(attempt=st.integers(1, 1000), spread=st.floats(0, 1))
def test_back_off_grows_to_two_minutes_and_jitter_takes_off_a_half_at_most(attempt, spread) -> None:
    whole = back_off_seconds(attempt, 0.0)
    assert whole / 2 <= back_off_seconds(attempt, spread) <= whole <= 120
    assert back_off_seconds(attempt + 1, 0.0) >= whole


def test_the_marketplaces_own_wish_counts_when_it_is_longer() -> None:
    assert back_off_seconds(1, 0.0, "30") == 30.0
    assert back_off_seconds(6, 0.0, "3") == 32.0
    assert back_off_seconds(1, 0.0, "99999") == 120.0
    assert back_off_seconds(1, 0.0, "Wed, 21 Oct 2026 07:28:00 GMT") == 1.0
