"""What a client sends to ask for a job of each kind."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas import MAX_HORIZON, MAX_LEVELS, Key, Level, WhatIf

__all__ = [
    "REQUESTS",
    "AlertsJobRequest",
    "BacktestJobRequest",
    "BulkJobRequest",
    "ForecastJobRequest",
    "JobRequest",
    "PlanJobRequest",
    "TrainJobRequest",
    "TuneJobRequest",
    "WeeklyReportJobRequest",
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
    settings_of: str | None = Field(
        None, max_length=36, pattern=r"^[0-9a-f-]+$", description="A tuning job whose settings to train with"
    )


class BacktestJobRequest(JobRequest):
    """Score models at rolling origins, each fitted anew to what was known there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"origins": 3, "models": ["lightgbm_distribution"]}]})

    horizon: int | None = Field(None, ge=1, le=MAX_HORIZON, description="Periods ahead; default: 28 days or 8 weeks")
    origins: int = Field(2, ge=1, le=52, description="Past days to forecast from")
    step: int | None = Field(None, ge=1, le=MAX_HORIZON, description="Periods between two origins; default: a horizon")
    models: list[Key] | None = Field(None, min_length=1, max_length=20, description="Default: the usual three")
    levels: list[Level] | None = Field(None, min_length=1, max_length=MAX_LEVELS, description="Default: 0.05 … 0.95")
    formats: list[Format] = Field(default_factory=_all_formats, min_length=1, max_length=3, description="Of the tables")


class TuneJobRequest(JobRequest):
    """Search for better training settings at rolling origins; a study of the same question goes on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"trials": 30, "seconds": 3600}]})

    horizon: int | None = Field(None, ge=1, le=MAX_HORIZON, description="Periods ahead; default: 28 days or 8 weeks")
    trials: int = Field(30, ge=1, le=1_000, description="Settings to try, at most")
    seconds: float | None = Field(None, gt=0, le=86_400, description="No trial begins after so long")
    origins: int = Field(3, ge=3, le=52, description="Past days to judge each trial from")
    critical: bool = Field(False, description="Judge by pinball at the dataset's cost-critical level only")
    formats: list[Format] = Field(default_factory=_all_formats, min_length=1, max_length=3, description="Of the trials")


class WeeklyReportJobRequest(JobRequest):
    """Make the week's report."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"formats": ["html", "xlsx"]}]})

    formats: list[Literal["html", "xlsx", "json"]] | None = Field(
        None, min_length=1, max_length=3, description="Default: all"
    )


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
    "backtest": BacktestJobRequest,
    "tune": TuneJobRequest,
    "weekly-report": WeeklyReportJobRequest,
}
"""Kind of job → what a client sends for it."""
