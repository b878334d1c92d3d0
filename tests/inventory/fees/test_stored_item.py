"""Items as a marketplace's warehouse sees them: tiers by any name, volumes in any unit."""

from decimal import Decimal

import pandas as pd
import pytest

from core.errors import UsageError
from inventory.fees.stored_item import read_tier, stored_items

PRODUCTS = pd.DataFrame(
    {
        "sku": ["A", "B", "C", "D"],
        "volume": [864.0, 1728.0, float("nan"), 1.0],
        "weight": [8.0, float("nan"), 1.0, 1.0],
        "size_tier": ["Small standard-size", None, "Large bulky", "medium"],
        "category": ["Shoes", None, None, None],
    }
)


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("UsSmallStandardSize", "small_standard"),
        ("Large standard-size", "large_standard"),
        ("large_bulky", "large_bulky"),
        ("Small Oversize", "large_bulky"),
        ("Special oversize", "extra_large"),
        ("", None),
    ],
)
def test_tiers_are_read_as_reports_name_them(text, tier):
    assert read_tier(text) == tier


def test_volumes_and_weights_become_cubic_feet_and_pounds_and_what_is_assumed_is_told():
    found = stored_items(PRODUCTS, "cubic_inches", "ounces")
    assert set(found) == {"A", "B", "D"}  # without a volume storage cannot be told
    assert round(found["A"].cubic_feet, 12) == Decimal("0.5")
    assert found["A"].pounds == Decimal("0.5")
    assert found["A"].assumed == ()
    assert found["B"].pounds is None
    assert found["B"].assumed == ("large standard assumed",)
    assert found["D"].assumed == ("size tier 'medium' taken for large standard",)


def test_an_unknown_unit_is_refused():
    with pytest.raises(UsageError, match="unit 'bushel' is not known; use one of cubic_feet"):
        stored_items(PRODUCTS, "bushel", "pounds")
