"""What the override routes accept and answer."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from serving.demand.overrides import Kind

__all__ = ["OverrideAnswer", "OverrideChange", "OverrideRequest", "OverridesAnswer"]

LONGEST_DAYS = 366 * 5

Name = Annotated[str, Field(min_length=1, max_length=200)]
Value = Annotated[Decimal, Field(ge=-1_000_000_000, le=1_000_000_000, max_digits=18, decimal_places=6)]
Reason = Annotated[str, Field(min_length=1, max_length=2_000)]

_EXAMPLE: dict[str, JsonValue] = {
    "kind": "replace",
    "sku": "85123A",
    "start": "2011-12-12",
    "end": "2011-12-18",
    "value": "40",
    "reason": "Listed in the supermarket's Christmas leaflet",
    "expires_at": "2012-01-01T00:00:00Z",
}


class OverrideRequest(BaseModel):
    """A planner's change: `history_add` adds `value` units to each past period, `replace` sets the mean of each future
    period, `multiply` multiplies demand."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, json_schema_extra={"examples": [_EXAMPLE]})

    dataset: Annotated[str, Field(min_length=1, max_length=63)] = "default"
    kind: Kind
    sku: Name
    location: Name = Field("*", description="`*`: all locations")
    start: date
    end: date = Field(description="Last day, included")
    value: Value = Field(description="Units a period, or a factor")
    reason: Reason
    expires_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.end < self.start:
            raise ValueError("end is before start; swap or correct them")
        if (self.end - self.start).days > LONGEST_DAYS:
            raise ValueError(f"more than {LONGEST_DAYS} days; divide it")
        if self.kind is not Kind.HISTORY_ADD and self.value < 0:
            raise ValueError("value is negative; only history_add takes away")
        if self.kind is Kind.MULTIPLY and self.value > 100:
            raise ValueError("value is a factor of at most 100; replace sets units")
        return self


class OverrideChange(BaseModel):
    """What to change; what is not named stays. An `expires_at` of null is none."""

    model_config = ConfigDict(
        extra="forbid",
        allow_inf_nan=False,
        json_schema_extra={"examples": [{"value": "55", "reason": "Leaflet doubled"}]},
    )

    start: date | None = None
    end: date | None = None
    value: Value | None = None
    reason: Reason | None = None
    expires_at: AwareDatetime | None = None


class OverrideAnswer(BaseModel):
    """An override; its ETag is its revision."""

    model_config = ConfigDict(extra="forbid")

    override_id: str
    dataset: str
    kind: Kind
    sku: str
    location: str
    start: date
    end: date
    value: str
    reason: str
    user: str
    active: bool
    expires_at: str | None
    revision: int
    created_at: str
    updated_at: str


class OverridesAnswer(BaseModel):
    """A page of overrides in the order in which they were added."""

    model_config = ConfigDict(extra="forbid")

    items: list[OverrideAnswer]
    next_cursor: str | None
