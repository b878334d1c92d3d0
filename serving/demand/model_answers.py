"""What the model routes answer and accept."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

__all__ = ["ModelVersionAnswer", "ModelsAnswer", "PromotionRequest", "RollbackAnswer", "RollbackRequest"]

Reason = Annotated[str, Field(max_length=2_000)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ModelVersionAnswer(_Answer):
    """One registered version: who it is, what it has seen, how it did when it was trained."""

    version: str
    rank: str = Field(description="champion, challenger, rolled back, lost (to a baseline), or empty")
    as_of: date = Field(description="End of the history it learned from")
    horizon: int
    recipe: str
    metrics: dict[str, float]
    run_id: str


class ModelsAnswer(_Answer):
    """The versions of a dataset's model, newest first."""

    name: str
    dataset: str
    items: list[ModelVersionAnswer]


class PromotionRequest(BaseModel):
    """Put a version through the gate; with a `reason` it is promoted though the gate refuses."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"dataset": "default", "origins": 2}]})

    dataset: Annotated[str, Field(min_length=1, max_length=63)] = "default"
    origins: int = Field(default=2, ge=1, le=52, description="Past days to judge from")
    reason: Reason | None = Field(default=None, min_length=1, description="Why it is forced; kept with the version")


_ROLLBACK: dict[str, JsonValue] = {"version": "7", "reason": "orders doubled on Monday"}


class RollbackRequest(BaseModel):
    """Take the champion back: `version` is the one that must not answer any more."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_ROLLBACK]})

    version: Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]
    reason: Annotated[str, Field(min_length=1, max_length=2_000)]
    dataset: Annotated[str, Field(min_length=1, max_length=63)] = "default"


class RollbackAnswer(_Answer):
    """Who answers now, and who was taken back."""

    champion: str
    taken_back: str
