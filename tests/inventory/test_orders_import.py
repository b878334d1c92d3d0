"""An orders export becomes a dataset: every line in one bucket, units and revenue to the penny."""

import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DataError, UsageError
from core.frequency import Frequency
from inventory.dataset import read_dataset
from inventory.order_columns import parse_mapping
from inventory.order_lines import ImportRules
from inventory.orders_import import ImportReport, import_orders

EXAMPLE = Path(__file__).parents[2] / "examples" / "online_retail"
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
BUCKETS = ["sale", "return", "not a product", "adjustment", "duplicate", "rejected"]


def run(folder: Path, text: str, header: str = HEADER, **options) -> ImportReport:
    (folder / "orders.csv").write_text(header + text)
    return import_orders(folder / "orders.csv", folder / "out", overwrite=True, **options)


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "out" / f"{name}.csv", dtype={"sku": str, "order_id": str})


def lines_in(report: ImportReport) -> dict[str, int]:
    return {name: bucket.lines for name, bucket in report.buckets.items() if bucket.lines}


def reconciles(report: ImportReport, folder: Path) -> None:
    """Check that buckets add up to the input, and the sales table to the bucket of sales."""
    assert list(report.buckets) == BUCKETS
    for measure in ("lines", "units", "revenue"):
        assert sum(getattr(bucket, measure) for bucket in report.buckets.values()) == getattr(report.total, measure)
    sales = read_dataset(folder).tables["sales"]
    pennies = [
        (Decimal(repr(units)) * Decimal(repr(price))).quantize(Decimal("0.01"))
        for units, price in zip(sales["units"].tolist(), sales["price"].tolist(), strict=True)
    ]
    assert sum(pennies) == report.buckets["sale"].revenue
    assert Decimal(repr(float(sales["units"].sum()))) == report.buckets["sale"].units


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> tuple[ImportReport, Path]:
    out = tmp_path_factory.mktemp("example") / "dataset"
    rules = ImportRules(currency="GBP", time_zone="Europe/London")
    return import_orders(EXAMPLE / "orders.csv.gz", out, rules=rules, tables_from=EXAMPLE / "assumed"), out


def test_the_example_reconciles_in_lines_units_and_pennies(example):
    report, folder = example
    assert report.total.lines == 107_267
    assert lines_in(report) == {"sale": 102_509, "return": 1_593, "not a product": 2_950, "adjustment": 215}
    assert report.buckets["sale"].revenue == Decimal("2489264.63")
    assert report.repeats == 973
    reconciles(report, folder)


def test_the_example_with_the_assumed_tables_is_a_complete_dataset(example):
    report, folder = example
    dataset = read_dataset(folder)
    assert report.as_of == "2011-12-10"
    assert (dataset.config.currency, dataset.report.warnings) == ("GBP", ())
    for name in ("supply", "stock", "products"):
        assert set(dataset.tables[name]["sku"]) == set(dataset.tables["sales"]["sku"])
    assert dataset.tables["supply"]["supplier"].str.startswith("ASSUMED").all()


def test_the_two_famous_orders_cancelled_within_minutes_are_paired(example):
    largest = example[0].quick_cancellations[:2]
    assert [(pair.sku, pair.order_id, pair.cancellation_id, pair.minutes) for pair in largest] == [
        ("23843", "581483", "C581484", 12.0),
        ("23166", "541431", "C541433", 16.0),
    ]
    assert largest[0].revenue == Decimal("168469.60")


def test_the_lines_set_aside_and_the_report_are_written_beside(example):
    _, folder = example
    aside = pd.read_csv(folder / "set_aside_lines.csv")
    assert len(aside) == 2_950 + 215
    assert set(aside["bucket"]) == {"not a product", "adjustment"}
    assert json.loads((folder / "import_report.json").read_text())["buckets"]["sale"]["revenue"] == "2489264.63"


def test_the_same_export_gives_the_same_bytes(tmp_path):
    text = "1,A,Lamp,2,2024-03-04 08:26,1.25,7,UK\n1,K,Chair,1,2024-03-04 08:26,9.99,7,UK\n"
    run(tmp_path, text)
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    run(tmp_path, text)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == first


@pytest.mark.parametrize(
    ("line", "bucket", "reason"),
    [
        ("1,A,Lamp,2,2024-03-04 08:26,1.25,7,UK", "sale", ""),
        ("C1,A,Lamp,-2,2024-03-04 08:26,1.25,7,UK", "return", "cancelled"),
        ("2,A,Lamp,-2,2024-03-04 08:26,1.25,7,UK", "return", "refund"),
        ("C1,POST,Postage,-1,2024-03-04 08:26,18,7,UK", "not a product", "code POST"),
        ("1,gift_0001_20,Voucher,1,2024-03-04 08:26,18,7,UK", "not a product", "code GIFT_0001_*"),
        ("1,A,damages,-2,2024-03-04 08:26,0,,UK", "adjustment", "negative quantity without a price"),
        ("1,A,,2,2024-03-04 08:26,0,,UK", "adjustment", "no price"),
        ("1,A,Lamp,2,2024-03-04 08:26,-3,,UK", "adjustment", "no price"),
        ("1,A,Lamp,0,2024-03-04 08:26,3,,UK", "adjustment", "no quantity"),
        ("1,A,Lamp,two,2024-03-04 08:26,3,,UK", "rejected", "quantity is not a number"),
        ("1,A,Lamp,,2024-03-04 08:26,3,,UK", "rejected", "quantity is empty"),
        ("1,A,Lamp,2,yesterday,3,,UK", "rejected", "date is not a date"),
        ("1,A,Lamp,2,1900-01-01,3,,UK", "rejected", "date is before 1980-01-01"),
        (
            "1,A,Lamp,2,2204-01-01,3,,UK",
            "rejected",
            "date is more than 5 years after the newest plausible one, 2024-03-04",
        ),
        ("1,,Lamp,2,2024-03-04,3,,UK", "rejected", "sku is empty"),
        ("1,A,Lamp,2,2024-03-04,free,,UK", "rejected", "price is not a number"),
        ("1,A,Lamp,2", "rejected", "cannot be split into cells"),
    ],
)
def test_each_kind_of_line_has_its_bucket_and_reason(tmp_path, line, bucket, reason):
    sale = "9,Z,Table,1,2024-03-04 09:00,10,8,UK\n"
    report = run(tmp_path, 2 * sale + line + "\n")
    expected = {"sale": 2}
    expected[bucket] = expected.get(bucket, 0) + 1
    assert lines_in(report) == expected
    assert list(report.reasons) == ([f"{bucket}: {reason}"] if reason else [])
    reconciles(report, tmp_path / "out")


def test_exact_repeats_are_sales_unless_dropped(tmp_path):
    line = "1,A,Lamp,2,2024-03-04 08:26,1.25,7,UK\n"
    kept = run(tmp_path, 3 * line)
    assert (lines_in(kept), kept.repeats) == ({"sale": 3}, 2)
    assert lines_in(run(tmp_path, 3 * line, drop_repeats=True)) == {"sale": 1, "duplicate": 2}


QUICK = (
    "1,A,Lamp,5,2024-03-04 08:00,2,7,UK\n1,K,Lamp,5,2024-03-04 08:00,2,7,UK\n"
    "C1,A,Lamp,-5,2024-03-04 {time},2,{who},UK\n"
)


@pytest.mark.parametrize(
    ("time", "who", "pairs"),
    [("08:30", "7", 1), ("09:00", "7", 1), ("09:01", "7", 0), ("07:59", "7", 0), ("08:30", "8", 0)],
)
def test_a_cancellation_is_paired_with_the_same_customers_order_of_the_last_hour(tmp_path, time, who, pairs):
    report = run(tmp_path, QUICK.format(time=time, who=who))
    assert len(report.quick_cancellations) == pairs
    assert lines_in(report) == {"sale": 2, "return": 1}


def test_cancelled_pairs_can_be_taken_out_of_sales_and_returns(tmp_path):
    report = run(tmp_path, QUICK.format(time="08:30", who="7"), rules=ImportRules(drop_cancelled_pairs=True))
    assert lines_in(report) == {"sale": 1, "adjustment": 2}
    assert report.reasons == {"adjustment: cancelled within minutes": 2}


def test_one_order_is_not_cancelled_twice(tmp_path):
    cancelled_twice = QUICK.format(time="08:30", who="7") + "C2,A,Lamp,-5,2024-03-04 08:40,2,7,UK\n"
    assert len(run(tmp_path, cancelled_twice).quick_cancellations) == 1


def test_a_days_price_is_revenue_over_units_and_the_history_keeps_the_range(tmp_path):
    run(tmp_path, "1,a,Lamp,3,2024-03-04 08:00,2,7,UK\n2,A,Lamp,1,2024-03-04 17:00,4,8,UK\n")
    assert table(tmp_path, "sales").to_dict("records") == [
        {"sku": "A", "location": "main", "date": "2024-03-04", "units": 4, "price": 2.5}
    ]
    (paid,) = table(tmp_path, "price_history").to_dict("records")
    assert (paid["lowest_price"], paid["highest_price"], paid["lines"]) == (2.0, 4.0, 2)


def test_capitals_are_kept_when_asked_for(tmp_path):
    text = "1,a,Lamp,3,2024-03-04 08:00,2,7,UK\n2,A,Lamp,1,2024-03-04 17:00,4,8,UK\n"
    run(tmp_path, text, rules=ImportRules(fold_case=False))
    assert table(tmp_path, "sales")["sku"].tolist() == ["A", "a"]


def test_weeks_are_named_by_their_monday_and_as_of_is_the_first_incomplete_one(tmp_path):
    text = (
        "1,A,Lamp,3,2024-03-04 08:00,2,7,UK\n2,A,Lamp,1,2024-03-10 17:00,2,8,UK\n3,A,Lamp,1,2024-03-12 17:00,2,8,UK\n"
    )
    report = run(tmp_path, text, rules=ImportRules(frequency=Frequency.WEEKLY))
    assert table(tmp_path, "sales")[["date", "units"]].values.tolist() == [["2024-03-04", 4], ["2024-03-11", 1]]
    assert report.as_of == "2024-03-11"
    assert read_dataset(tmp_path / "out").config.frequency is Frequency.WEEKLY


def test_a_marketplaces_report_is_understood_without_a_mapping(tmp_path):
    header = "amazon-order-id\tpurchase-date\torder-status\tsku\tquantity\tcurrency\titem-price\tship-country\n"
    text = (
        "1\t2024-03-04T23:30:00+00:00\tShipped\tA\t2\tEUR\t5.00\tDE\n"
        "2\t2024-03-05T10:00:00+00:00\tCancelled\tA\t1\tEUR\t\tDE\n"
        "3\t2024-03-05T10:00:00+00:00\tShipped\tA\t1\tPLN\t12.00\tPL\n"
    )
    report = run(tmp_path, text, header, rules=ImportRules(time_zone="Europe/Berlin"))
    assert lines_in(report) == {"sale": 1, "adjustment": 1, "rejected": 1}
    assert report.currency == "EUR"
    (row,) = table(tmp_path, "sales").to_dict("records")
    assert (row["date"], row["units"], row["price"]) == ("2024-03-05", 2, 2.5)


def test_a_mapping_names_columns_that_no_spelling_matches(tmp_path):
    header = "Beleg;Artikel;Menge;Tag;Preis\n"
    mapping = {"order_id": "Beleg", "sku": "Artikel", "quantity": "Menge", "date": "Tag", "price": "Preis"}
    report = run(tmp_path, "1;A;2;13.03.2024 08:26;1,25\n1;K;2;04.03.2024 08:26;10,50\n", header, mapping=mapping)
    assert report.total.revenue == Decimal("23.50")
    assert (report.first_date, report.last_date) == ("2024-03-04", "2024-03-13")


def test_dates_that_can_be_read_both_ways_are_refused_until_told(tmp_path):
    text = "1,A,Lamp,3,03/04/2024 8:00,2,7,UK\n"
    with pytest.raises(DataError, match="has dates that can be read day or month first"):
        run(tmp_path, text)
    assert run(tmp_path, text, rules=ImportRules(date_order="mdy")).first_date == "2024-03-04"
    assert run(tmp_path, text + "1,A,Lamp,3,12/31/2024 8:00,2,7,UK\n").last_date == "2024-12-31"


def test_an_export_without_needed_columns_or_without_sales_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no column of the export is the quantity; name it: quantity=HEADER"):
        run(tmp_path, "A,2024-03-04\n", "sku,date\n")
    with pytest.raises(DataError, match=r"has no line that is a sale; check the columns; found 1 not a product"):
        run(tmp_path, "1,POST,Postage,1,2024-03-04,3,7,UK\n")
    with pytest.raises(DataError, match="has a header but no lines"):
        run(tmp_path, "")


def test_a_mapping_to_nowhere_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(UsageError, match=r"no column 'StokCode'; did you mean 'StockCode'\?"):
        run(tmp_path, "", mapping={"sku": "StokCode"})
    with pytest.raises(UsageError, match=r"'skuu' is no field of an order line; did you mean 'sku'\?"):
        run(tmp_path, "", mapping={"skuu": "StockCode"})


def test_an_export_without_prices_still_gives_units(tmp_path):
    report = run(tmp_path, "A,2024-03-04,3\n", "sku,date,quantity\n")
    assert lines_in(report) == {"sale": 1}
    assert read_dataset(tmp_path / "out").tables["sales"]["price"].isna().all()


def test_a_folder_in_use_is_left_alone_unless_overwriting(tmp_path):
    (tmp_path / "orders.csv").write_text(HEADER + "1,A,Lamp,2,2024-03-04,1.25,7,UK\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    (tmp_path / "out" / "sales.parquet").touch()
    with pytest.raises(UsageError, match="is not empty"):
        import_orders(tmp_path / "orders.csv", tmp_path / "out")
    import_orders(tmp_path / "orders.csv", tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / "mine.txt").read_text() == "keep"
    assert len(read_dataset(tmp_path / "out").tables["sales"]) == 1


def test_a_failed_import_leaves_nothing_behind(tmp_path):
    with pytest.raises(DataError):
        run(tmp_path, "1,POST,Postage,1,2024-03-04,3,7,UK\n")
    assert [path.name for path in tmp_path.iterdir()] == ["orders.csv"]


cells = {
    "InvoiceNo": st.sampled_from(["1", "2", "C3", "C4"]),
    "StockCode": st.sampled_from(["A", "a", "B", "POST", "M", ""]),
    "Quantity": st.sampled_from(["1", "-1", "0", "12", "-12", "x", "", "1.5", "99999999999"]),
    "InvoiceDate": st.sampled_from(["2024-03-04 08:00", "2024-03-04 08:10", "2024-03-05", "1900-01-01", "?"]),
    "UnitPrice": st.sampled_from(["0", "0.01", "2.55", "-3", "", "free", "12345678901.123"]),
    "CustomerID": st.sampled_from(["7", "8", ""]),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.fixed_dictionaries(cells), max_size=12), drop=st.booleans(), pairs=st.booleans())
def test_whatever_the_lines_buckets_add_up_to_the_input(tmp_path, lines, drop, pairs):
    frame = pd.DataFrame([{**dict.fromkeys(cells, "1"), "InvoiceDate": "2024-03-04 07:00"}, *lines])
    frame.to_csv(tmp_path / "orders.csv", index=False)
    rules = ImportRules(drop_repeats=drop, drop_cancelled_pairs=pairs)
    report = import_orders(tmp_path / "orders.csv", tmp_path / "out", rules=rules, overwrite=True)
    assert report.total.lines == len(frame)
    for measure in ("lines", "units", "revenue"):
        assert sum(getattr(bucket, measure) for bucket in report.buckets.values()) == getattr(report.total, measure)
    sales = table(tmp_path, "sales")
    assert sales["units"].sum() == pytest.approx(float(report.buckets["sale"].units), rel=1e-12)
    assert (sales["units"] * sales["price"]).sum() == pytest.approx(float(report.buckets["sale"].revenue), rel=1e-9)
    assert len(table(tmp_path, "set_aside_lines")) == sum(report.buckets[name].lines for name in BUCKETS[2:])


def test_a_field_that_is_mapped_twice_is_refused():
    with pytest.raises(UsageError, match="'sku' is in the mapping twice"):
        parse_mapping("sku=StockCode, quantity=Qty, sku=Description")
