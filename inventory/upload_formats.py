"""An uploaded table's bytes as a raw table, whichever of five formats they are in, within the upload's limits."""

import io
from collections.abc import Mapping
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from core.errors import UploadTooLargeError
from inventory.breach import RawTable, file_error
from inventory.delimited import read_delimited
from inventory.inflate import UploadLimits, gunzip
from inventory.json_rows import read_json_rows, read_ndjson
from inventory.reading import parquet_cells
from inventory.schema import TABLES
from inventory.spreadsheet import read_spreadsheet

__all__ = ["MEDIA_TYPES", "UploadFormat", "read_upload"]

GZIP = b"\x1f\x8b"


class UploadFormat(StrEnum):
    """How an upload's rows are written."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


MEDIA_TYPES: Mapping[str, UploadFormat] = {
    "application/json": UploadFormat.JSON,
    "application/x-ndjson": UploadFormat.NDJSON,
    "application/ndjson": UploadFormat.NDJSON,
    "text/csv": UploadFormat.CSV,
    "text/tab-separated-values": UploadFormat.CSV,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": UploadFormat.XLSX,
    "application/vnd.apache.parquet": UploadFormat.PARQUET,
    "application/x-parquet": UploadFormat.PARQUET,
}
"""Media type → format."""


def read_upload(name: str, kind: UploadFormat, data: bytes, limits: UploadLimits) -> RawTable:
    """Return the cells of table `name`, sent as `kind`; text formats may be gzip-compressed.

    Raises DataError for content that cannot be read at all, UploadTooLargeError beyond the limits.
    """
    file = f"{name}.{kind}"
    if not data:
        raise file_error(file, "is empty (0 bytes)", "send the table as the request's body")
    if kind in (UploadFormat.JSON, UploadFormat.NDJSON, UploadFormat.CSV) and data.startswith(GZIP):
        data = gunzip(file, data, limits)
    raw = _read(name, file, kind, data, limits)
    count = len(raw.rows) + len(raw.broken)
    if count > limits.rows:
        raise UploadTooLargeError(f"{file} has {count:,} rows, {limits.rows:,} is the limit; split it")
    if len(raw.cells) > limits.columns:
        raise UploadTooLargeError(f"{file} has {len(raw.cells):,} columns, {limits.columns:,} is the limit")
    return raw


def _read(name: str, file: str, kind: UploadFormat, data: bytes, limits: UploadLimits) -> RawTable:
    if kind is UploadFormat.JSON:
        return read_json_rows(name, file, data, limits)
    if kind is UploadFormat.NDJSON:
        return read_ndjson(name, file, data, limits)
    if kind is UploadFormat.XLSX:
        return read_spreadsheet(name, file, data, limits)
    if kind is UploadFormat.PARQUET:
        return _read_parquet(name, file, data, limits)
    lines = data.count(b"\n")
    if lines > 2 * limits.rows + 1:
        raise UploadTooLargeError(f"{file} has {lines:,} lines, {limits.rows:,} rows are the limit; split it")
    if data[:1_000_000].partition(b"\n")[0].count(b",") > 20 * limits.columns:
        raise UploadTooLargeError(f"{file} has more than {limits.columns:,} columns; write one row a record")
    return read_delimited(name, file, data, TABLES[name].names)


def _read_parquet(name: str, file: str, data: bytes, limits: UploadLimits) -> RawTable:
    """Read a Parquet file whose own account of rows, columns and bytes is within the limits.

    Texts stay in their dictionaries: a long text that a million rows point to is judged before it is written out.
    """
    try:
        facts = parquet.read_metadata(io.BytesIO(data))
        size = sum(facts.row_group(place).total_byte_size for place in range(facts.num_row_groups))
        for found, most, what in (
            (facts.num_rows, limits.rows, "rows"),
            (facts.num_columns, limits.columns, "columns"),
            (size, limits.inflated_bytes, "bytes unpacked"),
        ):
            if found > most:
                raise UploadTooLargeError(f"{file} has {found:,} {what}, {most:,} is the limit; split it")
        schema = parquet.read_schema(io.BytesIO(data))
        texts = [item.name for item in schema if pa.types.is_string(item.type) or pa.types.is_large_string(item.type)]
        table = parquet.read_table(io.BytesIO(data), read_dictionary=texts)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:120]
        raise file_error(file, f"is not a readable Parquet file ({reason})", "write it again") from None
    _check_texts(file, table, limits)
    cells = parquet_cells(file, table)
    return RawTable(name, file, cells, np.arange(1, table.num_rows + 1, dtype=np.int64))


def _check_texts(file: str, table: pa.Table, limits: UploadLimits) -> None:
    for column in table.columns:
        for chunk in column.chunks if pa.types.is_dictionary(column.type) else ():
            longest = pc.max(pc.binary_length(chunk.dictionary)).as_py() if len(chunk.dictionary) else 0
            if (longest or 0) > 4 * limits.cell_characters:
                raise UploadTooLargeError(
                    f"{file} has a text of {longest:,} bytes; a cell may have {limits.cell_characters:,} characters"
                )
