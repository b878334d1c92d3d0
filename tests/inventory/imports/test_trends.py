"""Google Trends exports: any language, `<1`, periods by their dates, and never two scales in one series."""

import csv
import datetime as dt
import os
from pathlib import Path

import pytest

from core.errors import DataError, UsageError
from inventory.imports.importing import import_report
from inventory.imports.report_reading import Source
from inventory.imports.settings import ImportSettings

WEEKLY = "Category: All categories\n\nWeek,desk lamp: (United States)\n2026-01-04,40\n2026-01-11,100\n2026-01-18,<1\n"
MONTHLY = "Catégorie : Toutes catégories\n\nMois,lampe: (France)\n2025-11,100\n2025-12,37\n"
DAILY = (
    "类别：所有类别\r\n\r\njour,gym: (Dans tous les pays),diet: (Dans tous les pays)\r\n"
    "2026-01-01,100,3\r\n2026-01-02,50,< 1\r\n"
)


def read(text, settings=None, name="multiTimeline.csv", encoding="utf-8"):
    return import_report("google-trends", [Source(name, text.encode(encoding))], settings or ImportSettings())


def values(made):
    return [
        (row["name"], row["date"], row["keyword"], row["value"], row["available_on"])
        for row in made.tables["signals"].to_dict("records")
    ]


def test_weeks_start_where_the_export_says_and_are_known_when_they_are_over():
    assert values(read(WEEKLY)) == [
        ("search_interest_weekly", "2026-01-04", "desk lamp", "40", "2026-01-11"),
        ("search_interest_weekly", "2026-01-11", "desk lamp", "100", "2026-01-18"),
        ("search_interest_weekly", "2026-01-18", "desk lamp", "0.5", "2026-01-25"),
    ]


def test_months_are_known_after_their_last_day_whatever_the_language():
    assert values(read(MONTHLY)) == [
        ("search_interest_monthly", "2025-11-01", "lampe", "100", "2025-12-01"),
        ("search_interest_monthly", "2025-12-01", "lampe", "37", "2026-01-01"),
    ]


def test_several_terms_a_byte_order_mark_and_windows_line_ends():
    made = read(DAILY, encoding="utf-8-sig")
    assert len(values(made)) == 4
    assert ("search_interest_daily", "2026-01-02", "diet", "0.5", "2026-01-03") in values(made)
    assert (made.account.rows_read, made.account.rows_kept) == (2, 2)


def test_a_period_that_was_not_over_at_the_download_is_left_out():
    made = read(WEEKLY, ImportSettings(day=dt.date(2026, 1, 20)))
    assert [row[1] for row in values(made)] == ["2026-01-04", "2026-01-11"]
    assert made.account.rows_skipped == {"a period that is not over": 1}
    partial = "c\n\nWeek,lamp: (US),isPartial\n2026-01-04,100,False\n2026-01-11,9,True\n"
    assert [row[1] for row in values(read(partial))] == ["2026-01-04"]


def test_hours_are_left_out_and_counted():
    made = read("c\n\nTime,lamp: (US)\n2026-01-04T00,5\n2026-01-04T01,100\n2026-01-04T02,7\n")
    assert made.tables == {}
    assert made.account.rows_skipped == {"values of hours": 3}


def test_bad_cells_and_ragged_lines_are_refused_by_line():
    made = read("c\n\nWeek,lamp: (US)\n2026-01-04,100\n2026-01-11,abc\n2026-01-18,101\n2026-01-25,5,6\nnever,5\n")
    assert made.refused["row"].tolist() == [5, 6, 7, 8]
    assert (made.account.rows_read, made.account.rows_kept) == (5, 1)


def test_an_export_whose_largest_value_is_not_100_is_told_to_be_cut():
    assert "not 100" in read("c\n\nWeek,lamp: (US)\n2026-01-04,80\n2026-01-11,7\n").account.warnings[0]


def test_the_same_term_in_two_regions_is_two_signals():
    made = read("c\n\nWeek,lamp: (United States),lamp: (France)\n2026-01-04,100,3\n2026-01-11,7,5\n")
    assert {row[0] for row in values(made)} == {
        "search_interest_weekly_united_states",
        "search_interest_weekly_france",
    }


def test_two_exports_of_one_term_must_agree_on_a_shared_period():
    later = WEEKLY.replace("2026-01-04,40\n", "") + "2026-01-25,60\n"
    made = import_report("google-trends", [Source("a.csv", WEEKLY.encode()), Source("b.csv", later.encode())])
    assert len(values(made)) == 4
    rescaled = later.replace("2026-01-11,100", "2026-01-11,50")
    with pytest.raises(UsageError, match="cannot be compared"):
        import_report("google-trends", [Source("a.csv", WEEKLY.encode()), Source("b.csv", rescaled.encode())])
    apart = "c\n\nWeek,desk lamp: (United States)\n2026-03-01,100\n2026-03-08,7\n"
    with pytest.raises(UsageError, match="no period is in both"):
        import_report("google-trends", [Source("a.csv", WEEKLY.encode()), Source("b.csv", apart.encode())])


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "2026-01-04,5\n", "Week,x: (US)\n", "\n" * 9 + "2026-01-04,5\n"])
def test_what_is_no_export_is_refused(text):
    with pytest.raises(DataError, match="no Google Trends export"):
        read(text)


REAL = Path(os.environ.get("FILLRATE_SAMPLES", "")) / "google_trends"


@pytest.mark.skipif(
    "FILLRATE_SAMPLES" not in os.environ, reason="set FILLRATE_SAMPLES to a folder of real exports to read them"
)
def test_the_real_exports_give_the_values_of_their_table():
    with (REAL / "signals.csv").open(encoding="utf-8") as file:
        table = {
            (row["name"], row["date"], row["keyword"], float(row["value"]), row["available_on"])
            for row in csv.DictReader(file)
        }
    found = set()
    for path in sorted((REAL / "raw_exports").glob("*.csv")):
        made = import_report("google-trends", [Source(path.name, path.read_bytes())])
        assert made.account.rows_refused == 0
        found |= {(*row[:3], float(row[3]), row[4]) for row in values(made)}
    assert found == table
    assert len(found) == 1_189
