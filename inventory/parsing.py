"""Cells to values: text, days, numbers, shares, flags and price breaks, each with its complaints."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inventory.breach import Breach
from inventory.schema import TEXT, Column, Kind

__all__ = ["as_text", "parse_column", "uses_decimal_comma"]

NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
COMMA_NUMBER = r"^[+-]?\d*,\d+([eE][+-]?\d+)?$"
THOUSANDS = r"^[+-]?[1-9]\d{0,2}([,.' \x{00a0}\x{202f}]\d{3})+([.,]\d+)?$"
SURELY_DECIMAL = r"^[+-]?(0*|\d{4,}),\d+$|^[+-]?\d*,(\d{1,2}|\d{4,})$"
ISO_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ](.+))?$")
MIDNIGHT = re.compile(r"00:00(:00(\.0+)?)?(Z|[+-]\d\d:?\d\d)?$")
SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
TRUE_WORDS = frozenset({"true", "yes", "y", "t", "1", "1.0"})
FALSE_WORDS = frozenset({"false", "no", "n", "f", "0", "0.0"})
EMPTY_REMEDY = "fill the cell or remove the row"

ISO_REMEDY = "write dates as YYYY-MM-DD, such as 2024-03-31"
NUMBER_REMEDY = (
    "write a plain number such as 1234.5 (no sign of money, no words), or leave an optional cell empty"
)
FLAG_REMEDY = "write true or false"
NOT_FINITE = "is not a finite number"


@dataclass(slots=True)
class Cells:
    """A column by its distinct texts: `codes` (n,) point into `texts`; an empty text is a missing cell."""

    codes: npt.NDArray[np.int64]
    texts: pa.Array

    def rows_of(self, bad: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], list[str | None]]:
        """Return the positions whose text is `bad` (a mask over the texts), and those texts."""
        positions = np.flatnonzero(bad[self.codes]) if len(bad) else np.empty(0, np.int64)
        return positions, self.texts.take(pa.array(self.codes[positions])).to_pylist()


def as_text(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return any scalar column as text: whole floats (ids that met a missing value) without `.0`; null → empty."""
    kind = cells.type
    if pa.types.is_floating(kind):
        whole = pc.all(pc.or_kleene(pc.is_nan(cells), pc.equal(pc.floor(cells), cells))).as_py()
        cells = pc.if_else(pc.is_nan(cells), None, cells)
        cells = cells.cast(pa.int64()) if whole and pc.all(pc.less(pc.abs(cells), 2**53)).as_py() else cells
    elif pa.types.is_dictionary(kind):
        cells = cells.cast(kind.value_type)
    return pc.fill_null(cells.cast(pa.large_string()), "")


def encode(cells: pa.ChunkedArray) -> tuple[Cells, int]:
    """Return a text column by its distinct texts, trimmed, and how many cells had to be trimmed."""
    coded = cells.cast(pa.large_string()).combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = pa.concat_arrays(coded.chunks) if coded.num_chunks else pa.array([], pa.large_string())
    coded = coded.dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    texts = pc.utf8_trim_whitespace(coded.dictionary)
    changed = pc.not_equal(texts, coded.dictionary).to_numpy(zero_copy_only=False).astype(bool)
    if not changed.any():
        return Cells(codes, texts), 0
    again = texts.dictionary_encode()  # two spellings of one text are one text once trimmed
    remap = again.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return Cells(remap[codes], again.dictionary), int(changed[codes].sum())


def uses_decimal_comma(columns: list[pa.ChunkedArray]) -> bool:
    """Whether any cell of a file's number columns surely is a decimal comma: 12,5 or 0,125, but not 1,234."""
    return any(bool(pc.any(pc.match_substring_regex(cells, SURELY_DECIMAL)).as_py()) for cells in columns)


def parse_column(
    column: Column, cells: pa.ChunkedArray, comma: bool = False
) -> tuple[pd.Series, list[Breach], int]:
    """Return the column's values (n,) in its dtype, what is wrong with which cells, and how many were trimmed.

    `cells` are text, or a Parquet file's own type; `comma`: numbers have decimal commas. A wrong cell has no value.
    """
    if column.kind is Kind.TEXT:
        return _texts(column, cells)
    typed = _TYPED[column.kind](column, cells)
    if typed is not None:
        return typed
    coded, trimmed = encode(as_text(cells))
    values, faults = _PARSERS[column.kind](coded.texts, comma)
    breaches = [_breach(column, coded, fault) for fault in faults]
    empty = pc.equal(coded.texts, "").to_numpy(zero_copy_only=False).astype(bool)
    if column.required and empty.any():
        breaches.append(_breach(column, coded, Fault("is empty", EMPTY_REMEDY, empty)))
    series = pd.Series(values[coded.codes] if len(values) else values)
    return _with_default(column, series), [breach for breach in breaches if len(breach.positions)], trimmed


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule broken by some of a column's distinct texts: `bad` is a mask over them."""

    rule: str
    remedy: str | Callable[[str], str]
    bad: npt.NDArray[np.bool_]


def _breach(column: Column, coded: Cells, fault: Fault) -> Breach:
    positions, texts = coded.rows_of(fault.bad)
    values = [None] * len(texts) if fault.rule == "is empty" else texts
    return Breach(column.name, fault.rule, fault.remedy, positions, values)


def _with_default(column: Column, series: pd.Series) -> pd.Series:
    if column.default is not None:
        series = series.where(series.notna(), column.default)
    return series.astype(column.kind.dtype)


def _texts(column: Column, cells: pa.ChunkedArray) -> tuple[pd.Series, list[Breach], int]:
    coded, trimmed = encode(as_text(cells))
    empty = pc.equal(coded.texts, "")
    known = pc.if_else(empty, pa.scalar(column.default, pa.large_string()), coded.texts)
    values = known.take(pa.array(coded.codes))
    series = pd.Series(pd.array(values, dtype=TEXT))
    bad = empty.to_numpy(zero_copy_only=False).astype(bool) if column.required else np.zeros(0, bool)
    breach = _breach(column, coded, Fault("is empty", EMPTY_REMEDY, bad))
    return series, [breach] if len(breach.positions) else [], trimmed


def _numbers(texts: pa.Array, comma: bool) -> tuple[npt.NDArray[Any], list[Fault]]:
    """Parse numbers (u,) from distinct texts; see the module's patterns for what is refused and why."""
    plain = _where(texts, NUMBER)
    decimal = _where(texts, COMMA_NUMBER)
    thousands = _where(texts, THOUSANDS) & ~(plain & (not comma)) & ~(decimal & comma)
    good = (decimal | (plain & ~thousands)) if comma else plain
    pointed = np.zeros(len(good), bool)
    if comma:
        pointed = good & _where(texts, r"\.")
        good &= ~pointed
    dotted = pc.replace_substring(texts, ",", ".") if comma else texts
    values = pc.if_else(pa.array(good), dotted, None).cast(pa.float64()).to_numpy(zero_copy_only=False)
    values = np.array(values, dtype=np.float64)
    infinite = np.isinf(values) | _where(texts, r"(?i)^[+-]?(nan|inf|infinity)$")
    values[np.isinf(values)] = np.nan
    rest = ~(good | thousands | pointed | infinite) & _where(texts, ".")
    wrong_comma = rest & decimal
    faults = [
        Fault("has thousands separators", _without_thousands, thousands),
        Fault(
            "has a decimal point in a file with decimal commas", "use one decimal mark throughout", pointed
        ),
        Fault("has a decimal comma in a file separated by commas", _point_for_comma, wrong_comma),
        Fault(NOT_FINITE, "write the number, or leave an optional cell empty", infinite),
        Fault("is not a number", NUMBER_REMEDY, rest & ~wrong_comma),
    ]
    return values, [fault for fault in faults if fault.bad.any()]


def _where(texts: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    return pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False).astype(bool)


def _without_thousands(text: str) -> str:
    return (
        f"write it without them: {re.sub(r'[^0-9+-]', '', text)}"
        if _is_whole(text)
        else "write it without them"
    )


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d{1,3}(?:([,.' \u00a0\u202f])\d{3}(?:\1\d{3})*)", text) is not None


def _point_for_comma(text: str) -> str:
    return f"write {text.replace(',', '.')}, or separate the columns with ';'"


def _shares(texts: pa.Array, comma: bool) -> tuple[npt.NDArray[Any], list[Fault]]:
    """Parse shares (u,): numbers, or true/false and yes/no as 1 and 0."""
    words = [text.casefold() for text in texts.to_pylist()]
    true = np.array([word in TRUE_WORDS for word in words], dtype=bool)
    false = np.array([word in FALSE_WORDS for word in words], dtype=bool)
    values, faults = _numbers(pc.if_else(pa.array(true | false), "", texts), comma)
    values[true], values[false] = 1.0, 0.0
    return values, faults


def _flags(texts: pa.Array, comma: bool) -> tuple[npt.NDArray[Any], list[Fault]]:
    words = [text.casefold() for text in texts.to_pylist()]
    values = np.array(
        [True if word in TRUE_WORDS else False if word in FALSE_WORDS else None for word in words],
        dtype=object,
    )
    bad = np.array(
        [bool(word) and value is None for word, value in zip(words, values, strict=True)], dtype=bool
    )
    return values, [Fault("is neither true nor false", FLAG_REMEDY, bad)]


def _breaks(texts: pa.Array, comma: bool) -> tuple[npt.NDArray[Any], list[Fault]]:
    found = [text.replace(",", ".") if comma else text for text in texts.to_pylist()]
    bad = np.array([bool(text) and not _readable_breaks(text) for text in found], dtype=bool)
    values = np.array([text or None for text in found], dtype=object)
    remedy = "write quantity:unit cost pairs with rising quantities, such as 100:4.50;500:4.10"
    return values, [Fault("is not a list of price breaks", remedy, bad)]


def _readable_breaks(text: str) -> bool:
    pairs = [
        re.fullmatch(r"\s*(\d+)\s*:\s*(\d+(?:\.\d+)?)\s*", pair) for pair in text.rstrip("; ").split(";")
    ]
    if not all(pairs):
        return False
    quantities = [int(pair[1]) for pair in pairs if pair]
    return quantities[0] >= 1 and all(
        low < high for low, high in zip(quantities, quantities[1:], strict=False)
    )


def _dates(texts: pa.Array, comma: bool) -> tuple[npt.NDArray[Any], list[Fault]]:
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
    faults = [
        Fault(rule, _iso_remedy, np.array([found == rule for found in rules], dtype=bool)) for rule in kinds
    ]
    return values, faults


NOT_A_DATE = "is not a date"
AMBIGUOUS = "is not an ISO date: day and month cannot be told apart safely"
NOT_MIDNIGHT = "has a time of day where a whole day is meant"


def _day(text: str) -> tuple[dt.date | None, str]:
    """Return the day that `text` names and the rule it breaks ('' if none)."""
    match = ISO_DAY.match(text)
    if not text:
        return None, ""
    if match is None:
        return None, AMBIGUOUS if SLASHED.match(text) else NOT_A_DATE
    try:
        day = dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None, "is a day that no calendar has"
    if match[4] and not MIDNIGHT.match(match[4]):
        return None, NOT_MIDNIGHT
    return day, ""


def _iso_remedy(text: str) -> str:
    """Name the ISO spellings that `text` may have meant."""
    slashed = SLASHED.match(text)
    if slashed:
        first, second, year = int(slashed[1]), int(slashed[2]), slashed[3]
        pairs = {(first, second), (second, first)}
        spelled = [
            f"{year}-{month:02d}-{day:02d}" for month, day in sorted(pairs) if month <= 12 and day <= 31
        ]
        return f"write {' or '.join(spelled) or ISO_REMEDY} (YYYY-MM-DD)"
    if re.fullmatch(r"[34]\d{4}(\.0+)?", text):
        day = dt.date(1899, 12, 30) + dt.timedelta(days=int(float(text)))
        return f"looks like a spreadsheet's day number; format the column as YYYY-MM-DD (perhaps {day})"
    if ISO_DAY.match(text) and len(text) > 10:
        return "sum the lines of a day into one row; order lines are read by `fillrate import orders`"
    return ISO_REMEDY


_PARSERS = {
    Kind.NUMBER: _numbers,
    Kind.SHARE: _shares,
    Kind.FLAG: _flags,
    Kind.BREAKS: _breaks,
    Kind.DATE: _dates,
}


Parsed = tuple[pd.Series, list[Breach], int]


def _typed_numbers(column: Column, cells: pa.ChunkedArray) -> Parsed | None:
    """Take a Parquet file's numbers (and booleans, for shares) as they are; None when they are something else."""
    kind = cells.type
    boolean = pa.types.is_boolean(kind) and column.kind is Kind.SHARE
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or boolean):
        return None
    cells = cells.cast(pa.uint8()) if boolean else cells
    values = np.array(cells.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    infinite = np.flatnonzero(np.isinf(values))
    missing = np.flatnonzero(np.isnan(values)) if column.required else np.empty(0, np.int64)
    if pa.types.is_float32(kind):
        values = _shortest(values)
    found = [
        Breach(column.name, NOT_FINITE, "write the number", infinite, [str(values[at]) for at in infinite]),
        Breach(column.name, "is empty", EMPTY_REMEDY, missing, [None] * len(missing)),
    ]
    values[infinite] = np.nan
    return _with_default(column, pd.Series(values)), [breach for breach in found if len(breach.positions)], 0


def _shortest(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return single-precision numbers as the decimals they were written as: 2.55, not 2.549999952."""
    single = values.astype(np.float32)
    codes, distinct = pd.factorize(single, use_na_sentinel=True)
    exact = np.array([*(float(str(value)) for value in distinct), np.nan])
    return exact[codes]


def _typed_flags(column: Column, cells: pa.ChunkedArray) -> Parsed | None:
    if not pa.types.is_boolean(cells.type):
        return None
    values = pd.Series(pc.fill_null(cells, bool(column.default)).to_numpy())
    return values.astype("bool"), [], 0


def _typed_dates(column: Column, cells: pa.ChunkedArray) -> Parsed | None:
    """Take days and timestamps (at midnight of their own time zone); None when they are text or numbers."""
    kind = cells.type
    if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return None
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        cells = pc.local_timestamp(cells)
    moments = np.array(cells.cast(pa.timestamp("s"), safe=False).to_numpy(), dtype="datetime64[s]")
    days = moments.astype("datetime64[D]")
    timed = np.flatnonzero(~np.isnat(moments) & (moments != days))
    missing = np.flatnonzero(np.isnat(moments)) if column.required else np.empty(0, np.int64)
    found = [
        Breach(column.name, NOT_MIDNIGHT, _iso_remedy, timed, [str(moments[at]) for at in timed]),
        Breach(column.name, "is empty", EMPTY_REMEDY, missing, [None] * len(missing)),
    ]
    return pd.Series(days.astype("datetime64[s]")), [breach for breach in found if len(breach.positions)], 0


def _never_typed(column: Column, cells: pa.ChunkedArray) -> Parsed | None:
    return None


_TYPED = {
    Kind.NUMBER: _typed_numbers,
    Kind.SHARE: _typed_numbers,
    Kind.FLAG: _typed_flags,
    Kind.DATE: _typed_dates,
    Kind.BREAKS: _never_typed,
}
