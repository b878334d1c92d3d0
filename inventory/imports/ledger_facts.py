"""The marketplace's inventory ledger as movements: events one by one, opening balances, and whether they add up.

Codes and their meaning: Seller Central help, "Inventory adjustments" (adjustment reason codes).
"""

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from inventory.imports.feed import text_table
from inventory.imports.header_match import plain
from inventory.imports.parsed_report import ParsedReport
from inventory.imports.settings import ImportSettings
from inventory.ledger.movement import ALLOWED, Bucket, MovementKind

__all__ = ["ORIGIN", "detail_tables", "ledger_gap", "summary_tables"]

ORIGIN = "amazon-ledger"
"""Who tells the movements: the same row told again is the same movement."""

SELLABLE = "sellable"
LOST, FOUND = frozenset({"M", "5"}), frozenset({"F", "N"})
DISPOSED = frozenset({"D"})
CHANGES = frozenset({"6", "7", "E", "H", "K", "U", "P", "Q"})
"""Damage, and changes of disposition: they come as two rows, units out of one state and into the other."""
RECEIPTS, SHIPMENTS, RETURNS, REMOVALS = "receipts", "shipments", "customerreturns", "vendorreturns"
TRANSFERS, ADJUSTMENTS = "whsetransfers", "adjustments"
EVENTS = (RECEIPTS, SHIPMENTS, RETURNS, REMOVALS, TRANSFERS, ADJUSTMENTS)

CHANGED = (
    *("receipts", "shipments", "returns", "removals", "transfers", "found", "lost", "damaged", "disposed"),
    *("other", "unknown"),
)
OUTGOING = frozenset({"shipments", "removals", "lost", "damaged", "disposed"})

B, K = Bucket, MovementKind
Table = dict[str, pd.DataFrame]
Path = tuple[MovementKind, Bucket, Bucket]


@dataclass(frozen=True, slots=True)
class _Event:
    """One row: signed units of a sku in one bucket (the marketplace's network is one location)."""

    sku: str
    day: date
    event: str
    reason: str
    centre: str
    bucket: Bucket
    units: int
    reference: str

    @property
    def out(self) -> bool:
        return self.units < 0


def detail_tables(report: ParsedReport, settings: ImportSettings) -> Table:
    """Return the table `movements` of a ledger detail report; rows of 0 units, and moves between two unsellable states,
    are left out of the report and counted.

    Damage and disposition changes are told as two rows; they become one movement from one bucket to the other, so that
    a lot keeps its age. Transfers between warehouses leave the network's stock reserved until they arrive. What fits no
    rule is an adjustment. The units in every bucket change by exactly what the rows say.
    """
    report.leave_out("moves no units", np.array([not units for units in report.fields["units"]], dtype=bool))
    strange = sorted({event for event in report.fields["event"] if plain(event) not in EVENTS})
    if strange:
        report.warnings.append(f"unknown event types are taken as adjustments: {', '.join(strange[:5])}")
    events = list(_events(report))
    partner, same_state = _pairs(events)
    rows = []
    for place, event in enumerate(events):
        if place in same_state:
            continue
        if place not in partner:
            rows.append(_row(event, abs(event.units), _path(event), settings))
        elif event.out:
            rows.append(_row(event, abs(event.units), _change(event.bucket), settings))
    unmoved = np.zeros(report.kept, dtype=bool)
    unmoved[sorted(same_state)] = True
    report.leave_out("stays unsellable", unmoved)
    return {"movements": text_table("movements", rows)} if rows else {}


def summary_tables(report: ParsedReport, settings: ImportSettings) -> Table:
    """Return `ledger_days`, the stock after the last day, and the opening balances of the first day as movements.

    A row whose end is not what start and movements make is kept, and told with its gap.
    """
    days = list(_ledger_days(report))
    gaps = [row for row in days if row["gap"]]
    if gaps:
        first = gaps[0]
        report.warnings.append(
            f"{len(gaps):,} of {len(days):,} balances do not add up, first {first['sku']} {first['disposition']} on "
            f"{first['date']}: {first['gap']:+} units"
        )
    if not days:
        return {}
    tables = {"ledger_days": text_table("ledger_days", days, ("start", *CHANGED, "end", "gap", "in_transit"))}
    opening = _opening(days, settings)
    if opening:
        tables["movements"] = text_table("movements", opening)
    return tables | {"stock": _closing(days, settings)}


def ledger_gap(row: Mapping[str, Decimal | None], signed: bool) -> Decimal:
    """Return end − (start + what came in − what went out): 0 where a balance adds up.

    signed: the report writes what went out as negative numbers; else as positive ones.
    """
    moved = sum(
        ((row.get(name) or Decimal(0)) * (-1 if not signed and name in OUTGOING else 1) for name in CHANGED),
        Decimal(0),
    )
    return (row["end"] or Decimal(0)) - (row["start"] or Decimal(0)) - moved


def _events(report: ParsedReport) -> Iterator[_Event]:
    """Yield the rows with a reference each: what the row says and how often it was said before, so that it is the same
    in every report that holds its whole day.
    """
    told: Counter[tuple[Any, ...]] = Counter()
    names = ("sku", "date", "event", "reason", "centre", "disposition", "units", "reference", "fnsku")
    for sku, day, event, reason, centre, disposition, units, reference, fnsku in zip(
        *(report.fields[name] for name in names), strict=True
    ):
        key = (day, plain(event), reference, fnsku or sku, centre, plain(disposition), reason, int(units))
        told[key] += 1
        words = "|".join(str(part) for part in (*key, told[key]))
        digest = hashlib.sha256(words.encode()).hexdigest()[:32]
        bucket = B.AVAILABLE if plain(disposition) == SELLABLE else B.UNSELLABLE
        yield _Event(sku, day, plain(event), reason.upper(), centre, bucket, int(units), f"{day}:{digest}")


def _pairs(events: list[_Event]) -> tuple[dict[int, int], set[int]]:
    """Return which row is the other half of which, and the rows whose halves are both unsellable."""
    waiting: dict[tuple[Any, ...], deque[int]] = defaultdict(deque)
    partner: dict[int, int] = {}
    same: set[int] = set()
    for place, event in enumerate(events):
        if event.event != ADJUSTMENTS or event.reason not in CHANGES:
            continue
        group = (event.sku, event.day, event.centre, abs(event.units))
        for bucket in (B.UNSELLABLE, B.AVAILABLE) if event.bucket is B.AVAILABLE else (B.AVAILABLE, B.UNSELLABLE):
            others = waiting[*group, bucket, not event.out]
            if others and not (bucket is event.bucket is B.AVAILABLE):
                other = others.popleft()
                partner[place], partner[other] = other, place
                if bucket is event.bucket:
                    same |= {place, other}
                break
        else:
            waiting[*group, event.bucket, event.out].append(place)
    return partner, same


def _change(leaves: Bucket) -> Path:
    if leaves is B.AVAILABLE:
        return K.DAMAGED, B.AVAILABLE, B.UNSELLABLE
    return K.REPAIRED, B.UNSELLABLE, B.AVAILABLE


def _path(event: _Event) -> Path:
    """Return the kind of movement that a single row is, and between which buckets."""
    kind = _kind(event)
    if kind in (K.RESERVED, K.RELEASED):
        return (K.RESERVED, B.AVAILABLE, B.RESERVED) if event.out else (K.RELEASED, B.RESERVED, B.AVAILABLE)
    ends = (event.bucket, B.OUTSIDE) if event.out else (B.OUTSIDE, event.bucket)
    return (kind, *ends) if ends in ALLOWED[kind] else (K.ADJUSTMENT, *ends)


def _kind(event: _Event) -> MovementKind:
    kinds = {RECEIPTS: K.RECEIPT, SHIPMENTS: K.SALE, RETURNS: K.RETURN, REMOVALS: K.DISPOSED}
    if event.event in kinds:
        return kinds[event.event]
    if event.event == TRANSFERS and event.bucket is B.AVAILABLE:
        return K.RESERVED
    if event.event == ADJUSTMENTS:
        for codes, kind in ((LOST, K.LOST), (FOUND, K.FOUND), (DISPOSED, K.DISPOSED)):
            if event.reason in codes:
                return kind
    return K.ADJUSTMENT


def _row(event: _Event, units: int, path: Path, settings: ImportSettings) -> dict[str, Any]:
    kind, leaves, enters = path
    return {
        "sku": event.sku,
        "location": settings.location,
        "date": event.day,
        "kind": kind.value,
        "units": units,
        "leaves": leaves.value,
        "enters": enters.value,
        "origin": ORIGIN,
        "reference": event.reference,
        "reason": event.reason,
        "centre": event.centre,
        "event": event.event,
    }


def _ledger_days(report: ParsedReport) -> Iterator[dict[str, Any]]:
    names = ("sku", "disposition", "date", "start", *CHANGED, "end", "in_transit", "place")
    rows = [
        dict(zip(names, cells, strict=True)) for cells in zip(*(report.fields[name] for name in names), strict=True)
    ]
    gaps = {signed: [ledger_gap(row, signed) for row in rows] for signed in (True, False)}
    signed = sum(map(bool, gaps[True])) <= sum(map(bool, gaps[False]))
    for row, gap in zip(rows, gaps[signed], strict=True):
        yield row | {"gap": gap}


def _opening(days: list[dict[str, Any]], settings: ImportSettings) -> list[dict[str, Any]]:
    """Return what was there before the first day, as adjustments: without it later sales would be of nothing."""
    first = min(row["date"] for row in days)
    held: Counter[tuple[str, Bucket]] = Counter()
    for row in days:
        if row["date"] == first:
            held[row["sku"], _bucket(row)] += int(row["start"])
    found = []
    for (sku, bucket), units in sorted(held.items(), key=lambda item: (item[0][0], item[0][1].value)):
        path = (K.ADJUSTMENT, B.OUTSIDE, bucket)
        if units > 0:
            found.append(_opening_row(sku, first, units, path, bucket.value, settings))
    return found


def _opening_row(sku: str, day: date, units: int, path: Path, what: str, settings: ImportSettings) -> dict[str, Any]:
    event = _Event(sku, day, "opening", "opening balance", "", path[2], units, f"opening:{day}:{what}:{sku}"[:200])
    return _row(event, units, path, settings)


def _closing(days: list[dict[str, Any]], settings: ImportSettings) -> pd.DataFrame:
    """Return the stock at the start of the day after the last one."""
    last = max(row["date"] for row in days)
    rows = [
        {
            "sku": row["sku"],
            "location": settings.location,
            "date": last + timedelta(days=1),
            "on_hand": max(row["end"], Decimal(0)),
            "reserved": Decimal(0),
            "unsellable": max(row["end"], Decimal(0)) if _bucket(row) is B.UNSELLABLE else Decimal(0),
        }
        for row in days
        if row["date"] == last
    ]
    return text_table("stock", rows, ("on_hand", "reserved", "unsellable"))


def _bucket(row: Mapping[str, Any]) -> Bucket:
    return B.AVAILABLE if plain(str(row["disposition"])) == SELLABLE else B.UNSELLABLE
