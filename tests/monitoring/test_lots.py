"""FIFO lots: against selling unit by unit; ages at 90, 120 and 180 days; what no receipt explains."""

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.lots import aged_beyond, aged_from_buckets, lot_facts, lots_of
from tests.monitoring.views import day, make_view, table

TODAY = np.datetime64("2024-07-01")


def receipts_of(pairs: list[tuple[int, float]], sku: str = "S0"):
    return table(
        "receipts",
        order_id=[f"R{place}" for place in range(len(pairs))],
        sku=sku,
        received_on=[day(age) for age, _ in pairs],
        quantity=[units for _, units in pairs],
        defective=0.0,
    )


SERIES = make_view([1.0] * 10).series


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(1, 400), st.integers(1, 30)), min_size=1, max_size=8, unique_by=lambda pair: pair[0]
    ),
    st.integers(0, 200),
)
def test_the_lots_are_those_that_selling_the_oldest_first_leaves(pairs, sold) -> None:
    shelf = deque((age, units) for age, units in sorted(pairs, reverse=True))
    left = sold
    while shelf and left:
        age, units = shelf.popleft()
        if units > left:
            shelf.appendleft((age, units - left))
        left = max(left - units, 0)
    held = float(sum(units for _, units in shelf))
    lots = lots_of(receipts_of(pairs), SERIES, np.array([held]), TODAY)
    assert list(zip(lots["age_days"], lots["units"], strict=True)) == sorted(shelf)
    assert lots["known"].all()


def test_units_that_no_receipt_explains_are_at_least_as_old_as_the_records() -> None:
    lots = lots_of(receipts_of([(100, 10.0), (20, 5.0)]), SERIES, np.array([25.0]), TODAY)
    assert lots[["age_days", "units", "known"]].values.tolist() == [[20, 5, True], [100, 10, False], [100, 10, True]]


def test_m14_more_than_a_fifth_older_than_120_days_at_under_over() -> None:
    for aged, share in ((20.0, 0.20), (19.0, 0.19), (21.0, 0.21)):
        facts = lot_facts(make_view([1.0] * 200, on_hand=100.0, receipts=receipts_of([(121, aged), (10, 100 - aged)])))
        assert facts["aged_120_share"][0] == pytest.approx(share)
    edge = lot_facts(make_view([1.0] * 200, on_hand=100.0, receipts=receipts_of([(120, 50.0), (10, 50.0)])))
    assert edge["aged_120_share"][0] == 0.0  # on the 120th day it is not older than 120 days


def test_m30_units_older_than_90_days_and_their_value() -> None:
    facts = lot_facts(
        make_view([1.0] * 200, on_hand=60.0, unit_cost=8.0, receipts=receipts_of([(91, 40.0), (90, 20.0)]))
    )
    assert (facts["aged_90_units"][0], facts["aged_90_value"][0]) == (40.0, 320.0)


def test_m11_nothing_moved_for_90_days() -> None:
    units = np.r_[np.ones(200), np.zeros(91)]
    facts = lot_facts(make_view(units, on_hand=30.0, receipts=receipts_of([(150, 60.0)])))
    assert facts["no_movement_days"][0] == 91
    moved = lot_facts(make_view(units, on_hand=30.0, receipts=receipts_of([(40, 60.0)])))
    assert moved["no_movement_days"][0] == 40


def test_o49_the_share_older_than_90_days_as_it_was_four_weeks_ago() -> None:
    receipts = receipts_of([(100, 100.0)])
    facts = lot_facts(make_view(np.full(200, 1.0), on_hand=50.0, receipts=receipts))
    assert (facts["aged_90_share"][0], facts["aged_90_share_before"][0]) == (1.0, 0.0)  # 72 days old then


def test_without_receipts_no_age_is_known() -> None:
    facts = lot_facts(make_view(np.full(100, 1.0), on_hand=50.0))
    assert facts[["aged_90_units", "aged_120_share", "mean_age_days"]].isna().all(axis=None)


def test_e15_a_buckets_report_is_interpolated_only_with_a_warning() -> None:
    units, warning = aged_from_buckets(90.0, 10.0, 120.0)
    assert units == pytest.approx(70.0)
    assert "interpolated within the bucket 91–180" in warning


def test_older_than_counts_strictly() -> None:
    lots = lots_of(receipts_of([(30, 5.0), (31, 5.0)]), SERIES, np.array([10.0]), TODAY)
    assert aged_beyond(lots, 30, 1).tolist() == [5.0]
