"""What each report becomes, in values worked out by hand."""

import datetime as dt
from decimal import Decimal

import pytest

from core.errors import UsageError
from inventory.imports.identity import Identity
from inventory.imports.importing import import_report
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings

TOLD = ImportSettings(location="fba", day=dt.date(2026, 8, 15))


def imported(kind, *lines, settings=TOLD, identity=None, name="r.txt"):
    text = "\n".join(lines) + "\n"
    return import_report(kind, [Source(name, text.replace("|", "\t").encode())], settings, identity=identity)


def rows(made, table):
    return made.tables[table].to_dict("records")


def test_the_planning_report_becomes_stock_products_signals_inbound_age_and_fees():
    made = imported(
        "inventory-planning",
        "snapshot-date|sku|asin|product-name|available|Total Reserved Quantity|unfulfillable-quantity|product-group|"
        "your-price|currency|item-volume|volume-unit-measurement|sales-rank|inbound-shipped|inbound-received|"
        "inv-age-0-to-90-days|inv-age-456-plus-days|estimated-storage-cost-next-month|storage-type",
        "2026-08-14|A|B01|Lamp|10|4|1|Home|19.99|USD|864|cubic inches|1234|30|0|12|3|1.25|Standard",
    )
    assert rows(made, "stock") == [
        {"sku": "A", "location": "fba", "date": "2026-08-14", "on_hand": "15", "reserved": "4", "unsellable": "1"}
    ]
    (product,) = rows(made, "products")
    assert (product["volume"], product["price"], product["category"]) == ("0.500000", "19.99", "Home")
    assert rows(made, "signals") == [{"date": "2026-08-14", "name": "bsr", "value": "1234", "sku": "A"}]
    assert [(row["stage"], row["units"]) for row in rows(made, "inbound")] == [("shipped", "30")]
    assert [(row["age_days"], row["units"]) for row in rows(made, "inventory_age")] == [("0-90", "12"), ("456+", "3")]
    assert [(row["fee"], row["amount"]) for row in rows(made, "fee_estimates")] == [("storage_next_month", "1.25")]


def test_units_on_their_way_become_open_orders_only_where_the_import_is_told_when_they_arrive():
    lines = (
        "sku|afn-fulfillable-quantity|afn-inbound-working-quantity|afn-inbound-shipped-quantity|"
        "afn-inbound-receiving-quantity",
        "A|5|7|20|3",
    )
    assert "open_orders" not in imported("myi", *lines).tables
    told = ImportSettings(location="fba", day=dt.date(2026, 8, 15), inbound_days=12)
    orders = rows(imported("myi", *lines, settings=told), "open_orders")
    assert {(row["order_id"], row["quantity"], row["expected_on"]) for row in orders} == {
        ("inbound-shipped", "20", "2026-08-27"),
        ("inbound-receiving", "3", "2026-08-27"),
    }


def test_myi_becomes_stock_and_a_listing_where_the_seller_ships_too():
    made = imported(
        "myi",
        "sku|asin|your-price|mfn-listing-exists|mfn-fulfillable-quantity|afn-fulfillable-quantity|"
        "afn-unsellable-quantity|afn-reserved-quantity",
        "A|B01|9.50|Yes|40|5|1|2",
        "B|B02|8.00|No||3|0|0",
    )
    assert [(row["sku"], row["on_hand"]) for row in rows(made, "stock")] == [("A", "8"), ("B", "3")]
    assert rows(made, "listings") == [
        {"sku": "A", "channel": "amazon", "published_quantity": "40", "external_id": "B01"}
    ]


@pytest.mark.parametrize("kind", ["myi", "restock", "reserved", "estimated-fees", "stranded", "afn-inventory"])
def test_a_report_that_names_no_day_asks_for_it(kind):
    lines = {
        "myi": ("sku|afn-fulfillable-quantity", "A|1"),
        "restock": ("Merchant SKU|Available", "A|1"),
        "reserved": ("sku|reserved_qty", "A|1"),
        "estimated-fees": ("sku|estimated-fee-total", "A|1.5"),
        "stranded": ("sku|fulfillable-qty", "A|1"),
        "afn-inventory": ("seller-sku|Warehouse-Condition-code|Quantity Available", "A|SELLABLE|1"),
    }[kind]
    with pytest.raises(UsageError, match="--date"):
        imported(kind, *lines, settings=ImportSettings())
    assert imported(kind, *lines).tables


def test_restock_adds_up_the_countries_and_what_is_reserved():
    made = imported(
        "restock",
        "Country|Merchant SKU|Available|FC transfer|FC Processing|Customer Order|Unfulfillable|Shipped|"
        "Recommended replenishment qty|Recommended ship date",
        "US|A|10|1|2|3|4|50|100|08/20/2026",
        "CA|A|5|0|0|0|0|0|N/A|",
    )
    (stock,) = rows(made, "stock")
    assert (stock["on_hand"], stock["reserved"], stock["unsellable"]) == ("25", "6", "4")
    assert [(row["quantity"], row["ship_on"]) for row in rows(made, "recommendations")] == [("100", "2026-08-20")]


def test_afn_inventory_adds_up_the_states_of_a_sku():
    made = imported(
        "afn-inventory",
        "seller-sku|Warehouse-Condition-code|Quantity Available",
        "A|SELLABLE|7",
        "A|UNSELLABLE|2",
    )
    (stock,) = rows(made, "stock")
    assert (stock["on_hand"], stock["unsellable"]) == ("9", "2")


def test_customer_returns_are_graded_by_disposition_and_a_repeated_unit_counts_once():
    made = imported(
        "customer-returns",
        "return-date|order-id|sku|quantity|detailed-disposition|reason|license-plate-number",
        "2026-08-14T18:30:00+00:00|O-1|A|1|SELLABLE|NOT_COMPATIBLE|LPN1",
        "2026-08-14T18:30:00+00:00|O-1|A|1|SELLABLE|NOT_COMPATIBLE|LPN1",
        "2026-08-14T19:30:00+00:00|O-1|A|1|SELLABLE|NOT_COMPATIBLE|LPN2",
        "2026-08-15T02:00:00+00:00|O-2|B|2|DEFECTIVE|DEFECTIVE|LPN3",
        "2026-08-15T02:00:00+00:00|O-3|B|1|WHAT_NOT||",
    )
    found = [(row["order_id"], row["date"], row["units"], row["grade"]) for row in rows(made, "returns")]
    assert found == [
        ("O-1", "2026-08-14", "2", "intact"),
        ("O-2", "2026-08-15", "2", "B"),
        ("O-3", "2026-08-15", "1", "WHAT_NOT"),
    ]
    assert made.account.rows_skipped == {"repeats an earlier row": 1}


def test_the_day_of_a_moment_is_the_datasets_own():
    lines = ("return-date|sku|quantity", "2026-08-15T02:00:00+00:00|A|1")
    west = ImportSettings(time_zone="America/Los_Angeles")
    assert rows(imported("customer-returns", *lines, settings=west), "returns")[0]["date"] == "2026-08-14"


def test_storage_fees_split_into_base_and_surcharge_which_add_up_to_the_cent():
    lines = (
        "asin|fnsku|month_of_charge|country_code|fulfillment_center|est_base_msf|est_sus|currency|"
        "estimated_monthly_storage_fee|longest_side|median_side|shortest_side|measurement_units",
        "B01|X1|2026-07|US|ABC1|1.10|0.05|USD|1.15|12|12|6|inches",
        "B01|X1|2026-07|US|DEF2|0.20|0.00|USD|0.20|12|12|6|inches",
    )
    made = imported("storage-fees", *lines, identity=Identity.of([("A", "X1", "B01")]))
    amounts = {row["fee"]: row["amount"] for row in rows(made, "charges")}
    assert amounts == {"monthly_storage": "1.30", "storage_utilisation": "0.05"}
    assert {row["sku"] for row in rows(made, "charges")} == {"A"}
    assert rows(made, "charges")[0]["month"] == "2026-07-01"
    assert rows(made, "products")[0]["volume"] == "0.500000"


def test_a_product_that_nobody_names_keeps_the_marketplaces_code_and_is_told():
    made = imported("storage-fees", "asin|fnsku|month_of_charge|estimated_monthly_storage_fee", "B01|X1|2026-07|1.15")
    assert rows(made, "charges")[0]["sku"] == "X1"
    assert any("no sku" in warning for warning in made.account.warnings)


def test_a_code_of_two_skus_names_neither():
    identity = Identity.of([("A", "X1", "B01"), ("B", "X2", "B01")])
    assert identity.sku_of(["B01"]) is None
    assert identity.sku_of(["B01", "X2"]) == "B"


def test_aged_surcharge_and_overage_become_charges():
    made = imported(
        "long-term-storage",
        "snapshot-date|sku|currency|country|qty-charged|amount-charged|surcharge-age-tier",
        "2026-07-15|A|USD|US|3|2.10|181-210 days",
        "2026-07-15|A|USD|US|1|0.70|181-210 days",
    )
    (charge,) = rows(made, "charges")
    assert (charge["fee"], charge["amount"], charge["average_units"]) == ("aged_inventory", "2.80", "4")
    made = imported(
        "overage-fees", "charged_date|country_code|storage_type|charged_fee_amount", "2026-07-31|US|Standard|120.00"
    )
    assert rows(made, "charges") == [
        {
            **{"sku": "*", "fee": "overage", "month": "2026-07-31", "country": "US", "tier": "Standard"},
            **{"amount": "120.00", "currency": ""},
        }
    ]


def test_reimbursements_keep_cash_and_kind_apart_and_reversals_negative():
    made = imported(
        "reimbursements",
        "approval-date|reimbursement-id|amazon-order-id|reason|sku|currency-unit|amount-total|"
        "quantity-reimbursed-cash|quantity-reimbursed-inventory|quantity-reimbursed-total",
        "2026-08-01T00:00:00+00:00|R1||Lost_Warehouse|A|USD|20.50|2|1|3",
        "2026-08-02T00:00:00+00:00|R2||Reimbursement_Reversal|A|USD|-10.25|-1|0|-1",
    )
    found = [
        (row["units"], row["cash_units"], row["stock_units"], row["amount"]) for row in rows(made, "reimbursements")
    ]
    assert found == [("3", "2", "1", "20.50"), ("-1", "-1", "0", "-10.25")]


def test_estimated_fees_measure_the_box_and_rate_the_referral():
    made = imported(
        "estimated-fees",
        "sku|your-price|longest-side|median-side|shortest-side|unit-of-dimension|item-package-weight|unit-of-weight|"
        "product-size-tier|currency|estimated-fee-total|estimated-referral-fee-per-unit|"
        "expected-fulfillment-fee-per-unit",
        "A|20.00|30.48|30.48|15.24|centimeters|500|grams|UsLargeStandardSize|USD|7.50|3.00|4.50",
    )
    (product,) = rows(made, "products")
    assert Decimal(product["volume"]) == Decimal("0.5")
    assert product["weight"] == "1.102311"
    assert (product["referral_rate"], product["fulfilment_fee"]) == ("0.150000", "4.50")


SALES = """{"reportSpecification": {"reportType": "GET_SALES_AND_TRAFFIC_REPORT",
 "dataStartTime": "2026-08-14", "dataEndTime": "%s"},
 "salesAndTrafficByDate": [{"date": "2026-08-14", "salesByDate": {"unitsOrdered": 9,
   "orderedProductSales": {"amount": 90.1, "currencyCode": "USD"}}, "trafficByDate": {"sessions": 300}}],
 "salesAndTrafficByAsin": [
  {"parentAsin": "P1", "childAsin": "B01", "salesByAsin": {"unitsOrdered": 3,
   "orderedProductSales": {"amount": 29.97, "currencyCode": "USD"}},
   "trafficByAsin": {"sessions": 40, "pageViews": 55, "buyBoxPercentage": 99.5}}]}"""


def test_sales_and_traffic_of_one_day_become_sales_and_of_several_days_only_a_summary():
    identity = Identity.of([("A", "", "B01")])
    made = import_report("sales-traffic", [Source("s.json", (SALES % "2026-08-14").encode())], TOLD, identity=identity)
    (sale,) = rows(made, "sales")
    assert sale == {"sku": "A", "location": "fba", "date": "2026-08-14", "units": "3", "price": "9.990000"}
    signals = {(row.get("sku", ""), row["name"]): row["value"] for row in rows(made, "signals")}
    assert signals["A", "sessions"] == "40"
    assert signals["", "account_sessions"] == "300"
    assert signals["", "account_sales"] == "90.1"
    week = import_report("sales-traffic", [Source("s.json", (SALES % "2026-08-20").encode())], TOLD, identity=identity)
    assert "sales" not in week.tables
    assert {row["name"] for row in rows(week, "signals")} == {
        *("account_units_ordered", "account_sales", "account_sessions")
    }
    assert rows(week, "traffic")[0]["units"] == "3"


def test_search_queries_become_volumes_that_are_known_after_their_week_and_link_keywords():
    text = """{"dataByAsin": [{"startDate": "2025-01-05", "endDate": "2025-01-11", "asin": "B01",
      "searchQueryData": {"searchQuery": "desk lamp", "searchQueryVolume": 15000},
      "impressionData": {"asinImpressionCount": 765},
      "clickData": {"asinClickCount": 50, "asinClickShare": 0.05}}]}"""
    made = import_report(
        "search-query-performance", [Source("q.json", text.encode())], TOLD, identity=Identity.of([("A", "", "B01")])
    )
    volume = next(row for row in rows(made, "signals") if row["name"] == "keyword_volume")
    assert (volume["value"], volume["keyword"], volume["available_on"]) == ("15000", "desk lamp", "2025-01-12")
    assert volume["sku"] == ""
    assert "query_competitor_cart_adds" not in {row["name"] for row in rows(made, "signals")}
    carts = text.replace(
        '"asinClickShare": 0.05}',
        '"asinClickShare": 0.05},\n"cartAddData": {"totalCartAddCount": 90, "asinCartAddCount": 12}',
    )
    made = import_report(
        "search-query-performance", [Source("q.json", carts.encode())], TOLD, identity=Identity.of([("A", "", "B01")])
    )
    (rivals,) = (row for row in rows(made, "signals") if row["name"] == "query_competitor_cart_adds")
    assert (rivals["sku"], rivals["keyword"], rivals["value"]) == ("A", "desk lamp", "78")
    assert rows(made, "keywords") == [{"keyword": "desk lamp", "sku": "A", "weight": "0.05"}]


def test_search_terms_are_ranks_by_department_and_no_volume():
    text = """{"reportSpecification": {"dataStartTime": "2021-06-06", "dataEndTime": "2021-06-12"},
      "dataByDepartmentAndSearchTerm": [
        {"departmentName": "Amazon.com", "searchTerm": "lamp", "searchFrequencyRank": 7, "clickedAsin": "B01",
         "clickShareRank": 1, "clickShare": 0.07, "conversionShare": 0.08},
        {"departmentName": "Beauty", "searchTerm": "lamp", "searchFrequencyRank": 900, "clickedAsin": "B02",
         "clickShareRank": 1, "clickShare": 0.07, "conversionShare": 0.08}]}"""
    made = import_report("search-terms", [Source("t.json", text.encode())], TOLD)
    assert {row["name"]: row["value"] for row in rows(made, "signals")} == {
        "search_frequency_rank": "7",
        "search_frequency_rank_beauty": "900",
    }
    assert len(rows(made, "clicked_products")) == 2


def test_a_vendor_forecast_keeps_its_quantiles():
    text = """{"forecastByAsin": [{"forecastGenerationDate": "2021-06-06", "asin": "B1", "startDate": "2021-06-06",
      "endDate": "2021-06-12", "meanForecastUnits": 3.1, "p70ForecastUnits": 3.9, "p90ForecastUnits": 300.7}]}"""
    made = import_report("vendor-forecast", [Source("v.json", text.encode())], TOLD)
    (row,) = rows(made, "vendor_forecasts")
    assert (row["sku"], row["mean"], row["q0.7"], row["q0.9"]) == ("B1", "3.1", "3.9", "300.7")
