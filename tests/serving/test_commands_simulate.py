from datetime import date, timedelta

import pandas as pd
import pytest

from tests.tiny_shop import AS_OF, write_shop

START = date.fromisoformat(AS_OF) - timedelta(days=21)
QUICK = ("--rounds", "2", "--policy", "benchmark", "--policy", "days-of-cover:20", "--warm-up", "benchmark", "-q")


@pytest.fixture(scope="module")
def young_shop(tmp_path_factory):
    return write_shop(tmp_path_factory.mktemp("shops") / "young", days=60)


def test_it_prints_what_each_policy_costs_and_writes_table_and_report(fillrate, young_shop, tmp_path):
    out, report = tmp_path / "table.csv", tmp_path / "report.html"
    words = ("simulate", "--data", young_shop, "--from", START, "--from", START - timedelta(days=7), *QUICK)
    said = fillrate(*words, "--out", out, "--report", report)
    assert said.code == 0, said.err
    assert "Cost by window (EUR)" in said.out
    table = pd.read_csv(out)
    assert table["window"].tolist() == [str(START)] * 2 + [str(START - timedelta(days=7))] * 2 + ["all"] * 2
    assert table["policy"].tolist() == ["benchmark", "days-of-cover:20"] * 3
    windows, whole = table[table["window"] != "all"], table[table["window"] == "all"]
    assert windows.groupby("policy")["cost"].sum().tolist() == pytest.approx(whole["cost"].tolist())
    assert table["fill_rate"].between(0, 1).all()
    page = report.read_text(encoding="utf-8")
    assert page.count("<svg") == 1 + 2 * 2
    assert page.count("<table") == 3 + 2
    assert "http" not in page
    again = tmp_path / "again.csv"
    assert fillrate(*words, "--out", again).code == 0
    assert again.read_bytes() == out.read_bytes()


def test_the_policies_can_be_listed(fillrate):
    said = fillrate("simulate", "--list-policies")
    assert said.code == 0
    assert said.out.splitlines()[0].startswith("fillrate: ")
    assert any(line.startswith("summed-quantiles") for line in said.out.splitlines())
    assert "material-price-rise ×1.2" in said.out


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--from", "yesterday"), "write it like 2024-04-15"),
        (("--policy", "magic"), "choose from fillrate"),
        (("--warm-up", "base-stock:7"), "out of range"),
        (("--report", "r.pdf"), "end the name in .html"),
        (("--report", "nowhere/r.html"), "create it first"),
        (("--out", "o.xlsx"), ".csv, .parquet, .json"),
        (("--periods", "3", "--paid-from", "4"), "after the last of 3 periods"),
        (("--rounds", "0"), "--rounds"),
        (("--rounds", "40"), "rounds need"),
    ],
)
def test_what_makes_no_sense_is_refused_before_any_work(fillrate, young_shop, words, remedy):
    said = fillrate("simulate", "--data", young_shop, *words)
    assert said.code == 2
    assert remedy in said.err
