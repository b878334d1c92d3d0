"""What an import is told beside its files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.frequency import Frequency
from inventory.moment_text import DateOrder

__all__ = ["ImportSettings"]


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """What an import is told beside its files.

    location: where the report's stock is, as the dataset names it. channel: of listings. day: of reports that name
    none, and the day on which an export was downloaded. time_zone: to which moments with an offset are moved ('': the
    dataset's). mapping: field → header, before the layout's spellings; headers: field → headers, after them (the
    seller's own, `own_headers`). frequency: of the sales that orders make.
    inbound_days: units on their way are expected so many days after their report's day (None: they become no open
    orders). sku: whose product a market tool's answer describes (default: its ASIN); competitor: it is another
    seller's. replace_series: a keyword's earlier values give way to an export of another scale.
    """

    location: str = "main"
    channel: str = "amazon"
    day: date | None = None
    date_order: DateOrder = DateOrder.AUTO
    time_zone: str = "UTC"
    mapping: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    frequency: Frequency = Frequency.DAILY
    inbound_days: int | None = None
    sku: str | None = None
    competitor: bool = False
    replace_series: bool = False
