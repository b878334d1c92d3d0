"""Versions of a dataset on disk: each one an immutable folder, written beside the others and named when it is whole.

A version shares the files of unchanged tables with the one before (hard links). Which version counts is the
database's to say: a folder that no row names is the rest of a killed process, and is swept up later.
"""

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet

from core.errors import StorageError
from inventory.delta import Merged, Moments
from inventory.reading import find_files, read_raw
from inventory.tables import type_table
from serving.facts import MODEL_NAME_FILE
from serving.files import write_atomically, write_table

__all__ = ["ALERT_RULES", "CONFIGURATION", "Contents", "VersionStore", "read_moments", "read_stored", "stored_rows"]

CONFIGURATION = "dataset.toml"
ALERT_RULES = "alerts.toml"
"""A dataset's own rules, which go with its tables from version to version."""
MOMENTS = "moments"
"""Folder of a version that tells when each row was last changed."""
ABANDONED_SECONDS = 3600.0
"""Age from which a folder that no row names is taken to be left behind."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What is new in a version: tables by name, and the text of dataset.toml where that changes."""

    tables: Mapping[str, Merged]
    configuration: str | None = None


class VersionStore:
    """The versions of one dataset in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "versions"

    def path(self, name: str) -> Path:
        """Return the folder of the version called `name`."""
        return self.folder / name

    def write(self, number: int, previous: Path | None, contents: Contents, model_name: str) -> str:
        """Write a version that is `previous` with new contents, to the disk itself, and return its name.

        previous: a version's folder or any folder of tables; None for the first. Raises StorageError where the disk
        is full or refuses; nothing is left behind then.
        """
        name = f"{number:08d}-{uuid.uuid4().hex[:8]}"
        staged = self.folder / f".{name}"
        try:
            (staged / MOMENTS).mkdir(parents=True)
            if previous is not None:
                _keep_files(previous, staged, contents, share=previous.parent == self.folder)
            for table, merged in contents.tables.items():
                write_table(merged.frame, staged / f"{table}.parquet")
                write_table(pd.DataFrame({"updated_at": merged.moments}), staged / MOMENTS / f"{table}.parquet")
            if contents.configuration is not None:
                _write_text(staged / CONFIGURATION, contents.configuration)
            _write_text(staged / MODEL_NAME_FILE, model_name + "\n")
            for place in (staged / MOMENTS, staged):
                _flush_folder(place)
            staged.rename(self.folder / name)
            _flush_folder(self.folder)
        except OSError as error:
            raise StorageError(f"{self.folder} cannot be written: {error.strerror}; free space") from error
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return name

    def drop(self, name: str) -> None:
        """Remove a version's folder, where it is there."""
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def sweep(self, named: set[str], now: float | None = None) -> list[str]:
        """Remove folders that are not `named` and older than an hour: what killed processes left; return them."""
        removed = []
        moment = time.time() if now is None else now
        with contextlib.suppress(OSError):
            for place in sorted(self.folder.iterdir()):
                if place.name not in named and moment - place.stat().st_mtime > ABANDONED_SECONDS:
                    shutil.rmtree(place, ignore_errors=True)
                    removed.append(place.name)
        return removed


def read_stored(folder: Path | None, table: str) -> pd.DataFrame | None:
    """Return a table of a version (or of any folder of tables) in the contract's types; None where there is none."""
    path = None if folder is None else find_files(folder)[0].get(table)
    if path is None:
        return None
    return type_table(read_raw(table, path)).frame


def read_moments(folder: Path, table: str, rows: int, otherwise: int) -> Moments:
    """Return when each of a table's `rows` was last changed (µs since 1970); `otherwise` where nobody kept it."""
    path = folder / MOMENTS / f"{table}.parquet"
    if path.is_file():
        moments = pd.read_parquet(path)["updated_at"].to_numpy(dtype=np.int64)
        if len(moments) == rows:
            return moments
    return np.full(rows, otherwise, dtype=np.int64)


def stored_rows(folder: Path | None) -> dict[str, int]:
    """Return rows by table, of the tables that say so themselves (Parquet)."""
    files = {} if folder is None else find_files(folder)[0]
    return {
        name: parquet.read_metadata(path).num_rows for name, path in sorted(files.items()) if path.suffix == ".parquet"
    }


def _keep_files(previous: Path, staged: Path, contents: Contents, share: bool) -> None:
    """Take over the files of unchanged tables: by hard link where `share` (they never change), else as copies."""
    files, _ = find_files(previous)
    kept = {path for table, path in files.items() if table not in contents.tables}
    for name in (ALERT_RULES,) if contents.configuration is not None else (ALERT_RULES, CONFIGURATION):
        if (previous / name).is_file():
            kept.add(previous / name)
    kept |= {
        previous / MOMENTS / f"{table}.parquet"
        for table in files
        if table not in contents.tables and (previous / MOMENTS / f"{table}.parquet").is_file()
    }
    for path in sorted(kept):
        target = staged / path.relative_to(previous)
        if share:
            try:
                target.hardlink_to(path)
                continue
            except OSError:  # a file system without hard links
                pass
        write_atomically(target, lambda temporary, source=path: _copy(source, temporary))  # type: ignore[misc]


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _write_text(path: Path, text: str) -> None:
    write_atomically(path, lambda temporary: _fill(temporary, text))


def _fill(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
