"""What requests and answers of imports look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Literal, TypedDict

__all__ = [
    "DateOrder",
    "ImportAnswer",
    "ImportKind",
    "ImportKindsAnswer",
    "ImportSummary",
    "ImportedFile",
    "ImportedMovements",
    "ImportedRows",
    "ImportedTable",
    "ImportsAnswer",
    "RefusedRow",
]


DateOrder = Literal["auto", "dmy", "mdy"]
"""How dates with slashes are written; AUTO lets the column decide, and refuses one that allows both."""


class ImportAnswer(TypedDict):
    """What came of an import."""

    import_id: str
    kind: str
    report: str
    dataset: str
    mode: str
    policy: str
    status: str
    version: int
    file: ImportedFile
    rows: ImportedRows
    skipped: dict[str, int]
    columns: dict[str, str]
    unknown_columns: list[str]
    missing_columns: list[str]
    tables: list[ImportedTable]
    movements: ImportedMovements | None
    first_date: str | None
    last_date: str | None
    errors: list[RefusedRow]
    error_file: str | None
    warnings: list[str]
    actor: str
    created_at: str


class ImportKind(TypedDict):
    """One kind of report."""

    kind: str
    report: str
    title: str
    becomes: str


class ImportKindsAnswer(TypedDict):
    """The kinds of report that can be imported, by name."""

    items: list[ImportKind]


class ImportSummary(TypedDict):
    """An import in a list."""

    import_id: str
    kind: str
    dataset: str
    status: str
    actor: str
    created_at: str


class ImportedFile(TypedDict):
    """What was sent."""

    name: str
    sha256: str
    bytes: int
    encoding: str


class ImportedMovements(TypedDict):
    """Movements told to the ledger, and those that it knew."""

    new: int
    repeated: int


class ImportedRows(TypedDict):
    """Where the file's rows went: read = kept + skipped + refused."""

    read: int
    kept: int
    skipped: int
    refused: int


class ImportedTable(TypedDict):
    """Rows that were made for one table, and where they are."""

    table: str
    rows: int
    goes_to: str
    created: int | None
    updated: int | None
    unchanged: int | None
    href: str | None


class ImportsAnswer(TypedDict):
    """Imports, newest first, a page at a time."""

    items: list[ImportSummary]
    next_cursor: str | None


class RefusedRow(TypedDict):
    """One refused row: of the file, or `table.column` of a row that it made."""

    row: int
    column: str | None
    code: str
    message: str
