"""Small tables told to a command: read by name, refused with file, row and remedy."""

import pandas as pd
import pytest

from core.errors import DataError, UsageError
from serving.told_files import read_told

COLUMNS = ("sku", "date", "units")


def test_columns_are_read_by_name_in_any_order_and_typed(tmp_path):
    path = tmp_path / "told.csv"
    path.write_text("note,units,date,sku\nx,2.5,2026-06-01,007\n")
    table = read_told(path, "--told", COLUMNS)
    assert table["sku"].tolist() == ["007"]
    assert table["units"].tolist() == [2.5]
    assert table["date"].tolist() == [pd.Timestamp("2026-06-01")]


def test_parquet_is_read_too_and_a_missing_location_is_main(tmp_path):
    path = tmp_path / "told.parquet"
    pd.DataFrame({"sku": ["A"], "date": [pd.Timestamp("2026-06-01")], "units": [1]}).to_parquet(path)
    assert read_told(path, "--told", (*COLUMNS, "location"))["location"].tolist() == ["main"]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", UsageError, "--told .*told.csv is not readable as a table"),
        (
            "sku,date\nA,2026-06-01\n",
            DataError,
            "column 'units': required column is missing; give the columns sku, date",
        ),
        (
            "sku,date,units\nA,2026-06-01,1\nA,June,1\n",
            DataError,
            r"told.csv:3: column 'date': is no date \(got 'June'\)",
        ),
        ("sku,date,units\nA,2026-06-01,\n", DataError, r"told.csv:2: column 'units': is no number"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, error, words):
    path = tmp_path / "told.csv"
    path.write_text(text)
    with pytest.raises(error, match=words):
        read_told(path, "--told", COLUMNS)
