"""The contract that every named policy keeps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UsageError
from optimizer.policies import Knowledge
from optimizer.policy_catalogue import CATALOGUE, policy_named
from tests.optimizer.reviews import knowledge_of, state_of

EVERY = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
TERMS = {
    "stockout_cost": 20.0,
    "case_pack": 6.0,
    "minimum_order_quantity": 20.0,
    "order_cost": 15.0,
    "price_breaks": "40:1.8;200:1.5",
}
STOCK = np.array([0.0, 3.0, 12.0, 40.0, 5.0, 1.0])


def promised(seed=0, count=6):
    return np.random.default_rng(seed).integers(0, 4, (count, 1, 3)).astype(float)


@EVERY
def test_an_order_is_whole_units_of_an_allowed_quantity(entry):
    known = knowledge_of(**TERMS)
    order = entry.make(None).order(state_of(STOCK, promised()), known)
    assert order.shape == (6, 1)
    assert (order >= 0).all()
    assert (order % 6 == 0).all()
    assert ((order == 0) | (order >= 20)).all()
    assert order.sum() > 0


@EVERY
def test_no_order_goes_beyond_what_the_supplier_can_make(entry):
    order = entry.make(None).order(state_of(np.zeros(6)), knowledge_of(capacity=10.0, case_pack=4.0))
    assert order.max() == 8
    assert (entry.make(None).order(state_of(np.zeros(6)), knowledge_of(capacity=0.0)) == 0).all()


@EVERY
def test_the_same_question_gets_the_same_answer(entry):
    first = entry.make(None).order(state_of(STOCK, promised()), knowledge_of(**TERMS))
    again = entry.make(None).order(state_of(STOCK, promised()), knowledge_of(**TERMS))
    assert np.array_equal(first, again)


@EVERY
def test_the_order_of_the_rows_changes_nothing(entry):
    known, coming = knowledge_of(**TERMS), promised()
    there = entry.make(None).order(state_of(STOCK, coming), known)
    rows = np.array([3, 0, 5, 1, 4, 2])
    back = entry.make(None).order(state_of(STOCK[rows], coming[rows]), permuted(known, rows))
    assert np.array_equal(back, there[rows])


def permuted(known: Knowledge, rows) -> Knowledge:
    return replace(
        known,
        terms=known.terms.iloc[rows].reset_index(drop=True),
        units=known.units[rows],
        forecast=lambda horizon: known.forecast(horizon).take(rows),
    )


@EVERY
def test_two_paths_are_answered_as_if_each_were_alone(entry):
    known = knowledge_of(**TERMS)
    both = entry.make(None).order(state_of(np.column_stack([STOCK, STOCK + 4])), known)
    for path, stock in enumerate((STOCK, STOCK + 4)):
        assert np.array_equal(both[:, path], entry.make(None).order(state_of(stock), known)[:, 0])


@pytest.mark.parametrize("entry", [item for item in CATALOGUE if item.orders_up_to], ids=lambda entry: entry.name)
@settings(max_examples=15)
@given(stock=st.lists(st.integers(0, 60), min_size=6, max_size=6), more=st.integers(1, 30), coming=st.booleans())
def test_more_stock_never_orders_more(entry, stock, more, coming):
    known, policy = KNOWN, entry.make(None)
    less = np.array(stock, dtype=float)
    if coming:
        extra = np.zeros((6, 1, 3))
        extra[:, :, 1] = more
        greater = policy.order(state_of(less, extra), known)
    else:
        greater = policy.order(state_of(less + more), known)
    assert (greater <= policy.order(state_of(less, np.zeros((6, 1, 3))), known)).all()


KNOWN = knowledge_of(**TERMS)


@EVERY
def test_a_sku_that_never_sold_and_never_will_is_not_ordered(entry):
    known = knowledge_of()
    nothing = replace(known, units=np.zeros_like(known.units), forecast=lambda horizon: silent(known, horizon))
    assert (entry.make(None).order(state_of(np.zeros(6)), nothing) == 0).all()


def silent(known, horizon):
    made = known.forecast(horizon)
    return replace(made, paths=made.paths * 0, mean=made.mean * 0, quantiles=made.quantiles * 0)


def test_the_number_after_a_name_sets_the_policy():
    known = knowledge_of(count=2)
    stock = state_of(np.zeros(2))
    low, high = (policy_named(f"base-stock:{level}").order(stock, known) for level in (0.5, 0.99))
    assert (low < high).all()
    short, long = (policy_named(f"benchmark:{weeks}").order(stock, known) for weeks in (2, 4))
    assert (short < long).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("magic", "choose from fillrate, benchmark"),
        ("newsvendor:3", "takes no number"),
        ("base-stock:high", "no number; it means service level"),
        ("base-stock:1.5", "out of range"),
        ("days-of-cover:-3", "out of range"),
        ("base-stock+full-moon", "uplift factor 'full-moon' is not known; choose from growth-week"),
        ("base-stock+", "uplift factor '' is not known"),
        ("life-cycle+promotion", "takes no uplift on top of its own; those that do: benchmark"),
        ("fillrate+promotion", "takes no uplift"),
    ],
)
def test_a_name_that_is_not_known_is_refused_with_those_that_are(text, words):
    with pytest.raises(UsageError, match=words):
        policy_named(text)


def test_every_name_is_its_policys_own():
    assert [policy_named(entry.name).name for entry in CATALOGUE] == [entry.name for entry in CATALOGUE]


def test_factors_behind_a_name_share_one_budget_and_are_logged():
    """E17, O24: three factors of 1.2, 1.5 and 1.2 are capped at 1.5, whatever the policy."""
    text = "base-stock:0.9+material-price-rise+competitor-out-of-stock-strong+promotion"
    policy = policy_named(text)
    assert policy.name == text
    assert policy.uplift.multiplier == 1.5
    assert [line.split(" (")[0] for line in policy.uplift.log] == [
        "material-price-rise ×1.2",
        "competitor-out-of-stock-strong ×1.5",
        "promotion ×1.2",
    ]
    known, stock = knowledge_of(), state_of(np.zeros(6))
    plain = policy_named("base-stock:0.9").order(stock, known)
    assert np.array_equal(policy.order(stock, known), np.ceil(plain * 1.5))
