"""The accounting export: stock movements and fees as balanced journal lines in exact decimals (C15, S08)."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from core.errors import UsageError
from inventory.fees.charge import Charge, to_cents

__all__ = ["JOURNAL_COLUMNS", "Account", "JournalLine", "StockMove", "journal", "journal_csv", "stock_value"]

JOURNAL_COLUMNS = ("date", "entry", "account", "account_name", "sku", "text", "debit", "credit", "currency")


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the books: its number and name."""

    number: str
    name: str


DEFAULT_ACCOUNTS: Mapping[str, Account] = {
    "inventory": Account("1400", "Inventory"),
    "payables": Account("2000", "Accounts payable"),
    "goods_sold": Account("5000", "Cost of goods sold"),
    "write_off": Account("5900", "Inventory written off"),
    "fees": Account("6100", "Marketplace fees"),
    "fees_owed": Account("2100", "Marketplace fees owed"),
}
"""Accounts by what they are for; an export may be given others."""

PAIRS: Mapping[str, tuple[str, str]] = {
    "receipt": ("inventory", "payables"),
    "sale": ("goods_sold", "inventory"),
    "return": ("inventory", "goods_sold"),
    "write_off": ("write_off", "inventory"),
    "found": ("inventory", "write_off"),
}
"""Kind of move → the account debited and the account credited."""


@dataclass(frozen=True, slots=True)
class StockMove:
    """Units that moved, valued at unit_cost (money, exact). kind: a key of PAIRS."""

    date: date
    kind: str
    sku: str
    units: Decimal
    unit_cost: Decimal
    reference: str = ""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line: a debit or a credit in cents; all lines of one entry balance."""

    date: date
    entry: str
    account: Account
    sku: str
    text: str
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)


@dataclass(slots=True)
class _Book:
    accounts: Mapping[str, Account]
    lines: list[JournalLine] = field(default_factory=list)

    def enter(self, day: date, pair: tuple[str, str], sku: str, text: str, amount: Decimal) -> None:
        """Add a debit and a credit of the same cents; a negative amount swaps them, nothing is no entry."""
        cents = to_cents(amount)
        if not cents:
            return
        debit, credit = pair if cents > 0 else (pair[1], pair[0])
        entry, size = f"{day:%Y%m%d}-{len(self.lines) // 2 + 1:06d}", abs(cents)
        self.lines.append(JournalLine(day, entry, self.accounts[debit], sku, text, debit=size))
        self.lines.append(JournalLine(day, entry, self.accounts[credit], sku, text, credit=size))


def journal(
    moves: Iterable[StockMove], charges: Iterable[Charge] = (), accounts: Mapping[str, Account] | None = None
) -> list[JournalLine]:
    """Return balanced entries, two lines each: moves at units × unit cost, charges as fees owed; by day.

    Each entry is rounded to cents once, half up, on both sides alike, so that debits equal credits to the cent.
    Raises UsageError for a kind of move that has no accounts.
    """
    book = _Book({**DEFAULT_ACCOUNTS, **(accounts or {})})
    for move in sorted(moves, key=lambda move: (move.date, move.kind, move.sku, move.reference)):
        if move.kind not in PAIRS:
            raise UsageError(f"moves of the kind {move.kind!r} have no accounts; use one of {', '.join(PAIRS)}")
        text = f"{move.kind} of {move.units.normalize():f} at {move.unit_cost}" + (
            f", {move.reference}" if move.reference else ""
        )
        book.enter(move.date, PAIRS[move.kind], move.sku, text, move.units * move.unit_cost)
    for charge in sorted(charges, key=lambda charge: (charge.date, charge.fee, charge.sku)):
        text = f"{charge.fee}: {charge.note}" if charge.note else charge.fee
        book.enter(charge.date, ("fees", "fees_owed"), charge.sku, text, charge.amount)
    return sorted(book.lines, key=lambda line: line.date)


def journal_csv(lines: Iterable[JournalLine], currency: str) -> str:
    """Return the lines as CSV with `JOURNAL_COLUMNS`: amounts with two decimals and a point, empty where nothing is."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(JOURNAL_COLUMNS)
    for line in lines:
        amounts = [f"{amount:.2f}" if amount else "" for amount in (line.debit, line.credit)]
        names = (line.account.number, line.account.name, line.sku, line.text)
        writer.writerow([line.date.isoformat(), line.entry, *names, *amounts, currency])
    return out.getvalue()


def stock_value(moves: Iterable[StockMove]) -> Decimal:
    """Return what the moves leave in stock, in cents: the balance of the account inventory."""
    lines = [line for line in journal(moves) if line.account == DEFAULT_ACCOUNTS["inventory"]]
    return sum((line.debit - line.credit for line in lines), Decimal(0))
