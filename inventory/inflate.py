"""Compressed uploads unpacked within bounds: a small file that unpacks to a huge one is refused, not read."""

import io
import zipfile
import zlib
from dataclasses import dataclass

from core.errors import UploadTooLargeError
from inventory.breach import file_error

__all__ = ["UploadLimits", "check_archive", "gunzip"]

FREE_BYTES = 1_048_576
"""Unpacked bytes up to which the ratio is not looked at: a short file of zeros is no bomb."""
CHUNK = 1_048_576
MOST_PARTS = 2_000
"""Files in a spreadsheet's archive; real ones have a few dozen."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What one uploaded table may cost.

    inflated_bytes: of the unpacked file. ratio: unpacked ÷ packed bytes. rows, columns: of the table. cell_characters:
    of one text. A real table of sales compresses 5 to 50 times.
    """

    inflated_bytes: int = 134_217_728
    ratio: float = 200.0
    rows: int = 1_000_000
    columns: int = 500
    cell_characters: int = 2_000


def gunzip(file: str, data: bytes, limits: UploadLimits) -> bytes:
    """Return what is inside a gzip file (all its members), never unpacking more than the limits allow.

    Raises UploadTooLargeError beyond the limits, DataError for a file that is no gzip or is cut off.
    """
    parts: list[bytes] = []
    size, rest = 0, data
    try:
        while rest:
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                part = member.decompress(rest, CHUNK)
                rest = member.unconsumed_tail
                if not part and not rest and not member.eof:
                    raise file_error(file, "cannot be decompressed (cut off)", "make or download the .gz file again")
                size += len(part)
                _check_size(file, size, len(data), limits)
                parts.append(part)
            rest = member.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise file_error(file, f"cannot be decompressed ({error})", "make or download the .gz file again") from None
    return b"".join(parts)


def check_archive(file: str, data: bytes, limits: UploadLimits) -> None:
    """Raise unless a zip archive unpacks within the limits and holds no XML with a document type.

    The sizes stated in the archive bind: the zip reader stops there. A document type may define entities that grow.
    Raises UploadTooLargeError or DataError.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise UploadTooLargeError(
                    f"{file} holds {len(parts):,} files, {MOST_PARTS:,} is the limit; save it anew"
                )
            _check_size(file, sum(part.file_size for part in parts), len(data), limits)
            for part in parts:
                with archive.open(part) as stream:
                    if b"<!DOCTYPE" in stream.read(4_096).upper():
                        raise file_error(file, "holds XML with a document type", "save it anew as XLSX, or as CSV")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise file_error(file, f"is not a readable spreadsheet ({error})", "save it anew as XLSX, or as CSV") from None


def _check_size(file: str, size: int, packed: int, limits: UploadLimits) -> None:
    if size > limits.inflated_bytes:
        raise UploadTooLargeError(
            f"{file} unpacks to more than {limits.inflated_bytes:,} bytes; split it into several uploads"
        )
    if size > FREE_BYTES and size > limits.ratio * packed:
        raise UploadTooLargeError(
            f"{file} unpacks to more than {limits.ratio:g} times its size, as no real table does; send it unpacked"
        )
