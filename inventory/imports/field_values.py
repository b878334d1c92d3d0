"""A report's cells as values: texts, whole numbers, exact decimals, days and flags, each with its complaints."""

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from inventory.cells import Cells, Fault, as_text, encode
from inventory.imports.layout import Field, FieldKind
from inventory.imports.settings import ImportSettings
from inventory.moment_text import parse_moments
from inventory.number_text import parse_numbers
from inventory.parsing import EMPTY_REMEDY, FALSE_WORDS, FLAG_REMEDY, TRUE_WORDS
from inventory.schema import LARGEST_NUMBER

__all__ = ["FieldValues", "field_values", "missing_values"]

MISSING = frozenset({"", "n/a", "na", "--", "-", "null", "none", "not available", "not applicable"})
"""What a report writes where it has no number, day or flag."""
LONGEST_NUMBER = 40
LONGEST_TEXT = 2_000
MONTH = re.compile(r"(\d{4})-(\d{2})$|(\d{1,2})/(\d{4})$")
OLDEST, NEWEST = dt.date(1980, 1, 1), dt.date(2100, 1, 1)

Values = npt.NDArray[np.object_]


@dataclass(slots=True)
class FieldValues:
    """A column's values (n,): str ('' missing), Decimal, date or bool (None missing); `faults` say which are wrong.

    texts: the cells as they stand in the file.
    """

    values: Values
    cells: Cells
    faults: list[Fault] = field(default_factory=list)

    def text(self, row: int) -> str:
        """Return the cell of a row as it stands in the file."""
        return str(self.cells.texts[int(self.cells.codes[row])])


def missing_values(asked: Field, count: int) -> Values:
    """Return the values (n,) of a column that is not there."""
    empty = np.empty(count, dtype=object)
    empty[:] = "" if asked.kind is FieldKind.TEXT else None
    return empty


def field_values(
    file: str, asked: Field, column: pa.ChunkedArray, comma: bool, settings: ImportSettings
) -> FieldValues:
    """Return the values of one column; a wrong cell is missing in them and named in a fault.

    comma: the file writes decimal commas. Raises DataError where its dates can be read day or month first.
    """
    cells, _ = encode(as_text(column))
    words: list[str] = cells.texts.to_pylist()
    if asked.kind is not FieldKind.TEXT:
        words = ["" if word.casefold() in MISSING else word for word in words]
    parse = {
        FieldKind.TEXT: _texts,
        FieldKind.WHOLE: _numbers,
        FieldKind.NUMBER: _numbers,
        FieldKind.DAY: _days,
        FieldKind.FLAG: _flags,
    }[asked.kind]
    distinct, faults = parse(file, asked, words, comma, settings)
    if asked.required:
        faults.append(Fault("is empty", EMPTY_REMEDY, np.array([word == "" for word in words], dtype=bool)))
    values = distinct[cells.codes] if len(distinct) else missing_values(asked, len(cells.codes))
    return FieldValues(values, cells, [fault for fault in faults if fault.bad.any()])


Parsed = tuple[Values, list[Fault]]


def _texts(file: str, asked: Field, words: list[str], comma: bool, settings: ImportSettings) -> Parsed:
    long = np.array([len(word) > LONGEST_TEXT for word in words], dtype=bool)
    remedy = f"write at most {LONGEST_TEXT:,} characters"
    return _objects(words), [Fault(f"is longer than {LONGEST_TEXT:,} characters", remedy, long)]


def _numbers(file: str, asked: Field, words: list[str], comma: bool, settings: ImportSettings) -> Parsed:
    long = np.array([len(word) > LONGEST_NUMBER for word in words], dtype=bool)
    words = ["" if far else word for word, far in zip(words, long, strict=True)]
    floats, faults = parse_numbers(pa.array(words, pa.large_string()), comma)
    faults.append(Fault(f"has more than {LONGEST_NUMBER} characters", "write the number", long))
    large = np.abs(floats) > LARGEST_NUMBER
    faults.append(Fault("is beyond 1e12", "correct the number", large))
    bad = np.isnan(floats) | large
    if not asked.signed:
        negative = ~bad & (floats < 0)
        faults.append(Fault("is below 0", "correct the number", negative))
        bad |= negative
    values = [None if wrong else _decimal(word, comma) for word, wrong in zip(words, bad, strict=True)]
    if asked.kind is FieldKind.WHOLE:
        broken = np.array([value is not None and value != value.to_integral_value() for value in values], dtype=bool)
        faults.append(Fault("is not a whole number", "write whole units", broken))
        values = [None if wrong else value for value, wrong in zip(values, broken, strict=True)]
    return _objects(values), faults


def _decimal(word: str, comma: bool) -> Decimal:
    value = Decimal(word.replace(",", ".") if comma else word)
    return value if value.adjusted() > -30 else Decimal(0)  # 1e-999999 has a million digits when written out


def _days(file: str, asked: Field, words: list[str], comma: bool, settings: ImportSettings) -> Parsed:
    months = [MONTH.match(word) for word in words]
    rest = ["" if month else word for word, month in zip(words, months, strict=True)]
    moments, faults = parse_moments(file, pa.array(rest, pa.large_string()), settings.date_order, settings.time_zone)
    found = [None if np.isnat(moment) else moment.astype("datetime64[D]").item() for moment in moments]
    values = [day if month is None else _month(month) for day, month in zip(found, months, strict=True)]
    odd = [bool(word) and (day is None or not OLDEST <= day < NEWEST) for word, day in zip(words, values, strict=True)]
    told = faults[0].bad if faults else np.zeros(len(words), dtype=bool)
    absurd = np.array(odd, dtype=bool) & ~told
    faults.append(Fault(f"is no day from {OLDEST} to {NEWEST}", "correct the date", absurd))
    return _objects([None if wrong else day for day, wrong in zip(values, odd, strict=True)]), faults


def _month(match: re.Match[str]) -> dt.date | None:
    year, month = (match[1], match[2]) if match[1] else (match[4], match[3])
    return dt.date(int(year), int(month), 1) if 1 <= int(month) <= 12 and int(year) else None


def _flags(file: str, asked: Field, words: list[str], comma: bool, settings: ImportSettings) -> Parsed:
    folded = [word.casefold() for word in words]
    values = [True if word in TRUE_WORDS else False if word in FALSE_WORDS else None for word in folded]
    bad = [bool(word) and value is None for word, value in zip(folded, values, strict=True)]
    return _objects(values), [Fault("is neither true nor false", FLAG_REMEDY, np.array(bad, dtype=bool))]


def _objects(values: list[Any]) -> Values:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
