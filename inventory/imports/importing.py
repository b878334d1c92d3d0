"""Files of a report in, tables and the account of every row out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from core.errors import UsageError
from core.progress import Progress, silent
from inventory.imports.account import ImportAccount, account_of
from inventory.imports.afn import afn_tables
from inventory.imports.fact_tables import FACT_TABLES
from inventory.imports.feed import cell_text, feed_tables, text_table
from inventory.imports.generic import SavedMapping, generic_layout, generic_tables
from inventory.imports.identity import Identity, identify
from inventory.imports.keepa import keepa_report
from inventory.imports.layout import Layout, load_layout
from inventory.imports.ledger_facts import detail_tables, summary_tables
from inventory.imports.measures import derive
from inventory.imports.order_facts import order_report
from inventory.imports.own_headers import with_own_headers
from inventory.imports.parsed_report import ParsedReport, parse_report, refused_frame
from inventory.imports.report_reading import FILE_LIMITS, Source
from inventory.imports.settings import ImportSettings
from inventory.imports.trends import trends_report
from inventory.inflate import UploadLimits
from inventory.schema import TABLES

__all__ = ["GENERIC", "Imported", "import_report", "kind_title"]

Tables = dict[str, pd.DataFrame]
GENERIC = "generic"
MARKET = {
    "keepa": Layout("keepa", "Keepa product answer", "Keepa's answer (JSON): rank, prices, offers", "signals", (), ()),
    "google-trends": Layout(
        "google-trends", "Google Trends export", "Google Trends CSV: interest over time", "signals", (), ()
    ),
}
"""Kinds that are read by their own functions: their files are no tables of rows and columns."""

BUILD: Mapping[str, Callable[[ParsedReport, ImportSettings], Tables]] = {
    "ledger_detail": detail_tables,
    "ledger_summary": summary_tables,
    "afn_inventory": afn_tables,
}
EXPECTED_STAGES = ("shipped", "receiving")
"""Inbound stages that are on their way: what is only announced (working) may never be sent."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import makes, before it is written anywhere.

    tables: name → rows, all cells texts ('' missing). rows: the report's kept rows with all their columns, those
    that no field uses as JSON in `extras`. refused: file, row, column, rule, remedy, value.
    """

    account: ImportAccount
    tables: Tables
    rows: pd.DataFrame
    refused: pd.DataFrame


def kind_title(kind: str) -> tuple[str, str, str]:
    """Return of a kind the publisher's name, what it is in words, and what it becomes."""
    if kind == GENERIC:
        return "a file of your own", "Any table by a saved mapping: CSV, XLSX, Parquet, JSON", "the table it names"
    layout = MARKET.get(kind) or load_layout(kind)
    return layout.report, layout.title, layout.becomes


def import_report(
    kind: str,
    sources: Sequence[Source],
    settings: ImportSettings | None = None,
    *,
    identity: Identity | None = None,
    mapping: SavedMapping | None = None,
    limits: UploadLimits = FILE_LIMITS,
    progress: Progress = silent,
) -> Imported:
    """Read the files of one kind of report and return their tables and account; nothing is written.

    identity: which sku a marketplace's code is. mapping: of the kind `generic`. The same files give the same tables.
    Raises UsageError for an unknown kind or a setting that is missing, DataError for a file that cannot be read or
    lacks a column, UploadTooLargeError beyond the limits. Rows that break a rule raise nothing: they are in `refused`.
    """
    settings = settings or ImportSettings()
    if not sources:
        raise UsageError("give at least one file")
    progress("reading", 0.0)
    report, tables = _read(kind, sources, settings, identity or Identity(), mapping, limits, progress)
    progress("accounting for rows", 0.9)
    tables |= _open_orders(tables.get("inbound"), settings)
    ordered = {name: _ordered(name, table) for name, table in sorted(tables.items()) if len(table)}
    account = account_of(report, ordered)
    progress("imported", 1.0)
    return Imported(account, ordered, _rows_table(report), refused_frame(report.refused))


def _read(
    kind: str,
    sources: Sequence[Source],
    settings: ImportSettings,
    identity: Identity,
    mapping: SavedMapping | None,
    limits: UploadLimits,
    progress: Progress,
) -> tuple[ParsedReport, Tables]:
    if kind == "keepa":
        return keepa_report(MARKET[kind], sources, settings, limits)
    if kind == "google-trends":
        return trends_report(MARKET[kind], sources, settings, limits)
    if kind == GENERIC:
        if mapping is None:
            raise UsageError("say which table the file is: --table NAME, or --mapping FILE.toml")
        report = parse_report(generic_layout(mapping), sources, settings, limits, progress)
        return report, generic_tables(report, mapping, limits)
    layout = with_own_headers(load_layout(kind), settings.headers)
    if layout.build == "orders":
        return order_report(layout, sources, settings, limits)
    report = parse_report(layout, sources, settings, limits, progress)
    if layout.identify:
        identify(report, identity)
    derive(report)
    tables = feed_tables(report, settings) if report.kept else {}
    if layout.build and report.kept:
        for name, table in BUILD[layout.build](report, settings).items():
            tables[name] = table
    return report, tables


def _open_orders(inbound: pd.DataFrame | None, settings: ImportSettings) -> Tables:
    """Return units on their way as open orders, where the settings say when they arrive."""
    if inbound is None or settings.inbound_days is None:
        return {}
    rows: list[dict[str, Any]] = []
    for sku, location, day, stage, units in inbound[["sku", "location", "date", "stage", "units"]].itertuples(
        index=False
    ):
        expected = pd.Timestamp(day).date() + timedelta(days=settings.inbound_days)
        if stage in EXPECTED_STAGES:
            rows.append(
                {
                    "order_id": f"inbound-{stage}",
                    "sku": sku,
                    "location": location,
                    "quantity": units,
                    "expected_on": expected,
                    "mode": "inbound",
                }
            )
    return {"open_orders": text_table("open_orders", rows, ("quantity",))} if rows else {}


def _ordered(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its contract's columns first, in their order, and no column that is empty throughout."""
    names = TABLES[name].names if name in TABLES else FACT_TABLES[name].columns
    filled = [column for column in table if (table[column] != "").any()]
    first = [column for column in names if column in table and (name not in TABLES or column in filled)]
    return table[[*first, *(column for column in filled if column not in first)]]


def _rows_table(report: ParsedReport) -> pd.DataFrame:
    columns: dict[str, Any] = {"file": list(report.names), "row": [str(row) for row in report.rows]}
    for asked in report.layout.fields:
        if asked.name in report.fields:
            columns[asked.name] = [cell_text(value) for value in report.fields[asked.name]]
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        return pd.DataFrame()
    return pd.DataFrame({**columns, "extras": list(report.extras)}, dtype=object)
