"""What a client asks of an import: a report's bytes, its kind, and how it is to be read; also as JSON, for a job."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from core.errors import UsageError
from core.frequency import Frequency
from inventory.imports.generic import SavedMapping
from inventory.imports.layout import import_kinds
from inventory.imports.settings import ImportSettings
from inventory.moment_text import DateOrder
from inventory.order_columns import parse_mapping
from serving.demand.uploads import Mode, Policy

__all__ = ["ImportRequest", "ImportWords"]


@dataclass(frozen=True, slots=True)
class ImportWords:
    """All that is asked beside the bytes, as the address of the request has it."""

    kind: str
    dataset: str = "default"
    file: str = "report"
    mode: Mode = Mode.WRITE
    policy: Policy = Policy.ATOMIC
    date: str = ""
    location: str = "main"
    channel: str = "amazon"
    time_zone: str = ""
    date_order: DateOrder = DateOrder.AUTO
    inbound_days: int | None = None
    sku: str = ""
    competitor: bool = False
    replace_series: bool = False
    table: str = ""
    map: str = ""
    set: str = ""

    def told(self) -> dict[str, Any]:
        """Return the words as JSON."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "ImportWords":
        """Return the words that `told` wrote."""
        words: dict[str, Any] = {field.name: told[field.name] for field in fields(cls)}
        words["mode"], words["policy"] = Mode(words["mode"]), Policy(words["policy"])
        words["date_order"] = DateOrder(words["date_order"])
        return cls(**words)


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """The words and the report's bytes."""

    words: ImportWords
    data: bytes

    @property
    def fingerprint(self) -> str:
        """Return what makes two imports the same: kind, dataset, content and settings, not the name of the file."""
        told = {name: value for name, value in self.words.told().items() if name not in ("file", "mode")}
        text = json.dumps(told, sort_keys=True) + hashlib.sha256(self.data).hexdigest()
        return hashlib.sha256(text.encode()).hexdigest()

    def check(self) -> None:
        """Raise UsageError for a kind that is not there, or words that cannot be read."""
        if self.words.kind not in import_kinds():
            raise UsageError(f"there is no kind {self.words.kind[:60]!r}; there are {', '.join(import_kinds())}")
        self.settings("UTC", Frequency.DAILY)
        self.mapping()

    def settings(self, time_zone: str, frequency: Frequency) -> ImportSettings:
        """Return the settings; the dataset's time zone counts where the words name none."""
        words = self.words
        return ImportSettings(
            location=words.location,
            channel=words.channel,
            day=_day(words.date),
            date_order=words.date_order,
            time_zone=words.time_zone or time_zone,
            mapping=parse_mapping(words.map) if words.map else {},
            frequency=frequency,
            inbound_days=words.inbound_days,
            sku=words.sku or None,
            competitor=words.competitor,
            replace_series=words.replace_series,
        )

    def mapping(self) -> SavedMapping | None:
        """Return the mapping of a generic import, None where no table is named."""
        if not self.words.table:
            return None
        columns, constants = (parse_mapping(text) if text else {} for text in (self.words.map, self.words.set))
        return SavedMapping(self.words.table, columns, constants, self.words.date_order)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"date={text[:20]!r} is no day; write it like 2024-04-15") from None
