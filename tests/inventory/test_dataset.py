"""Reading a dataset: dialects, encodings, text kept to the letter, Parquet types, defaults, inference, best effort."""

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DataError
from core.frequency import Frequency
from inventory.dataset import read_dataset, write_rejected
from inventory.schema import TABLES, TEXT, empty_frame

SALES = "sku,date,units\nA,2024-03-05,1\n"


def dataset(folder: Path, best_effort: bool = False, **files: str | bytes | pd.DataFrame):
    """Write files (`sales`, `sales_gz`, `toml`, …) into `folder` and read it."""
    for name, content in files.items():
        path = folder / {"toml": "dataset.toml"}.get(name, f"{name}.csv")
        if isinstance(content, pd.DataFrame):
            content.to_parquet(folder / f"{name}.parquet")
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_dataset(folder, best_effort=best_effort)


def test_every_contract_column_is_there_in_its_dtype(tmp_path):
    found = dataset(tmp_path, sales=SALES)
    assert found.tables["sales"].dtypes.to_dict() == empty_frame(TABLES["sales"]).dtypes.to_dict()
    assert found.tables["sales"].iloc[0].drop("price").to_dict() == {
        "sku": "A",
        "location": "main",
        "date": pd.Timestamp("2024-03-05"),
        "units": 1.0,
        "in_stock": 1.0,
    }


@pytest.mark.parametrize("name", list(TABLES))
def test_an_absent_table_is_an_empty_frame_of_its_columns(tmp_path, name):
    frame = dataset(tmp_path, sales=SALES).table(name)
    expected = [column.name for column in TABLES[name].columns if not column.only_if_present]
    assert list(frame) == expected
    assert len(frame) == (1 if name == "sales" else 0)


skus = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=6)
cents = st.integers(0, 10**6).map(lambda number: number / 100)
rows = st.lists(st.tuples(skus.filter(str.strip), st.integers(0, 5000), cents), min_size=1, max_size=8)


def in_dialect(frame: pd.DataFrame, separator: str, encoding: str, decimal: str, newline: str) -> bytes:
    text = io.StringIO(newline="")
    frame.to_csv(text, sep=separator, decimal=decimal, index=False, lineterminator=newline)
    return text.getvalue().encode(encoding)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=rows,
    separator=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    comma=st.booleans(),
    packed=st.booleans(),
)
def test_all_dialects_of_csv_give_the_same_frame(tmp_path, rows, separator, encoding, newline, comma, packed):
    names = [sku.strip() for sku, _, _ in rows]
    frame = pd.DataFrame(
        {"sku": names, "date": "2024-03-05", "units": [row[1] for row in rows], "price": [row[2] for row in rows]}
    ).drop_duplicates("sku")
    decimal = "," if comma and separator != "," else "."
    data = in_dialect(frame, separator, encoding, decimal, newline)
    for old in tmp_path.iterdir():
        old.unlink()
    (tmp_path / ("sales.csv.gz" if packed else "sales.csv")).write_bytes(gzip.compress(data) if packed else data)
    found = read_dataset(tmp_path).tables["sales"]
    assert found["sku"].tolist() == frame["sku"].tolist()
    assert found["units"].tolist() == frame["units"].tolist()
    assert found["price"].tolist() == frame["price"].tolist()


def test_ids_are_kept_to_the_letter(tmp_path):
    ids = ["001", "1e5", "NA", "null", "nan", "None", "1.0", "TRUE", "ÄÖ-ß", "a\nb", 'say "hi"', "-"]
    frame = pd.DataFrame({"sku": ids, "date": "2024-03-05", "units": 1})
    assert dataset(tmp_path, sales=frame.to_csv(index=False)).tables["sales"]["sku"].tolist() == ids


def test_spaces_around_a_sku_are_removed_and_told(tmp_path):
    found = dataset(tmp_path, sales="sku,date,units\n A ,2024-03-05, 1\n")
    assert found.tables["sales"]["sku"].tolist() == ["A"]
    assert "sales.csv: column 'sku': spaces around 1 cells removed" in found.report.warnings


def test_two_spellings_that_differ_by_spaces_are_one_sku(tmp_path):
    with pytest.raises(DataError, match="contradicts row 2"):
        dataset(tmp_path, sales="sku,date,units\nA,2024-03-05,1\nA ,2024-03-05,2\n")


def test_windows_text_is_read_and_told(tmp_path):
    found = dataset(tmp_path, sales="sku,date,units\nCafé,2024-03-05,1\n".encode("cp1252"))
    assert found.tables["sales"]["sku"].tolist() == ["Café"]
    assert any("read as Windows-1252" in warning for warning in found.report.warnings)


def test_garbled_text_is_told_with_its_place(tmp_path):
    found = dataset(tmp_path, sales=SALES, products="sku,name\nA,CafÃ©\n")
    assert any("products.csv:2: column 'name': text looks garbled" in warning for warning in found.report.warnings)


def test_rows_are_counted_as_lines_even_with_line_breaks_in_quotes_and_empty_lines(tmp_path):
    with pytest.raises(DataError) as caught:
        dataset(tmp_path, sales='sku,date,units\n"a\nb",2024-03-05,1\n\n,,\nx,2024-03-05,-1\n')
    assert [issue.row for issue in caught.value.issues] == [6]


def test_a_spreadsheets_separator_hint_is_a_line_of_its_own(tmp_path):
    with pytest.raises(DataError) as caught:
        dataset(tmp_path, sales="sep=;\nsku;date;units\nA;2024-03-05;-1\n")
    assert [issue.row for issue in caught.value.issues] == [3]


def test_headers_match_whatever_their_case_and_unknown_ones_are_told(tmp_path):
    found = dataset(tmp_path, sales="SKU,Date,Units,In Stock,Colour\nA,2024-03-05,1,yes,red\n")
    assert found.tables["sales"]["in_stock"].tolist() == [1.0]
    assert "sales.csv: unknown columns ignored: 'Colour'" in found.report.warnings


@pytest.mark.parametrize(
    "dates",
    [
        ["2024-03-05", "2024-03-06"],
        pd.to_datetime(["2024-03-05", "2024-03-06"]),
        pd.to_datetime(["2024-03-05", "2024-03-06"]).tz_localize("Europe/Berlin"),
        pd.to_datetime(["2024-03-05", "2024-03-06"]).date,
        [20240305, 20240306],
    ],
    ids=["text", "timestamps", "timestamps with a zone", "dates", "yyyymmdd"],
)
@pytest.mark.parametrize("skus", [["1", "2"], [1, 2], [1.0, 2.0]], ids=["text", "integers", "floats"])
def test_parquet_types_are_all_understood(tmp_path, dates, skus):
    frame = pd.DataFrame(
        {"sku": skus, "date": dates, "units": np.array([3, 4], dtype=np.int16), "in_stock": [True, False]}
    )
    found = dataset(tmp_path, sales=frame).tables["sales"]
    assert found["sku"].tolist() == ["1", "2"]
    assert found["date"].tolist() == [pd.Timestamp("2024-03-05"), pd.Timestamp("2024-03-06")]
    assert found["in_stock"].tolist() == [1.0, 0.0]


def test_a_parquet_index_is_read_by_name_and_ignored_without_one(tmp_path):
    frame = pd.DataFrame({"sku": ["A"], "date": ["2024-03-05"], "units": [1.0]})
    (tmp_path / "named").mkdir()
    (tmp_path / "unnamed").mkdir()
    assert len(dataset(tmp_path / "named", sales=frame.set_index(["sku", "date"])).tables["sales"]) == 1
    unnamed = dataset(tmp_path / "unnamed", sales=frame.set_axis(["x"]))
    assert not any("unknown" in warning for warning in unnamed.report.warnings)


def test_single_precision_prices_are_the_decimals_they_were(tmp_path):
    frame = pd.DataFrame({"sku": ["A"], "date": ["2024-03-05"], "units": [1], "price": np.float32([2.55])})
    assert dataset(tmp_path, sales=frame).tables["sales"]["price"].tolist() == [2.55]


def test_a_column_of_lists_is_refused(tmp_path):
    with pytest.raises(DataError, match="column 'units': holds values of the type list"):
        dataset(tmp_path, sales=pd.DataFrame({"sku": ["A"], "date": ["2024-03-05"], "units": [[1]]}))


def test_the_frequency_is_inferred_and_told(tmp_path):
    weekly = dataset(tmp_path, sales="sku,date,units\nA,2024-03-04,1\nA,2024-03-11,1\n")
    assert weekly.config.frequency is Frequency.WEEKLY
    assert any("every sales date is a Monday" in warning for warning in weekly.report.warnings)
    daily = dataset(tmp_path, sales="sku,date,units\nA,2024-03-04,1\nA,2024-03-12,1\n")
    assert daily.config.frequency is Frequency.DAILY


def test_a_signal_is_known_the_day_after_its_period(tmp_path):
    files = {"sales": SALES, "signals": "date,name,value\n2024-03-05,bsr,7\n"}
    assert dataset(tmp_path, **files).tables["signals"]["available_on"].tolist() == [pd.Timestamp("2024-03-06")]
    weekly = dataset(tmp_path, **{**files, "sales": SALES.replace("05", "04"), "toml": 'frequency = "W-MON"'})
    assert weekly.tables["signals"]["available_on"].tolist() == [pd.Timestamp("2024-03-12")]


def test_a_signal_known_ahead_needs_no_day_of_publication(tmp_path):
    found = dataset(tmp_path, sales=SALES, signals="date,name,value,known_ahead\n2024-03-05,price,7,true\n")
    assert found.tables["signals"]["available_on"].isna().all()


def test_further_product_columns_are_text_and_measurements_of_locations_numbers(tmp_path):
    found = dataset(tmp_path, sales=SALES, products="sku,colour\nA,007\n", locations="location,age,zone\nmain,0.25,7\n")
    assert found.tables["products"]["colour"].dtype == TEXT
    assert found.tables["products"]["colour"].tolist() == ["007"]
    assert found.tables["locations"]["age"].tolist() == [0.25]
    assert found.tables["locations"]["zone"].tolist() == ["7"]


def test_channels_may_share_a_day_and_are_kept_only_if_present(tmp_path):
    text = "sku,date,units,channel\nA,2024-03-05,1,web\nA,2024-03-05,2,shop\n"
    assert dataset(tmp_path, sales=text).tables["sales"]["channel"].tolist() == ["web", "shop"]


def test_returns_without_an_order_number_may_repeat(tmp_path):
    back = "sku,date,units,order_id\nA,2024-03-05,1,\nA,2024-03-05,1,\n"
    assert len(dataset(tmp_path, sales=SALES, returns=back).tables["returns"]) == 2
    with pytest.raises(DataError, match="repeats row 2"):
        dataset(tmp_path, sales=SALES, returns=back.replace(",\n", ",7\n"))


def test_skus_without_sales_or_product_are_told(tmp_path):
    found = dataset(tmp_path, sales=SALES, stock="sku,date,on_hand\nA,2024-03-05,1\nZ,2024-03-05,1\n")
    assert "stock.csv: skus without sales or product (1): Z" in found.report.warnings


def test_files_that_look_like_tables_are_told(tmp_path):
    (tmp_path / "stock.xlsx").touch()
    (tmp_path / "product.csv").touch()
    warnings = dataset(tmp_path, sales=SALES).report.warnings
    assert "stock.xlsx is not read: save it as stock.csv or stock.parquet" in warnings
    assert "product.csv is not read: if it is the table 'products', name it so" in warnings


def test_best_effort_keeps_the_good_rows_and_lists_the_bad_ones_with_reasons(tmp_path):
    text = "sku,date,units\nA,2024-03-05,1\nB,2024-03-05,-1\nC,x,1\nA,2024-03-05,9\nD,2024-03-05\n"
    found = dataset(tmp_path, best_effort=True, sales=text)
    assert found.tables["sales"]["sku"].tolist() == ["A"]
    assert found.report.rows["sales"] == 5
    rejected = found.report.rejected["sales"]
    assert rejected["row"].tolist() == [3, 4, 5, 6]
    assert rejected["column"].fillna("").tolist() == ["units", "date", "sku", ""]
    (path,) = write_rejected(found, tmp_path / "rejected")
    assert path.read_text().splitlines()[1] == (
        "3,units,is negative,record what came back in the table returns; sales are never below 0,-1,B,2024-03-05,-1"
    )


def test_a_rejected_row_keeps_its_own_cells_beside_the_reasons(tmp_path):
    signals = "date,name,value\n2024-03-04,bsr,7\n\n2024-03-05,bsr,much\n2024-03-06,bsr\n"
    found = dataset(tmp_path, best_effort=True, sales=SALES, signals=signals)
    (path,) = write_rejected(found, tmp_path / "rejected")
    header, mended, broken = path.read_text().splitlines()
    assert header == "row,column,rule,remedy,value,date,name,value_in_file"
    assert mended.startswith("4,value,is not a number,")
    assert mended.endswith(",much,2024-03-05,bsr,much")
    assert broken.startswith("5,,has 2 fields where the header has 3,")
    assert broken.endswith('"2024-03-06,bsr",,,')


def test_files_that_no_table_is_named_after_are_told_in_one_line(tmp_path):
    for name in ("weather.csv", "costs.parquet", "notes.md", "movements.csv", "price_history.csv"):
        (tmp_path / name).touch()
    warnings = dataset(tmp_path, sales=SALES).report.warnings
    assert "not read, as no table of a dataset has that name: costs.parquet, weather.csv" in warnings


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_no_bytes_whatever_end_in_anything_but_a_dataset_or_a_data_error(tmp_path, data):
    (tmp_path / "sales.csv").write_bytes(data)
    with pytest.raises(DataError):
        read_dataset(tmp_path)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(st.sampled_from('A1,;\n"-. \t'), max_size=60))
def test_no_body_whatever_breaks_the_reader(tmp_path, body):
    (tmp_path / "sales.csv").write_text("sku,date,units\n" + body)
    with pytest.raises(DataError):
        read_dataset(tmp_path, best_effort=True)
