"""What a client sends to ask for a job of each kind."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas import MAX_HORIZON, MAX_LEVELS, Key, Level, WhatIf

__all__ = [
    "REQUESTS",
    "AlertsJobRequest",
    "BulkJobRequest",
    "ForecastJobRequest",
    "JobRequest",
    "PlanJobRequest",
    "TrainJobRequest",
]

MAX_SKUS = 20_000
DatasetName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Format = Literal["csv", "ndjson", "parquet"]


def _all_formats() -> list[Format]:
    return ["csv", "ndjson", "parquet"]


class JobRequest(BaseModel):
    """What every kind of job may be told."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    dataset: DatasetName = Field("default", description="Name of the dataset")
    as_of: date | None = Field(
        None, description="First day not yet observed; default: the day after the newest sales", examples=["2024-07-29"]
    )
    natural_key: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Two requests of a kind with one natural key are one job, as long as it has not failed",
        examples=["nightly-2024-07-29"],
    )

    def facts(self) -> dict[str, Any]:
        """Return what the job is told, as JSON; the natural key is not part of it."""
        return self.model_dump(mode="json", exclude_none=True, exclude={"natural_key"})


class TrainJobRequest(JobRequest):
    """Train a model and register it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"promote": True}]})

    horizon: int | None = Field(None, ge=1, le=MAX_HORIZON, description="Periods ahead; default: as far as plans look")
    promote: bool = Field(False, description="Put a challenger through the gate, and make it champion if it passes")


class BulkJobRequest(JobRequest):
    """What forecasts and plans of many SKUs have in common."""

    skus: list[Key] | None = Field(None, min_length=1, max_length=MAX_SKUS, description="Default: all SKUs")
    formats: list[Format] = Field(
        default_factory=_all_formats, min_length=1, max_length=3, description="Files to write"
    )


class ForecastJobRequest(BulkJobRequest):
    """Forecast all series, or those of some SKUs."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"horizon": 28, "levels": [0.1, 0.5, 0.9], "formats": ["csv"]}]}
    )

    horizon: int | None = Field(None, ge=1, le=MAX_HORIZON, description="Periods ahead; default: 28 days or 8 weeks")
    levels: list[Level] = Field(default_factory=lambda: [0.05, 0.5, 0.95], min_length=1, max_length=MAX_LEVELS)


class PlanJobRequest(BulkJobRequest):
    """Plan the orders of all series, or of some SKUs."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"formats": ["parquet"]}]})

    what_if: WhatIf | None = Field(None, description="Changes to the plan, as in POST /v1/plans")

    def facts(self) -> dict[str, Any]:
        """Return what the job is told, as JSON."""
        changes = {} if self.what_if is None else {"what_if": self.what_if.changes()}
        return super().facts() | changes


class AlertsJobRequest(JobRequest):
    """Run the alert rules, keep what changed, and tell whom it concerns."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


REQUESTS: Mapping[str, type[JobRequest]] = {
    "train": TrainJobRequest,
    "forecast": ForecastJobRequest,
    "plan": PlanJobRequest,
    "alerts": AlertsJobRequest,
}
"""Kind of job → what a client sends for it."""
