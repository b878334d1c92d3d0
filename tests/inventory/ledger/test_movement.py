"""Movements: each kind moves units the ways of its table only, and says what is wrong with an impossible one."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.errors import DataError
from inventory.ledger.movement import ALLOWED, Bucket, Movement, MovementKind

SALE = Movement("A", "fba", date(2026, 3, 1), MovementKind.SALE, 3, "shop", "order-1")


@pytest.mark.parametrize("kind", MovementKind)
def test_every_kind_has_ways_and_takes_the_usual_one_by_itself(kind) -> None:
    to = "3pl" if kind is MovementKind.TRANSFER_SENT else None
    movement = replace(SALE, kind=kind, to_location=to)
    movement.check()
    assert movement.path == ALLOWED[kind][0]
    for leaves, enters in ALLOWED[kind]:
        assert leaves is not enters
        assert replace(movement, leaves=leaves, enters=enters).path == (leaves, enters)


def test_what_is_reserved_can_be_sold_but_not_what_is_with_the_supplier() -> None:
    assert replace(SALE, leaves=Bucket.RESERVED).path == (Bucket.RESERVED, Bucket.OUTSIDE)
    with pytest.raises(DataError, match=r"shop/order-1: column 'leaves'.*available → outside, reserved → outside"):
        replace(SALE, leaves=Bucket.ON_ORDER).check()


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"units": 0}, "units"),
        ({"units": -4}, "units"),
        ({"units": 10**10}, "units"),
        ({"sku": ""}, "sku"),
        ({"location": "x" * 201}, "location"),
        ({"reference": ""}, "reference"),
        ({"date": date(1900, 1, 1)}, "date"),
        ({"unit_cost": Decimal("-1")}, "unit_cost"),
        ({"unit_cost": Decimal("NaN")}, "unit_cost"),
        ({"to_location": "3pl"}, "to_location"),
        ({"kind": MovementKind.TRANSFER_SENT}, "to_location"),
        ({"kind": MovementKind.TRANSFER_SENT, "to_location": "fba"}, "to_location"),
    ],
)
def test_an_impossible_movement_names_its_column(changed, column) -> None:
    with pytest.raises(DataError, match=f"column '{column}'"):
        replace(SALE, **changed).check()
