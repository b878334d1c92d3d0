"""What a client sends to ask for a job of each kind."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from serving.demand.bucket_schemas import BucketsRequest
from serving.schemas import MAX_HORIZON, MAX_LEVELS, Key, Level, WhatIf

__all__ = [
    "REQUESTS",
    "AlertsJobRequest",
    "AmazonFeedJobRequest",
    "AmazonReportJobRequest",
    "AmazonStockJobRequest",
    "BacktestJobRequest",
    "BulkJobRequest",
    "DatasetJobRequest",
    "ForecastJobRequest",
    "JobRequest",
    "PlanJobRequest",
    "ReconcileJobRequest",
    "ReviewJobRequest",
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


class DatasetJobRequest(JobRequest):
    """What every kind of job about a dataset may be told."""

    dataset: DatasetName = Field("default", description="Name of the dataset")
    as_of: date | None = Field(
        None, description="First day not yet observed; default: the day after the newest sales", examples=["2024-07-29"]
    )


class TrainJobRequest(DatasetJobRequest):
    """Train a model and register it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"promote": True}]})

    horizon: int | None = Field(None, ge=1, le=MAX_HORIZON, description="Periods ahead; default: as far as plans look")
    promote: bool = Field(False, description="Put a challenger through the gate, and make it champion if it passes")
    settings_of: str | None = Field(
        None, max_length=36, pattern=r"^[0-9a-f-]+$", description="A tuning job whose settings to train with"
    )


class BacktestJobRequest(DatasetJobRequest):
    """Score models at rolling origins, each fitted anew to what was known there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"origins": 3, "models": ["lightgbm_distribution"]}]})

    horizon: int | None = Field(None, ge=1, le=MAX_HORIZON, description="Periods ahead; default: 28 days or 8 weeks")
    origins: int = Field(2, ge=1, le=52, description="Past days to forecast from")
    step: int | None = Field(None, ge=1, le=MAX_HORIZON, description="Periods between two origins; default: a horizon")
    models: list[Key] | None = Field(None, min_length=1, max_length=20, description="Default: the usual three")
    levels: list[Level] | None = Field(None, min_length=1, max_length=MAX_LEVELS, description="Default: 0.05 … 0.95")
    formats: list[Format] = Field(default_factory=_all_formats, min_length=1, max_length=3, description="Of the tables")


class TuneJobRequest(DatasetJobRequest):
    """Search for better training settings at rolling origins; a study of the same question goes on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"trials": 30, "seconds": 3600}]})

    horizon: int | None = Field(None, ge=1, le=MAX_HORIZON, description="Periods ahead; default: 28 days or 8 weeks")
    trials: int = Field(30, ge=1, le=1_000, description="Settings to try, at most")
    seconds: float | None = Field(None, gt=0, le=86_400, description="No trial begins after so long")
    origins: int = Field(3, ge=3, le=52, description="Past days to judge each trial from")
    critical: bool = Field(False, description="Judge by pinball at the dataset's cost-critical level only")
    formats: list[Format] = Field(default_factory=_all_formats, min_length=1, max_length=3, description="Of the trials")


class ReviewJobRequest(DatasetJobRequest):
    """Hold suggestions against orders and receipts, and service levels against what was in stock."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"formats": ["csv"]}]})

    formats: list[Format] = Field(default_factory=_all_formats, min_length=1, max_length=3, description="Of the tables")


class WeeklyReportJobRequest(DatasetJobRequest):
    """Make the week's report."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"formats": ["html", "xlsx"]}]})

    formats: list[Literal["html", "xlsx", "json"]] | None = Field(
        None, min_length=1, max_length=3, description="Default: all"
    )


class BulkJobRequest(DatasetJobRequest):
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
    buckets: BucketsRequest | None = Field(None, description="A table `buckets` too: weeks, months or fiscal periods")


class PlanJobRequest(BulkJobRequest):
    """Plan the orders of all series, or of some SKUs."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"formats": ["parquet"]}]})

    what_if: WhatIf | None = Field(None, description="Changes to the plan, as in POST /v1/plans")

    def facts(self) -> dict[str, Any]:
        """Return what the job is told, as JSON."""
        changes = {} if self.what_if is None else {"what_if": self.what_if.changes()}
        return super().facts() | changes


class AlertsJobRequest(DatasetJobRequest):
    """Run the alert rules, keep what changed, and tell whom it concerns."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class AmazonReportJobRequest(JobRequest):
    """Order a report at Amazon, wait for it and keep it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"report_type": "GET_LEDGER_DETAIL_VIEW_DATA", "days": 7}]}
    )

    report_type: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{2,99}$", description="As Amazon names it")]
    days: int | None = Field(None, ge=1, le=730, description="The last so many days before the job is asked for")
    start: AwareDatetime | None = Field(None, description="Instead of days: from when the report counts")
    end: AwareDatetime | None = Field(None, description="Until when; default: as Amazon likes")
    options: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=200)]] | None = Field(
        None, max_length=20, description="Options of the report type", examples=[{"aggregatedByTimePeriod": "DAILY"}]
    )

    import_into: DatasetName | None = Field(None, description="Import it into this dataset; else it is kept as a file")
    location: Key | None = Field(None, description="Where the report's stock is, for an import; default: main")

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if self.days is not None and (self.start or self.end):
            raise ValueError("give days, or start and end")
        if self.start and self.end and self.start >= self.end:
            raise ValueError("the report would end before it starts")
        return self


class AmazonStockJobRequest(JobRequest):
    """Read what lies in Amazon's warehouses."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"formats": ["csv"]}]})

    formats: list[Format] = Field(
        default_factory=_all_formats, min_length=1, max_length=3, description="Files to write"
    )


class AmazonFeedJobRequest(JobRequest):
    """Tell a channel of kind amazon all its quantities in a feed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "amazon-us"}]})

    channel: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class ReconcileJobRequest(JobRequest):
    """Compare all that channels show with what the hub told them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"channel": "amazon-us"}]})

    channel: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = Field(
        None, description="Default: all channels"
    )


REQUESTS: Mapping[str, type[JobRequest]] = {
    "train": TrainJobRequest,
    "forecast": ForecastJobRequest,
    "plan": PlanJobRequest,
    "alerts": AlertsJobRequest,
    "amazon-report": AmazonReportJobRequest,
    "amazon-stock": AmazonStockJobRequest,
    "amazon-feed": AmazonFeedJobRequest,
    "reconcile": ReconcileJobRequest,
    "backtest": BacktestJobRequest,
    "tune": TuneJobRequest,
    "weekly-report": WeeklyReportJobRequest,
    "safety-stock-review": ReviewJobRequest,
}
"""Kind of job → what a client sends for it."""
