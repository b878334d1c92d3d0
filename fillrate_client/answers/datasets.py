"""What requests and answers of datasets look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

__all__ = [
    "Action",
    "DatasetAnswer",
    "DatasetSettings",
    "DatasetsAnswer",
    "Product",
    "ProductsAnswer",
    "RowCounts",
    "RowError",
    "RowFate",
    "RowsAnswer",
    "Serving",
    "SettingsAnswer",
    "UploadAnswer",
    "VersionAnswer",
    "VersionsAnswer",
]


Action = Literal["upsert", "replace"]
"""Whether the rows are added to the table (by natural key) or are all of it."""


class DatasetAnswer(TypedDict):
    """A dataset as it stands."""

    dataset: str
    version: int
    tables: dict[str, int | None]
    settings: dict[str, Any]
    serving: Serving
    created_at: str
    updated_at: str


class DatasetSettings(TypedDict):
    """The dataset's configuration: the keys and sections of dataset.toml; what is not named has its …"""

    frequency: NotRequired[Literal["D", "W-MON"] | None]
    currency: NotRequired[str | None]
    time_zone: NotRequired[str | None]
    planning: NotRequired[dict[str, Any] | None]
    defaults: NotRequired[dict[str, Any] | None]
    features: NotRequired[dict[str, Any] | None]


class DatasetsAnswer(TypedDict):
    """The tenant's datasets by name."""

    items: list[DatasetAnswer]


class Product(TypedDict):
    """A SKU of the dataset and where it is sold."""

    sku: str
    name: str | None
    category: str | None
    brand: str | None
    unit_cost: str | None
    price: str | None
    locations: list[str]


class ProductsAnswer(TypedDict):
    """A page of products by SKU; `next_cursor` is null on the last page."""

    items: list[Product]
    next_cursor: str | None


class RowCounts(TypedDict):
    """Rows of an upload by what became of them."""

    sent: int
    created: int
    updated: int
    unchanged: int
    removed: int
    refused: int


class RowError(TypedDict):
    """A row that breaks the data contract."""

    row: int
    pointer: NotRequired[str | None]
    column: str | None
    code: str
    message: str


class RowFate(TypedDict):
    """What became of one row; `row` counts as the format does (JSON from 0, lines from 1)."""

    row: int
    status: Literal["created", "updated", "unchanged", "refused"]


class RowsAnswer(TypedDict):
    """A page of a table's rows, in the order in which they first came."""

    dataset: str
    table: str
    version: int
    items: list[dict[str, Any]]
    next_cursor: str | None


class Serving(TypedDict):
    """What answers for the dataset: the version and model in memory, and what keeps a newer one from it."""

    version: int | None
    model: str | None
    reason: str | None


class SettingsAnswer(TypedDict):
    """A dataset's configuration, and the version that has it."""

    dataset: str
    version: int
    settings: dict[str, Any]


class UploadAnswer(TypedDict):
    """What came of an upload."""

    upload_id: str
    dataset: str
    table: str
    mode: Literal["write", "validate"]
    policy: Literal["atomic", "best-effort"]
    action: Literal["upsert", "replace"]
    status: Literal["accepted", "partially_accepted", "unchanged", "valid", "partially_valid", "invalid", "refused"]
    version: int
    rows: RowCounts
    results: list[RowFate]
    errors: list[RowError]
    error_file: str | None
    warnings: list[str]


class VersionAnswer(TypedDict):
    """One version of a dataset."""

    version: int
    upload_id: str | None
    tables: dict[str, int]
    actor: str
    created_at: str
    kept: bool


class VersionsAnswer(TypedDict):
    """A page of versions, newest first."""

    items: list[VersionAnswer]
    next_cursor: str | None
