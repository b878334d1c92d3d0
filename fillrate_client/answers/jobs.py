"""What requests and answers of jobs look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from fillrate_client.answers.shared import BucketsRequest, JobAnswer, WhatIf

__all__ = [
    "AmazonFeedJobRequest",
    "AmazonReportJobRequest",
    "AmazonStockJobRequest",
    "BacktestJobRequest",
    "ForecastJobRequest",
    "ItemErrorsAnswer",
    "JobsAnswer",
    "PlanJobRequest",
    "ReconcileJobRequest",
    "RefusedItem",
    "ResultAnswer",
    "ResultFile",
    "ResultTable",
    "ReviewJobRequest",
    "ScheduleAnswer",
    "ScheduleRequest",
    "SchedulesAnswer",
    "TrainJobRequest",
    "TuneJobRequest",
    "WeeklyReportJobRequest",
]


class AmazonFeedJobRequest(TypedDict):
    """Tell a channel of kind amazon all its quantities in a feed."""

    natural_key: NotRequired[str | None]
    channel: str


class AmazonReportJobRequest(TypedDict):
    """Order a report at Amazon, wait for it and keep it."""

    natural_key: NotRequired[str | None]
    report_type: str
    days: NotRequired[int | None]
    start: NotRequired[str | None]
    end: NotRequired[str | None]
    options: NotRequired[dict[str, str] | None]
    import_into: NotRequired[str | None]
    location: NotRequired[str | None]


class AmazonStockJobRequest(TypedDict):
    """Read what lies in Amazon's warehouses."""

    natural_key: NotRequired[str | None]
    formats: NotRequired[list[Literal["csv", "ndjson", "parquet"]]]


class BacktestJobRequest(TypedDict):
    """Score models at rolling origins, each fitted anew to what was known there."""

    natural_key: NotRequired[str | None]
    dataset: NotRequired[str]
    as_of: NotRequired[str | None]
    horizon: NotRequired[int | None]
    origins: NotRequired[int]
    step: NotRequired[int | None]
    models: NotRequired[list[str] | None]
    levels: NotRequired[list[float] | None]
    formats: NotRequired[list[Literal["csv", "ndjson", "parquet"]]]


class ForecastJobRequest(TypedDict):
    """Forecast all series, or those of some SKUs."""

    natural_key: NotRequired[str | None]
    dataset: NotRequired[str]
    as_of: NotRequired[str | None]
    skus: NotRequired[list[str] | None]
    formats: NotRequired[list[Literal["csv", "ndjson", "parquet"]]]
    horizon: NotRequired[int | None]
    levels: NotRequired[list[float]]
    buckets: NotRequired[BucketsRequest | None]


class ItemErrorsAnswer(TypedDict):
    """A page of refused items."""

    errors: list[RefusedItem]
    next_cursor: str | None


class JobsAnswer(TypedDict):
    """A page of jobs, newest first."""

    jobs: list[JobAnswer]
    next_cursor: str | None


class PlanJobRequest(TypedDict):
    """Plan the orders of all series, or of some SKUs."""

    natural_key: NotRequired[str | None]
    dataset: NotRequired[str]
    as_of: NotRequired[str | None]
    skus: NotRequired[list[str] | None]
    formats: NotRequired[list[Literal["csv", "ndjson", "parquet"]]]
    what_if: NotRequired[WhatIf | None]


class ReconcileJobRequest(TypedDict):
    """Compare all that channels show with what the hub told them."""

    natural_key: NotRequired[str | None]
    channel: NotRequired[str | None]


class RefusedItem(TypedDict):
    """One item that a job could not do."""

    item: str
    code: str
    message: str


class ResultAnswer(TypedDict):
    """What came of a job: facts by kind, and its tables."""

    job: str
    kind: str
    tables: NotRequired[list[ResultTable]]


class ResultFile(TypedDict):
    """One file of a result."""

    format: str
    media_type: str
    bytes: int
    href: str


class ResultTable(TypedDict):
    """One table of a result, in the formats that were asked for."""

    table: str
    rows: int
    files: list[ResultFile]


class ReviewJobRequest(TypedDict):
    """Hold suggestions against orders and receipts, and service levels against what was in stock."""

    natural_key: NotRequired[str | None]
    dataset: NotRequired[str]
    as_of: NotRequired[str | None]
    formats: NotRequired[list[Literal["csv", "ndjson", "parquet"]]]


class ScheduleAnswer(TypedDict):
    """One schedule."""

    name: str
    kind: str
    cron: str
    time_zone: str
    request: dict[str, Any]
    paused: bool
    created_at: str
    next_tick: str | None
    last_tick: str | None
    last_job: str | None


class ScheduleRequest(TypedDict):
    """What is to be asked for when."""

    name: str
    kind: str
    cron: str
    time_zone: NotRequired[str]
    request: NotRequired[dict[str, Any]]
    paused: NotRequired[bool]


class SchedulesAnswer(TypedDict):
    """A page of schedules, by name."""

    schedules: list[ScheduleAnswer]
    next_cursor: str | None


class TrainJobRequest(TypedDict):
    """Train a model and register it."""

    natural_key: NotRequired[str | None]
    dataset: NotRequired[str]
    as_of: NotRequired[str | None]
    horizon: NotRequired[int | None]
    promote: NotRequired[bool]
    settings_of: NotRequired[str | None]


class TuneJobRequest(TypedDict):
    """Search for better training settings at rolling origins; a study of the same question goes on."""

    natural_key: NotRequired[str | None]
    dataset: NotRequired[str]
    as_of: NotRequired[str | None]
    horizon: NotRequired[int | None]
    trials: NotRequired[int]
    seconds: NotRequired[float | None]
    origins: NotRequired[int]
    critical: NotRequired[bool]
    formats: NotRequired[list[Literal["csv", "ndjson", "parquet"]]]


class WeeklyReportJobRequest(TypedDict):
    """Make the week's report."""

    natural_key: NotRequired[str | None]
    dataset: NotRequired[str]
    as_of: NotRequired[str | None]
    formats: NotRequired[list[Literal["html", "xlsx", "json"]] | None]
