"""Files are whole or not there, and the same table is the same bytes."""

import json
import os

import pandas as pd
import pytest

from core.errors import StorageError, UsageError
from serving.files import check_destination, write_atomically, write_table

TABLE = pd.DataFrame(
    {
        "sku": ["plain", 'comma, quote" and é'],
        "date": pd.to_datetime(["2024-01-01", "2024-12-31"]).astype("datetime64[s]"),
        "mean": [0.1 + 0.2, 1 / 3],
        "quantity": [1, 2],
        "note": ["", None],
    }
)


def test_floats_and_dates_survive_a_csv(tmp_path):
    write_table(TABLE, tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "plain,2024-01-01,0.30000000000000004,1,"
    back = pd.read_csv(tmp_path / "t.csv", parse_dates=["date"])
    assert back["mean"].tolist() == TABLE["mean"].tolist()


def test_json_is_records_with_null_for_nothing(tmp_path):
    write_table(TABLE, tmp_path / "t.json")
    records = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert records[1] == {"sku": TABLE["sku"][1], "date": "2024-12-31", "mean": 1 / 3, "quantity": 2, "note": None}


def test_an_empty_table_is_an_empty_list(tmp_path):
    write_table(TABLE.head(0), tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".json"])
def test_the_same_table_is_the_same_bytes(tmp_path, suffix):
    for name in "ab":
        write_table(TABLE, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("old", encoding="utf-8")

    def full_disk(temporary):
        temporary.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left on device"):
        write_atomically(path, full_disk)
    assert path.read_text(encoding="utf-8") == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["t.csv"]


def test_an_interrupted_write_leaves_nothing(tmp_path):
    def interrupted(temporary):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "t.csv", interrupted)
    assert list(tmp_path.iterdir()) == []


def test_others_may_read_what_the_umask_allows(tmp_path):
    write_table(TABLE, tmp_path / "t.csv")
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "t.csv").stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_folder_is_no_destination(tmp_path):
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        check_destination(tmp_path / "d.csv", "--out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused_before_any_work(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(StorageError, match="not writable"):
        check_destination(tmp_path / "f.csv", "--out")
