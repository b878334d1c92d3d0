"""The process's own environment: set before numpy, LightGBM, MLflow or BentoML are imported."""

import logging
import os
import threading
import warnings
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from importlib import metadata

__all__ = ["prepare_process", "quiet_libraries", "quiet_tracking", "version"]

DEFAULTS = {
    "OMP_WAIT_POLICY": "passive",  # a spinning OpenMP thread made the same fit take 28 s instead of 0.8 s
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "BENTOML_DO_NOT_TRACK": "True",
    "GIT_PYTHON_REFRESH": "quiet",
    "MPLBACKEND": "Agg",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",  # of 7 and a doubling wait: a dead server was found after four minutes
}


_TRACKING = threading.RLock()


def prepare_process(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set threads, and switch usage reports of libraries off, where the user has not said otherwise.

    Nothing is sent to anybody: MLflow and BentoML report usage by default.
    """
    for name, value in DEFAULTS.items():
        environment.setdefault(name, value)


def quiet_libraries() -> None:
    """Let libraries log warnings only: their progress is not ours, their problems are."""
    for name in ("alembic", "mlflow", "matplotlib", "numba", "bentoml", "git"):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def quiet_tracking() -> Iterator[None]:
    """Keep MLflow's running commentary off stderr for a while; what goes wrong is raised, not printed.

    One thread at a time: which store MLflow talks to is a setting of the whole process, and tenants have one each.
    """
    from mlflow.utils.logging_utils import MLFLOW_LOGGING_STREAM as STREAM

    with _TRACKING:
        spoke = STREAM.enabled
        STREAM.enabled = False
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", module="mlflow")
                yield
        finally:
            STREAM.enabled = spoke


def version() -> str:
    """Return Fillrate's version; in a folder of sources that nobody installed there is none."""
    try:
        return metadata.version("fillrate")
    except metadata.PackageNotFoundError:
        return "0.0.0+source"
