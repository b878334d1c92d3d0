"""`fillrate health`, `slow-movers`, `segments`, `report weekly`: what they print, write and refuse."""

import json

import pandas as pd
import pytest
from openpyxl import load_workbook


def test_health_prints_score_reason_and_figures(at_home, shop, tmp_path) -> None:
    out = tmp_path / "health.csv"
    said = at_home("health", "--data", shop, "--by", "category", "--out", out)
    assert said.code == 0, said.err
    table = pd.read_csv(out)
    assert table["group"].tolist() == sorted(table["group"], key=lambda name: table.set_index("group")["score"][name])
    assert {"score", "structure", "in_stock_rate", "gmroi"} <= set(table)
    whole = at_home("health", "--data", shop)
    assert "gross margin a year" in whole.out


def test_slow_movers_and_segments_are_written_with_causes_and_evidence(at_home, shop, tmp_path) -> None:
    assert at_home("slow-movers", "--data", shop, "--out", tmp_path / "slow.csv").code == 0
    assert at_home("segments", "--data", shop, "--out", tmp_path / "segments.csv").code == 0
    segments = pd.read_csv(tmp_path / "segments.csv")
    assert set(segments["abc"]) <= {"A", "B", "C"}
    assert segments["evidence"].str.len().min() > 10
    assert list(pd.read_csv(tmp_path / "slow.csv"))[:4] == ["sku", "location", "level", "signs"]


def test_the_weekly_report_is_written_as_page_workbook_and_data(at_home, shop, tmp_path) -> None:
    page, book, data = (tmp_path / f"week.{kind}" for kind in ("html", "xlsx", "json"))
    said = at_home("report", "weekly", "--data", shop, "--out", page, "--out", book, "--out", data)
    assert said.code == 0, said.err
    told = json.loads(data.read_text(encoding="utf-8"))
    assert told["headline"]["alerts"] == len(told["sections"]["alerts"]["rows"]) or told["headline"]["alerts"] > 20
    assert "<script" not in page.read_text(encoding="utf-8")
    assert "restock_priority" in load_workbook(book).sheetnames
    first = data.read_bytes()
    assert at_home("report", "weekly", "--data", shop, "--out", data).code == 0
    assert data.read_bytes() == first


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["health", "--by", "moon"], "choose from"),
        (["report", "weekly", "--out", "week.pdf"], "not known"),
        (["slow-movers", "--orders", "nowhere.csv"], "is not a file"),
    ],
)
def test_what_is_wrong_is_refused(at_home, shop, words, told) -> None:
    said = at_home(*words, "--data", shop)
    assert (said.code, told in said.err) == (2, True), said.err
