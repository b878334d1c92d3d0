"""Writing a folder of files as one step: all of them appear, or none does."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from core.errors import StorageError, UsageError
from inventory.schema import TABLES

__all__ = ["check_target", "write_folder"]


def check_target(out: Path, overwrite: bool) -> None:
    """Raise UsageError when `out` is a file, or holds files and may not be overwritten."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; name a folder")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise UsageError(f"{out} is not empty; name a new folder, or allow overwriting (--overwrite)")


def write_folder(out: Path, files: Mapping[str, bytes], overwrite: bool = False) -> None:
    """Write `files` (name, or folder/name → content) into `out`, through a temporary folder beside it.

    An `out` that is new or empty appears complete or not at all. With `overwrite` each file replaces its
    namesake (and a table of the contract its other formats); other files stay. Raises UsageError for a folder
    in use, StorageError when the disk refuses.
    """
    check_target(out, overwrite)
    partial = out.absolute().parent / f".{out.name}.partial-{os.getpid()}"
    try:
        partial.mkdir(parents=True)
        for name, content in files.items():
            (partial / name).parent.mkdir(exist_ok=True)
            (partial / name).write_bytes(content)
        if out.is_dir() and any(out.iterdir()):
            _replace_files(partial, out, files)
        else:
            partial.replace(out)
    except OSError as error:
        raise StorageError(f"{out} cannot be written: {error.strerror}; check space and permissions") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace_files(partial: Path, out: Path, files: Mapping[str, bytes]) -> None:
    for name in files:
        (out / name).parent.mkdir(exist_ok=True)
        (partial / name).replace(out / name)
        table = name.partition(".")[0]
        others = [out / f"{table}{suffix}" for suffix in (".csv", ".csv.gz", ".parquet")] if table in TABLES else []
        for other in others:
            if other.name != name:
                other.unlink(missing_ok=True)
