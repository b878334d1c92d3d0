"""Stock in Amazon's warehouses: every published field has its column."""

import pytest

from core.errors import MarketplaceError
from inventory.marketplace.fba_stock import DETAILS, FBA_COLUMNS, fba_stock, next_token
from tests.serving.marketplace.published_contract import operations


def summary(sku: str, **details) -> dict:
    return {"sellerSku": sku, "fnSku": "X00", "asin": "B0", "condition": "NewItem", "inventoryDetails": details}


def page(*summaries) -> dict:
    where = {"granularityType": "Marketplace", "granularityId": "US"}
    return {"payload": {"granularity": where, "inventorySummaries": list(summaries)}}


def test_every_column_reads_a_field_of_the_published_definition() -> None:
    definitions = operations()["getInventorySummaries"].definitions
    for path in DETAILS.values():
        there = definitions["InventoryDetails"]["properties"]
        for name in path:
            found = there[name]
            there = definitions[found["$ref"].split("/")[-1]]["properties"] if "$ref" in found else {}


def test_pages_become_one_row_a_sku_and_what_is_not_told_is_nought() -> None:
    full = summary(
        "B",
        fulfillableQuantity=5,
        inboundShippedQuantity=3,
        reservedQuantity={"totalReservedQuantity": 4, "pendingTransshipmentQuantity": 1},
        unfulfillableQuantity={"totalUnfulfillableQuantity": 2},
        researchingQuantity={"totalResearchingQuantity": 1},
    ) | {"totalQuantity": 12, "lastUpdatedTime": "2026-03-01T00:00:00Z"}
    pages = [page(full), page(summary("A"))]
    for one in pages:
        operations()["getInventorySummaries"].check_answer(one)
    table = fba_stock(pages)
    assert tuple(table.columns) == FBA_COLUMNS
    assert table["sku"].tolist() == ["A", "B"]
    told = table.iloc[1]
    names = ["available", "inbound_shipped", "reserved", "in_transfer", "unsellable", "researching", "total"]
    assert told[names].tolist() == [5, 3, 4, 1, 2, 1, 12]
    assert not table.iloc[0][list(DETAILS)].any()


def test_a_sku_that_comes_twice_is_not_summed_in_silence() -> None:
    with pytest.raises(MarketplaceError, match="'A' twice"):
        fba_stock([page(summary("A")), page(summary("A"))])


def test_an_answer_without_stock_is_told() -> None:
    with pytest.raises(MarketplaceError, match="answered no stock"):
        fba_stock([{"errors": []}])


def test_no_stock_at_all_is_an_empty_table() -> None:
    assert fba_stock([page()]).empty


def test_the_last_page_has_no_token() -> None:
    assert next_token({"pagination": {"nextToken": "t"}}) == "t"
    assert next_token({"pagination": {}}) is None
    assert next_token({}) is None
