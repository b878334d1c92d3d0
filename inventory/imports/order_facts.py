"""An All Orders report as sales: the same rules, sums and account as any orders export (`inventory.orders_import`)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from inventory.breach import RawTable
from inventory.imports.feed import cell_text
from inventory.imports.header_match import Matched, match_headers
from inventory.imports.layout import Layout
from inventory.imports.parsed_report import ParsedReport, broken_rows
from inventory.imports.report_reading import FileFacts, Source, read_source
from inventory.imports.settings import ImportSettings
from inventory.inflate import UploadLimits
from inventory.order_columns import OrderLines, order_lines_of
from inventory.order_lines import Bucket, ImportRules, classify, sku_codes
from inventory.order_tables import SortedLines, products_table, sales_table

__all__ = ["order_report"]

Names = npt.NDArray[np.object_]


def order_report(
    layout: Layout, sources: Sequence[Source], settings: ImportSettings, limits: UploadLimits
) -> tuple[ParsedReport, dict[str, pd.DataFrame]]:
    """Return the account of an All Orders report's lines, and its tables: sales, products and order_lines (texts).

    Each line is a sale, or left out for a reason (cancelled, no quantity, no price, …), or refused. A line that a later
    file tells again (the same order, sku and moment) counts as the later one tells it. Raises DataError as
    `match_headers` and `read_source` do.
    """
    report, raws, names = _read(layout, sources, settings, limits)
    if not len(names):
        return report, {}
    raw = _joined(raws)
    rules = ImportRules(
        not_products=(),  # a marketplace's orders have no postage lines, their numbers no prefix,
        cancellation_prefix="",  # and skus differ by case
        fold_case=False,
        frequency=settings.frequency,
        time_zone=settings.time_zone,
        date_order=settings.date_order,
    )
    lines = order_lines_of(raw, report.headers, rules.date_order, rules.time_zone)
    verdict = classify(lines, rules)
    again = _told_again(lines, names)
    verdict.loc[again, ["bucket", "reason"]] = [str(Bucket.DUPLICATE), "told again in a later file"]
    _account(report, lines, verdict, names)
    kept = SortedLines(lines, sku_codes(lines, rules), verdict["bucket"], verdict["reason"], rules.frequency)
    return report, _tables(kept, settings)


def _read(
    layout: Layout, sources: Sequence[Source], settings: ImportSettings, limits: UploadLimits
) -> tuple[ParsedReport, list[RawTable], Names]:
    """Return the account so far, the files with their columns under the first file's headers, and each row's file."""
    nothing = np.empty(0, dtype=object)
    report = ParsedReport(layout, {"date": nothing}, nothing, np.empty(0, np.int64), nothing)
    spellings = [header for asked in layout.fields for header in asked.headers]
    raws, names = [], []
    for source in sources:
        raw, facts = read_source(source, [*spellings, *layout.known], layout.records, limits)
        matched = match_headers(layout, list(raw.cells), settings.mapping, raw.file)
        _note(report, raw, facts, matched)
        raw.cells = {report.headers[name]: raw.cells[header] for name, header in matched.columns.items()}
        raws.append(raw)
        names += [raw.file] * len(raw.rows)
    return report, raws, np.array(names, dtype=object)


def _note(report: ParsedReport, raw: RawTable, facts: FileFacts, matched: Matched) -> None:
    report.files.append(facts)
    report.read += len(raw.rows) + len(raw.broken)
    report.headers = {**matched.columns, **report.headers}
    report.unknown += [header for header in matched.unknown if header not in report.unknown]
    absent = [asked.headers[0] for asked in report.layout.fields if asked.name not in matched.columns]
    report.absent += [header for header in absent if header not in report.absent]
    report.warnings += raw.warnings if len(raw.rows) else [*raw.warnings, f"{raw.file} has no rows"]
    report.refused += broken_rows(raw)


def _joined(raws: Sequence[RawTable]) -> RawTable:
    """Return the files as one, empty cells where one has no such column."""
    headers = dict.fromkeys(header for raw in raws for header in raw.cells)
    cells = {
        header: pa.chunked_array(
            [
                chunk
                for raw in raws
                for chunk in (
                    raw.cells[header].cast(pa.large_string()).chunks
                    if header in raw.cells
                    else [pa.array([""] * len(raw.rows), pa.large_string())]
                )
            ],
            pa.large_string(),
        )
        for header in headers
    }
    rows = np.concatenate([raw.rows for raw in raws])
    return RawTable("orders", raws[0].file, cells, rows, all(raw.comma for raw in raws))


def _told_again(lines: OrderLines, names: Names) -> npt.NDArray[np.bool_]:
    """Return which lines a later file holds too: the same order and sku, bought at the same moment."""
    files = pd.factorize(names)[0]
    if not files.any():
        return np.zeros(len(files), dtype=bool)
    frame = pd.DataFrame(
        {"order": lines.frame["order_id"], "sku": lines.frame["sku"], "moment": lines.frame["moment"], "file": files}
    )
    newest = frame.groupby(["order", "sku", "moment"])["file"].transform("max")
    return (newest.notna() & (newest > frame["file"])).to_numpy(dtype=bool)


def _account(report: ParsedReport, lines: OrderLines, verdict: pd.DataFrame, names: Names) -> None:
    rejected = (verdict["bucket"] == Bucket.REJECTED).to_numpy()
    kept = verdict["bucket"].isin([Bucket.SALE, Bucket.RETURN]).to_numpy()
    for place in np.flatnonzero(rejected):
        column, _, rule = str(verdict["reason"][place]).partition(" ")
        header = report.headers.get(column, column)
        remedy = "correct the line, or leave it out"
        report.refused.append((str(names[place]), int(lines.rows[place]), header, rule, remedy, None))
    aside = verdict[~kept & ~rejected]
    for (bucket, reason), count in aside.groupby(["bucket", "reason"]).size().items():
        report.skipped[f"{bucket}: {reason}"] += int(count)
    report.rows, report.names = lines.rows[kept], names[kept]
    report.extras = np.full(int(kept.sum()), "", dtype=object)
    report.fields["date"] = np.array([day.date() for day in lines.frame["day"][kept]], dtype=object)


def _tables(lines: SortedLines, settings: ImportSettings) -> dict[str, pd.DataFrame]:
    sales = sales_table(lines).assign(location=settings.location)
    if not len(sales):
        return {}
    sold = lines.keys(Bucket.SALE, ("order_id", "sku", "date"))
    sold = sold.assign(units=lines.lines.quantity.take(sold.index.to_numpy()).floats)
    sold = sold.groupby(["order_id", "sku", "date"], as_index=False)["units"].sum()
    return {
        name: _texts(table)
        for name, table in (
            ("sales", sales),
            ("products", products_table(lines)),
            ("order_lines", sold),
        )
    }


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table's cells as CSV texts: days as dates, whole numbers without a point, '' for missing."""
    columns = {}
    for name in table:
        values = table[name]
        if values.dtype.kind == "M":
            columns[name] = values.dt.strftime("%Y-%m-%d").tolist()
        elif values.dtype.kind == "f":
            columns[name] = ["" if value != value else f"{value:.15g}" for value in values.tolist()]
        else:
            columns[name] = values.astype(object).where(values.notna(), "").map(cell_text).tolist()
    return pd.DataFrame(columns, dtype=object)
