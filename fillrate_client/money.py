"""What stock costs and earns, who delivers, and what comes back."""

from typing import Any, cast

from fillrate_client.answers.money import (
    CreditsAnswer,
    CreditsBody,
    FeesAnswer,
    InspectionAnswer,
    InspectionBody,
    ReturnsAnswer,
    SuppliersAnswer,
    UnitEconomicsAnswer,
)
from fillrate_client.transport import Transport

__all__ = ["Money", "Returns"]


class Money:
    """`/v1/fees`, `/v1/unit-economics`, `/v1/suppliers`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def fees(self, days: int = 90, plan_run: str | None = None, **query: Any) -> FeesAnswer:
        """Return a page of projected fees, the dearest first; query: demand, rates_year, limit, cursor, dataset."""
        asked = {"days": days, "plan_run": plan_run, **query}
        return cast(FeesAnswer, self._transport.json("GET", "/v1/fees", query=asked))

    def unit_economics(self, **query: Any) -> UnitEconomicsAnswer:
        """Return a page of what a unit of each item leaves; query: rates_year, limit, cursor, dataset."""
        return cast(UnitEconomicsAnswer, self._transport.json("GET", "/v1/unit-economics", query=query))

    def suppliers(self, dataset: str | None = None) -> SuppliersAnswer:
        """Return scores, learned lead times and the units that delays ask for."""
        return cast(SuppliersAnswer, self._transport.json("GET", "/v1/suppliers", query={"dataset": dataset}))


class Returns:
    """`/v1/returns`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def statistics(self, dataset: str | None = None) -> ReturnsAnswer:
        """Return what comes back by reason, batch and supplier, and how much is sold again."""
        return cast(ReturnsAnswer, self._transport.json("GET", "/v1/returns", query={"dataset": dataset}))

    def inspect(self, body: InspectionBody) -> InspectionAnswer:
        """Return whether a unit is accepted, its grade, and what to do with it."""
        return cast(InspectionAnswer, self._transport.json("POST", "/v1/returns/inspections", json=body))

    def missing_credits(self, body: CreditsBody) -> CreditsAnswer:
        """Return refunded units that neither came back nor were paid."""
        return cast(CreditsAnswer, self._transport.json("POST", "/v1/returns/missing-credits", json=body))
