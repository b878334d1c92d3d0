"""Models: the champion, the versions, and which of them answers."""

from typing import cast

from fillrate_client.answers.models import (
    ChampionAnswer,
    ModelsAnswer,
    ModelVersionAnswer,
    PromotionRequest,
    RollbackAnswer,
    RollbackRequest,
)
from fillrate_client.jobs import Job, Jobs
from fillrate_client.transport import Transport

__all__ = ["Models"]


class Models:
    """`/v1/models`; a model is trained by `Jobs.train`."""

    def __init__(self, transport: Transport, jobs: Jobs) -> None:
        self._transport = transport
        self._jobs = jobs

    def champion(self, dataset: str = "default") -> ChampionAnswer:
        """Show the model in use."""
        return cast(ChampionAnswer, self._transport.json("GET", "/v1/models/champion", query={"dataset": dataset}))

    def all(self, dataset: str = "default") -> ModelsAnswer:
        """Show the registered versions."""
        return cast(ModelsAnswer, self._transport.json("GET", "/v1/models", query={"dataset": dataset}))

    def get(self, version: str, dataset: str = "default") -> ModelVersionAnswer:
        """Show one version."""
        query = {"dataset": dataset}
        return cast(ModelVersionAnswer, self._transport.json("GET", "/v1/models/{version}", version, query=query))

    def promote(self, version: str, body: PromotionRequest | None = None, key: str | None = None) -> Job:
        """Put a version (or "challenger") through the gate."""
        path = "/v1/models/{version}/promote"
        return self._jobs.of(self._transport.send("POST", path, version, json=body or {}, key=key))

    def roll_back(self, body: RollbackRequest, key: str | None = None) -> RollbackAnswer:
        """Make the former champion champion again."""
        return cast(RollbackAnswer, self._transport.json("POST", "/v1/models/rollback", json=body, key=key))
