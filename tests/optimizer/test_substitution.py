"""What customers buy instead: only what cannot be prevented, only from stock that is left, off by default."""

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from optimizer.buying import ONE_WAY, Buying
from optimizer.plan import PlanningOptions, plan_orders
from optimizer.substitution import Variants, variants_of, with_substitution
from tests.optimizer.conftest import forecast_of, random_paths, terms_of

SOON, TWO = np.array([1, 1]), Variants(np.array([0, 0]), 0.5)


def turned(demand, on_hand, first=SOON, variants=TWO, inbound=None):
    paths = np.asarray(demand, dtype=np.float64)[:, None, :]
    forecast = forecast_of(paths)
    coming = np.zeros((len(paths), paths.shape[2])) if inbound is None else inbound
    made = with_substitution(forecast, np.asarray(on_hand, dtype=np.float64), coming, first, variants)
    assert np.allclose(made.mean, made.paths.mean(axis=1))
    return made.paths[:, 0].tolist()


def test_what_cannot_be_prevented_goes_to_the_variant_that_has_stock_left():
    assert turned([[10, 10], [3, 3]], [4, 20]) == [[10, 10], [6, 3]]


def test_a_variant_gives_no_more_than_it_has_left():
    assert turned([[10, 10], [3, 3]], [0, 5]) == [[10, 10], [5, 3]]
    assert turned([[10, 10], [3, 3]], [0, 2]) == [[10, 10], [3, 3]]


def test_arrivals_serve_and_only_periods_before_an_order_could_come_count():
    coming = np.array([[0.0, 6.0, 0.0], [0.0, 0.0, 0.0]])
    both = turned([[4, 10, 10], [1, 1, 1]], [4, 30], first=np.array([2, 2]), inbound=coming)
    assert both == [[4, 10, 10], [1, 3, 1]]


def test_the_fullest_variant_serves_first_and_the_next_one_the_rest():
    three = Variants(np.array([0, 0, 0]), 1.0)
    assert turned([[9], [1], [1]], [0, 4, 7], np.array([1, 1, 1]), three) == [[9], [4], [7]]


@given(st.integers(0, 10_000), st.floats(0.0, 1.0))
def test_no_unit_is_served_twice_whatever_the_stock(seed, share):
    """Added demand is at most the share of what was short, and at most what the others had left."""
    draw = np.random.default_rng(seed)
    demand = draw.poisson(4, (3, 1, 4)).astype(float)
    on_hand, first = draw.integers(0, 20, 3).astype(float), draw.integers(0, 5, 3)
    variants = Variants(np.array([0, 1, 0]), share)
    forecast = forecast_of(demand)
    made = with_substitution(forecast, on_hand, np.zeros((3, 4)), first, variants)
    more = made.paths[:, 0] - demand[:, 0]
    left = np.maximum(on_hand[:, None] - demand[:, 0].cumsum(axis=1), 0)
    short = np.maximum(demand[:, 0].cumsum(axis=1) - on_hand[:, None], 0)
    assert (more >= 0).all()
    assert (more[1] == 0).all()
    assert more.sum() <= share * short[:, -1].sum() + 0.5 * demand.shape[2]
    assert ((more.cumsum(axis=1) <= left) | (more == 0)).all()


def test_variants_are_those_of_one_parent_at_one_location():
    products = pd.DataFrame({"sku": ["red", "blue", "cup", "jar"], "parent": ["shirt", "shirt", None, None]})
    series = pd.DataFrame({"sku": ["red", "blue", "blue", "cup", "jar"], "location": ["a", "a", "b", "a", "a"]})
    assert variants_of(products, series, 0.3).family.tolist() == [0, 0, 1, 2, 3]
    assert variants_of(products, series, 0.0) is None


def test_a_plan_orders_more_of_what_stands_in_and_the_same_in_any_order_of_rows():
    paths = random_paths(3, mean=8.0, seed=4)
    forecast, stock = forecast_of(paths), np.array([0.0, 40.0, 40.0])
    nothing, terms = np.zeros((3, 7)), terms_of(forecast, stockout_cost=4.0)
    variants = Variants(np.array([0, 0, 1]), 0.6)

    def ordered(rows, buying):
        made = plan_orders(
            forecast.take(rows),
            terms.iloc[rows].reset_index(drop=True),
            stock[rows],
            nothing,
            PlanningOptions(),
            buying=buying,
        )
        return made.lines.set_index("sku")["quantity"].sort_index().tolist()

    plain = ordered(np.arange(3), ONE_WAY)
    moved = ordered(np.arange(3), Buying(variants=variants))
    assert moved[1] > plain[1]
    assert [moved[0], moved[2]] == [plain[0], plain[2]]
    rows = np.array([2, 1, 0])
    assert ordered(rows, Buying(variants=variants.take(rows))) == moved
    assert ordered(np.arange(3), Buying(variants=replace(variants, share=0.0))) == plain
