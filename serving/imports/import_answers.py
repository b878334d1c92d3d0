"""What the import routes answer, for the API's documentation and for the tests that hold it to them."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
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


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ImportKind(_Answer):
    """One kind of report."""

    kind: str = Field(examples=["ledger-detail"])
    report: str = Field(description="What its publisher calls it", examples=["GET_LEDGER_DETAIL_VIEW_DATA"])
    title: str
    becomes: str = Field(description="The tables that its rows go to")


class ImportKindsAnswer(_Answer):
    """The kinds of report that can be imported, by name."""

    items: list[ImportKind]


class ImportedFile(_Answer):
    """What was sent."""

    name: str
    sha256: str
    bytes: int
    encoding: str = Field(description="Of text, as found")


class ImportedRows(_Answer):
    """Where the file's rows went: read = kept + skipped + refused."""

    read: int
    kept: int
    skipped: int
    refused: int


class ImportedTable(_Answer):
    """Rows that were made for one table, and where they are."""

    table: str
    rows: int
    goes_to: str = Field(description="dataset, ledger or file")
    created: int | None
    updated: int | None
    unchanged: int | None
    href: str | None


class ImportedMovements(_Answer):
    """Movements told to the ledger, and those that it knew."""

    new: int
    repeated: int


class RefusedRow(_Answer):
    """One refused row: of the file, or `table.column` of a row that it made."""

    row: int
    column: str | None
    code: str
    message: str


class ImportAnswer(_Answer):
    """What came of an import."""

    import_id: str
    kind: str
    report: str
    dataset: str
    mode: str
    policy: str
    status: str = Field(description="accepted, partially_accepted; valid, partially_valid, invalid; refused")
    version: int = Field(description="Of the dataset, after it")
    file: ImportedFile
    rows: ImportedRows
    skipped: dict[str, int] = Field(description="Reason → rows left out")
    columns: dict[str, str] = Field(description="Field → header")
    unknown_columns: list[str]
    missing_columns: list[str]
    tables: list[ImportedTable]
    movements: ImportedMovements | None
    first_date: date | None
    last_date: date | None
    errors: list[RefusedRow]
    error_file: str | None
    warnings: list[str]
    actor: str
    created_at: datetime


class ImportSummary(_Answer):
    """An import in a list."""

    import_id: str
    kind: str
    dataset: str
    status: str
    actor: str
    created_at: datetime


class ImportsAnswer(_Answer):
    """Imports, newest first, a page at a time."""

    items: list[ImportSummary]
    next_cursor: str | None
