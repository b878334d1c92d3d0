"""The report of all listings: by column name, whatever its encoding, and what Amazon ships left out."""

import pytest

from core.errors import MarketplaceError
from inventory.marketplace.listing_report import listed_quantities

ROWS = [
    ("item-name", "seller-sku", "quantity", "fulfillment-channel"),
    ('Größe 5" tall', "S1", "12", "DEFAULT"),
    ("Tee", "S2", "", "DEFAULT"),
    ("Sold by Amazon", "F1", "", "AMAZON_NA"),
]


def text(rows) -> str:
    return "".join("\t".join(row) + "\r\n" for row in rows)


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("told", [True, False])
def test_each_encoding_gives_the_same_quantities(charset, told) -> None:
    assert listed_quantities(text(ROWS).encode(charset), charset if told else None) == {"S1": 12, "S2": 0}


def test_a_character_set_that_lies_or_is_unknown_is_not_believed() -> None:
    for charset in ("utf-8", "klingon"):
        assert listed_quantities(text(ROWS).encode("cp1252"), charset)["S1"] == 12


def test_columns_may_come_in_any_order() -> None:
    turned = [tuple(reversed(row)) for row in ROWS]
    assert listed_quantities(text(turned).encode(), None) == {"S1": 12, "S2": 0}


def test_a_report_without_channels_is_the_sellers_own() -> None:
    assert listed_quantities(b"quantity\tseller-sku\n3\tA\n", None) == {"A": 3}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no column 'quantity'"),
        (b"sku\tquantity\nA\t3\n", "no column 'seller-sku'"),
        (b"seller-sku\tquantity\nA\t3\nB\tmany\n", "row 3 .* shows 'many'"),
        (b"seller-sku\tquantity\nA\t-3\n", "shows '-3'"),
    ],
)
def test_a_layout_that_has_changed_is_told(data, told) -> None:
    with pytest.raises(MarketplaceError, match=told):
        listed_quantities(data, None)
