"""Put an archive in the place of what is there: everything is checked and made ready beside it, then exchanged."""

import hashlib
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from core.database import Database
from core.errors import ConfigurationError, StorageError, UsageError
from core.migration import check_known_revision, migrate
from core.progress import Progress
from core.settings import Settings
from serving.backup.exchange import exchange
from serving.backup.home_files import hold_alone, is_sqlite, saved_paths
from serving.backup.manifest import DATABASE, MANIFEST, Manifest, SavedFile
from serving.backup.moved_home import move_addresses, move_base_folders
from serving.backup.postgres_dump import has_tables, restore_postgres
from serving.backup.saving import sqlite_file

__all__ = ["read_manifest", "restore_backup"]

CHUNK = 1 << 20
DAMAGED = "the archive is damaged ({}); nothing was changed: take another backup"


def read_manifest(source: Path) -> Manifest:
    """Return what an archive holds; raises StorageError for a file that is none, or is damaged."""
    with _opened(source) as archive:
        return _manifest(archive)


def restore_backup(settings: Settings, source: Path, replace: bool, progress: Progress) -> Manifest:
    """Restore an archive into the home and the database that the settings name; return what it held.

    Until the last step, one exchange of folders, what is there stays as it is. Raises UsageError where there is
    something already and `replace` is not set, ConfigurationError for an archive of the other kind of database,
    StorageError for a damaged archive, one of a later revision, or where a service uses the home.
    """
    home = settings.home
    database = Database.of(settings.database_url)
    try:
        with _opened(source) as archive, hold_alone(home):
            manifest = _manifest(archive)
            _check_fits(manifest, database)
            if not replace:
                _check_empty(home, database)
            home.parent.mkdir(parents=True, exist_ok=True)
            _sweep(home)
            with _staging(home) as folder:
                _check_space(manifest, folder)
                _extract(archive, manifest, folder, progress)
                progress("putting it in place", 0.97)
                _put_in_place(settings, database, manifest, folder)
    finally:
        database.close()
    progress("done", 1.0)
    return manifest


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except FileNotFoundError:
        raise UsageError(f"there is no file {source}") from None
    except IsADirectoryError:
        raise UsageError(f"{source} is a folder; name an archive that `fillrate backup` made") from None
    except (zipfile.BadZipFile, EOFError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise StorageError(DAMAGED.format(error)) from None


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    """Return the manifest; raises StorageError where members and manifest do not name the same files."""
    members = archive.namelist()
    if MANIFEST not in members:
        raise StorageError("the archive has no manifest: it was not made by `fillrate backup`")
    made = Manifest.from_json(archive.read(MANIFEST).decode("utf-8", errors="replace"))
    named = {item.member for item in made.files} | {MANIFEST}
    if len(set(members)) != len(members) or set(members) != named:
        odd = sorted(set(members) ^ named)[:3]
        raise StorageError(DAMAGED.format(f"its files are not those that it names: {', '.join(odd) or 'twice'}"))
    return made


def _check_fits(manifest: Manifest, database: Database) -> None:
    check_known_revision(manifest.revision, "the archive")
    kind = "sqlite" if database.is_sqlite else "postgresql"
    if manifest.database != kind:
        raise ConfigurationError(
            f"the archive holds a {manifest.database} database and {database.shown_url} is {kind}; "
            f"set FILLRATE_DATABASE_URL to a {manifest.database} one"
        )


def _check_empty(home: Path, database: Database) -> None:
    found = str(next(saved_paths(home), "")) if home.is_dir() else ""
    if not found:
        found = _filled(database)
    if found:
        raise UsageError(f"there is something already ({found}); give --replace to put the archive in its place")


def _filled(database: Database) -> str:
    """Return the name of a database that has tables, "" for an empty one or none."""
    there = sqlite_file(database).exists() if database.is_sqlite else has_tables(database)
    return database.shown_url if there else ""


def _sweep(home: Path) -> None:
    """Remove what a killed restore left beside the home; the home is held, so nobody works on it now."""
    for path in home.parent.glob(f".{home.name}.restore-*"):
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _staging(home: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f".{home.name}.restore-", dir=home.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_space(manifest: Manifest, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if manifest.bytes > free:
        raise StorageError(f"the archive needs {manifest.bytes:,} bytes and {free:,} are free; make room first")


def _extract(archive: zipfile.ZipFile, manifest: Manifest, folder: Path, progress: Progress) -> None:
    """Write all files under the folder, each against its checksum."""
    made: dict[str, Path] = {}
    done, total = 0, max(1, manifest.bytes)
    for item in manifest.files:
        target = folder / DATABASE if item.path == DATABASE else folder / "home" / item.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if item.member in made:
            _link(made[item.member], target)
        else:
            _write(archive, item, target)
            made[item.member] = target
        done += item.bytes
        progress("files", 0.95 * done / total)


def _write(archive: zipfile.ZipFile, item: SavedFile, target: Path) -> None:
    digest, size = hashlib.sha256(), 0
    with archive.open(item.member) as reader, target.open("xb") as writer:
        while chunk := reader.read(CHUNK):
            size += len(chunk)
            if size > item.bytes:
                break
            digest.update(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    if size != item.bytes or digest.hexdigest() != item.sha256:
        raise StorageError(DAMAGED.format(f"{item.path} is not what was saved"))


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


def _put_in_place(settings: Settings, database: Database, manifest: Manifest, folder: Path) -> None:
    home, staged = settings.home, folder / "home"
    staged.mkdir(exist_ok=True)
    for path in saved_paths(staged):
        if path.suffix == ".db" and is_sqlite(path):
            move_addresses(path, Path(manifest.home), home)
    if not database.is_sqlite:
        restore_postgres(database, folder / DATABASE, folder)
        exchange(staged, home)
        migrate(database)
        move_base_folders(database, Path(manifest.home), home)
        return
    saved, own = folder / DATABASE, sqlite_file(database)
    _prepare(saved, Path(manifest.home), home)
    if own.is_relative_to(home):
        target = staged / own.relative_to(home)
        target.parent.mkdir(parents=True, exist_ok=True)
        saved.rename(target)
        exchange(staged, home)
    else:
        exchange(staged, home)
        _replace_file(database, saved, own)


def _prepare(saved: Path, before: Path, after: Path) -> None:
    """Check the restored database from within, and bring it to this Fillrate's revision."""
    try:
        with closing(sqlite3.connect(saved)) as connection:
            (told,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        told = str(error)
    if told != "ok":
        raise StorageError(DAMAGED.format(f"database: {told}"))
    made = Database.of(f"sqlite:///{saved}")
    try:
        migrate(made)
        move_base_folders(made, before, after)
    finally:
        made.close()
    with closing(sqlite3.connect(saved)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _replace_file(database: Database, saved: Path, own: Path) -> None:
    """Put a database file in the place of one outside the home; nothing of the old one's log may outlive it."""
    own.parent.mkdir(parents=True, exist_ok=True)
    if own.exists():
        with closing(sqlite3.connect(own)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    beside = own.with_name(f".{own.name}.restored")
    shutil.copyfile(saved, beside)
    beside.replace(own)
    with suppress(FileNotFoundError):
        own.with_name(own.stem + "-workflows.db").unlink()
    database.close()
