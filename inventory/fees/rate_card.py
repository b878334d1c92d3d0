"""Rate cards: what a marketplace charges, by day, tier and band, each with where the number comes from.

One TOML file a fee in `inventory/fees/rates`; a folder of the seller's own replaces files of the same name:

    fee = "monthly_storage"
    unit = "USD per cubic foot of daily average volume and month"
    [[table]]
    effective_from = 2024-04-01            # effective_to: last day; missing = until the next table, or for ever
    source = "where the rates were read"
    confidence = "official"                # official, repository, third_party or unverified
    rules = { snapshot_day = 15 }          # thresholds and exemptions that the fee's module reads
    rates = [{ tier = "standard", from = 1, below = 10, rate = 0.78 }]

A band is `from` ≤ x < `below` or `above` < x ≤ `up_to`; what x is (month, days, weeks, pounds) the fee's module says.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError, FeeUnknownError, StorageError

__all__ = ["CONFIDENCES", "FEES", "Rate", "RateCard", "RateTable", "read_rate_cards"]

FEES = (
    *("monthly_storage", "storage_utilisation", "aged_inventory", "low_inventory", "inbound_placement"),
    *("removal", "overage", "referral", "fulfilment_surcharge", "reimbursement"),
)
CONFIDENCES = ("official", "repository", "third_party", "unverified")
TABLE_KEYS = {"effective_from", "effective_to", "source", "confidence", "note", "rules", "rates"}
RATE_KEYS = {"tier", "split", "from", "below", "above", "up_to", "rate", "highest", "per_unit", "per_pound"}


@dataclass(frozen=True, slots=True)
class Rate:
    """One row of a table.

    low … high: the band (high None: open above); closed_low: whether low belongs to it, then high does not. rate:
    in the card's unit; highest: where only a range from rate on is known. per_unit: least a unit. per_pound: for each
    pound above low. split: how a shipment is split, where that matters.
    """

    tier: str
    low: Decimal
    high: Decimal | None
    closed_low: bool
    rate: Decimal
    highest: Decimal | None = None
    per_unit: Decimal = Decimal(0)
    per_pound: Decimal = Decimal(0)
    split: str = ""
    confidence: str = ""

    def holds(self, value: Decimal) -> bool:
        """Return whether `value` lies in the band."""
        if self.closed_low:
            return self.low <= value and (self.high is None or value < self.high)
        return self.low < value and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class RateTable:
    """The rates in force from effective_from to effective_to (both included; None: no end is known)."""

    fee: str
    effective_from: date
    effective_to: date | None
    source: str
    confidence: str
    rates: tuple[Rate, ...]
    note: str = ""
    rules: Mapping[str, Any] = field(default_factory=dict)

    def find(self, tier: str, value: Decimal, split: str = "") -> Rate | None:
        """Return the row of a tier (`any` stands for all) whose band holds `value`; None where there is none."""
        fits = (rate for rate in self.rates if rate.tier in (tier, "any") and rate.split == split)
        return next((rate for rate in fits if rate.holds(value)), None)

    def rule(self, name: str) -> Any:
        """Return a rule of the table; raises ConfigurationError where the table does not state it."""
        if name not in self.rules:
            place = f"the rate table {self.fee} from {self.effective_from}"
            raise ConfigurationError(f"{place} states no rule {name!r}; add it under rules")
        return self.rules[name]


@dataclass(frozen=True, slots=True)
class RateCard:
    """All tables of one fee, oldest first."""

    fee: str
    unit: str
    tables: tuple[RateTable, ...]

    def on(self, day: date) -> RateTable:
        """Return the table in force on `day`; raises FeeUnknownError where no source gives one."""
        for table in self.tables:
            if table.effective_from <= day and (table.effective_to is None or day <= table.effective_to):
                return table
        spans = ", ".join(f"{table.effective_from} … {table.effective_to or ''}".strip() for table in self.tables)
        remedy = "give a table of your own for that day (--fee-tables)"
        raise FeeUnknownError(f"the fee {self.fee} is not known on {day}; known: {spans}; {remedy}")

    def known(self, day: date) -> RateTable | None:
        """Return the table in force on `day`, None where no source gives one."""
        try:
            return self.on(day)
        except FeeUnknownError:
            return None


def read_rate_cards(own: Path | None = None) -> dict[str, RateCard]:
    """Return every shipped rate card by its fee, those of the folder `own` in place of their namesakes.

    Raises ConfigurationError for a file that breaks the format, StorageError when the disk refuses.
    """
    shipped = resources.files("inventory.fees") / "rates"
    texts = {fee: (f"{fee}.toml", (shipped / f"{fee}.toml").read_text(encoding="utf-8")) for fee in FEES}
    for path in sorted(own.glob("*.toml")) if own is not None else []:
        if path.stem not in FEES:
            raise ConfigurationError(f"{path} is no fee that is known; name the file after one of {', '.join(FEES)}")
        try:
            texts[path.stem] = (str(path), path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            raise StorageError(f"{path} cannot be read: {error}; check the file") from error
    return {fee: _card(fee, *told) for fee, told in texts.items()}


def _card(fee: str, file: str, text: str) -> RateCard:
    try:
        found = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file} is not readable as TOML: {error}; correct it") from None
    told = found.get("table")
    if not isinstance(told, list) or not told:
        raise ConfigurationError(f"{file} has no [[table]]; give at least one")
    tables = sorted((_table(fee, file, table) for table in told), key=lambda table: table.effective_from)
    return RateCard(fee, str(found.get("unit", "")), _closed(file, tables))


def _closed(file: str, tables: Sequence[RateTable]) -> tuple[RateTable, ...]:
    """Return the tables, each without a last day closed by its successor; refuse two in force on one day."""
    closed = []
    for place, table in enumerate(tables):
        following = tables[place + 1].effective_from if place + 1 < len(tables) else None
        last = table.effective_to
        if following is not None:
            last = following - timedelta(days=1) if last is None else last
            if last >= following or following == table.effective_from:
                words = f"from {table.effective_from} and from {following} are both in force on {following}"
                raise ConfigurationError(f"{file}: the tables {words}; give the first an earlier effective_to")
        closed.append(replace(table, effective_to=last))
    return tuple(closed)


def _table(fee: str, file: str, told: Mapping[str, Any]) -> RateTable:
    place = f"{file}: the table from {told.get('effective_from', '?')}"
    _only(place, told, TABLE_KEYS)
    confidence = told.get("confidence", "unverified")
    if not isinstance(told.get("effective_from"), date) or not isinstance(told.get("effective_to"), date | None):
        raise ConfigurationError(f"{place} has no valid effective_from or effective_to; write days like 2024-04-01")
    if not told.get("source") or confidence not in CONFIDENCES:
        words = f"a source and a confidence of {', '.join(CONFIDENCES)}"
        raise ConfigurationError(f"{place} needs {words}")
    return RateTable(
        fee=fee,
        effective_from=told["effective_from"],
        effective_to=told.get("effective_to"),
        source=str(told["source"]),
        confidence=confidence,
        rates=tuple(_rate(place, row, confidence) for row in told.get("rates", [])),
        note=str(told.get("note", "")),
        rules=told.get("rules", {}),
    )


def _rate(place: str, row: Mapping[str, Any], confidence: str) -> Rate:
    _only(place, row, RATE_KEYS | {"confidence"})
    closed = "from" in row
    low, high = ("from", "below") if closed else ("above", "up_to")
    if "tier" not in row or "rate" not in row or low not in row or ({"below", "up_to"} - {high}) & set(row):
        raise ConfigurationError(f"{place}: {dict(row)} needs tier, rate and a band (from, below or above, up_to)")
    try:
        numbers = {key: Decimal(row[key]) for key in row if key not in ("tier", "split", "confidence")}
    except (ArithmeticError, TypeError, ValueError):
        raise ConfigurationError(f"{place}: {dict(row)} holds what is no number; correct it") from None
    if any(not number.is_finite() or number < 0 for number in numbers.values()):
        raise ConfigurationError(f"{place}: {dict(row)} holds a negative number; correct it")
    return Rate(
        tier=str(row["tier"]),
        low=numbers[low],
        high=numbers.get(high),
        closed_low=closed,
        rate=numbers["rate"],
        highest=numbers.get("highest"),
        per_unit=numbers.get("per_unit", Decimal(0)),
        per_pound=numbers.get("per_pound", Decimal(0)),
        split=str(row.get("split", "")),
        confidence=str(row.get("confidence", confidence)),
    )


def _only(place: str, told: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(told) - known)
    if unknown:
        raise ConfigurationError(
            f"{place} has the unknown key {unknown[0]!r}; known ones are {', '.join(sorted(known))}"
        )
