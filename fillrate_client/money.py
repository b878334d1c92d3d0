"""Fees, profit, suppliers and returns."""

from collections.abc import Iterator
from typing import cast

from fillrate_client.answers.money import (
    CreditsAnswer,
    CreditsBody,
    InspectionAnswer,
    InspectionBody,
    ReturnsAnswer,
    SuppliersAnswer,
)
from fillrate_client.transport import Transport

__all__ = ["Money"]


class Money:
    """`/v1/fees`, `/v1/unit-economics`, `/v1/suppliers`, `/v1/returns`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def fees(
        self,
        days: int | None = None,
        rates_year: int | None = None,
        demand: str | None = None,
        plan_run: str | None = None,
        dataset: str = "default",
    ) -> Iterator[dict[str, object]]:
        """Yield the fees of each item."""
        query = {"days": days, "rates_year": rates_year, "demand": demand, "plan_run": plan_run, "dataset": dataset}
        return self._transport.pages("/v1/fees", query=query)

    def unit_economics(self, rates_year: int | None = None, dataset: str = "default") -> Iterator[dict[str, object]]:
        """Yield cost, margin and floor price of each item."""
        return self._transport.pages("/v1/unit-economics", query={"rates_year": rates_year, "dataset": dataset})

    def suppliers(self, dataset: str = "default") -> SuppliersAnswer:
        """Return late rate, defects and score of each supplier."""
        return cast(SuppliersAnswer, self._transport.json("GET", "/v1/suppliers", query={"dataset": dataset}))

    def returns(self, dataset: str = "default") -> ReturnsAnswer:
        """Return returns by reason, and what is odd about them."""
        return cast(ReturnsAnswer, self._transport.json("GET", "/v1/returns", query={"dataset": dataset}))

    def inspect_return(self, body: InspectionBody) -> InspectionAnswer:
        """Say what to do with a returned unit; nothing is stored."""
        return cast(InspectionAnswer, self._transport.json("POST", "/v1/returns/inspections", json=body, asks=True))

    def missing_credits(self, body: CreditsBody) -> CreditsAnswer:
        """Find refunds that nobody credited; nothing is stored."""
        return cast(CreditsAnswer, self._transport.json("POST", "/v1/returns/missing-credits", json=body, asks=True))
