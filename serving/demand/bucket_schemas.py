"""What is asked and answered about calendar buckets of a forecast."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.buckets import WEEKDAYS, BucketKind, Buckets

__all__ = ["BucketForecast", "BucketsRequest"]


class BucketsRequest(BaseModel):
    """The calendar to sum up by."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"by": "month"}, {"by": "4-4-5", "year_start": "02-01"}]}
    )

    by: BucketKind = Field(description="Weeks, months, or the periods of a fiscal year by weeks in each of a quarter")
    week_start: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "monday"
    year_start: str = Field(
        "01-01",
        pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$|^(0[13-9]|1[0-2])-(29|30)$|^(0[13578]|1[02])-31$",
        description="Month and day: a fiscal year begins on the week_start nearest to it. 01-01 and monday: ISO weeks",
    )

    def calendar(self) -> Buckets:
        """Return it as a calendar."""
        month, day = (int(part) for part in self.year_start.split("-"))
        return Buckets(self.by, WEEKDAYS.index(self.week_start), (month, day))


class BucketForecast(BaseModel):
    """Demand in one bucket of the calendar; partial where only some of its days are forecast."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(examples=["2024-W31", "2024-07", "2024-P07"])
    start: date = Field(description="First day of the bucket")
    end: date = Field(description="Last day of the bucket")
    first_day: date = Field(description="First day that is forecast")
    last_day: date = Field(description="Last day that is forecast")
    partial: bool = Field(description="It began before as_of, or goes on after the last period")
    mean: float
    quantiles: dict[str, float] = Field(
        description="Of the sum, from joint futures: quantiles of periods do not add up"
    )
