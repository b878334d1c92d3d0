"""What requests and answers of models look like; written by tests/contract/client_types.py."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from fillrate_client.answers.shared import Data

__all__ = [
    "ChampionAnswer",
    "ModelVersionAnswer",
    "ModelsAnswer",
    "PromotionRequest",
    "RollbackAnswer",
    "RollbackRequest",
]


class ChampionAnswer(TypedDict):
    """The model in use."""

    name: str
    version: str | None
    run_id: str | None
    run_name: str | None
    as_of: str | None
    horizon: int
    series: int
    data: Data


class ModelVersionAnswer(TypedDict):
    """One registered version: who it is, what it has seen, how it did when it was trained."""

    version: str
    rank: str
    as_of: str
    horizon: int
    recipe: str
    metrics: dict[str, float]
    run_id: str


class ModelsAnswer(TypedDict):
    """The versions of a dataset's model, newest first."""

    name: str
    dataset: str
    items: list[ModelVersionAnswer]


class PromotionRequest(TypedDict):
    """Put a version through the gate; with a `reason` it is promoted though the gate refuses."""

    dataset: NotRequired[str]
    origins: NotRequired[int]
    reason: NotRequired[str | None]


class RollbackAnswer(TypedDict):
    """Who answers now, and who was taken back."""

    champion: str
    taken_back: str


class RollbackRequest(TypedDict):
    """Take the champion back: `version` is the one that must not answer any more."""

    version: str
    reason: str
    dataset: NotRequired[str]
