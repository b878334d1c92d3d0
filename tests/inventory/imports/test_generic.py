"""Any file as any table: by headers of the contract, by a mapping, by a mapping that was saved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError, UsageError
from inventory.imports.generic import SavedMapping, read_mapping
from inventory.imports.importing import import_report
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings
from inventory.moment_text import DateOrder


def imported(text, mapping, name="f.csv"):
    return import_report(
        "generic", [Source(name, text.encode())], ImportSettings(mapping=mapping.columns), mapping=mapping
    )


def test_columns_are_found_by_their_own_names_by_the_mapping_and_by_constants():
    mapping = SavedMapping("stock", {"sku": "Artikel", "on_hand": "Bestand"}, {"date": "2026-12-01"})
    made = imported("Artikel;Bestand;Lagerplatz\nA;12,5;x\nB;3;y\n", mapping)
    assert made.tables["stock"].to_dict("records") == [
        {"sku": "A", "date": "2026-12-01", "on_hand": "12.5"},
        {"sku": "B", "date": "2026-12-01", "on_hand": "3"},
    ]
    assert made.account.unknown_columns == ("Lagerplatz",)
    assert made.account.columns == {"sku": "Artikel", "on_hand": "Bestand"}


def test_rows_that_break_the_contract_are_refused_by_the_files_own_line_and_header():
    mapping = SavedMapping("sales", {"sku": "Item", "date": "Day", "units": "Qty", "in_stock": "Share"})
    text = "Item,Day,Qty,Share\nA,2026-01-01,1,1\nA,2026-01-02,-1,1\nB,2026-01-01,1,3\nA,2026-01-01,5,1\nC,x,1,1\n"
    made = imported(text, mapping)
    refused = {(row["row"], row["column"]) for row in made.refused.to_dict("records")}
    assert (4, "Share") in refused
    assert (6, "Day") in refused
    assert (3, "Qty") in refused
    assert 5 in {row for row, _ in refused}
    assert made.account.rows_read == 5 == made.account.rows_kept + made.account.rows_refused


def test_json_and_ndjson_files_are_tables_too():
    for text in (
        '[{"sku": "A", "date": "2026-01-01", "units": 2}]',
        '{"sku": "A", "date": "2026-01-01", "units": 2}\n',
    ):
        made = imported(text, SavedMapping("sales"), "f.json")
        assert made.tables["sales"].to_dict("records") == [{"sku": "A", "date": "2026-01-01", "units": "2"}]


def test_a_table_that_keeps_extras_takes_further_columns_by_the_mapping():
    made = imported("sku,Farbe\nA,rot\n", SavedMapping("products", {"colour": "Farbe"}))
    assert made.tables["products"].to_dict("records") == [{"sku": "A", "colour": "rot"}]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (SavedMapping("nothing"), "no table"),
        (SavedMapping("sales", {"colour": "Farbe"}), "no column 'colour'"),
        (SavedMapping("sales", {"sku": "Farbe"}), "is no column"),
    ],
)
def test_a_mapping_of_what_is_not_there_is_refused(mapping, message):
    with pytest.raises(UsageError, match=message):
        imported("sku,date,units\nA,2026-01-01,1\n", mapping)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.dictionaries(words, words, max_size=4), st.dictionaries(words, words, max_size=4), st.sampled_from(DateOrder))
def test_a_saved_mapping_reads_back_as_it_was(columns, constants, order):
    mapping = SavedMapping("sales", columns, constants, order)
    assert read_mapping("m.toml", mapping.text()) == mapping


@pytest.mark.parametrize(
    "text", ["table = ", "columns = {}", 'table = "sales"\nother = 1', 'table = "sales"\n[columns]\nsku = 3']
)
def test_what_is_no_mapping_is_refused_by_its_name(text):
    with pytest.raises(DataError, match=r"m\.toml"):
        read_mapping("m.toml", text)
