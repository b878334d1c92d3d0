"""Text to days: ISO only; what else may have been meant is named in the remedy, never guessed."""

import datetime as dt
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from inventory.cells import Fault

__all__ = ["NOT_MIDNIGHT", "iso_remedy", "parse_dates"]

ISO_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ](.+))?$")
MIDNIGHT = re.compile(r"00:00(:00(\.0+)?)?(Z|[+-]\d\d:?\d\d)?$")
SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
ISO_REMEDY = "write dates as YYYY-MM-DD, such as 2024-03-31"
NOT_A_DATE = "is not a date"
NOT_ISO = "is not an ISO date"
AMBIGUOUS = "is not an ISO date: which is the day, which the month?"
NOT_MIDNIGHT = "has a time of day where a whole day is meant"


def parse_dates(texts: pa.Array, comma: bool) -> tuple[npt.NDArray[Any], list[Fault]]:
    """Parse ISO days (u,); anything else is refused with the ISO spelling it may have meant."""
    words = texts.to_pylist()
    values = np.full(len(words), np.datetime64("NaT"), dtype="datetime64[D]")
    rules: list[str] = []
    for index, word in enumerate(words):
        day, rule = _day(word)
        rules.append(rule)
        if day is not None:
            values[index] = np.datetime64(day, "D")
    kinds = sorted(set(rules) - {""})
    faults = [Fault(rule, iso_remedy, np.array([found == rule for found in rules], dtype=bool)) for rule in kinds]
    return values, faults


def _day(text: str) -> tuple[dt.date | None, str]:
    """Return the day that `text` names and the rule it breaks ('' if none)."""
    match = ISO_DAY.match(text)
    if not text:
        return None, ""
    if match is None:
        return None, _unreadable(text)
    try:
        day = dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None, "is a day that no calendar has"
    if match[4] and not MIDNIGHT.match(match[4]):
        return None, NOT_MIDNIGHT
    return day, ""


def _unreadable(text: str) -> str:
    slashed = SLASHED.match(text)
    if slashed is None:
        return NOT_A_DATE
    return AMBIGUOUS if int(slashed[1]) <= 12 and int(slashed[2]) <= 12 else NOT_ISO


def iso_remedy(text: str) -> str:
    """Name the ISO spellings that `text` may have meant."""
    slashed = SLASHED.match(text)
    if slashed:
        first, second, year = int(slashed[1]), int(slashed[2]), slashed[3]
        pairs = {(first, second), (second, first)}
        spelled = [f"{year}-{month:02d}-{day:02d}" for month, day in sorted(pairs) if month <= 12 and day <= 31]
        return f"write {' or '.join(spelled) or ISO_REMEDY} (YYYY-MM-DD)"
    if re.fullmatch(r"[34]\d{4}(\.0+)?", text):
        day = dt.date(1899, 12, 30) + dt.timedelta(days=int(float(text)))
        return f"looks like a spreadsheet's day number; format the column as YYYY-MM-DD (perhaps {day})"
    if ISO_DAY.match(text) and len(text) > 10:
        return "sum the lines of a day into one row; order lines are read by `fillrate import orders`"
    return ISO_REMEDY
