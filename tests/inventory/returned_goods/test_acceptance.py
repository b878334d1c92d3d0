"""Acceptance, grades and the link to the order (R01, R02, R04)."""

import pandas as pd
import pytest

from core.errors import UsageError
from inventory.returned_goods.acceptance import Grade, Inspection, accept, grade, link_orders


def inspected(packaging: float = 1.0, accessories: float = 1.0, wear: float = 1.0, **facts: bool) -> Inspection:
    return Inspection({"packaging": packaging, "accessories": accessories, "wear": wear}, **facts)


def test_r01_a_return_is_measured_by_packaging_accessories_and_wear():
    found = accept(inspected(0.2, 0.75, 0.9))
    assert found.accepted
    assert found.score == pytest.approx((0.2 + 0.75 + 2 * 0.9) / 4)  # wear counts twice
    refused = accept(inspected(accessories=0.4, wear=0.2))
    assert not refused.accepted
    assert refused.failed == ("accessories", "wear")


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_a_score_that_is_none_is_refused_with_its_question(score):
    with pytest.raises(UsageError, match=r"wear is scored .*: How free of traces of use"):
        accept(inspected(wear=score))
    with pytest.raises(UsageError, match="packaging is scored None"):
        accept(Inspection({}))


@pytest.mark.parametrize(
    ("inspection", "wanted"),
    [
        (inspected(), Grade.INTACT),
        (inspected(packaging=0.5), Grade.A),
        (inspected(wear=0.8), Grade.A),
        (inspected(works=False), Grade.B),
        (inspected(works=False, repairable=False), Grade.C),
        (inspected(obsolete=True), Grade.C),
    ],
)
def test_r04_grades(inspection, wanted):
    assert grade(inspection) is wanted


def test_r02_each_return_is_linked_to_the_order_it_came_from_or_says_why_not():
    sold = pd.DataFrame({"order_id": ["1", "1", "2"], "sku": ["A", "B", "A"], "units": [2.0, 1.0, 1.0]})
    returns = pd.DataFrame(
        {"order_id": ["1", "1", "1", "2", "9", None], "sku": ["A", "A", "A", "B", "A", "A"], "units": [1.0] * 6}
    )
    found = link_orders(returns, sold)
    assert found["link"].tolist() == [
        "linked",
        "linked",
        "more than sold",
        "sku not in order",
        "unknown order",
        "no order",
    ]
    assert found["sold_units"].iloc[0] == 2.0
