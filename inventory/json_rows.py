"""Rows sent as JSON (one array) or NDJSON (one object a line) become a raw table of texts, number by number as written.

Numbers are never made floats here: their digits go on as they stand, so that an amount is exact and a number of a
million digits costs no more than its text.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from core.errors import UploadTooLargeError
from inventory.breach import RawTable, file_error
from inventory.inflate import UploadLimits

__all__ = ["raw_of_records", "read_json_rows", "read_ndjson"]

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that no name or number has; half surrogates cannot be stored."""
SHOWN = 80


def read_json_rows(name: str, file: str, data: bytes, limits: UploadLimits) -> RawTable:
    """Return the cells of a JSON array of flat objects; rows count from 0, as JSON pointers do.

    Raises DataError for what is no such JSON, UploadTooLargeError for too many rows or columns.
    """
    rows = _loaded(file, data)
    if not isinstance(rows, list):
        raise file_error(file, "is not an array of rows", 'send [{"sku": …}, …]')
    return raw_of_records(name, file, list(enumerate(rows)), limits)


def read_ndjson(name: str, file: str, data: bytes, limits: UploadLimits) -> RawTable:
    """Return the cells of one JSON object a line; rows are line numbers from 1; empty lines are skipped.

    A line that is no JSON is a broken row. Raises DataError for text that is not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise file_error(file, f"is not UTF-8 ({error.reason} at byte {error.start})", "send UTF-8") from None
    records: list[tuple[int, Any]] = []
    broken: list[tuple[int, str, str, str]] = []
    for line, words in _lines(text):
        try:
            records.append((line, _decoder(words)))
        except (ValueError, RecursionError) as error:
            broken.append((line, f"is not JSON ({_told(error)})", "write one object a line", words[:SHOWN]))
    raw = raw_of_records(name, file, records, limits)
    raw.broken.extend(broken)
    return raw


def raw_of_records(name: str, file: str, records: Sequence[tuple[int, Any]], limits: UploadLimits) -> RawTable:
    """Return the raw table of (row number, object) pairs; what is no flat object is a broken row.

    A key that a row does not have, and null, are empty cells.
    """
    if len(records) > limits.rows:
        raise UploadTooLargeError(f"{file} has {len(records):,} rows, {limits.rows:,} is the limit; split it")
    names: dict[str, None] = {}
    good: list[tuple[int, dict[str, str]]] = []
    raw = RawTable(name, file, {}, np.empty(0, np.int64))
    for row, record in records:
        cells, complaint = _cells(record)
        if complaint:
            raw.broken.append((row, *complaint))
            continue
        good.append((row, cells))
        names.update(dict.fromkeys(cells))
        if len(names) > limits.columns:
            raise UploadTooLargeError(f"{file} has more than {limits.columns:,} columns; write one row a record")
    if not good and not raw.broken:
        raise file_error(file, "has no rows", "send at least one row")
    raw.cells = {key: pa.chunked_array([[cells.get(key, "") for _, cells in good]], pa.string()) for key in names}
    raw.rows = np.array([row for row, _ in good], dtype=np.int64)
    return raw


def _cells(record: Any) -> tuple[dict[str, str], tuple[str, str, str] | None]:
    """Return a record's cells as texts, or what is wrong with it: rule, remedy, text."""
    if not isinstance(record, Mapping):
        return {}, ("is not an object", 'write {"sku": "A-1", …}', _shown(record))
    cells: dict[str, str] = {}
    for key, value in record.items():
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif value is None:
            text = ""
        elif isinstance(value, str):
            text = value
        else:
            return {}, (f"has a {type(value).__name__} in {key[:SHOWN]!r}", "write plain values", _shown(value))
        if CONTROL.search(key) or CONTROL.search(text):
            return {}, (f"has control characters in {_ascii(key)}", "remove them", _ascii(text))
        cells[key.strip()] = text
    return cells, None


def _loaded(file: str, data: bytes) -> Any:
    try:
        return _decoder(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise file_error(file, f"is not UTF-8 ({error.reason} at byte {error.start})", "send UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise file_error(file, f"is not JSON ({_told(error)})", "send a JSON array of rows") from None


def _decoder(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _told(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]


def _shown(value: Any) -> str:
    return _ascii(str(value))


def _ascii(text: str) -> str:
    return text[:SHOWN].encode("ascii", "backslashreplace").decode("ascii")
