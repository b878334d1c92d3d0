"""Forecasts, what was issued before and how right it was, and planners' overrides."""

from collections.abc import Iterator
from typing import cast

from fillrate_client.answers.forecasts import (
    AccuracyAnswer,
    BusinessCentralAnswer,
    BusinessCentralRequest,
    ForecastAnswer,
    ForecastRequest,
    IssuedSummary,
    OverrideAnswer,
    OverrideChange,
    OverrideRequest,
    PercentileAnswer,
    PercentileRequest,
)
from fillrate_client.transport import Transport

__all__ = ["Forecasts", "Overrides"]


class Forecasts:
    """`/v1/forecasts`; for more series than one request may ask for there is `Jobs.forecast`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, body: ForecastRequest) -> ForecastAnswer:
        """Forecast some series; nothing is changed unless `store` is asked for."""
        return cast(ForecastAnswer, self._transport.json("POST", "/v1/forecasts", json=body, asks=True))

    def percentiles(self, body: PercentileRequest) -> PercentileAnswer:
        """Forecast p70, p80 and p90, a row a period."""
        return cast(PercentileAnswer, self._transport.json("POST", "/v1/forecasts/percentiles", json=body, asks=True))

    def business_central(self, body: BusinessCentralRequest) -> BusinessCentralAnswer:
        """Forecast in the shape that Business Central asks for."""
        path = "/v1/forecasts/business-central"
        return cast(BusinessCentralAnswer, self._transport.json("POST", path, json=body, asks=True))

    def issued(self, dataset: str = "default") -> Iterator[IssuedSummary]:
        """Yield the forecasts that were stored."""
        return self._transport.pages("/v1/issued-forecasts", query={"dataset": dataset})

    def issued_one(self, forecast_id: str) -> ForecastAnswer:
        """Return a stored forecast as it was issued."""
        return cast(ForecastAnswer, self._transport.json("GET", "/v1/issued-forecasts/{forecast_id}", forecast_id))

    def accuracy(self, dataset: str = "default") -> AccuracyAnswer:
        """Return how right stored forecasts were, by lag."""
        return cast(AccuracyAnswer, self._transport.json("GET", "/v1/forecast-accuracy", query={"dataset": dataset}))


class Overrides:
    """`/v1/overrides`: history adjustments add, forecast overrides replace or multiply."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, body: OverrideRequest, key: str | None = None) -> OverrideAnswer:
        """Make an override."""
        return cast(OverrideAnswer, self._transport.json("POST", "/v1/overrides", json=body, key=key))

    def all(
        self, dataset: str | None = None, sku: str | None = None, active: bool | None = None
    ) -> Iterator[OverrideAnswer]:
        """Yield the overrides."""
        return self._transport.pages("/v1/overrides", query={"dataset": dataset, "sku": sku, "active": active})

    def get(self, override_id: str) -> OverrideAnswer:
        """Show an override."""
        return cast(OverrideAnswer, self._transport.json("GET", "/v1/overrides/{override_id}", override_id))

    def change(self, read: OverrideAnswer, body: OverrideChange, key: str | None = None) -> OverrideAnswer:
        """Change an override as it was read; ProblemError `precondition.failed` where it has changed since."""
        path, known = "/v1/overrides/{override_id}", {"If-Match": f'"{read["revision"]}"'}
        return cast(
            OverrideAnswer,
            self._transport.json("PATCH", path, read["override_id"], json=body, headers=known, key=key),
        )

    def delete(self, read: OverrideAnswer, key: str | None = None) -> None:
        """Delete an override as it was read."""
        known = {"If-Match": f'"{read["revision"]}"'}
        self._transport.send("DELETE", "/v1/overrides/{override_id}", read["override_id"], headers=known, key=key)
