"""Tables that an import writes beside the dataset's contract: their columns and what names a row."""

from dataclasses import dataclass

from inventory.schema import TABLES

__all__ = ["FACT_TABLES", "FactTable", "table_key"]


@dataclass(frozen=True, slots=True)
class FactTable:
    """One table: its columns in order, the columns that name a row, and who reads it."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    meaning: str


FACT_TABLES: dict[str, FactTable] = {
    "movements": FactTable(
        (
            *("sku", "location", "date", "kind", "units", "leaves", "enters", "origin", "reference", "reason"),
            *("centre", "event"),
        ),
        ("origin", "reference"),
        "ledger movements: POST /v1/movements, `fillrate fees --movements`",
    ),
    "reimbursements": FactTable(
        (
            *("reimbursement_id", "order_id", "case_id", "sku", "date", "reason", "units", "cash_units"),
            *("stock_units", "amount", "currency", "original_id"),
        ),
        ("reimbursement_id", "sku", "order_id", "reason"),
        "`fillrate fees --reimbursements`, `fillrate returns --reimbursements`",
    ),
    "charges": FactTable(
        ("sku", "fee", "month", "country", "tier", "amount", "currency", "average_units"),
        ("sku", "fee", "month", "country", "tier"),
        "what was billed: `inventory.profit.reimbursement.fee_differences`",
    ),
    "fee_estimates": FactTable(
        ("sku", "date", "fee", "amount", "currency"), ("sku", "date", "fee"), "what the marketplace expects to bill"
    ),
    "inbound": FactTable(
        ("sku", "location", "date", "stage", "units"),
        ("sku", "location", "date", "stage"),
        "units on their way, by stage; open orders where the import is told their days",
    ),
    "inventory_age": FactTable(
        ("sku", "location", "date", "age_days", "units"),
        ("sku", "location", "date", "age_days"),
        "units by the marketplace's age buckets, which overlap",
    ),
    "reserved": FactTable(
        ("sku", "location", "date", "reserved", "customer_orders", "transfers", "processing"),
        ("sku", "location", "date"),
        "why units are reserved",
    ),
    "stranded": FactTable(
        (
            *("sku", "location", "date", "since", "removal_on", "reason", "action", "sellable"),
            *("unsellable", "reserved"),
        ),
        ("sku", "location", "date", "reason"),
        "units that no listing sells",
    ),
    "recommendations": FactTable(
        ("sku", "location", "date", "country", "quantity", "ship_on", "action", "alert"),
        ("sku", "location", "date", "country"),
        "what the marketplace recommends to send: to compare with a plan",
    ),
    "ledger_days": FactTable(
        (
            *("sku", "disposition", "date", "start", "receipts", "shipments", "returns", "removals", "transfers"),
            *("found", "lost", "damaged", "disposed", "other", "unknown", "end", "in_transit", "gap", "place"),
        ),
        ("sku", "disposition", "date", "place"),
        "balances by day; gap: end less what start and the movements make",
    ),
    "order_lines": FactTable(
        ("order_id", "sku", "date", "units"),
        ("order_id", "sku", "date"),
        "what each order sold: links returns to orders",
    ),
    "traffic": FactTable(
        ("sku", "start", "end", "parent", "units", "sales_amount", "sessions", "page_views", "buy_box_percentage"),
        ("sku", "start", "end"),
        "visits and sales by product over a span",
    ),
    "clicked_products": FactTable(
        ("start", "end", "department", "keyword", "place", "asin", "click_share", "conversion_share"),
        ("start", "end", "department", "keyword", "place"),
        "who is clicked for a search term",
    ),
    "vendor_forecasts": FactTable(
        ("sku", "made_on", "date", "end", "mean", "q0.7", "q0.8", "q0.9"),
        ("sku", "made_on", "date", "end"),
        "the marketplace's own forecast",
    ),
}
"""Table name → what it is."""


def table_key(name: str) -> tuple[str, ...]:
    """Return the columns that name a row of a table, of the contract or of FACT_TABLES."""
    return TABLES[name].key if name in TABLES else FACT_TABLES[name].key
