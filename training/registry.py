"""The model registry: every training is an MLflow run, every model a version, the one in use is `@champion`.

Who is champion, challenger and former champion is the matter of `training.versions`.
"""

import json
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.pyfunc import log_model as log_portable
from mlflow.pyfunc.model import PythonModel
from mlflow.types import ColSpec, DataType, Schema

from core.errors import ModelNotFoundError, StorageError
from core.settings import Settings
from features.panel import Panel
from training import judged_curves
from training.boosted import BoostedForecaster
from training.model_card import model_card
from training.pipeline import TrainingResult
from training.plots import write_plots
from training.recipe import facts_of, recipe_digest
from training.tracking import experiment_of, metric_name
from training.tracking_store import open_store, store_trouble
from training.versions import (
    CHALLENGER,
    CHAMPION,
    WON,
    ModelVersion,
    crown,
    find_version,
    list_versions,
    set_challenger,
)

__all__ = ["CHAMPION", "ModelVersion", "PortableForecaster", "load_champion", "load_former", "load_version", "register"]

FOLDER = "forecaster"
"""Artifact folder of a run that holds the model's own files."""


class PortableForecaster(PythonModel):
    """The model as MLflow's own tools load it: features in, mean and variance ratio out."""

    def load_context(self, context: Any) -> None:
        """Read the boosters from the model's artifacts."""
        self.forecaster = BoostedForecaster.load(Path(context.artifacts[FOLDER]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return `mean` and `variance_ratio` of each row; columns are the model's features and `scale`."""
        return self.forecaster.predict_frame(model_input)


def register(
    result: TrainingResult,
    panel: Panel,
    name: str,
    settings: Settings,
    rank: str = CHAMPION,
    tuned: bool = False,
) -> ModelVersion:
    """Log the training as an MLflow run and register the model under `name`, one a dataset.

    rank: what it becomes where it beats the baselines: `CHAMPION`, `CHALLENGER`, or empty for neither. tuned: whether
    its settings are others than the shipped ones. Raises StorageError where the tracking store cannot be written.
    """
    with store_trouble(settings, "written"):
        version = _register(result, panel, name, settings, tuned)
    if result.beats_baselines and rank == CHAMPION:
        crown(name, version, settings)
    elif result.beats_baselines and rank == CHALLENGER:
        set_challenger(name, version, settings)
    return find_version(name, settings, version)


def _register(result: TrainingResult, panel: Panel, name: str, settings: Settings, tuned: bool) -> str:
    client = open_store(settings)
    run_name = f"{name} as of {result.model.as_of}"
    tags = {
        "as_of": result.model.as_of.isoformat(),
        "horizon": str(result.model.horizon),
        "fingerprint": panel.fingerprint(),
        "recipe": recipe_digest(result.settings),
        "tuned": str(tuned).lower(),
        "run_name": run_name,
        WON: str(result.beats_baselines).lower(),
    }
    told = {**tags, "verdict": result.verdict}
    with mlflow.start_run(experiment_id=experiment_of(client, name, settings), run_name=run_name, tags=told):
        mlflow.log_params(_parameters(result))
        whole = result.scores[(result.scores["origin"] == "all")].set_index("model")
        for model, row in whole.iterrows():
            prefix = "" if model == result.model.name else f"{model}/"
            numbers = row.drop(["origin"]).astype(float).dropna()
            mlflow.log_metrics({prefix + metric_name(key): value for key, value in numbers.items()})
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            _write_evaluation(result, panel, name, folder)
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
    return version


def _write_evaluation(result: TrainingResult, panel: Panel, name: str, folder: Path) -> None:
    """Write what is kept of a training beside the model: scores, features, settings, pictures and the model card."""
    result.scores.to_csv(folder / "scores.csv", index=False)
    for file, facts in (("features", result.model.specification.names), ("settings", facts_of(result.settings))):
        (folder / f"{file}.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    (folder / "model_card.md").write_text(model_card(result, panel, name), encoding="utf-8")
    (folder / judged_curves.FILE).write_text(judged_curves.curves_text(result), encoding="utf-8")
    write_plots(result, folder)


def load_champion(name: str, settings: Settings, threads: int = 1) -> tuple[BoostedForecaster, ModelVersion]:
    """Return the champion of the registered model `name`.

    Raises ModelNotFoundError where there is none or its files are gone or unreadable (a new one must be trained),
    StorageError where the tracking store cannot be read.
    """
    try:
        version = find_version(name, settings, CHAMPION)
    except ModelNotFoundError as error:
        raise ModelNotFoundError(f"no champion is registered as {name}; run `fillrate train` first") from error
    return load_version(version, settings, threads), version


def load_former(
    name: str, settings: Settings, fits: Callable[[ModelVersion], bool], threads: int = 1
) -> tuple[BoostedForecaster, ModelVersion]:
    """Return the newest earlier winner of the registered model `name` for which `fits` is true.

    A winner is a version that beat the baselines when it was trained and was not rolled back. Raises
    ModelNotFoundError where none fits.
    """
    winners = [item for item in list_versions(name, settings) if item.may_answer]
    for item in sorted(winners, key=lambda item: (item.as_of, int(item.version)), reverse=True):
        if fits(item):
            return load_version(item, settings, threads), item
    raise ModelNotFoundError(f"no earlier model of {name} fits; run `fillrate train` first")


def load_version(version: ModelVersion, settings: Settings, threads: int = 1) -> BoostedForecaster:
    """Return the model of a version; raises ModelNotFoundError where its files are gone or unreadable."""
    open_store(settings)
    try:
        place = mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{version.name}/{version.version}")
        return BoostedForecaster.load(Path(place) / "artifacts" / FOLDER, threads)
    except (MlflowException, StorageError, OSError, KeyError, ValueError) as error:
        raise ModelNotFoundError(
            f"the files of {version.name} version {version.version} are gone or unreadable; train again"
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
