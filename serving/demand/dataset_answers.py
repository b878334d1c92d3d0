"""What the dataset routes answer and accept, for the API's documentation and for the tests that hold it to them."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "DatasetAnswer",
    "DatasetSettings",
    "DatasetsAnswer",
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


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DatasetSettings(BaseModel):
    """The dataset's configuration: the keys and sections of dataset.toml; what is not named has its default."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"frequency": "D", "currency": "EUR", "planning": {"review_period_days": 7, "budget": 20000}}]
        },
    )

    frequency: Literal["D", "W-MON"] | None = None
    currency: str | None = Field(None, min_length=3, max_length=3)
    time_zone: str | None = Field(None, max_length=64)
    planning: dict[str, Any] | None = Field(None, max_length=50)
    defaults: dict[str, Any] | None = Field(None, max_length=50)
    features: dict[str, Any] | None = Field(None, max_length=50)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give at least one key of the configuration")
        return self


class Serving(_Answer):
    """What answers for the dataset: the version and model in memory, and what keeps a newer one from it."""

    version: int | None
    model: str | None
    reason: str | None = Field(description="Why nothing answers, or why an older version does")


class DatasetAnswer(_Answer):
    """A dataset as it stands."""

    dataset: str = Field(examples=["default"])
    version: int = Field(description="0: the folder that the service was started with, or nothing uploaded yet")
    tables: dict[str, int | None] = Field(description="Table → rows; null where a table of version 0 does not say")
    settings: dict[str, Any]
    serving: Serving
    created_at: datetime
    updated_at: datetime


class SettingsAnswer(_Answer):
    """A dataset's configuration, and the version that has it."""

    dataset: str
    version: int
    settings: dict[str, Any]


class DatasetsAnswer(_Answer):
    """The tenant's datasets by name."""

    items: list[DatasetAnswer]


class VersionAnswer(_Answer):
    """One version of a dataset."""

    version: int
    upload_id: str | None
    tables: dict[str, int]
    actor: str
    created_at: datetime
    kept: bool = Field(description="Whether its tables are still there")


class VersionsAnswer(_Answer):
    """A page of versions, newest first."""

    items: list[VersionAnswer]
    next_cursor: str | None


class RowCounts(_Answer):
    """Rows of an upload by what became of them."""

    sent: int
    created: int
    updated: int
    unchanged: int
    removed: int
    refused: int


class RowFate(_Answer):
    """What became of one row; `row` counts as the format does (JSON from 0, lines from 1)."""

    row: int
    status: Literal["created", "updated", "unchanged", "refused"]


class RowError(_Answer):
    """A row that breaks the data contract."""

    row: int
    pointer: str | None = Field(None, description="JSON uploads: where in the body", examples=["#/17/units"])
    column: str | None
    code: str
    message: str


class UploadAnswer(_Answer):
    """What came of an upload."""

    upload_id: str
    dataset: str
    table: str
    mode: Literal["write", "validate"]
    policy: Literal["atomic", "best-effort"]
    action: Literal["upsert", "replace"]
    status: Literal["accepted", "partially_accepted", "unchanged", "valid", "partially_valid", "invalid", "refused"]
    version: int = Field(description="The version that counts after it")
    rows: RowCounts
    results: list[RowFate] = Field(description="Each row's fate: JSON and NDJSON of at most 1,000 rows")
    errors: list[RowError] = Field(description="The first 100 bad rows")
    error_file: str | None = Field(description="Where all bad rows are, as CSV")
    warnings: list[str]


class RowsAnswer(_Answer):
    """A page of a table's rows, in the order in which they first came."""

    dataset: str
    table: str
    version: int
    items: list[dict[str, Any]]
    next_cursor: str | None
