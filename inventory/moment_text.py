"""Text to moments of an orders export: ISO, or day and month in the one order that the column allows."""

import datetime as dt
import re
import zoneinfo
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from core.errors import UsageError
from inventory.breach import file_error
from inventory.cells import Fault

__all__ = ["DateOrder", "parse_moments"]

SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4}|\d{2})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?$")
YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?=$|[ T])")
"""As Japan writes it: 2026/08/14 has one reading."""


class DateOrder(StrEnum):
    """How dates with slashes are written; AUTO lets the column decide, and refuses one that allows both."""

    AUTO = "auto"
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


def parse_moments(
    file: str, texts: pa.Array, order: DateOrder, time_zone: str
) -> tuple[npt.NDArray[np.datetime64], list[Fault]]:
    """Return the moments (u,) of distinct texts in `time_zone`, to the second, and what is wrong with which.

    A moment with an offset is moved to `time_zone`; one without is taken as local. Dates with dots are day first:
    nobody writes the month first with them. Raises DataError when dates with slashes can be read both ways and `order`
    is AUTO, UsageError for an unknown time zone.
    """
    zone = _zone(time_zone)
    words = [YEAR_FIRST.sub(_with_dashes, word) for word in texts.to_pylist()]
    slashed = [SLASHED.match(word) for word in words]
    day_first = _day_first(file, [match for match in slashed if match], order)
    values = np.full(len(words), np.datetime64("NaT"), dtype="datetime64[s]")
    bad = np.zeros(len(words), dtype=bool)
    for index, (word, match) in enumerate(zip(words, slashed, strict=True)):
        moment = _slashed(match, day_first) if match else _iso(word, zone)
        bad[index] = moment is None and word != ""
        if moment is not None:
            values[index] = np.datetime64(moment, "s")
    return values, [Fault("is not a date", "write dates as YYYY-MM-DD HH:MM", bad)]


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"'{name}' is not a time zone; write one such as Europe/London") from None


def _day_first(file: str, matches: Sequence[re.Match[str]], order: DateOrder) -> bool:
    if not matches or order is not DateOrder.AUTO:
        return order is DateOrder.DAY_FIRST
    first = any(int(match[1]) > 12 for match in matches)
    second = any(int(match[3]) > 12 for match in matches)
    if all(match[2] == "." for match in matches) and not second:
        return True
    if first == second:
        rule = "mixes day-first and month-first dates" if first else "has dates that can be read day or month first"
        example = matches[0][0]
        raise file_error(file, rule, "say which: --dates dmy or --dates mdy", value=example)
    return first


def _slashed(match: re.Match[str], day_first: bool) -> dt.datetime | None:
    day, month = (int(match[1]), int(match[3])) if day_first else (int(match[3]), int(match[1]))
    year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
    hour, minute, second = (int(part or 0) for part in match.group(5, 6, 7))
    try:
        return dt.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None


def _with_dashes(match: re.Match[str]) -> str:
    return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}"


def _iso(text: str, zone: zoneinfo.ZoneInfo) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text.replace(" UTC", "Z"))
        return moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):  # the first and last hours of the calendar have no other time zone
        return None
