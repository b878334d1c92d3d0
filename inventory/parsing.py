"""Cells to values: text, days, numbers, shares, flags and price breaks, each with its complaints."""

import itertools
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inventory.breach import Breach
from inventory.cells import Cells, Fault, as_text, encode
from inventory.date_text import NOT_MIDNIGHT, iso_remedy, parse_dates
from inventory.number_text import NOT_FINITE, parse_numbers
from inventory.schema import TEXT, Column, Kind

__all__ = ["parse_column"]

TRUE_WORDS = frozenset({"true", "yes", "y", "t", "1", "1.0"})
FALSE_WORDS = frozenset({"false", "no", "n", "f", "0", "0.0"})
EMPTY_REMEDY = "fill the cell or remove the row"

FLAG_REMEDY = "write true or false"


def parse_column(column: Column, cells: pa.ChunkedArray, comma: bool = False) -> tuple[pd.Series, list[Breach], int]:
    """Return the column's values (n,) in its dtype, what is wrong with which cells, how many were trimmed.

    `cells` are text, or a Parquet file's own type; `comma`: numbers have decimal commas. A wrong cell is
    missing in the values.
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


def _shares(texts: pa.Array, comma: bool) -> tuple[npt.NDArray[Any], list[Fault]]:
    """Parse shares (u,): numbers, or true/false and yes/no as 1 and 0."""
    words = [text.casefold() for text in texts.to_pylist()]
    true = np.array([word in TRUE_WORDS for word in words], dtype=bool)
    false = np.array([word in FALSE_WORDS for word in words], dtype=bool)
    values, faults = parse_numbers(pc.if_else(pa.array(true | false), "", texts), comma)
    values[true], values[false] = 1.0, 0.0
    return values, faults


def _flags(texts: pa.Array, comma: bool) -> tuple[npt.NDArray[Any], list[Fault]]:
    words = [text.casefold() for text in texts.to_pylist()]
    values = np.array(
        [True if word in TRUE_WORDS else False if word in FALSE_WORDS else None for word in words],
        dtype=object,
    )
    bad = np.array([bool(word) and value is None for word, value in zip(words, values, strict=True)], dtype=bool)
    return values, [Fault("is neither true nor false", FLAG_REMEDY, bad)]


def _breaks(texts: pa.Array, comma: bool) -> tuple[npt.NDArray[Any], list[Fault]]:
    found = [text.replace(",", ".") if comma else text for text in texts.to_pylist()]
    bad = np.array([bool(text) and not _readable_breaks(text) for text in found], dtype=bool)
    values = np.array([text or None for text in found], dtype=object)
    remedy = "write quantity:unit cost pairs with rising quantities, such as 100:4.50;500:4.10"
    return values, [Fault("is not a list of price breaks", remedy, bad)]


def _readable_breaks(text: str) -> bool:
    pairs = [
        re.fullmatch(r"\s*(\d+)\s*:\s*(\d+(?:\.\d+)?)\s*", pair)
        for pair in text.rstrip("; ").removeprefix("+").split(";")
    ]
    if not all(pairs):
        return False
    quantities = [int(pair[1]) for pair in pairs if pair]
    return quantities[0] >= 1 and all(low < high for low, high in itertools.pairwise(quantities))


_PARSERS = {
    Kind.NUMBER: parse_numbers,
    Kind.SHARE: _shares,
    Kind.FLAG: _flags,
    Kind.BREAKS: _breaks,
    Kind.DATE: parse_dates,
}


Parsed = tuple[pd.Series, list[Breach], int]


def _typed_numbers(column: Column, cells: pa.ChunkedArray) -> Parsed | None:
    """Take a Parquet file's numbers (and booleans, for shares) as they are; None for other types."""
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
        Breach(column.name, NOT_MIDNIGHT, iso_remedy, timed, [str(moments[at]) for at in timed]),
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
