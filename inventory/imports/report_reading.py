"""A report's bytes as a raw table, whatever their format: delimited text in any encoding, XLSX, Parquet or JSON."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import UploadTooLargeError
from inventory.breach import RawTable, file_error
from inventory.delimited import read_delimited
from inventory.imports.json_records import read_records
from inventory.inflate import UploadLimits, gunzip
from inventory.json_rows import read_json_rows, read_ndjson
from inventory.spreadsheet import read_spreadsheet
from inventory.upload_formats import UploadFormat, read_upload

__all__ = ["FILE_LIMITS", "FileFacts", "Source", "read_source", "unpacked"]

FILE_LIMITS = UploadLimits(inflated_bytes=2_147_483_648, rows=20_000_000, columns=2_000)
"""What a file on the user's own disk may cost."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its name and content."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The content's digest."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was found of a file: digest, size, format, encoding of text, rows."""

    name: str
    sha256: str
    bytes: int
    form: str
    encoding: str
    rows: int


def unpacked(source: Source, limits: UploadLimits) -> bytes:
    """Return the content, inflated where it is gzip; raises DataError where it is empty, UploadTooLargeError."""
    if not source.data:
        raise file_error(source.name, "is empty (0 bytes)", "download the report again")
    return gunzip(source.name, source.data, limits) if source.data.startswith(b"\x1f\x8b") else source.data


def read_source(
    source: Source, known: Sequence[str], records: Sequence[str], limits: UploadLimits
) -> tuple[RawTable, FileFacts]:
    """Return a file's cells and what was found of it.

    known: headers that help to find the separator. records: the lists of a JSON report that hold its rows (none: JSON
    is one list of flat objects). Raises DataError for what cannot be read, UploadTooLargeError beyond the limits.
    """
    data = unpacked(source, limits)
    raw, form = _read(source.name, data, known, records, limits)
    count = len(raw.rows) + len(raw.broken)
    if count > limits.rows:
        raise UploadTooLargeError(f"{source.name} has {count:,} rows, {limits.rows:,} is the limit; split it")
    if len(raw.cells) > limits.columns:
        raise UploadTooLargeError(f"{source.name} has {len(raw.cells):,} columns, {limits.columns:,} is the limit")
    return raw, FileFacts(source.name, source.sha256, len(source.data), form, raw.encoding, count)


def _read(
    name: str, data: bytes, known: Sequence[str], records: Sequence[str], limits: UploadLimits
) -> tuple[RawTable, str]:
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if records:
        return read_records(name, data, records, limits), "json"
    if data.startswith(b"PK\x03\x04"):
        return read_spreadsheet("report", name, data, limits), "xlsx"
    if data.startswith(b"PAR1"):
        raw = read_upload("report", UploadFormat.PARQUET, data, limits)
        raw.file = name
        return raw, "parquet"
    if start == b"[":
        return read_json_rows("report", name, data, limits), "json"
    if start == b"{":
        return read_ndjson("report", name, data, limits), "ndjson"
    lines = data.count(b"\n")
    if lines > 2 * limits.rows + 1:
        raise UploadTooLargeError(f"{name} has {lines:,} lines, {limits.rows:,} rows are the limit; split it")
    plainly = name.removesuffix(".gz") if data[:1] else name  # it is unpacked already
    raw = read_delimited("report", plainly, data, [header.strip().casefold() for header in known])
    raw.file = name
    return raw, "text"
