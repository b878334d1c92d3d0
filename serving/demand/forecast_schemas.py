"""What the further forecast routes accept and answer: variants for other programs, issued forecasts, accuracy."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.answers import Data, Model
from serving.schemas import MAX_HORIZON, MAX_SERIES, Key, SeriesKey

__all__ = [
    "AccuracyAnswer",
    "BusinessCentralAnswer",
    "BusinessCentralInputs",
    "BusinessCentralOutput",
    "BusinessCentralParameters",
    "BusinessCentralRequest",
    "BusinessCentralResults",
    "BusinessCentralTable",
    "BusinessCentralValue",
    "IssuedAnswer",
    "IssuedSummary",
    "LagAccuracy",
    "PercentileAnswer",
    "PercentileRequest",
    "PercentileRow",
]

MAX_VALUES = 100_000


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PercentileRequest(_Closed):
    """Which series, how far."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"skus": ["85123A"], "horizon": 7}]})

    skus: list[Key] | None = Field(None, min_length=1, max_length=MAX_SERIES)
    series: list[SeriesKey] | None = Field(None, min_length=1, max_length=MAX_SERIES)
    horizon: int | None = Field(None, ge=1, le=MAX_HORIZON)
    dataset: Annotated[str, Field(min_length=1, max_length=63)] = "default"

    @model_validator(mode="after")
    def _one_selection(self) -> Self:
        if (self.skus is None) == (self.series is None):
            raise ValueError("give either skus or series")
        return self


class PercentileRow(_Closed):
    """Demand of one SKU at one location in one period, in units."""

    sku: str
    location: str
    start_date: date
    end_date: date
    mean: float
    p70: float
    p80: float
    p90: float
    status: str


class PercentileAnswer(_Closed):
    """The forecast as flat rows with the percentiles that Amazon's own demand forecasts have."""

    model: Model
    data: Data
    unit: str
    rows: list[PercentileRow]


class BusinessCentralTable(_Closed):
    """Columns and rows; each value is a text, as Business Central sends it."""

    ColumnNames: list[str] = Field(min_length=3, max_length=3)
    Values: list[list[str]] = Field(min_length=1, max_length=MAX_VALUES)


class BusinessCentralInputs(_Closed):
    """The one input table."""

    input1: BusinessCentralTable


class BusinessCentralParameters(_Closed):
    """Parameters as texts; horizon: periods ahead; seasonality: periods in a season; confidence: per cent."""

    horizon: str = Field(default="6", pattern=r"^[0-9]{1,3}$")
    seasonality: str = Field(default="12", pattern=r"^[0-9]{1,3}$")
    confidence_level: str = Field(default="95", pattern=r"^[0-9]{2}$")


class BusinessCentralRequest(_Closed):
    """A history in the shape of Business Central's forecast extension: product, ordinal period, quantity."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "Inputs": {
                        "input1": {
                            "ColumnNames": ["GranularityAttribute", "DateKey", "TransactionQty"],
                            "Values": [["1000", "1", "12"], ["1000", "2", "15"], ["1000", "3", "11"]],
                        }
                    },
                    "GlobalParameters": {"horizon": "2", "seasonality": "1", "confidence_level": "80"},
                }
            ]
        },
    )

    Inputs: BusinessCentralInputs
    GlobalParameters: BusinessCentralParameters = BusinessCentralParameters()


class BusinessCentralOutput(_Closed):
    """The forecast table: one row a product and period."""

    ColumnNames: list[str]
    Values: list[list[str]]


class BusinessCentralValue(_Closed):
    """Where Business Central looks for the table."""

    type: str
    value: BusinessCentralOutput


class BusinessCentralResults(_Closed):
    """The one output."""

    output1: BusinessCentralValue


class BusinessCentralAnswer(_Closed):
    """The answer in the shape that Business Central reads."""

    Results: BusinessCentralResults


class IssuedSummary(_Closed):
    """An issued forecast without its series."""

    forecast_id: str
    dataset: str
    issued_at: datetime
    actor: str
    model: Model
    as_of: date
    horizon: int


class IssuedAnswer(_Closed):
    """A page of issued forecasts, newest first."""

    items: list[IssuedSummary]
    next_cursor: str | None


class LagAccuracy(_Closed):
    """How far issued means were from what was sold, so many periods ahead."""

    lag: int = Field(description="0: the first period forecast")
    periods: int = Field(description="SKU × location × period")
    units: float = Field(description="Sold in them")
    wape: float | None = Field(description="Σ|sold − mean| ÷ Σ sold; null where nothing was sold")
    bias: float | None = Field(description="Σ(mean − sold) ÷ Σ sold")


class AccuracyAnswer(_Closed):
    """Accuracy of issued forecasts by lag, over the periods that are past."""

    dataset: str
    as_of: date
    lags: list[LagAccuracy]
