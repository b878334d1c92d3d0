"""Dispositions: the best of the ways that a grade allows (R03, R05)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.returned_goods.acceptance import Grade
from inventory.returned_goods.disposition import ALLOWED, Disposition, ReturnValue, decide, value_by_shares

money = st.decimals("0", "100", places=2)
perhaps = st.none() | money


@given(
    grade=st.sampled_from(list(Grade)),
    value=st.builds(
        ReturnValue,
        new=money,
        gift=perhaps,
        refurbished=perhaps,
        parts=perhaps,
        recycling=perhaps,
        repair=perhaps,
        restocking=money,
        disposal=money,
    ),
)
def test_nothing_that_the_grade_allows_would_leave_more(grade, value):
    chosen = decide(grade, value)
    open_ways = [value.of(way) for way in ALLOWED[grade] if value.of(way) is not None]
    assert chosen.value == max(open_ways)
    assert chosen.disposition in ALLOWED[grade]
    assert [left for _, left in chosen.alternatives] == sorted((left for _, left in chosen.alternatives), reverse=True)


@pytest.mark.parametrize(
    ("repair", "wanted", "route"),
    [("20", Disposition.REFURBISH, "repair"), ("31", Disposition.PARTS, "defective")],
)
def test_r05_a_defect_is_repaired_only_where_the_repair_leaves_more_than_the_parts(repair, wanted, route):
    value = ReturnValue(Decimal(50), refurbished=Decimal(35), parts=Decimal(5), repair=Decimal(repair))
    chosen = decide(Grade.B, value)
    assert (chosen.disposition, chosen.route) == (wanted, route)  # 35 − 20 = 15 > 5; 35 − 31 = 4 < 5


def test_r05_slight_damage_is_sold_off_or_given_away_and_parts_go_to_a_recycler():
    value = ReturnValue(Decimal(50), gift=Decimal(40), recycling=Decimal(1), disposal=Decimal(2))
    assert decide(Grade.A, value).disposition is Disposition.GIFT
    assert decide(Grade.A, ReturnValue(Decimal(50))).disposition is Disposition.DISCOUNT
    assert decide(Grade.C, value).disposition is Disposition.RECYCLE
    assert decide(Grade.C, ReturnValue(Decimal(50), disposal=Decimal(2))).value == -2


def test_r03_an_intact_unit_goes_back_to_the_shelf_with_a_reason():
    chosen = decide(Grade.INTACT, ReturnValue(Decimal(50), restocking=Decimal(3)))
    assert chosen.route == "shelf"
    assert chosen.reason == "grade intact: restock leaves 47.00, discount 32.00"


def test_where_only_price_and_cost_are_known_shares_stand_in():
    assert decide(Grade.B, value_by_shares(Decimal(40), Decimal(15))).value == Decimal("23.5")  # 28 − 4.50
