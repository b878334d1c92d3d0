"""What requests and answers of forecasts look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from fillrate_client.answers.shared import BucketsRequest, Data, Model

__all__ = [
    "AccuracyAnswer",
    "BucketForecast",
    "BusinessCentralAnswer",
    "BusinessCentralInputs",
    "BusinessCentralOutput",
    "BusinessCentralParameters",
    "BusinessCentralRequest",
    "BusinessCentralResults",
    "BusinessCentralTable",
    "BusinessCentralValue",
    "Driver",
    "Drivers",
    "ForecastAnswer",
    "ForecastRequest",
    "IssuedAnswer",
    "IssuedSummary",
    "Kind",
    "LagAccuracy",
    "OverrideAnswer",
    "OverrideChange",
    "OverrideRequest",
    "OverridesAnswer",
    "PercentileAnswer",
    "PercentileRequest",
    "PercentileRow",
    "Period",
    "SeriesForecast",
    "SeriesKey",
    "TracePeriod",
    "Training",
]


class AccuracyAnswer(TypedDict):
    """Accuracy of issued forecasts by lag, over the periods that are past."""

    dataset: str
    as_of: str
    lags: list[LagAccuracy]


class BucketForecast(TypedDict):
    """Demand in one bucket of the calendar; partial where only some of its days are forecast."""

    name: str
    start: str
    end: str
    first_day: str
    last_day: str
    partial: bool
    mean: float
    quantiles: dict[str, float]


class BusinessCentralAnswer(TypedDict):
    """The answer in the shape that Business Central reads."""

    Results: BusinessCentralResults


class BusinessCentralInputs(TypedDict):
    """The one input table."""

    input1: BusinessCentralTable


class BusinessCentralOutput(TypedDict):
    """The forecast table: one row a product and period."""

    ColumnNames: list[str]
    Values: list[list[str]]


class BusinessCentralParameters(TypedDict):
    """Parameters as texts; horizon: periods ahead; seasonality: periods in a season; confidence: per cent."""

    horizon: NotRequired[str]
    seasonality: NotRequired[str]
    confidence_level: NotRequired[str]


class BusinessCentralRequest(TypedDict):
    """A history in the shape of Business Central's forecast extension: product, ordinal period, quantity."""

    Inputs: BusinessCentralInputs
    GlobalParameters: NotRequired[BusinessCentralParameters]


class BusinessCentralResults(TypedDict):
    """The one output."""

    output1: BusinessCentralValue


class BusinessCentralTable(TypedDict):
    """Columns and rows; each value is a text, as Business Central sends it."""

    ColumnNames: list[str]
    Values: list[list[str]]


class BusinessCentralValue(TypedDict):
    """Where Business Central looks for the table."""

    type: str
    value: BusinessCentralOutput


class Driver(TypedDict):
    """What one block of features adds to the forecast over the horizon."""

    block: str
    units: float
    because: str


class Drivers(TypedDict):
    """Why the forecast is what it is, over all periods asked for: usual + the parts = mean, in units."""

    usual: float
    parts: list[Driver]
    mean: float


class ForecastAnswer(TypedDict):
    """Forecasts in the order asked for."""

    model: Model
    data: Data
    frequency: str
    unit: str
    horizon: int
    levels: list[float]
    dataset: str
    dataset_version: int
    training: Training
    metrics: dict[str, float]
    seed: int
    forecast_id: str | None
    issued_at: str | None
    series: list[SeriesForecast]


class ForecastRequest(TypedDict):
    """Which series to forecast, how far and at which quantile levels."""

    skus: NotRequired[list[str] | None]
    series: NotRequired[list[SeriesKey] | None]
    horizon: NotRequired[int | None]
    levels: NotRequired[list[float]]
    dataset: NotRequired[str]
    explain: NotRequired[bool]
    store: NotRequired[bool]
    buckets: NotRequired[BucketsRequest | None]


class IssuedAnswer(TypedDict):
    """A page of issued forecasts, newest first."""

    items: list[IssuedSummary]
    next_cursor: str | None


class IssuedSummary(TypedDict):
    """An issued forecast without its series."""

    forecast_id: str
    dataset: str
    issued_at: str
    actor: str
    model: Model
    as_of: str
    horizon: int


Kind = Literal["history_add", "replace", "multiply"]
"""What an override does: `history_add` adds units to each past period, `replace` and `multiply` …"""


class LagAccuracy(TypedDict):
    """How far issued means were from what was sold, so many periods ahead."""

    lag: int
    periods: int
    units: float
    wape: float | None
    bias: float | None


class OverrideAnswer(TypedDict):
    """An override; its ETag is its revision."""

    override_id: str
    dataset: str
    kind: Kind
    sku: str
    location: str
    start: str
    end: str
    value: str
    reason: str
    user: str
    active: bool
    expires_at: str | None
    revision: int
    created_at: str
    updated_at: str


class OverrideChange(TypedDict):
    """What to change; what is not named stays. An `expires_at` of null is none."""

    start: NotRequired[str | None]
    end: NotRequired[str | None]
    value: NotRequired[float | str | None]
    reason: NotRequired[str | None]
    expires_at: NotRequired[str | None]


class OverrideRequest(TypedDict):
    """A planner's change: `history_add` adds `value` units to each past period, `replace` sets the …"""

    dataset: NotRequired[str]
    kind: Kind
    sku: str
    location: NotRequired[str]
    start: str
    end: str
    value: float | str
    reason: str
    expires_at: NotRequired[str | None]


class OverridesAnswer(TypedDict):
    """A page of overrides in the order in which they were added."""

    items: list[OverrideAnswer]
    next_cursor: str | None


class PercentileAnswer(TypedDict):
    """The forecast as flat rows with the percentiles that Amazon's own demand forecasts have."""

    model: Model
    data: Data
    unit: str
    rows: list[PercentileRow]


class PercentileRequest(TypedDict):
    """Which series, how far."""

    skus: NotRequired[list[str] | None]
    series: NotRequired[list[SeriesKey] | None]
    horizon: NotRequired[int | None]
    dataset: NotRequired[str]


class PercentileRow(TypedDict):
    """Demand of one SKU at one location in one period, in units."""

    sku: str
    location: str
    start_date: str
    end_date: str
    mean: float
    p70: float
    p80: float
    p90: float
    status: str


class Period(TypedDict):
    """Demand of one period: expected units and quantiles."""

    date: str
    mean: float
    quantiles: dict[str, float]


class SeriesForecast(TypedDict):
    """Forecast of one SKU at one location."""

    sku: str
    location: str
    status: str
    fallback_reason: str | None
    made_by: str
    periods: list[Period]
    buckets: NotRequired[list[BucketForecast] | None]
    override_trace: list[TracePeriod] | None
    drivers: Drivers | None


class SeriesKey(TypedDict):
    """One SKU at one location."""

    sku: str
    location: NotRequired[str]


class TracePeriod(TypedDict):
    """One period whose mean a planner changed: the model's, after history adjustments, and the one …"""

    date: str
    statistical: float
    adjusted: float
    final: float
    overrides: list[str]


class Training(TypedDict):
    """What the model learned from: the first day of history, and the first day that it has not seen."""

    start: str | None
    end: str | None
