"""A spreadsheet (XLSX) as a raw table: the sheet named like the table, else the first; values, never formulas."""

import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from core.errors import UploadTooLargeError
from inventory.breach import RawTable, file_error
from inventory.inflate import UploadLimits, check_archive

__all__ = ["read_spreadsheet"]


def read_spreadsheet(name: str, file: str, data: bytes, limits: UploadLimits) -> RawTable:
    """Return the cells of a sheet as texts; rows have the sheet's own numbers, the header is row 1.

    Empty rows are skipped. Raises DataError for what is no spreadsheet or has no header, UploadTooLargeError for one
    that unpacks to too much or has too many rows or columns, before they are read.
    """
    check_archive(file, data, limits)
    _check_workbook(file, data)
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that hold no values
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheet = next((item for item in book.worksheets if item.title.strip().lower() == name), None)
            sheet = sheet or next(iter(book.worksheets), None)
            if sheet is None:
                raise file_error(file, "has no sheet with cells", "save the table on the first sheet")
            sheet.reset_dimensions()  # what the file says of its size may be a million empty rows
            return _raw(name, file, _rows(file, sheet.iter_rows(values_only=True), limits))
    except (KeyError, ValueError, TypeError, AttributeError, OSError, SyntaxError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise file_error(file, f"is not a readable spreadsheet ({reason})", "save it anew as XLSX or CSV") from None


def _check_workbook(file: str, data: bytes) -> None:
    """Raise DataError for a zip archive that is no workbook, such as a report that was downloaded packed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    if "[Content_Types].xml" not in names:
        inside = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        raise file_error(file, "is a zip archive, not a spreadsheet", f"unpack it and give what is inside: {inside}")


def _rows(file: str, rows: Iterable[tuple[Any, ...]], limits: UploadLimits) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(rows, start=1):
        if number > limits.rows + 1:
            raise UploadTooLargeError(f"{file} has more than {limits.rows:,} rows; split it into several uploads")
        if len(cells) > limits.columns:
            raise UploadTooLargeError(f"{file} has more than {limits.columns:,} columns in row {number}")
        texts = [_text(cell) for cell in cells]
        if any(texts):
            yield number, texts


def _raw(name: str, file: str, rows: Iterator[tuple[int, list[str]]]) -> RawTable:
    first = next(rows, None)
    if first is None:
        raise file_error(file, "is empty", "write a header row and at least one row")
    header = [text.strip() for text in first[1]]
    while header and not header[-1]:
        header.pop()
    for title in header:
        if title and header.count(title) > 1:
            raise file_error(file, "appears twice in the header", "keep one of the two columns", column=title)
    raw = RawTable(name, file, {}, np.empty(0, np.int64))
    kept: list[list[str]] = []
    numbers: list[int] = []
    for number, cells in rows:
        if any(cells[len(header) :]):
            rule = "has cells beyond the header's last column"
            raw.broken.append((number, rule, "name every column in the first row", ""))
            continue
        kept.append([*cells[: len(header)], *[""] * (len(header) - len(cells))])
        numbers.append(number)
    columns = list(zip(*kept, strict=True)) if kept else [()] * len(header)
    raw.cells = {
        title: pa.chunked_array([list(cells)], pa.string()) for title, cells in zip(header, columns, strict=True)
    }
    raw.rows = np.array(numbers, dtype=np.int64)
    return raw


def _text(value: Any) -> str:
    """Return a cell as the text that a CSV file would have: whole numbers without a point, days as ISO dates."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return str(value.date()) if value.time() == dt.time() else value.isoformat(sep=" ")
    return str(value).strip()
