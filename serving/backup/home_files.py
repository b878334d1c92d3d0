"""Which files of FILLRATE_HOME a backup holds, and the locks that say that a service uses the folder."""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.errors import StorageError

__all__ = ["SERVICE_LOCK", "hold_alone", "hold_shared", "is_sqlite", "saved_paths"]

SERVICE_LOCK = "service.lock"
LOCKS = (SERVICE_LOCK, "worker-light.lock", "worker-training.lock")
REMADE = ("bentoml",)
"""Folders that the service makes anew."""
SIDE_FILES = ("-wal", "-shm", "-journal")
WORKFLOWS = "-workflows.db"
"""DBOS's own file: queued and running jobs are handed over again without it (decision 20)."""
SQLITE_HEADER = b"SQLite format 3\0"


def saved_paths(home: Path) -> Iterator[Path]:
    """Yield the files of the home that a backup holds, sorted: all but locks, half-written ones and what is made anew.

    A file that goes away meanwhile is left out.
    """
    for path in sorted(home.rglob("*")):
        parts = path.relative_to(home).parts
        hidden = any(part.startswith(".") for part in parts)
        passing = path.name in LOCKS or path.name.endswith((*SIDE_FILES, WORKFLOWS)) or parts[0] in REMADE
        if not hidden and not passing and not path.is_symlink() and path.is_file():
            yield path


def is_sqlite(path: Path) -> bool:
    """Return whether the file is a SQLite database."""
    with path.open("rb") as file:
        return file.read(len(SQLITE_HEADER)) == SQLITE_HEADER


@contextmanager
def hold_shared(home: Path) -> Iterator[None]:
    """Say for a while that a service uses the home; raises StorageError where it is being restored."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / SERVICE_LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StorageError(f"{home} is being restored; start again when that is done") from None
        yield


@contextmanager
def hold_alone(home: Path) -> Iterator[None]:
    """Keep services and workers out of the home; raises StorageError where one uses it."""
    if not home.is_dir():
        yield
        return
    with ExitStack() as held:
        for name in LOCKS:
            file = held.enter_context((home / name).open("a"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StorageError(
                    f"a service or worker uses {home}; stop `fillrate serve` and `fillrate worker` first"
                ) from None
        yield
