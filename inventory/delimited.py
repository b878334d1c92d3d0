"""Delimited text: bytes to characters, the separator, lines to cells, with each record's line number."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from inventory.breach import RawTable, file_error

__all__ = ["MOST_COLUMNS", "decode", "decode_named", "read_delimited", "sniff_separator"]

SEPARATORS = (",", ";", "\t")
MOST_COLUMNS = 10_000
LONGEST_HEADER = 100_000  # characters
ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
OTHER_FORMATS = {
    b"PK\x03\x04": "is a spreadsheet or zip archive, not text",
    b"\xd0\xcf\x11\xe0": "is an old Excel file, not text",
    b"PAR1": "is a Parquet file, not text",
    b"\x1f\x8b": "is gzip-compressed",
    b"%PDF": "is a PDF file, not text",
    b"\x89PNG": "is an image, not text",
}
SAVE_AS = "save it as CSV (UTF-8), or name it by what it is: .csv.gz, .parquet"
LOOSE_QUOTE = re.compile('[^\t\n"]"[^\t\n"]|\t"[^\t\n"]*"[^\t\n"]')
"""A quote that neither begins nor ends a cell."""
WEB_PAGE = re.compile(rb"\s*<(!doctype html|html)\b", re.IGNORECASE)
CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read_delimited(name: str, file: str, data: bytes, known: Iterable[str]) -> RawTable:
    """Return the cells of a CSV file's bytes; `known` names help to find the separator.

    Raises DataError for a file that is empty, not text, has a broken header or no line that fits it.
    """
    warnings: list[str] = []
    text, encoding = decode_named(file, _gunzip(file, data) if file.lower().endswith(".gz") else data, warnings)
    text, first = _without_separator_hint(text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        raise file_error(file, "is empty", "write at least the header line, or remove the file")
    separator = sniff_separator(text, known)
    raw = RawTable(name, file, {}, np.empty(0, np.int64), separator != ",", warnings=warnings, encoding=encoding)
    header, rest = _header(file, text, separator)
    if separator == "\t" and _quotes_are_characters(text, rest):
        _split_at_tabs(raw, header, text[rest:], first + 1)
    elif not _split_fast(raw, header, text[rest:], separator, first + 1):
        _split_slowly(raw, header, text[rest:], separator, first + 1)
    return raw


def _gunzip(file: str, data: bytes) -> bytes:
    """Return the bytes inside a gzip file; raises DataError when it is none or is cut off."""
    try:
        return gzip.decompress(data)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise file_error(file, f"cannot be decompressed ({error})", "make or download the .gz file again") from None


def decode(file: str, data: bytes, warnings: list[str]) -> str:
    """Return `data` as text; see `decode_named`."""
    return decode_named(file, data, warnings)[0]


def decode_named(file: str, data: bytes, warnings: list[str]) -> tuple[str, str]:
    """Return `data` as text and its encoding: UTF-8, UTF-16, or Shift-JIS or cp1252 with a warning.

    Raises DataError for anything else.
    """
    for magic, what in OTHER_FORMATS.items():
        if data.startswith(magic):
            raise file_error(file, what, SAVE_AS)
    if WEB_PAGE.match(data):
        raise file_error(file, "is a web page, not a table", "sign in where it comes from and download it again")
    text, encoding = _characters(data, file, warnings)
    if text is None or CONTROL.search(text):
        raise file_error(file, "is not a text file (binary content)", "save it as CSV (UTF-8)")
    return text, encoding


def _characters(data: bytes, file: str, warnings: list[str]) -> tuple[str | None, str]:
    for mark, encoding in ENCODINGS.items():
        if data.startswith(mark):
            return _try_decode(data, encoding), encoding
    if data[1:200:2].count(0) > 0.4 * len(data[1:200:2]) > 0:
        return _try_decode(data, "utf-16-le"), "utf-16-le"
    text = _try_decode(data, "utf-8")
    if text is not None:
        return text, "utf-8"
    text = _try_decode(data, "cp932")
    if text is not None and _is_japanese(text):
        warnings.append(f"{file} is not UTF-8; it was read as Shift-JIS (cp932)")
        return text, "cp932"
    warnings.append(f"{file} is not UTF-8; it was read as Windows-1252 (cp1252): check names with accents")
    return _try_decode(data, "cp1252"), "cp1252"


def _is_japanese(text: str) -> bool:
    """Whether bytes that Shift-JIS can read are Japanese: kana are there, and most of what is not ASCII is Japanese.

    Accents of cp1252 read as Shift-JIS give ideographs and half-width kana, full-width kana hardly ever.
    """
    foreign = [letter for letter in text if letter > "\x7f"]
    kana = sum("\u3041" <= letter <= "\u30fc" for letter in foreign)
    ideographs = sum("\u3001" <= letter <= "\u9fff" for letter in foreign)
    return kana > 0 and 2 * ideographs > len(foreign)


def _try_decode(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _without_separator_hint(text: str) -> tuple[str, int]:
    """Drop a spreadsheet's first line `sep=;`; return the rest and the line number of its first line."""
    hint = re.match(r'"?sep=.?"?\n', text)
    return (text[hint.end() :], 2) if hint else (text, 1)


def sniff_separator(text: str, known: Iterable[str]) -> str:
    """Return the separator under which the first line holds most of the `known` names (then: most fields)."""
    line = text[:LONGEST_HEADER].partition("\n")[0]
    names = set(known)

    def score(separator: str) -> tuple[int, int]:
        fields = [field.strip().casefold() for field in next(csv.reader([line], delimiter=separator), [])]
        return len(names.intersection(fields)), len(fields)

    return max(SEPARATORS, key=score)  # max keeps the first of equals: the comma


def _header(file: str, text: str, separator: str) -> tuple[list[str], int]:
    """Return the header's names and where the next line starts; names keep their case, lose their spaces."""
    end = text.find("\n") if "\n" in text else len(text)
    if text.count(separator, 0, end) >= MOST_COLUMNS:
        count = text.count(separator, 0, end) + 1
        raise file_error(file, f"has {count:,} columns in its header", "write one row a record, in a long table")
    if end > LONGEST_HEADER:
        rule = f"has a first line of {end:,} characters"
        raise file_error(file, rule, "write a header line, then one line a record")
    names = [name.strip() for name in next(csv.reader([text[:end]], delimiter=separator), [])]
    for name in names:
        if name and names.count(name) > 1:
            raise file_error(file, "appears twice in the header", "keep one of the two columns", column=name)
    return names, end + 1


def _quotes_are_characters(text: str, rest: int) -> bool:
    """Whether the quotes in a tab-separated text are inches and the like: some line has an odd number of them, or one
    inside a cell, and every line has as many tabs as the header.
    """
    if '"' in text[:rest] or '"' not in text:
        return False
    tabs = text.count("\t", 0, rest)
    lines = text[rest:].rstrip("\n").split("\n")
    odd = any(line.count('"') % 2 for line in lines) or LOOSE_QUOTE.search(text, rest) is not None
    return odd and all(line.count("\t") == tabs for line in lines)


def _split_at_tabs(raw: RawTable, header: list[str], body: str, first: int) -> None:
    """Fill `raw` with one record a line, quotes being characters but where they enclose a whole cell."""
    records = [[_unquoted(cell) for cell in line.split("\t")] for line in body.rstrip("\n").split("\n")]
    columns = zip(*records, strict=True)
    raw.cells = {
        name: pa.chunked_array([list(cells)], pa.string()) for name, cells in zip(header, columns, strict=True)
    }
    raw.rows = np.arange(first, first + len(records), dtype=np.int64)


def _unquoted(cell: str) -> str:
    if len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', ""):
        return cell[1:-1].replace('""', '"')
    return cell


def _split_fast(raw: RawTable, header: list[str], body: str, separator: str, first: int) -> bool:
    """Fill `raw` when every line is one record with the right number of fields; return False when not."""
    body = body.rstrip("\n")
    if not body:
        raw.cells = {name: pa.chunked_array([[]], pa.string()) for name in header}
        return True
    numbered = [str(position) for position in range(len(header))]
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(body.encode("utf-8", "surrogatepass")),
            arrow_csv.ReadOptions(column_names=numbered),
            arrow_csv.ParseOptions(delimiter=separator, newlines_in_values='"' in body, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(numbered, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return False
    if table.num_rows != body.count("\n") + 1 or "\n\n" in body or body.startswith("\n"):
        return False
    if len(header) > 1 and "\n" + separator * (len(header) - 1) + "\n" in f"\n{body}\n":
        return False
    raw.cells = {name: table.column(position) for position, name in enumerate(header)}
    raw.rows = np.arange(first, first + table.num_rows, dtype=np.int64)
    return True


def _split_slowly(raw: RawTable, header: list[str], body: str, separator: str, first: int) -> None:
    """Fill `raw` record by record: line breaks inside quotes, empty lines, too many or too few fields."""
    records: list[list[str]] = []
    rows: list[int] = []
    empty = 0
    for line, record in _records(raw, body, separator, first):
        if not any(cell.strip() for cell in record):
            empty += 1
        elif len(record) != len(header):
            rule = f"has {len(record)} fields where the header has {len(header)}"
            remedy = "quote cells that contain the separator; write one record a line"
            raw.broken.append((line, rule, remedy, separator.join(record)[:80]))
        else:
            records.append(record)
            rows.append(line)
    if records and body.count('"') % 2 and any("\n" in cell for cell in records[-1]):
        rest, line = separator.join(records.pop()), rows.pop()
        raw.broken.append(
            (line, "opens a quote that is never closed", "close it, or double a quote in a cell", rest[:80])
        )
    if empty:
        raw.warnings.append(f"{raw.file}: {empty:,} empty lines skipped")
    columns = zip(*records, strict=True) if records else [[] for _ in header]
    raw.cells = {
        name: pa.chunked_array([list(cells)], pa.string()) for name, cells in zip(header, columns, strict=True)
    }
    raw.rows = np.array(rows, dtype=np.int64)


def _records(raw: RawTable, body: str, separator: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line it starts on; an unreadable rest becomes one broken line."""
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator)
    while True:
        line = first + reader.line_num
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raw.broken.append((line, f"cannot be split into cells ({error})", "close the open quote", ""))
            return
