"""Versions of a registered model: which there are, who is champion, and who was before."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.entities.model_registry import ModelVersion as RegisteredVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST, ErrorCode

from core.errors import ModelNotFoundError, UsageError
from core.settings import Settings
from training.boosted import TrainingSettings
from training.recipe import settings_of
from training.tracking_store import open_store, store_trouble

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "ModelVersion",
    "artifact_text",
    "crown",
    "find_version",
    "list_versions",
    "measures_of",
    "recipe_of",
    "roll_back",
    "set_challenger",
    "table_of_versions",
]

CHAMPION = "champion"
CHALLENGER = "challenger"

WON = "beats_baselines"
"""Tag of a version that beat the baselines when it was trained."""

REIGNS = "champions"
"""Tag of a registered model: the versions that were champion, in turn, the present one last."""

ROLLED_BACK = "rolled_back"
"""Tag of a version that was champion and was taken back: why."""

VERSION_TAGS = ("as_of", "horizon", "fingerprint")

NOT_THERE = (
    ErrorCode.Name(RESOURCE_DOES_NOT_EXIST),  # no such model
    ErrorCode.Name(INVALID_PARAMETER_VALUE),  # a model without this alias
)
"""How MLflow says that nothing is registered under a name."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One trained model in the registry.

    name, version: as registered; run_id, run_name: its MLflow run; as_of: end of the history it has seen; horizon: most
    periods ahead; fingerprint: digest of that history; is_champion, is_challenger: whether it carries the alias;
    recipe: digest of its settings, empty where a version was registered before there were any; beats_baselines: when it
    was trained; rolled_back: why it is champion no more, empty where it was not taken back.
    """

    name: str
    version: str
    run_id: str
    run_name: str
    as_of: date
    horizon: int
    fingerprint: str
    is_champion: bool
    is_challenger: bool = False
    recipe: str = ""
    beats_baselines: bool = True
    rolled_back: str = ""

    @property
    def may_answer(self) -> bool:
        """Whether it may stand in where the champion does not fit."""
        return self.beats_baselines and not self.rolled_back


def list_versions(name: str, settings: Settings) -> list[ModelVersion]:
    """Return the versions of the registered model `name`, newest first; empty where there is none."""
    client = open_store(settings)
    with store_trouble(settings, "read"):
        found = client.search_model_versions(f"name = '{name}'")
        aliases = _aliases(client, name)
    known = [item for item in found if set(VERSION_TAGS) <= set(item.tags)]
    return [_version(item, aliases) for item in sorted(known, key=lambda item: int(item.version), reverse=True)]


def find_version(name: str, settings: Settings, wanted: str) -> ModelVersion:
    """Return the version called `wanted`: a number, `champion` or `challenger`; raises ModelNotFoundError."""
    versions = list_versions(name, settings)
    for item in versions:
        if wanted == item.version or (wanted == CHAMPION and item.is_champion):
            return item
        if wanted == CHALLENGER and item.is_challenger:
            return item
    if not versions:
        raise ModelNotFoundError(f"no model is registered as {name}; run `fillrate train` first")
    there = ", ".join(item.version for item in reversed(versions))
    if wanted in (CHAMPION, CHALLENGER):
        raise ModelNotFoundError(f"{name} has no {wanted}; its versions are {there} (`fillrate models` lists them)")
    raise ModelNotFoundError(f"{name} has no version {wanted!r}; its versions are {there}")


def crown(name: str, version: str, settings: Settings, note: str = "") -> None:
    """Make a version the champion, and remember who was before; note: why, kept with the version."""
    client = open_store(settings)
    with store_trouble(settings, "written"):
        reigns = [item for item in _reigns(client, name) if item != version]
        client.set_registered_model_alias(name, CHAMPION, version)
        client.set_registered_model_tag(name, REIGNS, ",".join([*reigns, version]))
        if _aliases(client, name).get(CHALLENGER) == version:
            client.delete_registered_model_alias(name, CHALLENGER)
        client.set_model_version_tag(name, version, ROLLED_BACK, "")
        if note:
            client.set_model_version_tag(name, version, "promotion", note[:5000])


def set_challenger(name: str, version: str, settings: Settings) -> None:
    """Give a version the alias `challenger`: on trial, until it goes through the gate."""
    client = open_store(settings)
    with store_trouble(settings, "written"):
        client.set_registered_model_alias(name, CHALLENGER, version)


def roll_back(name: str, settings: Settings, reason: str) -> tuple[ModelVersion, ModelVersion]:
    """Make the former champion champion again; return (the champion now, the one taken back).

    The one taken back never stands in again unless it is promoted. Raises ModelNotFoundError where nobody was before.
    """
    fallen = find_version(name, settings, CHAMPION)
    client = open_store(settings)
    there = {item.version: item for item in list_versions(name, settings)}
    with store_trouble(settings, "written"):
        former = [item for item in _reigns(client, name) if item in there and item != fallen.version]
        if not former:
            raise ModelNotFoundError(f"{name} version {fallen.version} has no champion before it to go back to")
        client.set_registered_model_alias(name, CHAMPION, former[-1])
        client.set_registered_model_tag(name, REIGNS, ",".join(former))
        client.set_model_version_tag(name, fallen.version, ROLLED_BACK, reason or "no reason given")
    return find_version(name, settings, CHAMPION), fallen


def table_of_versions(name: str, settings: Settings) -> pd.DataFrame:
    """Return one row a version, newest first: who it is, what it has seen, and how it was judged when trained."""
    rows = []
    for item in list_versions(name, settings):
        measures = measures_of(item, settings)
        rank = CHAMPION if item.is_champion else CHALLENGER if item.is_challenger else ""
        rows.append(
            {
                "version": item.version,
                "rank": rank or ("rolled back" if item.rolled_back else "" if item.beats_baselines else "lost"),
                "as_of": str(item.as_of),
                "horizon": item.horizon,
                "recipe": item.recipe,
                **{key: measures.get(key, float("nan")) for key in ("wql", "scaled_pinball", "bias")},
                "calibration_error": measures.get("calibration_error", float("nan")),
                "wql_of_seasonal_naive": measures.get("seasonal_naive/wql", float("nan")),
                "fingerprint": item.fingerprint[:8],
                "run": item.run_id,
            }
        )
    return pd.DataFrame(rows)


def measures_of(version: ModelVersion, settings: Settings) -> dict[str, float]:
    """Return the scores that a version got when it was trained, by name."""
    client = open_store(settings)
    with store_trouble(settings, "read"):
        return dict(client.get_run(version.run_id).data.metrics)


def artifact_text(version: ModelVersion, file: str, settings: Settings) -> str:
    """Return the text of a file that was kept with a version, such as `evaluation/model_card.md`.

    Raises ModelNotFoundError where it is not there: a version of before that file was kept, or files that are gone.
    """
    open_store(settings)
    try:
        with store_trouble(settings, "read", but=(MlflowException, OSError)):
            place = mlflow.artifacts.download_artifacts(run_id=version.run_id, artifact_path=file)
            return Path(place).read_text(encoding="utf-8")
    except (MlflowException, OSError) as error:
        raise ModelNotFoundError(f"{version.name} version {version.version} has no {file}; train it again") from error


def recipe_of(version: ModelVersion, settings: Settings, base: TrainingSettings) -> TrainingSettings:
    """Return the settings that a version was trained with, with the threads and the seed of `base`.

    Raises ModelNotFoundError where they were not kept or are of another version of Fillrate.
    """
    text = artifact_text(version, "evaluation/settings.json", settings)
    try:
        return settings_of(json.loads(text), base, f"settings of version {version.version}")
    except (UsageError, ValueError) as error:
        raise ModelNotFoundError(f"{error}; it is of another version of Fillrate: train it again") from error


def _reigns(client: mlflow.MlflowClient, name: str) -> list[str]:
    model = client.get_registered_model(name)
    told = [word for word in str(model.tags.get(REIGNS, "")).split(",") if word]
    now = model.aliases.get(CHAMPION)
    return told if now is None or str(now) in told else [*told, str(now)]


def _aliases(client: mlflow.MlflowClient, name: str) -> dict[str, str]:
    try:
        return {alias: str(version) for alias, version in client.get_registered_model(name).aliases.items()}
    except MlflowException as error:
        if error.error_code in NOT_THERE:
            return {}
        raise


def _version(found: RegisteredVersion, aliases: dict[str, str]) -> ModelVersion:
    tags: dict[str, Any] = found.tags
    return ModelVersion(
        name=found.name,
        version=str(found.version),
        run_id=str(found.run_id),
        run_name=tags.get("run_name", ""),
        as_of=date.fromisoformat(tags["as_of"]),
        horizon=int(tags["horizon"]),
        fingerprint=tags["fingerprint"],
        is_champion=aliases.get(CHAMPION) == str(found.version),
        is_challenger=aliases.get(CHALLENGER) == str(found.version),
        recipe=tags.get("recipe", ""),
        beats_baselines=tags.get(WON) == "true",
        rolled_back=tags.get(ROLLED_BACK, ""),
    )
