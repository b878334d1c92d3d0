"""Scenarios: named what-ifs, and the plan that comes of one that is promoted."""

from collections.abc import Iterator
from typing import cast

from fillrate_client.answers.scenarios import ScenarioAnswer, ScenarioRequest, ScenarioSummary
from fillrate_client.answers.shared import PlanRunAnswer
from fillrate_client.transport import Transport

__all__ = ["Scenarios"]


class Scenarios:
    """`/v1/scenarios`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, body: ScenarioRequest, key: str | None = None) -> ScenarioAnswer:
        """Ask a what-if and keep the answer under a name until it expires."""
        return cast(ScenarioAnswer, self._transport.json("POST", "/v1/scenarios", json=body, key=key))

    def all(self, dataset: str | None = None) -> Iterator[ScenarioSummary]:
        """Yield the scenarios."""
        return self._transport.pages("/v1/scenarios", query={"dataset": dataset})

    def get(self, scenario_id: str) -> ScenarioAnswer:
        """Show a scenario."""
        return cast(ScenarioAnswer, self._transport.json("GET", "/v1/scenarios/{scenario_id}", scenario_id))

    def delete(self, scenario_id: str, key: str | None = None) -> None:
        """Delete a scenario."""
        self._transport.send("DELETE", "/v1/scenarios/{scenario_id}", scenario_id, key=key)

    def promote(self, scenario_id: str, key: str | None = None) -> PlanRunAnswer:
        """Ask it again with the data of this moment, and store the plan."""
        path = "/v1/scenarios/{scenario_id}/promote"
        return cast(PlanRunAnswer, self._transport.json("POST", path, scenario_id, key=key))
