"""The marketplace's ledger as ours: no unit lost or made, damage keeps its lot, equal rows are equal movements."""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.database import Database
from core.migration import migrate
from inventory.imports.importing import import_report
from inventory.imports.ledger_facts import ledger_gap
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings
from inventory.ledger.book import record
from inventory.ledger.movement import Bucket, Movement, MovementKind
from inventory.ledger.positions import position_now

HEADER = "Date\tMSKU\tFNSKU\tEvent Type\tReference ID\tQuantity\tFulfillment Center\tDisposition\tReason"
EVENTS = ("Receipts", "Shipments", "CustomerReturns", "VendorReturns", "WhseTransfers", "Adjustments")
STATES = ("SELLABLE", "DEFECTIVE", "WAREHOUSE_DAMAGED")
NOW = dt.datetime(2026, 8, 1, tzinfo=dt.UTC)


def detail(*lines):
    text = "\n".join([HEADER, *(line.replace("|", "\t") for line in lines)]) + "\n"
    return import_report("ledger-detail", [Source("ledger.txt", text.encode())], ImportSettings(location="fba"))


def paths(made):
    table = made.tables["movements"]
    return list(zip(table["kind"], table["units"], table["leaves"], table["enters"], strict=True))


def change_of(table: pd.DataFrame) -> Counter[tuple[str, str]]:
    """Return sku and bucket → net units of movements; what is on its way between warehouses is in none of the rows."""
    net: Counter[tuple[str, str]] = Counter()
    for row in table.to_dict("records"):
        for bucket, sign in ((row["leaves"], -1), (row["enters"], 1)):
            if bucket not in ("outside", "reserved"):
                net[row["sku"], bucket] += sign * int(row["units"])
    return Counter({key: units for key, units in net.items() if units})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(EVENTS),
            st.integers(-5, 5),
            st.sampled_from(STATES),
            st.sampled_from(("", "E", "P", "Q", "M", "F", "D", "5", "Z")),
            st.sampled_from(("A", "B")),
            st.integers(1, 2),
        ),
        min_size=1,
        max_size=25,
    )
)
@settings(max_examples=60, deadline=None)
def test_every_bucket_changes_by_exactly_what_the_rows_say(facts):
    lines = [
        f"2026-08-0{day}|{sku}|X{sku}|{event}|R1|{units}|ABC1|{state}|{reason}"
        for event, units, state, reason, sku, day in facts
    ]
    made = detail(*lines)
    expected: Counter[tuple[str, str]] = Counter()
    for _, units, state, _, sku, _ in facts:
        expected[sku, "available" if state == "SELLABLE" else "unsellable"] += units
    found = change_of(made.tables["movements"]) if "movements" in made.tables else Counter()
    assert found == Counter({key: units for key, units in expected.items() if units})
    assert made.account.rows_read == len(facts)
    for row in made.tables.get("movements", pd.DataFrame()).to_dict("records"):
        as_movement(row).check()


def as_movement(row):
    return Movement(
        row["sku"],
        row["location"],
        dt.date.fromisoformat(row["date"]),
        MovementKind(row["kind"]),
        int(row["units"]),
        row["origin"],
        row["reference"],
        Bucket(row["leaves"]),
        Bucket(row["enters"]),
    )


def test_damage_told_as_two_rows_is_one_movement_and_a_lone_half_an_adjustment():
    made = detail(
        "2026-08-01|A|X|Adjustments|R1|-2|ABC1|SELLABLE|E",
        "2026-08-01|A|X|Adjustments|R2|2|ABC1|WAREHOUSE_DAMAGED|P",
        "2026-08-01|A|X|Adjustments|R3|-1|ABC1|SELLABLE|E",
        "2026-08-01|B|Y|Adjustments|R4|-1|ABC1|DEFECTIVE|Q",
        "2026-08-01|B|Y|Adjustments|R5|1|ABC1|SELLABLE|P",
    )
    assert paths(made) == [
        ("damaged", "2", "available", "unsellable"),
        ("adjustment", "1", "available", "outside"),
        ("repaired", "1", "unsellable", "available"),
    ]


def test_what_moves_between_two_unsellable_states_is_left_out_and_counted():
    made = detail(
        "2026-08-01|A|X|Receipts|S1|5|ABC1|SELLABLE|",
        "2026-08-01|A|X|Adjustments|R1|-2|ABC1|CUSTOMER_DAMAGED|H",
        "2026-08-01|A|X|Adjustments|R2|2|ABC1|WAREHOUSE_DAMAGED|P",
        "2026-08-01|A|X|Adjustments|R2|0|ABC1|SELLABLE|P",
    )
    assert paths(made) == [("receipt", "5", "outside", "available")]
    assert made.account.rows_skipped == {"moves no units": 1, "stays unsellable": 2}


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("Receipts|S1|5|ABC1|SELLABLE|", ("receipt", "5", "outside", "available")),
        ("Receipts|S1|5|ABC1|DISTRIBUTOR_DAMAGED|", ("receipt", "5", "outside", "unsellable")),
        ("Receipts|S1|-5|ABC1|SELLABLE|", ("adjustment", "5", "available", "outside")),
        ("Shipments|O1|-1|ABC1|SELLABLE|", ("sale", "1", "available", "outside")),
        ("CustomerReturns|O1|1|ABC1|DEFECTIVE|", ("return", "1", "outside", "unsellable")),
        ("VendorReturns|V1|-3|ABC1|DEFECTIVE|", ("disposed", "3", "unsellable", "outside")),
        ("WhseTransfers|T1|-4|ABC1|SELLABLE|", ("reserved", "4", "available", "reserved")),
        ("WhseTransfers|T1|4|DEF1|SELLABLE|", ("released", "4", "reserved", "available")),
        ("WhseTransfers|T1|4|DEF1|DEFECTIVE|", ("adjustment", "4", "outside", "unsellable")),
        ("Adjustments|R1|-1|ABC1|SELLABLE|M", ("lost", "1", "available", "outside")),
        ("Adjustments|R1|1|ABC1|SELLABLE|F", ("found", "1", "outside", "available")),
        ("Adjustments|R1|-1|ABC1|DEFECTIVE|D", ("disposed", "1", "unsellable", "outside")),
        ("Adjustments|R1|1|ABC1|SELLABLE|3", ("adjustment", "1", "outside", "available")),
        ("SomethingNew|R1|1|ABC1|SELLABLE|", ("adjustment", "1", "outside", "available")),
    ],
)
def test_each_event_is_the_movement_that_its_code_means(line, path):
    assert paths(detail(f"2026-08-01|A|X|{line}")) == [path]


def test_an_unknown_event_is_told():
    assert "SomethingNew" in detail("2026-08-01|A|X|SomethingNew|R1|1|ABC1|SELLABLE|").account.warnings[0]


def test_overlapping_reports_name_the_same_rows_alike_and_equal_rows_apart():
    day1 = "2026-08-01|A|X|Shipments|O1|-1|ABC1|SELLABLE|"
    day2 = "2026-08-02|A|X|Shipments|O2|-1|ABC1|SELLABLE|"
    first, second = detail(day1, day1, day2), detail(day2, day1, day1)
    references = [set(made.tables["movements"]["reference"]) for made in (first, second)]
    assert len(references[0]) == 3
    assert references[0] == references[1]


def test_receipts_are_kept_by_shipment_for_lead_times():
    made = detail(
        "2026-08-01|A|X|Receipts|FBA1|5|ABC1|SELLABLE|",
        "2026-08-01|A|X|Receipts|FBA1|7|DEF1|SELLABLE|",
        "2026-08-01|A|X|Receipts|FBA1|-2|DEF1|SELLABLE|",
    )
    (receipt,) = made.tables["receipts"].to_dict("records")
    assert (receipt["order_id"], receipt["quantity"], receipt["received_on"]) == ("FBA1", "12", "2026-08-01")


SUMMARY = (
    "Date\tMSKU\tFNSKU\tDisposition\tStarting Warehouse Balance\tIn Transit Between Warehouses\tReceipts\t"
    "Customer Shipments\tCustomer Returns\tVendor Returns\tWarehouse Transfer In/Out\tFound\tLost\tDamaged\tDisposed\t"
    "Other Events\tEnding Warehouse Balance\tUnknown Events\tLocation"
)


def summary(*lines):
    text = "\n".join([SUMMARY, *(line.replace("|", "\t") for line in lines)]) + "\n"
    return import_report("ledger-summary", [Source("s.txt", text.encode())], ImportSettings(location="fba"))


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_balance_adds_up_whichever_way_the_report_signs_what_went_out(sign):
    lines = [
        f"08/30/2026|A|X|SELLABLE|100|0|50|{sign * 30}|2|{sign * 1}|0|1|{sign * 2}|{sign * 3}|{sign * 4}|0|113|0|US",
        f"08/31/2026|A|X|SELLABLE|113|0|0|{sign * 13}|0|0|0|0|0|0|0|0|100|0|US",
    ]
    made = summary(*lines)
    assert list(made.tables["ledger_days"]["gap"]) == ["0", "0"]
    assert not made.account.warnings


def test_a_balance_that_does_not_add_up_is_kept_and_told_with_its_gap():
    made = summary("08/30/2026|A|X|SELLABLE|100|0|0|-30|0|0|0|0|0|0|0|0|71|0|US")
    assert list(made.tables["ledger_days"]["gap"]) == ["1"]
    assert "1 of 1 balances do not add up" in made.account.warnings[0]
    assert "+1 units" in made.account.warnings[0]


def test_ledger_gap_is_the_end_less_start_and_movements():
    row = {"start": Decimal(10), "end": Decimal(7), "shipments": Decimal(-3), "found": None}
    assert ledger_gap(row, signed=True) == 0
    assert ledger_gap(row, signed=False) == -6


def test_the_summary_opens_the_ledger_so_that_the_details_fit_and_end_where_it_ends(tmp_path):
    opening = summary(
        "08/30/2026|A|X|SELLABLE|10|0|0|-4|0|0|0|0|0|-1|0|0|5|0|US",
        "08/30/2026|A|X|DEFECTIVE|0|0|0|0|0|0|0|0|0|1|0|0|1|0|US",
    )
    events = detail(
        "08/30/2026|A|X|Shipments|O1|-4|ABC1|SELLABLE|",
        "08/30/2026|A|X|Adjustments|R1|-1|ABC1|SELLABLE|E",
        "08/30/2026|A|X|Adjustments|R1|1|ABC1|WAREHOUSE_DAMAGED|P",
    )
    told = [as_movement(row) for made in (opening, events) for row in made.tables["movements"].to_dict("records")]
    database = Database.of(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate(database)
    with database.transaction() as connection:
        assert record(connection, "t", told, NOW).new == len(told)
        assert record(connection, "t", told, NOW).new == 0
        (position,) = position_now(connection, "t").to_dict("records")
    database.close()
    (stock,) = opening.tables["stock"].to_dict("records")
    assert (position["available"], position["unsellable"]) == (5, 1)
    assert (stock["on_hand"], stock["unsellable"], stock["date"]) == ("6", "1", "2026-08-31")
