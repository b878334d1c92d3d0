"""The same rows in every format are the same table; what cannot be read says why; bombs are refused unread."""

import datetime as dt
import gzip
import io
import json
import time
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from core.errors import DataError, UploadTooLargeError
from core.frequency import Frequency
from inventory.delta import check_delta
from inventory.inflate import UploadLimits
from inventory.upload_formats import UploadFormat, read_upload

LIMITS = UploadLimits()
ROWS = [
    {"sku": "007", "date": "2024-07-01", "units": 12, "price": 10.25},
    {"sku": "Blüte", "date": "2024-07-02", "units": 3.5, "price": None},
]


def spreadsheet(rows, titles=("sku", "date", "units", "price"), sheet="sales") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheet
    book.active.append(list(titles))
    for row in rows:
        book.active.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_parquet(frame: pd.DataFrame) -> bytes:
    target = io.BytesIO()
    parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), target)
    return target.getvalue()


def formats() -> dict[str, tuple[UploadFormat, bytes]]:
    comma = "sku;date;units;price\n007;2024-07-01;12;10,25\nBlüte;2024-07-02;3,5;\n"
    point = "sku,date,units,price\n007,2024-07-01,12,10.25\nBlüte,2024-07-02,3.5,\n"
    cells = [("007", dt.date(2024, 7, 1), 12, 10.25), ("Blüte", dt.datetime(2024, 7, 2), 3.5, None)]
    return {
        "json": (UploadFormat.JSON, json.dumps(ROWS).encode()),
        "json with texts": (
            UploadFormat.JSON,
            json.dumps([{k: v and str(v) for k, v in r.items()} for r in ROWS]).encode(),
        ),
        "ndjson": (UploadFormat.NDJSON, "\n".join(json.dumps(row) for row in ROWS).encode()),
        "csv": (UploadFormat.CSV, point.encode()),
        "csv of a German spreadsheet": (UploadFormat.CSV, b"\xef\xbb\xbf" + comma.encode()),
        "csv in cp1252": (UploadFormat.CSV, comma.encode("cp1252")),
        "csv with tabs": (UploadFormat.CSV, comma.replace(";", "\t").encode()),
        "csv.gz": (UploadFormat.CSV, gzip.compress(point.encode())),
        "xlsx": (UploadFormat.XLSX, spreadsheet(cells)),
        "parquet": (UploadFormat.PARQUET, as_parquet(pd.DataFrame(ROWS))),
    }


@pytest.mark.parametrize("name", formats())
def test_every_format_gives_the_same_rows(name):
    kind, data = formats()[name]
    delta = check_delta(read_upload("sales", kind, data, LIMITS), Frequency.DAILY, None, LIMITS)
    assert delta.rejected.empty
    assert delta.frame["sku"].tolist() == ["007", "Blüte"]
    assert delta.frame["units"].tolist() == [12.0, 3.5]
    assert delta.frame["price"].fillna(-1).tolist() == [10.25, -1]
    assert [str(day.date()) for day in delta.frame["date"]] == ["2024-07-01", "2024-07-02"]


def test_rows_are_numbered_as_each_format_counts():
    first = {
        name: int(read_upload("sales", *formats()[name], LIMITS).rows[0]) for name in ("json", "ndjson", "csv", "xlsx")
    }
    assert first == {"json": 0, "ndjson": 1, "csv": 2, "xlsx": 2}


BROKEN = [
    (UploadFormat.JSON, b"", "empty"),
    (UploadFormat.JSON, b'{"sku": 1}', "array of rows"),
    (UploadFormat.JSON, b"[", "not JSON"),
    (UploadFormat.JSON, b"[]", "no rows"),
    (UploadFormat.JSON, b"[" * 100_000, "nested too deeply|not JSON"),
    (UploadFormat.JSON, b"\xff\xfe", "not UTF-8"),
    (UploadFormat.CSV, b"\x89PNG\r\n", "image"),
    (UploadFormat.CSV, b"   \n", "empty"),
    (UploadFormat.XLSX, b"sku,units", "not a readable spreadsheet"),
    (UploadFormat.PARQUET, b"PAR1 and nothing", "not a readable Parquet file"),
]


@pytest.mark.parametrize(("kind", "data", "words"), BROKEN)
def test_what_cannot_be_read_says_why(kind, data, words):
    with pytest.raises(DataError, match=words):
        read_upload("sales", kind, data, LIMITS)


BAD_RECORDS = [
    ("7", "is not an object"),
    ('{"sku": ["A"]}', "has a list"),
    ('{"sku": {"a": 1}}', "has a dict"),
    ('{"sku": "A\\u0000"}', "control characters"),
    ('{"sku": "\\ud800"}', "control characters"),
]


@pytest.mark.parametrize(("record", "rule"), BAD_RECORDS)
def test_a_record_that_is_no_flat_object_is_a_broken_row_beside_good_ones(record, rule):
    good = '{"sku": "A", "date": "2024-07-01", "units": 1}'
    delta = check_delta(
        read_upload("sales", UploadFormat.JSON, f"[{good}, {record}]".encode(), LIMITS), Frequency.DAILY, None, LIMITS
    )
    assert len(delta.frame) == 1
    assert delta.rejected["row"].tolist() == [1]
    assert rule in delta.rejected["rule"].iloc[0]


@pytest.mark.parametrize("number", ["1e999", "9" * 5_000, "NaN", "Infinity", "-1", "1e13"])
def test_a_number_that_no_business_has_is_refused_at_its_row(number):
    body = f'[{{"sku": "A", "date": "2024-07-01", "units": {number}}}]'.encode()
    started = time.process_time()
    delta = check_delta(read_upload("sales", UploadFormat.JSON, body, LIMITS), Frequency.DAILY, None, LIMITS)
    assert delta.rejected["column"].tolist() == ["units"]
    assert time.process_time() - started < 2


def test_a_text_that_is_no_name_is_refused():
    body = json.dumps([{"sku": "A" * 3_000, "date": "2024-07-01", "units": 1}]).encode()
    delta = check_delta(read_upload("sales", UploadFormat.JSON, body, LIMITS), Frequency.DAILY, None, LIMITS)
    assert "longer than 2,000" in delta.rejected["rule"].iloc[0]


def test_too_many_rows_are_refused_in_every_format():
    few = UploadLimits(rows=3)
    rows = [{"sku": "A", "date": f"2024-07-0{day}", "units": 1} for day in range(1, 6)]
    frame = pd.DataFrame(rows)
    bodies = {
        UploadFormat.JSON: json.dumps(rows).encode(),
        UploadFormat.NDJSON: "\n".join(map(json.dumps, rows)).encode(),
        UploadFormat.CSV: frame.to_csv(index=False).encode(),
        UploadFormat.XLSX: spreadsheet(frame.itertuples(index=False), tuple(frame)),
        UploadFormat.PARQUET: as_parquet(frame),
    }
    for kind, body in bodies.items():
        with pytest.raises(UploadTooLargeError):
            read_upload("sales", kind, body, few)


def test_a_wide_table_is_refused():
    wide = ",".join(f"c{number}" for number in range(600))
    for kind, body in (
        (UploadFormat.CSV, f"sku,date,units,{wide}\n".encode()),
        (UploadFormat.CSV, ("," * 2_000_000).encode()),
        (UploadFormat.JSON, json.dumps([dict.fromkeys(wide.split(","), 1)]).encode()),
        (UploadFormat.XLSX, spreadsheet([], wide.split(","))),
    ):
        with pytest.raises(UploadTooLargeError):
            read_upload("sales", kind, body, LIMITS)


def test_a_sheet_that_claims_a_million_rows_and_columns_costs_nothing():
    book = spreadsheet([("A", dt.date(2024, 7, 1), 1, None)])
    parts = zipfile.ZipFile(io.BytesIO(book))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as out:
        for part in parts.namelist():
            text = parts.read(part)
            if part.endswith("sheet1.xml"):
                text = text.replace(b'<dimension ref="A1:D2"', b'<dimension ref="A1:XFD1048576"')
                assert b"XFD1048576" in text
            out.writestr(part, text)
    started = time.process_time()
    assert len(read_upload("sales", UploadFormat.XLSX, target.getvalue(), LIMITS).rows) == 1
    assert time.process_time() - started < 2


def test_a_long_text_that_a_million_parquet_rows_point_to_is_refused_unwritten():
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["A" * 100_000]))
    target = io.BytesIO()
    parquet.write_table(pa.table({"sku": column.cast(pa.dictionary(pa.int32(), pa.string()))}), target)
    with pytest.raises(UploadTooLargeError, match="a text of 100,000 bytes"):
        read_upload("sales", UploadFormat.PARQUET, target.getvalue(), LIMITS)


def test_an_upload_without_a_required_column_is_refused_whole():
    with pytest.raises(DataError, match="required column is missing"):
        check_delta(read_upload("sales", UploadFormat.CSV, b"sku,units\nA,1\n", LIMITS), None, None, LIMITS)
