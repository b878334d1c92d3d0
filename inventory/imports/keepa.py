"""Keepa's product answer (JSON) as signals: rank, prices, offers and the "bought in past month" badge, day by day.

Keepa counts minutes since 2011-01-01 UTC; histories are flat lists of changes, time and value in turn (the buy box:
time, price, shipping); −1 means no value; prices are hundredths of the marketplace's currency, but for yen.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from core.errors import UsageError
from inventory.breach import file_error
from inventory.imports.feed import text_table
from inventory.imports.json_records import load_json
from inventory.imports.layout import Layout
from inventory.imports.parsed_report import ParsedReport
from inventory.imports.report_reading import FileFacts, Source, unpacked
from inventory.imports.settings import ImportSettings
from inventory.inflate import UploadLimits

__all__ = ["keepa_day", "keepa_report"]

EPOCH = dt.datetime(2011, 1, 1, tzinfo=dt.UTC)
LATEST = 60 * 24 * 366 * 100
JAPAN = 5
"""Keepa's number of the marketplace whose prices have no hundredths."""


@dataclass(frozen=True, slots=True)
class _Series:
    """One history: the signal that it becomes, numbers an entry, and whether values are money."""

    name: str
    step: int = 2
    money: bool = False


SERIES: Mapping[int, _Series] = {
    0: _Series("price_marketplace", money=True),
    1: _Series("price_new", money=True),
    3: _Series("bsr"),
    4: _Series("list_price", money=True),
    10: _Series("price_new_fba", money=True),
    11: _Series("offers_new"),
    16: _Series("rating_tenths"),
    17: _Series("reviews"),
    18: _Series("price_buy_box", 3, money=True),
    34: _Series("offers_fba"),
    35: _Series("offers_fbm"),
}
"""Index in `csv` → what it is; the other 25 (used, refurbished, collectible, …) are left out and counted."""

Point = tuple[int, Decimal | None]


def keepa_day(minute: int) -> dt.date:
    """Return the day (UTC) of a Keepa minute.

    >>> keepa_day(7554664)
    datetime.date(2025, 5, 13)
    """
    return (EPOCH + dt.timedelta(minutes=minute)).date()


def _last_known(points: Sequence[Point]) -> dict[dt.date, int]:
    """Return the place of the last known value of each day that has one; "no value" takes none back."""
    return {keepa_day(minute): place for place, (minute, value) in enumerate(points) if value is not None}


def keepa_report(
    layout: Layout, sources: Sequence[Source], settings: ImportSettings, limits: UploadLimits
) -> tuple[ParsedReport, dict[str, pd.DataFrame]]:
    """Return the account of a product answer's points and its tables: signals, and products for one's own.

    A point (one change of one history) is a row. Kept is the last value of each day; an earlier one of the day and "no
    value" are left out. With `settings.competitor` the product is another seller's: its price (of the buy box, else
    new), whether it could be bought, and its rank become `competitor_…` signals of `settings.sku`. Raises DataError for
    what is no such answer, UsageError for a competitor of no sku.
    """
    if settings.competitor and settings.sku is None:
        raise UsageError("say which of your skus the competitor's product competes with: --sku SKU")
    nothing = np.empty(0, dtype=object)
    report = ParsedReport(layout, {"date": nothing}, nothing, np.empty(0, np.int64), nothing)
    signals: list[dict[str, Any]] = []
    products: list[dict[str, Any]] = []
    kept = 0
    for source in sources:
        before = report.read
        for number, product in enumerate(_products(source, limits)):
            sku = settings.sku or str(product["asin"])
            histories = dict(_histories(report, source.name, number, product))
            for name, points in (_of_competitor(report, histories) if settings.competitor else histories).items():
                used = _last_known(points)
                kept += _account(report, points, used)
                signals += [
                    {"date": day, "name": name, "value": points[place][1], "sku": sku} for day, place in used.items()
                ]
            products.append(_product(product, sku))
        facts = FileFacts(source.name, source.sha256, len(source.data), "json", "utf-8", report.read - before)
        report.files.append(facts)
    report.rows = np.arange(1, kept + 1, dtype=np.int64)
    report.names, report.extras = np.full(kept, "", dtype=object), np.full(kept, "", dtype=object)
    report.fields["date"] = np.array([row["date"] for row in signals], dtype=object)
    tables = {"signals": text_table("signals", signals)} if signals else {}
    if products and not settings.competitor:
        tables["products"] = text_table("products", products)
    return report, tables


def _account(report: ParsedReport, points: Sequence[Point], used: Mapping[dt.date, int]) -> int:
    """Count the points that are left out by reason, and return how many are kept."""
    silent = sum(value is None for _, value in points)
    for reason, count in (
        ("no value (−1)", silent),
        ("replaced by a later value of the day", len(points) - silent - len(used)),
    ):
        if count:
            report.skipped[reason] += count
    return len(used)


def _of_competitor(report: ParsedReport, histories: Mapping[str, list[Point]]) -> dict[str, list[Point]]:
    """Return the histories of a competitor's product that are used, by the signals' names."""
    price = "price_buy_box" if histories.get("price_buy_box") else "price_new"
    names = {price: "competitor_price", "bsr": "competitor_bsr"}
    unused = sum(len(points) for name, points in histories.items() if name not in names)
    if unused:
        report.skipped["a history that is not used of a competitor"] += unused
    found = {names[name]: points for name, points in histories.items() if name in names}
    stock: list[Point] = [(minute, Decimal(value is not None)) for minute, value in found.get("competitor_price", [])]
    report.read += len(stock)  # the price's points tell a second thing: whether there was an offer at all
    return {**found, "competitor_in_stock": stock}


def _products(source: Source, limits: UploadLimits) -> Iterator[Mapping[str, Any]]:
    answer = load_json(source.name, unpacked(source, limits))
    found = answer.get("products") if isinstance(answer, Mapping) else answer
    if not isinstance(found, list) or not all(isinstance(item, Mapping) and item.get("asin") for item in found):
        raise file_error(source.name, "has no list of products with an ASIN", "give Keepa's answer to a product query")
    yield from found


def _product(product: Mapping[str, Any], sku: str) -> dict[str, Any]:
    tree = product.get("categoryTree") or [{}]
    return {
        "sku": sku,
        "name": product.get("title") or "",
        "category": (tree[0] if isinstance(tree[0], Mapping) else {}).get("name") or "",
        "brand": product.get("brand") or "",
        "asin": product["asin"],
    }


def _histories(
    report: ParsedReport, file: str, number: int, product: Mapping[str, Any]
) -> Iterator[tuple[str, list[Point]]]:
    """Yield the name and points of each history that is there; what cannot be read is refused."""
    cents = Decimal(1) if product.get("domainId") in (JAPAN, str(JAPAN)) else Decimal("0.01")
    lists = product.get("csv") or []
    for index, history in enumerate(lists if isinstance(lists, list) else []):
        place = f"products/{number}/csv/{index}"
        series = SERIES.get(index)
        if series is None:
            count = len(history or []) // 2
            report.read += count
            report.skipped["a history that is not used"] += count
        elif history:
            yield series.name, _points(report, file, place, history, series, cents)
    main = _main_category(product)
    for category, history in sorted((product.get("salesRanks") or {}).items()):
        place = f"products/{number}/salesRanks/{category}"
        points = _points(report, file, place, history, _Series("bsr"), cents)
        if str(category) == main:
            report.skipped["the main category's rank, told twice"] += len(points)
        else:
            yield f"bsr_{_category_name(product, str(category))}", points
    if product.get("monthlySoldHistory"):
        place = f"products/{number}/monthlySoldHistory"
        yield "monthly_sold", _points(report, file, place, product["monthlySoldHistory"], _Series("sold"), cents)


def _main_category(product: Mapping[str, Any]) -> str:
    """Return the category whose rank is history 3: the reference if it is known, else the root category."""
    reference = str(product.get("salesRankReference") or "")
    return reference if reference.isdecimal() else str(product.get("rootCategory") or "")


def _category_name(product: Mapping[str, Any], category: str) -> str:
    for item in product.get("categoryTree") or []:
        if isinstance(item, Mapping) and str(item.get("catId")) == category:
            return re.sub(r"[^a-z0-9]+", "_", str(item.get("name")).casefold()).strip("_")
    return category


def _points(report: ParsedReport, file: str, place: str, history: Any, series: _Series, cents: Decimal) -> list[Point]:
    """Return (minute, value) of a history; each entry is counted, and refused where it is no time and value."""
    found: list[Point] = []
    entries = history if isinstance(history, list) else [history]
    for start in range(0, len(entries), series.step):
        report.read += 1
        numbers = [number for word in entries[start : start + series.step] if (number := _integer(word)) is not None]
        if len(numbers) < series.step or not 0 <= numbers[0] < LATEST:
            rule, remedy = "is no time and value", "ask Keepa again"
            report.refused.append((file, start // series.step, place, rule, remedy, str(entries[start])[:80]))
            continue
        minute, value, *shipping = numbers
        if value < 0:
            found.append((minute, None))
        else:
            whole = Decimal(value + max(0, *shipping, 0))
            found.append((minute, whole * cents if series.money else whole))
    return found


def _integer(word: Any) -> int | None:
    text = str(word)
    return int(text) if re.fullmatch(r"-?\d{1,12}", text) else None
