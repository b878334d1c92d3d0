"""What the API accepts: the request bodies of /v1 and their limits, with examples."""

import math
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.demand.bucket_schemas import BucketsRequest

__all__ = ["MAX_HORIZON", "MAX_LEVELS", "MAX_SERIES", "ForecastRequest", "PlanRequest", "SeriesKey", "WhatIf"]

MAX_SERIES = 1_000
MAX_LEVELS = 50
MAX_HORIZON = 365

Key = Annotated[str, Field(min_length=1, max_length=200)]
Dataset = Annotated[str, Field(min_length=1, max_length=63, description="Whose forecasts; GET /v1/datasets lists them")]
Level = Annotated[float, Field(ge=0.001, le=0.999, allow_inf_nan=False)]
Money = Annotated[Decimal, Field(ge=0, le=1_000_000_000_000, allow_inf_nan=False)]
Days = Annotated[float, Field(ge=0, le=MAX_HORIZON, allow_inf_nan=False)]
Multiplier = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class SeriesKey(_Body):
    """One SKU at one location."""

    sku: Key
    location: Key = "main"


class ForecastRequest(_Body):
    """Which series to forecast, how far and at which quantile levels.

    Give either `skus` (each at all its locations) or `series`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"skus": ["85123A"], "horizon": 14, "levels": [0.05, 0.5, 0.95]},
                {"skus": ["85123A"], "horizon": 28, "levels": [0.5], "buckets": {"by": "month"}},
            ]
        }
    )

    skus: list[Key] | None = Field(None, min_length=1, max_length=MAX_SERIES, description="SKUs, at all locations")
    series: list[SeriesKey] | None = Field(None, min_length=1, max_length=MAX_SERIES)
    horizon: int | None = Field(
        None,
        ge=1,
        le=MAX_HORIZON,
        description="Periods; default: what the service keeps ready (at most 28 days or 8 weeks)",
    )
    levels: list[Level] = Field(
        default_factory=lambda: [0.05, 0.5, 0.95],
        min_length=1,
        max_length=MAX_LEVELS,
        description="Quantile levels",
    )
    dataset: Dataset = "default"
    explain: bool = Field(default=False, description="Say what moved each forecast; at most 20 series")
    store: bool = Field(
        default=False,
        description="Keep the answer, as issued, for later accuracy; needs an Idempotency-Key and answers 201",
    )
    buckets: BucketsRequest | None = Field(
        default=None, description="Sum the periods up to weeks, months or fiscal periods too"
    )

    @model_validator(mode="after")
    def _one_selection(self) -> Self:
        if (self.skus is None) == (self.series is None):
            raise ValueError("give either skus or series")
        return self


class WhatIf(_Body):
    """Changes to the base plan; what is not named stays as it is.

    `demand_multiplier` scales all demand; every other field replaces the dataset's value for all series
    asked for.
    """

    demand_multiplier: Multiplier | None = Field(None, description="1.2 = 20 % more demand")
    lead_time_days: Days | None = None
    lead_time_sd_days: Days | None = None
    review_period_days: int | None = Field(None, ge=1, le=MAX_HORIZON)
    budget: Money | None = Field(None, description="Currency, shared by all orders; 0 = unlimited")
    cycle_service_level: float | None = Field(
        None, gt=0, lt=1, description="Replaces stock-out costs by the penalty whose critical ratio it is"
    )
    holding_cost: Money | None = Field(None, description="Per unit and period")
    stockout_cost: Money | None = Field(None, description="Per unit of lost sale")
    order_cost: Money | None = Field(None, description="Per order")
    minimum_order_quantity: int | None = Field(None, ge=1, le=10_000_000)
    case_pack: int | None = Field(None, ge=1, le=10_000_000)

    @model_validator(mode="after")
    def _one_service_rule(self) -> Self:
        if self.cycle_service_level is not None and self.stockout_cost is not None:
            raise ValueError("give either cycle_service_level or stockout_cost: the first one sets the second")
        return self

    def changes(self) -> dict[str, float]:
        """Return the fields that were given, as numbers."""
        given = self.model_dump(exclude_none=True)
        return {name: float(value) for name, value in given.items() if math.isfinite(value)}


class PlanRequest(_Body):
    """Which SKUs to plan (default: all), and what to change for a what-if; nothing is stored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"skus": ["85123A", "22727"], "what_if": {"demand_multiplier": 1.2, "lead_time_days": 21}},
                {},
            ]
        }
    )

    skus: list[Key] | None = Field(None, min_length=1, max_length=MAX_SERIES)
    what_if: WhatIf | None = None
    dataset: Dataset = "default"
