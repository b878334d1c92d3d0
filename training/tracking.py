"""Runs in the tracking store that are no training: backtests, tunings, gates, drift."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mlflow
import numpy as np

from core.settings import Settings
from training.tracking_store import open_store, store_trouble

__all__ = ["experiment_of", "metric_name", "track"]


def track(
    name: str,
    run_name: str,
    settings: Settings,
    *,
    tags: Mapping[str, str],
    parameters: Mapping[str, Any],
    measures: Mapping[str, float],
    write: Callable[[Path], None],
) -> str:
    """Log one run in the experiment of the dataset called `name`; return its id.

    measures: numbers that are not finite are left out; write: fills a folder with the files to keep.
    Raises StorageError where the tracking store cannot be written.
    """
    with store_trouble(settings, "written"):
        experiment = experiment_of(open_store(settings), name, settings)
        with mlflow.start_run(experiment_id=experiment, run_name=run_name, tags=dict(tags)) as run:
            mlflow.log_params({key: str(value)[:250] for key, value in parameters.items()})
            known = {metric_name(key): float(value) for key, value in measures.items() if np.isfinite(value)}
            mlflow.log_metrics(known)
            with tempfile.TemporaryDirectory() as place:
                write(Path(place))
                mlflow.log_artifacts(place, "evaluation")
        return str(run.info.run_id)


def metric_name(name: str) -> str:
    """Return a score's name as the tracking store accepts it: it takes no dot in a level, nor brackets.

    >>> metric_name("pinball_q0.95")
    'pinball_q0_95'
    """
    return name.replace("q0.", "q0_")


def experiment_of(client: mlflow.MlflowClient, name: str, settings: Settings) -> str:
    """Return the id of the experiment of a dataset, made where it is not there yet."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    local = settings.tracking_uri.startswith("sqlite:///")
    place = (settings.home / "artifacts" / name).as_uri() if local else None
    return str(client.create_experiment(name, artifact_location=place))
