"""Every kind of bad input gets its exact message, in the code and in the documentation."""

from pathlib import Path

import pytest

from core.errors import ConfigurationError, DataError
from inventory.dataset import read_dataset, write_rejected
from tests.inventory.bad_input_cases import CASES, GOOD, Case, as_markdown

DOCUMENT = Path(__file__).parents[2] / "docs" / "bad_input.md"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_bad_input_is_refused_with_its_message(case: Case, tmp_path):
    with pytest.raises((DataError, ConfigurationError)) as caught:
        read_dataset(case.write(tmp_path))
    assert str(caught.value).replace(str(tmp_path), "FOLDER") == case.message


@pytest.mark.parametrize("case", [case for case in CASES if not case.fatal], ids=lambda case: case.what)
def test_best_effort_sets_the_bad_row_aside_or_has_nothing_left(case: Case, tmp_path):
    (tmp_path / "in").mkdir()
    folder = case.write(tmp_path / "in")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    if len(case.files) == 1 and GOOD not in case.files["sales.csv"]:
        with pytest.raises(DataError, match="has no good row left"):
            read_dataset(folder, best_effort=True)
        return
    dataset = read_dataset(folder, best_effort=True)
    (path,) = write_rejected(dataset, tmp_path / "out")
    assert path.name.endswith(".rejected.csv")
    assert len(path.read_text().splitlines()) == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_document_shows_every_message():
    hint = "run: python tests/inventory/bad_input_cases.py > docs/bad_input.md"
    assert DOCUMENT.read_text() == as_markdown(), hint


def test_a_missing_folder_and_a_file_are_no_datasets(tmp_path):
    with pytest.raises(DataError, match=r"missing: does not exist; give the folder that holds sales\.csv"):
        read_dataset(tmp_path / "missing")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="is a file, not a folder"):
        read_dataset(tmp_path / "file")


def test_a_file_of_a_million_columns_is_refused_at_its_header(tmp_path):
    (tmp_path / "sales.csv").write_text(",".join(f"c{number}" for number in range(1_000_001)) + "\n1\n")
    with pytest.raises(DataError, match=r"sales\.csv: has 1,000,001 columns in its header"):
        read_dataset(tmp_path)


def test_an_unreadable_parquet_file_is_refused_by_name(tmp_path):
    (tmp_path / "sales.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(DataError, match=r"sales\.parquet: is not a readable Parquet file"):
        read_dataset(tmp_path)


def test_all_issues_are_told_at_once_in_file_order(tmp_path):
    rows = "sku,date,units,price\nA,2024-03-04,x,1\nB,2024-03-04,1,-1\nC,yesterday,1,1\n"
    (tmp_path / "sales.csv").write_text(rows)
    with pytest.raises(DataError) as caught:
        read_dataset(tmp_path)
    assert [(issue.row, issue.column) for issue in caught.value.issues] == [(2, "units"), (3, "price"), (4, "date")]


def test_a_rule_broken_ten_thousand_times_stays_readable(tmp_path):
    rows = "".join(f"A{number},2024-03-04,-1\n" for number in range(10_000))
    (tmp_path / "sales.csv").write_text("sku,date,units\n" + rows)
    with pytest.raises(DataError) as caught:
        read_dataset(tmp_path)
    assert len(caught.value.issues) == 101
    assert "9,900 more rows break the same rule: is negative" in str(caught.value.issues[-1])
    assert str(caught.value).endswith("… and 9,995 more"), "five rows are shown, and none is left uncounted"
