"""`fillrate import KIND`: help, list, refusals with their exit codes, the account, mappings that are saved."""

import pandas as pd
import pytest

from inventory.imports.layout import import_kinds

HEADER = "return-date\torder-id\tsku\tquantity\tdetailed-disposition\tnew column\n"
GOOD = "2026-08-14\tO-1\tA\t1\tSELLABLE\tx\n"
BAD = "2026-08-14\tO-2\tA\tmany\tSELLABLE\tx\n"


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "returns.txt"
    path.write_text(HEADER + GOOD)
    return path


@pytest.mark.parametrize("kind", import_kinds())
def test_every_kind_explains_itself_with_an_example(fillrate, kind):
    said = fillrate("import", kind, "--help")
    assert said.code == 0
    assert "Example" in said.out
    assert f"fillrate import {kind}" in said.out


def test_the_kinds_are_listed_with_what_they_become(fillrate):
    said = fillrate("import", "--list")
    assert said.code == 0
    for kind in import_kinds():
        assert f"\n{kind}: " in said.out
    assert "GET_LEDGER_DETAIL_VIEW_DATA" in said.out


def test_an_import_prints_its_account_and_writes_tables_and_report(fillrate, report, tmp_path):
    said = fillrate("import", "customer-returns", str(report), "--out", str(tmp_path / "shop"), "--location", "fba")
    assert said.code == 0, said.err
    assert "read      1" in said.out
    assert "table     returns: 1 rows, 1 in the table now" in said.out
    assert "new column" in said.err
    (row,) = pd.read_csv(tmp_path / "shop" / "returns.csv").to_dict("records")
    assert (row["location"], row["grade"]) == ("fba", "intact")
    assert len(list((tmp_path / "shop" / "reports").iterdir())) == 2


def test_bad_rows_stop_an_import_unless_they_are_to_be_left_out(fillrate, report, tmp_path):
    report.write_text(HEADER + GOOD + BAD)
    out = tmp_path / "shop"
    said = fillrate("import", "customer-returns", str(report), "--out", str(out))
    assert said.code == 3
    assert "returns.txt:3: column 'quantity': is not a number (got 'many')" in said.err
    assert not out.exists()
    said = fillrate("import", "customer-returns", str(report), "--out", str(out), "--best-effort")
    assert said.code == 0
    assert "refused   1" in said.out
    (refused,) = pd.read_csv(out / "rejected" / "customer-returns.csv").to_dict("records")
    assert (refused["row"], refused["column"], refused["value"]) == (3, "quantity", "many")


def test_checking_writes_nothing(fillrate, report, tmp_path):
    before = sorted(tmp_path.iterdir())
    said = fillrate("import", "customer-returns", str(report), "--check")
    assert said.code == 0
    assert "kept      1" in said.out
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["customer-returns", "{report}"], 2, "--out"),
        (["customer-returns", "nowhere.txt", "--check"], 2, "nowhere.txt is not a file"),
        (["reimbursements", "{report}", "--check"], 3, "required column is missing"),
        (["customer-returns", "{report}", "--check", "--map", "nothing=sku"], 2, "is no field"),
        (["customer-returns", "{report}", "--check", "--dates", "ymd"], 2, "--dates"),
        (["customer-returns", "{report}", "--check", "--date", "today"], 2, "2024-04-15"),
        (["customer-returns", "{report}", "{report}", "--check"], 2, "twice"),
        (["customer-returns", "{report}", "--out", "{report}"], 2, "is a file"),
        (["generic", "{report}", "--check"], 2, "--table"),
        (["generic", "{report}", "--check", "--table", "nothing"], 2, "no table"),
        (["no-such-kind", "{report}"], 2, "no-such-kind"),
    ],
)
def test_wrong_words_are_refused_with_the_remedy(fillrate, report, words, code, message):
    said = fillrate("import", *(word.format(report=report) for word in words))
    assert said.code == code
    assert message in said.err


def test_a_mapping_is_saved_and_used_again(fillrate, tmp_path):
    (tmp_path / "lager.csv").write_text("Artikel;Bestand\nA;1,5\n")
    common = ["--out", str(tmp_path / "shop"), "--quiet"]
    words = ["--table", "stock", "--map", "sku=Artikel,on_hand=Bestand", "--set", "date=2026-12-01"]
    saved = ["--save-mapping", str(tmp_path / "lager.toml")]
    said = fillrate("import", "generic", str(tmp_path / "lager.csv"), *words, *saved, *common)
    assert said.code == 0, said.err
    (tmp_path / "next.csv").write_text("Artikel;Bestand\nB;2,5\n")
    said = fillrate("import", "generic", str(tmp_path / "next.csv"), "--mapping", str(tmp_path / "lager.toml"), *common)
    assert said.code == 0, said.err
    table = pd.read_csv(tmp_path / "shop" / "stock.csv")
    assert table.to_dict("list") == {"sku": ["A", "B"], "date": ["2026-12-01"] * 2, "on_hand": [1.5, 2.5]}


SUMMARY = (
    "Date\tMSKU\tDisposition\tStarting Warehouse Balance\tCustomer Shipments\tEnding Warehouse Balance\n"
    "2024-07-01\tA\tSELLABLE\t10\t-4\t6\n"
)
DETAIL = (
    "Date\tMSKU\tEvent Type\tReference ID\tQuantity\tFulfillment Center\tDisposition\tReason\n"
    "2024-07-01\tA\tShipments\tO-1\t-4\tABC1\tSELLABLE\t\n"
)


def test_movements_are_recorded_in_the_ledger_of_this_machine_once(fillrate, tmp_path):
    (tmp_path / "summary.txt").write_text(SUMMARY)
    (tmp_path / "detail.txt").write_text(DETAIL)
    detail = ["import", "ledger-detail", tmp_path / "detail.txt", "--out", tmp_path / "shop", "--ledger"]
    assert fillrate(*detail).code == 3  # four units of nothing
    said = fillrate("import", "ledger-summary", tmp_path / "summary.txt", "--out", tmp_path / "shop", "--ledger")
    assert "ledger    1 movements new, 0 known before" in said.out
    assert "ledger    1 movements new, 0 known before" in fillrate(*detail).out
    assert "ledger    0 movements new, 1 known before" in fillrate(*detail).out
    returns = ["import", "customer-returns", tmp_path / "returns.txt", "--out", tmp_path / "shop", "--ledger"]
    (tmp_path / "returns.txt").write_text(HEADER + GOOD)
    said = fillrate(*returns)
    assert (said.code, "makes no movements" in said.err) == (2, True)
