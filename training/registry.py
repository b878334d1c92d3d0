"""The model registry: every training is an MLflow run, every model a version, the one in use is `@champion`."""

import json
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.entities.model_registry import ModelVersion as RegisteredVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST, ErrorCode
from mlflow.pyfunc import log_model as log_portable
from mlflow.pyfunc.model import PythonModel
from mlflow.types import ColSpec, DataType, Schema

from core.errors import ModelNotFoundError, StorageError
from core.settings import Settings
from features.panel import Panel
from training.boosted import BoostedForecaster
from training.pipeline import TrainingResult
from training.plots import write_plots
from training.tracking_store import open_store, store_trouble

__all__ = ["CHAMPION", "ModelVersion", "PortableForecaster", "load_champion", "load_former", "register"]

CHAMPION = "champion"

WON = "beats_baselines"
"""Tag of a version that beat the baselines when it was trained."""

VERSION_TAGS = ("as_of", "horizon", "fingerprint")

FOLDER = "forecaster"
"""Artifact folder of a run that holds the model's own files."""

NOT_THERE = (
    ErrorCode.Name(RESOURCE_DOES_NOT_EXIST),  # no such model
    ErrorCode.Name(INVALID_PARAMETER_VALUE),  # a model without this alias
)
"""How MLflow says that nothing is registered under a name."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One trained model in the registry.

    name, version: as registered; run_id, run_name: its MLflow run; as_of: end of the history it has seen; horizon: most
    periods ahead; fingerprint: digest of that history; is_champion: whether it carries the alias.
    """

    name: str
    version: str
    run_id: str
    run_name: str
    as_of: date
    horizon: int
    fingerprint: str
    is_champion: bool


class PortableForecaster(PythonModel):
    """The model as MLflow's own tools load it: features in, mean and variance ratio out."""

    def load_context(self, context: Any) -> None:
        """Read the boosters from the model's artifacts."""
        self.forecaster = BoostedForecaster.load(Path(context.artifacts[FOLDER]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return `mean` and `variance_ratio` of each row; columns are the model's features and `scale`."""
        return self.forecaster.predict_frame(model_input)


def register(result: TrainingResult, panel: Panel, name: str, settings: Settings) -> ModelVersion:
    """Log the training as an MLflow run, register the model, and make it champion where it beats the baselines.

    name: of the registered model, one a dataset. Raises StorageError where the tracking store cannot be written.
    """
    with store_trouble(settings, "written"):
        return _register(result, panel, name, settings)


def _register(result: TrainingResult, panel: Panel, name: str, settings: Settings) -> ModelVersion:
    client = open_store(settings)
    experiment = _experiment(client, name, settings)
    run_name = f"{name} as of {result.model.as_of}"
    tags = {
        "as_of": result.model.as_of.isoformat(),
        "horizon": str(result.model.horizon),
        "fingerprint": panel.fingerprint(),
        "run_name": run_name,
        WON: str(result.beats_baselines).lower(),
    }
    with mlflow.start_run(experiment_id=experiment, run_name=run_name, tags={**tags, "verdict": result.verdict}):
        mlflow.log_params(_parameters(result))
        whole = result.scores[(result.scores["origin"] == "all")].set_index("model")
        for model, row in whole.iterrows():
            prefix = "" if model == result.model.name else f"{model}/"
            numbers = row.drop(["origin"]).astype(float).dropna()
            mlflow.log_metrics({prefix + key.replace("q0.", "q0_"): value for key, value in numbers.items()})
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            result.scores.to_csv(folder / "scores.csv", index=False)
            (folder / "features.json").write_text(
                json.dumps(result.model.specification.names, indent=1), encoding="utf-8"
            )
            write_plots(result, folder)
            mlflow.log_artifacts(str(folder), "evaluation")
            result.model.save(folder / FOLDER)
            with _quiet():
                logged = log_portable(
                    name="model",
                    python_model=PortableForecaster(),
                    artifacts={FOLDER: str(folder / FOLDER)},
                    signature=_signature(result),
                    pip_requirements=["fillrate"],
                    registered_model_name=name,
                )
    version = str(logged.registered_model_version)
    for key, value in tags.items():
        client.set_model_version_tag(name, version, key, value)
    if result.beats_baselines:
        client.set_registered_model_alias(name, CHAMPION, version)
    return _version(client.get_model_version(name, version), result.beats_baselines)


def load_champion(name: str, settings: Settings, threads: int = 1) -> tuple[BoostedForecaster, ModelVersion]:
    """Return the champion of the registered model `name`.

    Raises ModelNotFoundError where there is none or its files are gone or unreadable (a new one must be trained),
    StorageError where the tracking store cannot be read.
    """
    client = open_store(settings)
    try:
        with store_trouble(settings, "read", but=MlflowException):
            found = client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        if error.error_code not in NOT_THERE:
            with store_trouble(settings, "read"):
                raise
        raise ModelNotFoundError(f"no champion is registered as {name}; run `fillrate train` first") from error
    return _load(name, found, threads, is_champion=True)


def load_former(
    name: str, settings: Settings, fits: Callable[[ModelVersion], bool], threads: int = 1
) -> tuple[BoostedForecaster, ModelVersion]:
    """Return the newest earlier winner of the registered model `name` for which `fits` is true.

    A winner is a version that beat the baselines when it was trained. Raises ModelNotFoundError where none fits.
    """
    client = open_store(settings)
    with store_trouble(settings, "read"):
        found = client.search_model_versions(f"name = '{name}'")
    winners = [item for item in found if item.tags.get(WON) == "true" and set(VERSION_TAGS) <= set(item.tags)]
    for item in sorted(winners, key=lambda item: (item.tags["as_of"], int(item.version)), reverse=True):
        if fits(_version(item, is_champion=False)):
            return _load(name, item, threads, is_champion=False)
    raise ModelNotFoundError(f"no earlier model of {name} fits; run `fillrate train` first")


def _load(
    name: str, found: RegisteredVersion, threads: int, is_champion: bool
) -> tuple[BoostedForecaster, ModelVersion]:
    try:
        version = _version(found, is_champion)
        place = mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{name}/{version.version}")
        return BoostedForecaster.load(Path(place) / "artifacts" / FOLDER, threads), version
    except (MlflowException, StorageError, OSError, KeyError, ValueError) as error:
        raise ModelNotFoundError(
            f"the files of {name} version {found.version} are gone or unreadable; train again"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow's advice on how to log a model from our users; its errors are raised all the same."""
    logger = logging.getLogger("mlflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logger.setLevel(level)


def _signature(result: TrainingResult) -> ModelSignature:
    columns = [*result.model.specification.names, "scale"]
    inputs = Schema([ColSpec(DataType.float, name) for name in columns])
    outputs = Schema([ColSpec(DataType.double, name) for name in ("mean", "variance_ratio")])
    return ModelSignature(inputs=inputs, outputs=outputs)


def _experiment(client: mlflow.MlflowClient, name: str, settings: Settings) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    local = settings.tracking_uri.startswith("sqlite:///")
    place = (settings.home / "artifacts" / name).as_uri() if local else None
    return str(client.create_experiment(name, artifact_location=place))


def _parameters(result: TrainingResult) -> dict[str, Any]:
    settings = asdict(result.settings)
    head = settings.pop("head")
    specification = asdict(result.model.specification)
    return {
        **settings,
        **{f"head.{key}": value for key, value in head.items()},
        **{f"features.{key}": str(value)[:250] for key, value in specification.items()},
        "features.count": len(result.model.specification.names),
        "integer_valued": result.model.head.integer_valued,
        "dependence.common": result.model.dependence.common,
        "dependence.fading": result.model.dependence.fading,
    }


def _version(found: RegisteredVersion, is_champion: bool) -> ModelVersion:
    tags = found.tags
    return ModelVersion(
        name=found.name,
        version=str(found.version),
        run_id=str(found.run_id),
        run_name=tags.get("run_name", ""),
        as_of=date.fromisoformat(tags["as_of"]),
        horizon=int(tags["horizon"]),
        fingerprint=tags["fingerprint"],
        is_champion=is_champion,
    )
