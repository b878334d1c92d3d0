"""Make an archive while the service writes: the database as of one moment, and all files that it names."""

import hashlib
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from core.database import Database
from core.errors import StorageError, UsageError
from core.migration import current_revision
from core.progress import Progress
from core.settings import Settings
from serving.backup.home_files import is_sqlite, saved_paths
from serving.backup.manifest import DATABASE, HOME, MANIFEST, Manifest, SavedFile
from serving.backup.postgres_dump import dump_postgres, exported_snapshot
from serving.demand.demand_tables import DATASET_VERSIONS
from serving.environment import version
from serving.files import check_file, write_atomically

__all__ = ["copy_sqlite", "save_backup", "sqlite_file"]

ATTEMPTS = 3
"""Times that an archive is begun anew because a dataset's version went away under it."""
CHUNK = 1 << 20
PACKED = (".parquet", ".gz", ".zip", ".xlsx", ".png")
"""Suffixes of files that do not get smaller."""

Versions = set[tuple[str, str, int]]


class _Moved(Exception):
    """A version that the saved database names was pruned before its files were copied."""


def save_backup(settings: Settings, target: Path, progress: Progress, now: datetime) -> Manifest:
    """Write the archive, whole or not at all, readable by its owner only, and return what it holds.

    A database of an older revision is saved as it is. Raises UsageError for a target inside the home and where there is
    nothing to save, ConfigurationError where PostgreSQL's programs are missing, StorageError where something cannot be
    read.
    """
    check_file(target, "FILE")
    if target.resolve().is_relative_to(settings.home.resolve()):
        raise UsageError(f"{target} is in {settings.home}, which it would save; name a file elsewhere")
    database = Database.of(settings.database_url)
    try:
        revision = _revision(database)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return _attempt(settings, database, revision, target, progress, now)
            except _Moved:
                if attempt == ATTEMPTS:
                    break
    finally:
        database.close()
    raise StorageError("datasets changed faster than they could be copied; make the backup at a quieter time")


def _revision(database: Database) -> str:
    there = not database.is_sqlite or sqlite_file(database).exists()
    found = current_revision(database) if there else None
    if found is None:
        raise UsageError(f"there is nothing to save: {database.shown_url} has no tables; check FILLRATE_HOME")
    return found


def _attempt(
    settings: Settings, database: Database, revision: str, target: Path, progress: Progress, now: datetime
) -> Manifest:
    made: list[Manifest] = []
    with tempfile.TemporaryDirectory(prefix=".fillrate-backup-", dir=target.resolve().parent) as scratch:
        progress("database", 0.0)
        snapshot = Path(scratch) / DATABASE
        named = _snapshot(database, snapshot)

        def fill(path: Path) -> None:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                files = _save_files(archive, settings, database, Path(scratch), progress)
                kind = "sqlite" if database.is_sqlite else "postgresql"
                made.append(Manifest(version(), revision, kind, str(settings.home), now.isoformat(), tuple(files)))
                archive.writestr(MANIFEST, made[-1].to_json())
            with database.reading() as connection:
                if named - _kept_versions(connection):
                    raise _Moved

        write_atomically(target, fill, private=True)
    progress("done", 1.0)
    return made[-1]


def _snapshot(database: Database, target: Path) -> Versions:
    """Copy the database as of one moment and return the versions of datasets that it names."""
    if not database.is_sqlite:
        with exported_snapshot(database) as (connection, name):
            dump_postgres(database, name, target)
            return _kept_versions(connection)
    copy_sqlite(sqlite_file(database), target)
    saved = Database.of(f"sqlite:///{target}")
    try:
        with saved.reading() as connection:
            return _kept_versions(connection)
    finally:
        saved.close()
        _fold(target)


def _kept_versions(connection: sa.Connection) -> Versions:
    if not sa.inspect(connection).has_table(DATASET_VERSIONS.name):  # an older revision
        return set()
    table = DATASET_VERSIONS.c
    rows = connection.execute(
        sa.select(table.tenant, table.dataset, table.version).where(table.pruned_at.is_(None))
    ).all()
    return {(row.tenant, row.dataset, row.version) for row in rows}


def sqlite_file(database: Database) -> Path:
    """Return the file of a SQLite database."""
    return Path(str(database.engine.url.database)).absolute()


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite database as of one moment, whoever writes to it meanwhile (SQLite's online backup, one step)."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=20)) as reader,
            closing(sqlite3.connect(target)) as writer,
        ):
            reader.backup(writer)
            writer.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StorageError(f"{source} cannot be copied: {error}; check the disk") from error


def _fold(path: Path) -> None:
    """Fold what reading a copy left beside it back into the one file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _save_files(
    archive: zipfile.ZipFile, settings: Settings, database: Database, scratch: Path, progress: Progress
) -> list[SavedFile]:
    """Put the database and the home's files into the archive; what goes away meanwhile is left out."""
    own = sqlite_file(database) if database.is_sqlite else None
    paths = [path for path in saved_paths(settings.home) if path != own]
    total = max(1, sum(_size(path) for path in paths) + _size(scratch / DATABASE))
    told = _Counter(progress, total)
    files = [_add(archive, DATABASE, DATABASE, scratch / DATABASE, told)]
    known: dict[tuple[int, int], SavedFile] = {}
    for path in paths:
        name = path.relative_to(settings.home).as_posix()
        try:
            facts = path.stat()
            same = known.get((facts.st_dev, facts.st_ino)) if facts.st_nlink > 1 else None
            if same is not None:
                files.append(SavedFile(name, same.bytes, same.sha256, same.member))
                continue
            source = path
            if is_sqlite(path):
                source = scratch / "copy.db"
                source.unlink(missing_ok=True)
                copy_sqlite(path, source)
            files.append(_add(archive, name, f"{HOME}/{name}", source, told))
            known[facts.st_dev, facts.st_ino] = files[-1]
        except FileNotFoundError:
            continue
    return files


def _add(archive: zipfile.ZipFile, path: str, member: str, source: Path, told: Callable[[int], None]) -> SavedFile:
    digest, size = hashlib.sha256(), 0
    facts = zipfile.ZipInfo(member)
    facts.compress_type = zipfile.ZIP_STORED if source.suffix in PACKED else zipfile.ZIP_DEFLATED
    with source.open("rb") as reader, archive.open(facts, "w", force_zip64=True) as writer:
        for chunk in _chunks(reader.read):
            digest.update(chunk)
            writer.write(chunk)
            size += len(chunk)
            told(len(chunk))
    return SavedFile(path, size, digest.hexdigest(), member)


def _chunks(read: Callable[[int], bytes]) -> Iterable[bytes]:
    return iter(lambda: read(CHUNK), b"")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class _Counter:
    """Bytes done so far, told as a share of all."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self, count: int) -> None:
        self._done += count
        self._progress("files", min(0.99, self._done / self._total))
