"""`fillrate alerts`: what it prints, writes and keeps; what it refuses; what a replay says."""

import json

import pandas as pd
import pytest


def test_it_prints_alerts_writes_them_and_says_nothing_changed_the_second_time(at_home, shop, tmp_path) -> None:
    out = tmp_path / "alerts.csv"
    first = at_home("alerts", "--data", shop, "--out", out)
    assert first.code == 0, first.err
    assert "alerts as of 2024-07-29 from 12 series" in first.out
    written = pd.read_csv(out)
    assert {"alert_id", "severity", "cause", "action", "money", "words", "evidence"} <= set(written)
    risky = written[written["rule"] == "stockout-risk"]
    assert "SKU-03" in set(risky["sku"])  # 30 on hand, 6.5 a day asked for, a week to wait
    assert json.loads(risky["evidence"].iloc[0])["stockout_probability"] >= 0.25
    again = at_home("alerts", "--data", shop, "--out", tmp_path / "again.csv")
    assert "nothing changed" in again.out
    assert (tmp_path / "again.csv").read_bytes() == out.read_bytes()


def test_rules_can_be_listed_and_changed_from_a_file(at_home, shop, tmp_path) -> None:
    listed = at_home("alerts", "--data", shop, "--list-rules")
    assert "cover-7-days" in listed.out
    assert "M05" in listed.out
    rules = tmp_path / "mine.toml"
    rules.write_text("[change.cover-30-days]\nenabled = true\n", encoding="utf-8")
    out = tmp_path / "alerts.json"
    assert at_home("alerts", "--data", shop, "--rules", rules, "--no-keep", "--out", out).code == 0
    assert any("cover-30-days" in (row["rule"], *row["also"].split()) for row in json.loads(out.read_text()))


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--rules", "nowhere.toml"], 7, "cannot be read"),
        (["--out", "alerts.txt"], 2, "not known"),
        (["--replay", "2024-07-20", "2024-07-01"], 2, "earlier day first"),
        (["--replay", "2020-01-01", "2020-02-01"], 2, "outside the history"),
        (["--replay", "yesterday", "2024-07-01"], 2, "not a date"),
    ],
)
def test_what_is_wrong_is_refused_with_its_exit_code(at_home, shop, words, code, told) -> None:
    said = at_home("alerts", "--data", shop, *words)
    assert (said.code, told in said.err) == (code, True), said.err


def test_a_bad_rules_file_is_refused_by_file_and_key(at_home, shop, tmp_path) -> None:
    rules = tmp_path / "bad.toml"
    rules.write_text("[change.cover-30-days]\nlevel = 3\n", encoding="utf-8")
    said = at_home("alerts", "--data", shop, "--rules", rules)
    assert said.code == 8
    assert "bad.toml: change.cover-30-days" in said.err


@pytest.mark.slow
def test_a_replay_says_what_fired_and_whether_it_was_right(at_home, shop, tmp_path) -> None:
    out = tmp_path / "replay.csv"
    said = at_home("alerts", "--data", shop, "--replay", "2024-06-15", "2024-07-15", "--out", out)
    assert said.code == 0, said.err
    assert "days from 2024-06-15" in said.out
    assert "no stock is on record" in said.out
    assert pd.read_csv(out)["as_of"].nunique() >= 1
