"""What a report looks like and what its rows become: data, read from `layouts/*.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any

from core.errors import UsageError

__all__ = ["Feed", "Field", "FieldKind", "Layout", "Skip", "import_kinds", "layout_names", "load_layout", "read_layout"]

FOLDER = "layouts"


class FieldKind(StrEnum):
    """What a field's cells hold. WHOLE may be negative only where the field is signed; DAY is a day of a moment."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    DAY = "day"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Field:
    """One column that we use.

    headers: spellings, compared without case, spaces and punctuation; the first is the published one. required: the
    column must be there and no cell of it empty. needed: the column must be there, cells may be empty. signed: numbers
    below 0 are possible.
    """

    name: str
    headers: tuple[str, ...]
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    needed: bool = False
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows that are left out on purpose: those whose field is one of `values` (without case); `reason` says why."""

    field: str
    values: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Feed:
    """Rows of one table out of a report's rows.

    columns: column → field, or fields that are added up. constants: column → text; `@location`, `@date` and `@channel`
    stand for the import's settings. words: column → (word → word); other words stay as they are. each: name → field:
    one row a name, which goes to the first column of `into`, its value to the second. needs: fields without which a row
    is not fed; where: field → word that it must have. one_day: only rows whose fields `start` and `end` are the same
    day. adds: columns that are added up over rows that are otherwise the same. positive: such a column's rows of 0 or
    less are left out.
    """

    table: str
    columns: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    each: Mapping[str, str]
    into: tuple[str, str]
    needs: tuple[str, ...]
    where: Mapping[str, str]
    one_day: bool
    adds: tuple[str, ...]
    positive: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """One report.

    kind: our name of it. report: the publisher's. records: of JSON, the lists whose objects are the rows. known: the
    published headers that no field uses; what is neither is told as unknown. unique: fields that name a row: one that
    repeats an earlier one in all cells is left out. derive: measures worked out from others (`measures.derive`).
    identify: a row without a sku is named by its FNSKU or ASIN. build: the function that makes tables beyond `feeds`.
    """

    kind: str
    report: str
    title: str
    becomes: str
    fields: tuple[Field, ...]
    feeds: tuple[Feed, ...]
    known: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()
    unique: tuple[str, ...] = ()
    derive: tuple[str, ...] = ()
    identify: bool = False
    build: str = ""
    undated: bool = False

    def __getitem__(self, name: str) -> Field:
        """Return the field called `name`."""
        return next(field for field in self.fields if field.name == name)

    @property
    def is_json(self) -> bool:
        """Whether the report is JSON."""
        return bool(self.records)


OTHER_KINDS = ("generic", "google-trends", "keepa")
"""Kinds that have no layout file: any table by a mapping, and two that are no tables of rows and columns."""


def import_kinds() -> tuple[str, ...]:
    """Return the kinds that can be imported, sorted; reads names of files only."""
    return tuple(sorted([*layout_names(), *OTHER_KINDS]))


def layout_names() -> tuple[str, ...]:
    """Return the kinds of report that there are layouts for, sorted; reads names of files only."""
    folder = resources.files(__package__) / FOLDER
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml")))


def load_layout(kind: str) -> Layout:
    """Return the shipped layout called `kind`; raises UsageError for another name."""
    if kind not in layout_names():
        raise UsageError(f"there is no layout {kind!r}; there are {', '.join(layout_names())}")
    text = (resources.files(__package__) / FOLDER / f"{kind}.toml").read_text(encoding="utf-8")
    return read_layout(kind, tomllib.loads(text))


def read_layout(kind: str, facts: Mapping[str, Any]) -> Layout:
    """Return the layout that `facts` (a parsed TOML file) describe."""
    return Layout(
        kind=kind,
        report=facts["report"],
        title=facts["title"],
        becomes=facts["becomes"],
        fields=tuple(_field(name, told) for name, told in facts["fields"].items()),
        feeds=tuple(_feed(told) for told in facts.get("feeds", ())),
        known=tuple(facts.get("known", ())),
        records=tuple(facts.get("records", ())),
        skips=tuple(Skip(told["field"], tuple(told["values"]), told["reason"]) for told in facts.get("skips", ())),
        unique=tuple(facts.get("unique", ())),
        derive=tuple(facts.get("derive", ())),
        identify=facts.get("identify", False),
        build=facts.get("build", ""),
        undated=facts.get("undated", False),
    )


def _field(name: str, told: Mapping[str, Any]) -> Field:
    return Field(
        name=name,
        headers=tuple(told["headers"]),
        kind=FieldKind(told.get("kind", "text")),
        required=told.get("required", False),
        needed=told.get("needed", False),
        signed=told.get("signed", False),
    )


def _feed(told: Mapping[str, Any]) -> Feed:
    columns = {name: (field,) if isinstance(field, str) else tuple(field) for name, field in told["columns"].items()}
    into = told.get("into", ("name", "value"))
    return Feed(
        table=told["table"],
        columns=columns,
        constants=told.get("constants", {}),
        words=told.get("words", {}),
        each=told.get("each", {}),
        into=(into[0], into[1]),
        needs=tuple(told.get("needs", ())),
        where=told.get("where", {}),
        one_day=told.get("one_day", False),
        adds=tuple(told.get("adds", ())),
        positive=tuple(told.get("positive", ())),
    )
