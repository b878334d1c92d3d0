"""Files that are broken, huge, empty or sly: refused by name, or read as far as they make sense; never half counted."""

import datetime as dt
import gzip
import io
import json
import zipfile

import pytest
from openpyxl import Workbook

from core.errors import DataError, UploadTooLargeError, UsageError
from inventory.imports.importing import import_report
from inventory.imports.layout import import_kinds, load_layout
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings
from inventory.inflate import UploadLimits
from tests.inventory.imports.report_files import TEXT_KINDS, as_text, made_up_rows

TOLD = ImportSettings(location="fba", day=dt.date(2026, 8, 15))
HEADER = "return-date\torder-id\tsku\tquantity\tdetailed-disposition\treason\tlicense-plate-number\n"


def returns(text: str | bytes, **options):
    data = text if isinstance(text, bytes) else (HEADER + text).encode()
    return import_report("customer-returns", [Source("r.txt", data)], TOLD, **options)


@pytest.mark.parametrize("kind", import_kinds())
@pytest.mark.parametrize(
    "data", [b"", b"\0" * 400, b"\x89PNG\r\n", b"\x1f\x8bnot gzip", b"PK\x03\x04 no zip", b"[[[", b"{", b"\xff\xfe\x00"]
)
def test_what_is_no_report_is_refused_by_its_name(kind, data):
    from inventory.imports.generic import SavedMapping

    with pytest.raises(DataError) as refusal:
        import_report(kind, [Source("sly.txt", data)], TOLD, mapping=SavedMapping("sales"))
    assert all(issue.file.startswith(("sly.txt", "report")) and issue.remedy for issue in refusal.value.issues)


@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_a_report_of_only_a_header_has_no_rows_and_makes_nothing(kind):
    made = import_report(kind, [Source("r.txt", as_text(load_layout(kind), []))], TOLD)
    assert (made.account.rows_read, made.tables) == (0, {})
    assert made.account.warnings == ("r.txt has no rows",)


def test_ragged_rows_nuls_and_bad_cells_are_refused_each_with_row_column_and_remedy():
    made = returns(
        "2026-08-14\tO-1\tA\t1\tSELLABLE\t\t\n"
        "2026-08-14\tO-2\tA\t1\n"
        "yesterday\tO-3\tA\t1\tSELLABLE\t\t\n"
        "2026-08-14\tO-4\tA\t1.5\tSELLABLE\t\t\n"
        "2026-08-14\tO-5\tA\t-1\tSELLABLE\t\t\n"
        "2026-08-14\tO-6\tA\t1e300\tSELLABLE\t\t\n"
        f"2026-08-14\tO-7\tA\t{'9' * 5000}\tSELLABLE\t\t\n"
        f"2026-08-14\tO-8\tA\t1\tSELLABLE\t{'x' * 3000}\t\n"
        "1850-01-01\tO-9\tA\t1\tSELLABLE\t\t\n"
        "2026-08-14\tO-10\t\t1\tSELLABLE\t\t\n"
        "2026-08-14\tO-11\tA\tNaN\tSELLABLE\t\t\n"
        "2026-02-30\tO-12\tA\t1\tSELLABLE\t\t\n"
    )
    found = {(row["row"], row["column"]) for row in made.refused.to_dict("records")}
    assert found == {
        (3, None),
        (4, "return-date"),
        *((row, "quantity") for row in (5, 6, 7, 8, 12)),
        (9, "reason"),
        (10, "return-date"),
        (11, "sku"),
        (13, "return-date"),
    }
    assert (made.refused["rule"] != "").all()
    assert (made.refused["remedy"] != "").all()
    assert (made.account.rows_read, made.account.rows_kept, made.account.rows_refused) == (12, 1, 11)


def test_a_nul_makes_a_file_binary():
    with pytest.raises(DataError, match="not a text file"):
        returns("2026-08-14\tO-1\tA\0\t1\tSELLABLE\t\t\n")


def test_a_number_of_a_million_decimals_stays_small():
    made = import_report(
        "reimbursements",
        [
            Source(
                "r.txt",
                b"approval-date\treimbursement-id\tsku\tamount-total\tquantity-reimbursed-total\n"
                b"2026-08-01\tR1\tA\t1e-999999\t1\n2026-08-01\tR2\tA\t1e999999\t1\n",
            )
        ],
    )
    assert made.tables["reimbursements"]["amount"].tolist() == ["0"]
    assert made.account.rows_refused == 1


def test_inches_and_loose_quotes_are_characters_in_tab_separated_text():
    made = returns(
        '2026-08-14\tO-1\t12" ruler\t1\tSELLABLE\tsaid "bad"\t\n2026-08-14\tO-2\t"quoted"\t2\tSELLABLE\t5" too long\t\n'
    )
    assert made.account.rows_kept == 2
    assert list(made.tables["returns"]["sku"]) == ['12" ruler', "quoted"]
    assert list(made.tables["returns"]["reason"]) == ['said "bad"', '5" too long']


def test_japanese_is_read_as_shift_jis_and_french_is_not():
    for text, encoding, name in (("ランプ 電球", "cp932", "cp932"), ("élan été ça", "cp1252", "cp1252")):
        data = (HEADER + f"2026-08-14\tO-1\tA\t1\tSELLABLE\t{text}\t\n").encode(encoding)
        made = returns(data)
        assert made.tables["returns"]["reason"].tolist() == [text]
        assert made.account.files[0].encoding == name


def test_formulas_stay_texts_in_text_files_and_a_workbooks_values_are_read_not_its_formulas():
    made = returns("2026-08-14\tO-1\t=1+1\t1\tSELLABLE\t@cmd\t\n")
    assert made.tables["returns"]["sku"].tolist() == ["=1+1"]
    book = Workbook()
    book.active.append(HEADER.strip().split("\t"))
    book.active.append([dt.datetime(2026, 8, 14, 18, 30), "O-1", "A", 2, "SELLABLE", None, None])
    book.active.append([dt.datetime(2026, 8, 14), "O-2", "A", "=1+1", "SELLABLE", None, None])
    stream = io.BytesIO()
    book.save(stream)
    made = returns(stream.getvalue())
    assert made.account.files[0].form == "xlsx"
    assert made.tables["returns"]["units"].tolist() == ["2"]
    assert made.refused["column"].tolist() == ["quantity"]  # a formula that was never calculated has no value


def test_bombs_are_refused_before_they_are_read():
    limits = UploadLimits(inflated_bytes=5_000_000, ratio=200, rows=1_000)
    with pytest.raises(UploadTooLargeError):
        returns(gzip.compress(b"0" * 40_000_000), limits=limits)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 40_000_000)
    with pytest.raises(UploadTooLargeError):
        returns(stream.getvalue(), limits=limits)


def test_ten_times_too_many_rows_columns_or_records_are_refused():
    limits = UploadLimits(rows=100, columns=20)
    line = "2026-08-14\tO-1\tA\t1\tSELLABLE\t\t\n"
    with pytest.raises(UploadTooLargeError):
        returns(line * 1_000, limits=limits)
    wide = "\t".join(f"c{place}" for place in range(200))
    with pytest.raises((UploadTooLargeError, DataError)):
        returns(f"{wide}\n{wide}\n".encode(), limits=limits)
    records = {"forecastByAsin": [{"asin": "B"}] * 1_000}
    with pytest.raises(UploadTooLargeError):
        import_report("vendor-forecast", [Source("v.json", json.dumps(records).encode())], TOLD, limits=limits)


def test_deep_json_and_records_that_are_none_are_refused_not_crashed_on():
    deep = '{"forecastByAsin": [' + '{"a": ' * 100_000 + "1" + "}" * 100_000 + "]}"
    with pytest.raises(DataError, match="nested too deeply"):
        import_report("vendor-forecast", [Source("v.json", deep.encode())], TOLD)
    good = {
        **{"forecastGenerationDate": "2026-01-01", "asin": "B", "startDate": "2026-01-04", "endDate": "2026-01-10"},
        "meanForecastUnits": 1.5,
    }
    text = json.dumps({"forecastByAsin": [7, None, good, {"asin": {"b": [1]}}]})
    made = import_report("vendor-forecast", [Source("v.json", text.encode())], TOLD)
    assert (made.account.rows_read, made.account.rows_kept, made.account.rows_refused) == (4, 1, 3)


def test_an_empty_list_of_records_is_a_report_without_rows():
    made = import_report("vendor-forecast", [Source("v.json", b'{"forecastByAsin": []}')], TOLD)
    assert (made.account.rows_read, made.tables) == (0, {})


def test_the_same_file_twice_in_one_import_is_refused():
    data = as_text(load_layout("reserved"), made_up_rows(load_layout("reserved"), 3, 1))
    with pytest.raises(UsageError, match="twice"):
        import_report("reserved", [Source("a.txt", data), Source("b.txt", data)], TOLD)


def test_dates_that_can_be_read_both_ways_ask_for_their_order():
    text = "08/09/2026\tO-1\tA\t1\tSELLABLE\t\t\n"
    with pytest.raises(DataError, match="--dates"):
        returns(text)
    from inventory.moment_text import DateOrder

    for order, day in ((DateOrder.DAY_FIRST, "2026-09-08"), (DateOrder.MONTH_FIRST, "2026-08-09")):
        told = ImportSettings(date_order=order)
        made = import_report("customer-returns", [Source("r.txt", (HEADER + text).encode())], told)
        assert made.tables["returns"]["date"].tolist() == [day]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("08.09.2026", "2026-09-08"),
        ("14.08.2026 09:30", "2026-08-14"),
        ("2026/8/9", "2026-08-09"),
        ("2026/08/14 23:59", "2026-08-14"),
    ],
)
def test_german_and_japanese_dates_have_one_reading(written, day):
    made = returns(f"{written}\tO-1\tA\t1\tSELLABLE\t\t\n")
    assert made.tables["returns"]["date"].tolist() == [day]


def test_a_german_report_with_semicolons_and_decimal_commas_is_read_as_it_stands():
    text = (
        "approval-date;reimbursement-id;sku;amount-total;quantity-reimbursed-total\n"
        "14.08.2026;R1;Größe 7;1234,50;2\n01.09.2026;R2;B;0,5;1\n"
    )
    made = import_report("reimbursements", [Source("r.csv", text.encode("cp1252"))])
    assert made.tables["reimbursements"][["sku", "date", "amount"]].to_numpy().tolist() == [
        ["Größe 7", "2026-08-14", "1234.50"],
        ["B", "2026-09-01", "0.5"],
    ]
    assert (made.account.rows_kept, made.account.files[0].encoding) == (2, "cp1252")


def refused(name: str, data: bytes) -> str:
    with pytest.raises(DataError) as refusal:
        import_report("customer-returns", [Source(name, data)], TOLD)
    return " ".join(f"{issue.rule}; {issue.remedy}" for issue in refusal.value.issues)


def test_a_report_of_another_kind_is_told_by_its_name():
    said = refused("r.txt", as_text(load_layout("reserved"), made_up_rows(load_layout("reserved"), 3, 1)))
    assert "it looks like the report reserved" in said
    assert "looks like" not in refused("r.csv", b"a,b,c\n1,2,3\n")


def test_what_was_saved_instead_of_the_report_is_told_with_what_to_do():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("returns.txt", HEADER)
    assert "is a zip archive, not a spreadsheet; unpack it and give what is inside: returns.txt" in refused(
        "r.csv", stream.getvalue()
    )
    assert "is a web page, not a table" in refused("r.csv", b"\n<!DOCTYPE html><html><body>Sign in</body></html>\n")


def test_a_column_that_is_there_twice_but_for_its_case_is_refused():
    assert "appears twice in the header: 'sku' and 'SKU'" in refused("r.txt", HEADER.replace("reason", "SKU").encode())


def test_a_quote_that_is_never_closed_swallows_no_rows_in_silence():
    text = HEADER.replace("\t", ",") + '2026-08-14,O-1,A,1,SELLABLE,x,\n2026-08-14,O-2,A,1,SELLABLE,x,"open\n'
    made = returns((text + "2026-08-14,O-3,A,1,SELLABLE,x,\n").encode())
    assert (made.account.rows_kept, made.account.rows_refused) == (1, 1)
    assert made.refused[["row", "rule"]].to_numpy().tolist() == [[3, "opens a quote that is never closed"]]
    closed = returns((text + 'and closed"\n2026-08-14,O-3,A,1,SELLABLE,x,\n').encode())
    assert (closed.account.rows_kept, closed.account.rows_refused) == (3, 0)
