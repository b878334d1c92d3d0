"""Every layout: what is written into a file of it comes back, however the file is ordered, encoded and cut."""

import datetime as dt
import json
import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError, UsageError
from inventory.imports.importing import import_report, kind_title
from inventory.imports.layout import Layout, import_kinds, layout_names, load_layout
from inventory.imports.parsed_report import parse_report
from inventory.imports.report_reading import FILE_LIMITS, Source
from inventory.imports.settings import ImportSettings
from inventory.schema import TABLES
from tests.inventory.imports.report_files import JSON_KINDS, TEXT_KINDS, as_json, as_text, made_up_rows, source_of

PLAIN_KINDS = tuple(kind for kind in TEXT_KINDS if kind != "all-orders")
"""Kinds whose rows come back field by field; orders are read by the reader of orders."""


def read(layout: Layout, data: bytes):
    return parse_report(layout, [Source("report.txt", data)], ImportSettings(), FILE_LIMITS)


def as_rows(report):
    """Return a report's rows as they were made up; a missing text is None again."""
    names = list(report.fields)
    return [
        {name: None if value == "" else value for name, value in zip(names, cells, strict=True)}
        for cells in zip(*report.fields.values(), strict=True)
    ]


def test_the_kinds_are_those_that_are_tested_here():
    assert set(layout_names()) == {*TEXT_KINDS, *JSON_KINDS}
    assert set(import_kinds()) == {*TEXT_KINDS, *JSON_KINDS, "keepa", "google-trends", "generic"}
    for kind in import_kinds():
        assert all(len(words) > 3 for words in kind_title(kind))


@pytest.mark.parametrize("kind", layout_names())
def test_a_layout_has_no_header_twice_and_feeds_from_its_own_fields(kind):
    layout = load_layout(kind)
    headers = [header.casefold() for asked in layout.fields for header in asked.headers]
    assert len(set(headers)) == len(headers)
    assert not {header.casefold() for header in layout.known} & set(headers)
    known = {asked.name for asked in layout.fields} | {
        *(
            "cubic_feet",
            "pounds",
            "referral_rate",
            "unit_price",
            "storage_part",
            "after_end",
            "rank_name",
            "rival_cart_adds",
        )
    }
    for feed in layout.feeds:
        used = {field for fields in feed.columns.values() for field in fields} | set(feed.each.values())
        assert used | set(feed.needs) | set(feed.where) <= known
        if feed.table in TABLES and not TABLES[feed.table].keeps_extras:
            made = {*feed.columns, *feed.constants, *(feed.into if feed.each else ())}
            assert made <= set(TABLES[feed.table].names)


@pytest.mark.parametrize("kind", PLAIN_KINDS)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 6), variant=st.sampled_from(["tab", "comma", "semicolon"]))
@settings(max_examples=12, deadline=None)
def test_a_text_report_comes_back_as_it_was_written(kind, seed, count, variant):
    layout = load_layout(kind)
    rows = made_up_rows(layout, count, seed)
    separator = {"tab": "\t", "comma": ",", "semicolon": ";"}[variant]
    report = read(layout, as_text(layout, rows, separator=separator, quoted=variant == "comma"))
    assert as_rows(report) == rows
    assert report.read == report.kept == count
    assert not report.refused
    assert not report.skipped
    assert not report.unknown


@pytest.mark.parametrize("kind", PLAIN_KINDS)
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_report_is_read_in_every_published_encoding(kind, encoding):
    layout = load_layout(kind)
    rows = made_up_rows(layout, 4, 7)
    data = as_text(layout, rows, encoding=encoding)
    data = b"\xfe\xff" + data if encoding == "utf-16-be" else data
    report = read(layout, data)
    assert as_rows(report) == rows
    assert report.files[0].encoding in (encoding, "utf-16", "utf-8")


@pytest.mark.parametrize("kind", PLAIN_KINDS)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_columns_are_found_by_name_whatever_their_order_and_optional_ones_may_be_missing(kind, seed):
    layout = load_layout(kind)
    rows, dice = made_up_rows(layout, 3, seed), random.Random(seed)
    names = [a.name for a in layout.fields if a.required or a.needed or a.name == "sku" or dice.random() < 0.5]
    dice.shuffle(names)
    report = read(layout, as_text(layout, rows, columns=names, beside={"brand-new-column": "kept", layout.title: "x"}))
    assert as_rows(report) == [{name: row[name] if name in names else None for name in row} for row in rows]
    assert report.unknown == ["brand-new-column", layout.title]
    assert all(json.loads(extras)["brand-new-column"] == "kept" for extras in report.extras)
    assert len(report.absent) == len(layout.fields) - len(names)


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_headers_are_the_same_in_capitals_and_without_their_hyphens(kind):
    layout = load_layout(kind)
    rows = made_up_rows(layout, 2, 3)
    head, rest = as_text(layout, rows).split(b"\r\n", 1)
    shouted = head.decode().upper().replace("-", " ").replace("_", " ").encode()
    assert as_rows(read(layout, shouted + b"\r\n" + rest)) == rows


@pytest.mark.parametrize("kind", layout_names())
def test_a_missing_required_column_is_named_with_file_and_remedy(kind):
    layout = load_layout(kind)
    needed = next(asked for asked in layout.fields if (asked.required or asked.needed) and asked.name != "sku")
    rows = [row | {needed.name: None} for row in made_up_rows(layout, 2, 1)]
    names = [asked.name for asked in layout.fields if asked is not needed]
    data = as_json(layout, rows) if layout.is_json else as_text(layout, rows, columns=names)
    with pytest.raises(DataError) as refusal:
        import_report(kind, [Source("report.txt", data)], ImportSettings(location="fba"))
    (issue,) = refusal.value.issues
    assert (issue.file, issue.column, issue.rule) == ("report.txt", needed.headers[0], "required column is missing")
    assert f"{needed.name}=" in issue.remedy


@pytest.mark.parametrize("kind", PLAIN_KINDS)
def test_a_header_in_another_language_is_named_by_the_mapping(kind):
    layout = load_layout(kind)
    rows = made_up_rows(layout, 2, 5)
    first = next(asked for asked in layout.fields if (asked.required or asked.needed) and asked.name != "sku")
    data = as_text(layout, rows).replace(first.headers[0].encode(), "日付の列".encode(), 1)
    report = parse_report(
        layout, [Source("r.txt", data)], ImportSettings(mapping={first.name: "日付の列"}), FILE_LIMITS
    )
    assert as_rows(report) == rows
    with pytest.raises(UsageError, match="is no field"):
        parse_report(layout, [Source("r.txt", data)], ImportSettings(mapping={"no": "日付の列"}), FILE_LIMITS)


@pytest.mark.parametrize("kind", JSON_KINDS)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 5))
@settings(max_examples=12, deadline=None)
def test_a_json_report_comes_back_as_it_was_written(kind, seed, count):
    layout = load_layout(kind)
    rows = made_up_rows(layout, count, seed)
    whole = [asked.name for asked in layout.fields if asked.headers[0].startswith("reportSpecification")]
    rows = [row | {name: rows[-1][name] for name in whole} for row in rows]  # one specification a file
    report = read(layout, as_json(layout, rows))
    assert as_rows(report) == rows
    assert not report.refused
    assert not report.unknown


@pytest.mark.parametrize("kind", [*TEXT_KINDS, *JSON_KINDS])
def test_the_same_file_gives_the_same_tables_and_every_row_is_accounted_for(kind):
    layout = load_layout(kind)
    rows = made_up_rows(layout, 30, 11)
    told = ImportSettings(location="fba", day=dt.date(2026, 8, 1))
    once, again = (import_report(kind, [source_of(kind, rows)], told) for _ in range(2))
    assert once.account == again.account
    assert {name: table.to_csv() for name, table in once.tables.items()} == {
        name: table.to_csv() for name, table in again.tables.items()
    }
    account = once.account
    assert account.rows_read == 30 == account.rows_kept + sum(account.rows_skipped.values()) + account.rows_refused
    assert once.tables


def test_decimal_commas_are_read_in_files_that_have_them():
    layout = load_layout("reimbursements")
    rows = made_up_rows(layout, 5, 2)
    rows[0]["amount"] = Decimal("12.5")
    report = read(layout, as_text(layout, rows, separator=";", comma=True))
    assert as_rows(report) == rows
