"""Put a folder in the place of another in one step, so that a killed process leaves the old one or the new one."""

import ctypes
import errno
import os
from pathlib import Path

from core.errors import StorageError

__all__ = ["exchange"]

HERE = -100
"""AT_FDCWD: paths are taken from the working directory."""
EXCHANGE = 2
"""RENAME_EXCHANGE of renameat2(2)."""
UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def exchange(new: Path, old: Path) -> None:
    """Let `new` and `old` change places; where there is no `old`, `new` is renamed. Both are on one file system.

    Where the system has no such call, two renames do it: a process killed between them leaves the old folder under
    the name `OLD.before`. Raises StorageError where the folder cannot be renamed, such as a mount point.
    """
    try:
        if not old.exists():
            new.rename(old)
        elif not _exchange_at_once(new, old):
            _exchange_in_turn(new, old)
    except OSError as error:
        raise StorageError(
            f"{old} cannot be replaced: {error.strerror}; set FILLRATE_HOME to a folder inside it (a mount point "
            "cannot be renamed) or give rights to the folder that it is in"
        ) from error


def _exchange_at_once(new: Path, old: Path) -> bool:
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(HERE, os.fsencode(new), HERE, os.fsencode(old), EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in UNKNOWN:
        return False
    raise OSError(number, os.strerror(number))


def _exchange_in_turn(new: Path, old: Path) -> None:
    aside = old.with_name(old.name + ".before")
    old.rename(aside)
    try:
        new.rename(old)
    except OSError:
        aside.rename(old)
        raise
    aside.rename(new)
