"""A layout's fields in a file's headers: by name, whatever the order, case, spaces and punctuation."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.errors import DataError, Issue, UsageError
from inventory.imports.layout import Layout

__all__ = ["Matched", "match_headers", "plain"]


@dataclass(frozen=True, slots=True)
class Matched:
    """Which header is which.

    columns: field → header. known: headers that the publisher names and no field uses; unknown: all others.
    """

    columns: Mapping[str, str]
    known: tuple[str, ...]
    unknown: tuple[str, ...]


@lru_cache(maxsize=4_096)
def plain(header: str) -> str:
    """Return a header without case, spaces and punctuation.

    >>> plain("Warehouse Transfer In/Out"), plain("reserved_fc-transfers")
    ('warehousetransferinout', 'reservedfctransfers')
    """
    return "".join(letter for letter in header.casefold() if letter.isalnum())


def match_headers(layout: Layout, headers: Sequence[str], mapping: Mapping[str, str], file: str) -> Matched:
    """Return which of `headers` is which field; `mapping` (field → header) goes before the layout's spellings.

    Raises UsageError for a mapping of what is not there, DataError that names file, column and remedy where a column
    is missing without which the report cannot be read.
    """
    there: dict[str, str] = {}
    for header in headers:
        there.setdefault(plain(header), header)
    columns: dict[str, str] = {}
    _check(layout, mapping, there)
    for field in layout.fields:
        told = [mapping[field.name]] if field.name in mapping else list(field.headers)
        found = next((there[plain(name)] for name in told if plain(name) in there), None)
        if found is not None:
            columns[field.name] = found
    _need(layout, columns, headers, file)
    used = set(columns.values())
    published = {plain(name) for name in layout.known} | {
        plain(name) for field in layout.fields for name in field.headers
    }
    spare = [header for header in headers if header not in used]
    known = tuple(header for header in spare if plain(header) in published)
    return Matched(columns, known, tuple(header for header in spare if plain(header) not in published))


def _check(layout: Layout, mapping: Mapping[str, str], there: Mapping[str, str]) -> None:
    names = [field.name for field in layout.fields]
    for name, header in mapping.items():
        if name not in names:
            raise UsageError(f"'{name}' in the mapping is no field of {layout.kind}; {_nearest(name, names)}")
        if plain(header) not in there:
            raise UsageError(f"'{header}' in the mapping is no column; {_nearest(header, list(there.values()))}")


def _need(layout: Layout, columns: Mapping[str, str], headers: Sequence[str], file: str) -> None:
    named = layout.identify and any(name in columns for name in ("fnsku", "asin"))
    missing = [
        field
        for field in layout.fields
        if (field.required or field.needed) and field.name not in columns and not (field.name == "sku" and named)
    ]
    if missing:
        shown = ", ".join(f"'{header[:40]}'" for header in headers[:8]) + (", …" if len(headers) > 8 else "")
        issues = []
        for field in missing:
            near = difflib.get_close_matches(field.headers[0], headers, n=1, cutoff=0.6)
            hint = f"the nearest header is '{near[0]}'" if near else f"the file has {shown}"
            remedy = f'choose it in the report, or name it: {field.name}="its header"; {hint}'
            issues.append(Issue(file, "required column is missing", remedy, None, field.headers[0]))
        raise DataError(issues)


def _nearest(word: str, choices: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(choices)}"
