"""The tracking store: made whole or not at all, and what it refuses said in our words."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
from alembic.util import CommandError
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from core.errors import ConfigurationError, StorageError
from core.settings import Settings

__all__ = ["check_store_writable", "open_store", "store_trouble"]

SQLITE = "sqlite:///"


def open_store(settings: Settings) -> mlflow.MlflowClient:
    """Return a client of the tracking store; a SQLite file that is not there yet is made first.

    Raises ConfigurationError for an address that names no store, StorageError where it cannot be opened.
    """
    database = _database(settings)
    if database is not None:
        with store_trouble(settings, "written"):
            _make_database(database)
    mlflow.set_tracking_uri(settings.tracking_uri)
    try:
        with store_trouble(settings, "opened", but=MlflowException):
            return mlflow.MlflowClient(settings.tracking_uri)
    except MlflowException as error:
        raise ConfigurationError(
            f"MLFLOW_TRACKING_URI={settings.tracking_uri!r} names no tracking store: {_first_line(error)}"
        ) from error


def check_store_writable(settings: Settings) -> None:
    """Raise StorageError where a SQLite store cannot be written: nobody should wait for a training to learn it."""
    database = _database(settings)
    if database is None:
        return
    with store_trouble(settings, "written"):
        database.parent.mkdir(parents=True, exist_ok=True)
    for place in (database.parent, database):
        if place.exists() and not os.access(place, os.W_OK):
            raise StorageError(f"{place} cannot be written; set FILLRATE_HOME to a folder that can")


@contextmanager
def store_trouble(
    settings: Settings, verb: str, but: type[Exception] | tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Raise what goes wrong in the store as StorageError, in one line; `but` is let through.

    verb: what cannot be done with the store, such as `read`.
    """
    try:
        yield
    except but:
        raise
    except (MlflowException, SQLAlchemyError, CommandError, OSError) as error:
        told = _first_line(error)
        raise StorageError(
            f"the tracking store {settings.tracking_uri} cannot be {verb}: {told}; {_remedy(settings, told, error)}"
        ) from error


def _database(settings: Settings) -> Path | None:
    """Return the file of a SQLite store, None for any other store."""
    address = settings.tracking_uri
    return Path(address.removeprefix(SQLITE)) if address.startswith(SQLITE) and "?" not in address else None


def _make_database(path: Path) -> None:
    """Let MLflow make its tables in a file beside `path`, then put it in place unless another process was first.

    MLflow makes them in hundreds of steps. Two processes that make them in the same file, or one that is killed while
    it does, leave a file that none can open again.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        made = folder / path.name
        client = mlflow.MlflowClient(f"{SQLITE}{made}")
        client.search_registered_models(max_results=1)
        with contextlib.suppress(FileExistsError):
            _link(made, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _link(made: Path, path: Path) -> None:
    """Give `made` its final name; raises FileExistsError where that is taken."""
    try:
        path.hardlink_to(made)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        made.rename(path)


def _remedy(settings: Settings, told: str, error: Exception) -> str:
    if _database(settings) is None:
        return "check the server that MLFLOW_TRACKING_URI names"
    if "locked" in told:
        return "another process is using it: try again"
    if "full" in told or "readonly" in told or isinstance(error, OSError):
        return "free space, or set FILLRATE_HOME to another folder"
    return "move it away and a new one is made"


def _first_line(error: Exception) -> str:
    """Return what an error says, without the query, the parameters and the links that follow."""
    cause = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    told = next((line for line in lines if "sqlite3." in line), lines[0] if lines else type(error).__name__)
    return told.rstrip(".")
