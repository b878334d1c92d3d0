"""All Orders: every line a sale or left out for a reason, the sums those of an orders export, later files first."""

import pandas as pd

from inventory.imports.importing import import_report
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings
from inventory.orders_import import import_orders

HEADER = (
    "amazon-order-id\tpurchase-date\torder-status\tsku\tproduct-name\tquantity\tcurrency\titem-price\tpromotion-ids"
)
LINES = [
    "O-1\t2026-08-14T18:30:00+00:00\tShipped\tA\tLamp\t2\tUSD\t39.98\t",
    "O-2\t2026-08-14T20:00:00+00:00\tShipped\tA\tLamp\t1\tUSD\t20.02\tX",
    "O-3\t2026-08-15T01:00:00+00:00\tCancelled\tA\tLamp\t0\tUSD\t\t",
    "O-4\t2026-08-15T02:00:00+00:00\tPending\tM\tMug\t1\t\t\t",
    "O-5\t2026-08-15T03:00:00+00:00\tShipped\tM\tMug\tmany\tUSD\t5.00\t",
    "O-6\t2026-08-15T03:00:00+00:00\tShipped\tM\tMug\t3\tUSD\t15.00\t",
]


def text(*lines):
    return ("\n".join([HEADER, *lines]) + "\n").encode()


def test_each_line_is_a_sale_left_out_or_refused_and_prices_are_revenue_over_units():
    made = import_report("all-orders", [Source("o.txt", text(*LINES))], ImportSettings(location="fba"))
    sales = {(row["sku"], row["date"]): row for row in made.tables["sales"].to_dict("records")}
    assert sales["A", "2026-08-14"]["units"] == "3"
    assert sales["A", "2026-08-14"]["price"] == "20"
    assert sales["M", "2026-08-15"]["units"] == "3"  # M is a sku here, and no manual entry
    assert made.account.rows_skipped == {
        "adjustment: cancelled before it was sold": 1,
        "adjustment: no price": 1,
    }
    (refused,) = made.refused.to_dict("records")
    assert (refused["row"], refused["column"]) == (6, "quantity")
    assert (made.account.rows_read, made.account.rows_kept) == (6, 3)
    assert made.account.unknown_columns == ()


def test_the_sums_are_those_of_the_orders_import(tmp_path):
    (tmp_path / "o.csv").write_bytes(text(*LINES[:3]))
    import_orders(tmp_path / "o.csv", tmp_path / "shop")
    theirs = pd.read_csv(tmp_path / "shop" / "sales.csv")
    made = import_report("all-orders", [Source("o.txt", text(*LINES[:3]))])
    ours = made.tables["sales"]
    assert list(ours["units"].astype(float)) == list(theirs["units"])
    assert list(ours["price"].astype(float)) == list(theirs["price"])


def test_a_line_that_a_later_file_tells_again_counts_as_told_there():
    later = LINES[0].replace("\t2\tUSD\t39.98", "\t1\tUSD\t19.99")
    sources = [Source("jan.txt", text(*LINES[:2])), Source("feb.txt", text(later, LINES[5]))]
    made = import_report("all-orders", sources)
    units = dict(zip(made.tables["sales"]["sku"], made.tables["sales"]["units"], strict=True))
    assert units == {"A": "2", "M": "3"}
    assert made.account.rows_skipped == {"duplicate: told again in a later file": 1}


def test_days_are_those_of_the_time_zone():
    west = ImportSettings(time_zone="America/Los_Angeles")
    made = import_report("all-orders", [Source("o.txt", text(LINES[5]))], west)
    assert list(made.tables["sales"]["date"]) == ["2026-08-14"]


def test_a_file_with_only_a_header_has_no_rows_and_no_tables():
    made = import_report("all-orders", [Source("o.txt", text())])
    assert made.account.rows_read == 0
    assert made.tables == {}
    assert "no rows" in made.account.warnings[0]
