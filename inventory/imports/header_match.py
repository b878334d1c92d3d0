"""A layout's fields in a file's headers: by name, whatever the order, case, spaces and punctuation."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.errors import DataError, Issue, UsageError
from inventory.breach import file_error
from inventory.imports.layout import Layout, layout_names, load_layout

__all__ = ["Matched", "match_headers", "plain"]

LIKE_ANOTHER = 3
"""Published columns of another report that a file must have to look like it."""


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
    is missing without which the report cannot be read, or is there twice.
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
            columns[field.name] = _once(found, headers, file)
    _need(layout, columns, headers, file)
    used = set(columns.values())
    published = _published(layout)
    spare = [header for header in headers if header not in used]
    known = tuple(header for header in spare if plain(header) in published)
    return Matched(columns, known, tuple(header for header in spare if plain(header) not in published))


def _once(header: str, headers: Sequence[str], file: str) -> str:
    """Return the header; raises DataError where another one differs from it by case or punctuation only."""
    same = [other for other in headers if plain(other) == plain(header)]
    if len(same) > 1:
        told = " and ".join(f"'{other}'" for other in same)
        raise file_error(file, f"appears twice in the header: {told}", "keep one of the two columns", column=header)
    return header


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
        issues, other = [], _looks_like(layout, headers)
        for field in missing:
            near = difflib.get_close_matches(field.headers[0], headers, n=1, cutoff=0.6)
            hint = f"the nearest header is '{near[0]}'" if near else f"the file has {shown}"
            remedy = f'choose it in the report, or name it: {field.name}="its header"; {hint}'
            remedy = f"it looks like the report {other}: import it as that" if other else remedy
            issues.append(Issue(file, "required column is missing", remedy, None, field.headers[0]))
        raise DataError(issues)


def _looks_like(layout: Layout, headers: Sequence[str]) -> str | None:
    """Return the kind of report that has all it needs and knows more of the headers than `layout`, None: no such."""
    there = {plain(header) for header in headers}
    best = max(LIKE_ANOTHER - 1, len(there & _published(layout))), ""
    for name in layout_names():
        other = load_layout(name)
        asked = [field.headers for field in other.fields if field.required or field.needed]
        if all(there.intersection(map(plain, spellings)) for spellings in asked):
            count = len(there & _published(other))
            best = (count, name) if count > best[0] else best
    return best[1] or None


def _published(layout: Layout) -> set[str]:
    spellings = {name for field in layout.fields for name in field.headers}
    return {plain(name) for name in spellings.union(layout.known)}


def _nearest(word: str, choices: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(choices)}"
