"""A real orders export becomes a dataset folder; every line, unit and penny is accounted for."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import UsageError
from core.frequency import Frequency
from core.progress import Progress, silent
from inventory.breach import file_error
from inventory.folder_writing import check_target, write_folder
from inventory.order_columns import OrderLines, read_order_lines
from inventory.order_lines import Bucket, ImportRules, classify, main_currency, quick_cancellations, sku_codes
from inventory.order_tables import (
    SortedLines,
    price_history_table,
    products_table,
    returns_table,
    sales_table,
    set_aside_table,
)
from inventory.reading import find_files

__all__ = ["BucketTotal", "ImportReport", "QuickCancellation", "import_orders"]


@dataclass(frozen=True, slots=True)
class BucketTotal:
    """Lines of a bucket and their exact sums as the export signs them: units, revenue (quantity × price)."""

    lines: int
    units: Decimal
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class QuickCancellation:
    """An order line and the cancellation that took it back within minutes."""

    sku: str
    order_id: str
    cancellation_id: str
    units: Decimal
    minutes: float
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `buckets` (all six, by name) add up to `total` in lines, units and revenue.

    reasons: (bucket, reason) → lines. repeats: lines that say exactly what an earlier one says (kept as sales
    unless dropped). quick_cancellations: orders cancelled within minutes, largest revenue first. columns:
    field → header used. tables: file → rows. as_of: the first day that the export does not fully cover
    (ISO).
    """

    source: str
    total: BucketTotal
    buckets: Mapping[str, BucketTotal]
    reasons: Mapping[str, int]
    repeats: int
    quick_cancellations: tuple[QuickCancellation, ...]
    columns: Mapping[str, str]
    tables: Mapping[str, int]
    skus: int
    first_date: str
    last_date: str
    as_of: str
    currency: str | None
    warnings: tuple[str, ...]

    def as_json(self) -> str:
        """Return the report as JSON text, amounts as decimal strings."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False, default=_plain_decimal) + "\n"


def import_orders(
    source: Path,
    out: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    drop_repeats: bool = False,
    rules: ImportRules | None = None,
    tables_from: Path | None = None,
    overwrite: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Turn the orders export `source` into the dataset folder `out` and return the account of its lines.

    Writes sales.csv, products.csv, returns.csv and dataset.toml; beside the contract's tables
    price_history.csv (what was paid), set_aside_lines.csv (each line that is neither sale nor return, with
    its reason) and import_report.json. `tables_from` is a folder whose tables (supply.csv, stock.csv, …) are
    copied beside. `mapping` is field → header; `drop_repeats` adds to `rules`. The
    same input gives the same bytes. Raises DataError for an unreadable export or one without sales,
    UsageError for a folder in use.
    """
    check_target(out, overwrite)
    rules = replace(rules or ImportRules(), drop_repeats=drop_repeats or (rules or ImportRules()).drop_repeats)
    progress("reading the export", 0.0)
    lines = read_order_lines(source, mapping or {}, rules.date_order, rules.time_zone)
    progress("sorting its lines", 0.4)
    ordered, pairs = _sort(lines, rules)
    if not (ordered.bucket == Bucket.SALE).any():
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in _reasons(ordered).items())
        raise file_error(source.name, "has no line that is a sale", f"check the columns; found {reasons}")
    progress("writing the tables", 0.7)
    tables = _tables(ordered)
    report = _report(source, ordered, pairs, rules, tables)
    files = {name: _csv(table) for name, table in tables.items()}
    files |= {"dataset.toml": _toml(report, rules), "import_report.json": report.as_json().encode()}
    files |= _companions(tables_from, files)
    write_folder(out, files, overwrite)
    progress("imported", 1.0)
    return report


def _companions(folder: Path | None, written: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the tables in `folder` by file name; raises UsageError for one that the import itself writes."""
    found = {} if folder is None else find_files(folder)[0]
    own = {name.partition(".")[0] for name in written}
    for table, path in found.items():
        if table in own:
            raise UsageError(f"{path} would replace the {table} of the import; move it elsewhere")
    return {path.name: path.read_bytes() for path in found.values()}


def _sort(lines: OrderLines, rules: ImportRules) -> tuple[SortedLines, list[tuple[int, int, float]]]:
    verdict = classify(lines, rules)
    sku = sku_codes(lines, rules)
    pairs = quick_cancellations(lines, verdict["bucket"], sku, rules)
    if rules.drop_cancelled_pairs:
        both = [line for sale, back, _ in pairs for line in (sale, back)]
        verdict.loc[both, ["bucket", "reason"]] = [str(Bucket.ADJUSTMENT), "cancelled within minutes"]
    return SortedLines(lines, sku, verdict["bucket"], verdict["reason"], rules.frequency), pairs


def _tables(lines: SortedLines) -> dict[str, pd.DataFrame]:
    return {
        "sales.csv": sales_table(lines),
        "products.csv": products_table(lines),
        "returns.csv": returns_table(lines),
        "price_history.csv": price_history_table(lines),
        "set_aside_lines.csv": set_aside_table(lines),
    }


def _report(
    source: Path,
    ordered: SortedLines,
    pairs: list[tuple[int, int, float]],
    rules: ImportRules,
    tables: Mapping[str, pd.DataFrame],
) -> ImportReport:
    lines, sales = ordered.lines, ordered.bucket == Bucket.SALE
    days = lines.frame["day"][sales]
    currency = main_currency(lines.frame, rules)
    unknown = () if currency else ("the export names no currency: set it in dataset.toml",)
    return ImportReport(
        source=source.name,
        total=_total(lines, np.ones(len(ordered.bucket), dtype=bool), len(lines.broken)),
        buckets=_buckets(ordered),
        reasons=_reasons(ordered),
        repeats=int(lines.repeats.sum()),
        quick_cancellations=_described(ordered, pairs),
        columns=dict(lines.headers),
        tables={name: len(table) for name, table in tables.items()},
        skus=int(ordered.sku[sales].nunique()),
        first_date=str(days.min().date()),
        last_date=str(days.max().date()),
        as_of=_as_of(days, rules.frequency),
        currency=currency,
        warnings=(*lines.warnings, *unknown),
    )


def _total(lines: OrderLines, where: np.ndarray, broken: int) -> BucketTotal:
    return BucketTotal(int(where.sum()) + broken, lines.quantity.total(where), _pennies(lines.amount.total(where)))


def _buckets(ordered: SortedLines) -> dict[str, BucketTotal]:
    broken = {Bucket.REJECTED: len(ordered.lines.broken)}
    return {
        str(bucket): _total(ordered.lines, (ordered.bucket == bucket).to_numpy(), broken.get(bucket, 0))
        for bucket in Bucket
    }


def _reasons(ordered: SortedLines) -> dict[str, int]:
    counts = (ordered.bucket + ": " + ordered.reason)[ordered.reason != ""].value_counts()
    found = {str(reason): int(count) for reason, count in counts.items()}
    if ordered.lines.broken:
        found[f"{Bucket.REJECTED}: cannot be split into cells"] = len(ordered.lines.broken)
    return dict(sorted(found.items()))


def _described(ordered: SortedLines, pairs: list[tuple[int, int, float]]) -> tuple[QuickCancellation, ...]:
    frame, amount, quantity = ordered.lines.frame, ordered.lines.amount, ordered.lines.quantity
    found = [
        QuickCancellation(
            sku=str(ordered.sku[sale]),
            order_id=str(frame["order_id"][sale]),
            cancellation_id=str(frame["order_id"][back]),
            units=quantity.take(np.array([sale])).total(),
            minutes=minutes,
            revenue=_pennies(amount.take(np.array([sale])).total()),
        )
        for sale, back, minutes in pairs
    ]
    return tuple(sorted(found, key=lambda pair: (-pair.revenue, pair.order_id, pair.sku)))


def _as_of(days: pd.Series, frequency: Frequency) -> str:
    """Return the first day of the first period that the export's days do not cover to its end."""
    return str(frequency.floor(np.array([days.max() + pd.Timedelta(days=1)], dtype="datetime64[D]"))[0])


def _pennies(amount: Decimal) -> Decimal:
    rounded = amount.quantize(Decimal("0.01"))
    return rounded if rounded == amount else amount


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n", date_format=None).encode()


def _toml(report: ImportReport, rules: ImportRules) -> bytes:
    lines = [f'frequency = "{rules.frequency}"', f'time_zone = "{rules.time_zone}"']
    if report.currency:
        lines.insert(1, f'currency = "{report.currency}"')
    return ("\n".join(lines) + "\n").encode()


def _plain_decimal(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)
