"""What was saved comes back, whoever wrote meanwhile; what is damaged, later or not ours is refused."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.database import Database
from core.errors import ConfigurationError, StorageError, UsageError
from core.migration import current_revision, migrate, newest_revision
from core.progress import silent
from core.settings import Settings
from serving.access import Scope
from serving.access.keys import create_key
from serving.backup.exchange import exchange
from serving.backup.home_files import hold_alone, hold_shared
from serving.backup.manifest import MANIFEST
from serving.backup.moved_home import move_addresses
from serving.backup.restoring import read_manifest, restore_backup
from serving.backup.saving import save_backup
from tests.services import NOON
from tests.serving.backup.conftest import Kept, files_of, fill, names_of

ROOT = Path(__file__).resolve().parents[3]


def save(kept: Kept, archive: Path) -> Path:
    save_backup(kept.settings, archive, silent, NOON)
    return archive


def restored(settings: Settings, archive: Path, replace: bool = True) -> list[str]:
    restore_backup(settings, archive, replace, silent)
    database = Database.of(settings.database_url)
    try:
        assert current_revision(database) == newest_revision()
        return names_of(database)
    finally:
        database.close()


def add_key(database: Database, name: str) -> None:
    with database.transaction() as connection:
        create_key(connection, "local", name, [Scope.ADMIN], NOON, None)


def test_what_was_saved_is_restored_and_what_came_later_is_gone(kept, tmp_path):
    archive, before = save(kept, tmp_path / "backup.zip"), files_of(kept.settings.home)
    add_key(kept.database, "later")
    (kept.settings.home / "jobs" / "j1" / "plan.csv").write_text("changed")
    (kept.settings.home / "jobs" / "later.csv").write_text("later")
    kept.database.close()
    assert restored(kept.settings, archive) == ["first"]
    assert files_of(kept.settings.home) == before
    assert archive.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_tables_that_versions_share_are_saved_once_and_shared_again(kept, tmp_path):
    archive = save(kept, tmp_path / "backup.zip")
    manifest = read_manifest(archive)
    members = [item.member for item in manifest.files if item.path.endswith("products.parquet")]
    assert len(members) == 2
    assert len(set(members)) == 1
    kept.database.close()
    restored(kept.settings, archive)
    one, two = sorted(kept.settings.home.rglob("products.parquet"))
    assert one.samefile(two)


def test_a_backup_under_concurrent_writes_holds_every_row_acknowledged_before_it_and_whole_transactions(kept, tmp_path):
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            number = len(written)
            with kept.database.transaction() as connection:
                for half in ("a", "b"):
                    create_key(connection, "local", f"pair-{number:05d}-{half}", [Scope.ADMIN], NOON, None)
            written.append(number)

    writers = threading.Thread(target=write)
    writers.start()
    try:
        while len(written) < 5:
            pass
        acknowledged = len(written)
        archive = save(kept, tmp_path / "backup.zip")
    finally:
        stop.set()
        writers.join()
    kept.database.close()
    pairs = [name for name in restored(kept.settings, archive) if name.startswith("pair-")]
    assert len(pairs) >= 2 * acknowledged
    assert pairs == [f"pair-{number:05d}-{half}" for number in range(len(pairs) // 2) for half in ("a", "b")]


def test_a_version_pruned_under_the_copy_begins_the_backup_anew(kept, tmp_path):
    starts = []

    def prune_once(step: str, done: float) -> None:
        if step == "database":
            starts.append(done)
        elif len(starts) == 1:
            with kept.database.transaction() as connection:
                connection.execute(sa.text("UPDATE dataset_versions SET pruned_at = created_at WHERE version = 1"))

    save_backup(kept.settings, tmp_path / "backup.zip", prune_once, NOON)
    assert len(starts) == 2


def test_something_that_is_there_is_replaced_only_on_request(kept, tmp_path):
    archive = save(kept, tmp_path / "backup.zip")
    kept.database.close()
    with pytest.raises(UsageError, match="--replace"):
        restore_backup(kept.settings, archive, False, silent)
    assert names_of(kept.database) == ["first"]


def test_an_empty_home_needs_no_permission_and_knows_its_new_place(sqlite_database, tmp_path):
    home = tmp_path / "old"
    home.mkdir()
    settings = Settings.from_environment({"FILLRATE_HOME": str(home)})
    database = Database.of(settings.database_url)

    migrate(database)
    fill(settings, database)
    database.close()
    save_backup(settings, tmp_path / "backup.zip", silent, NOON)
    moved = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "new")})
    assert restored(moved, tmp_path / "backup.zip", replace=False) == ["first"]
    assert files_of(moved.home) == files_of(home)
    found = Database.of(moved.database_url)
    with found.reading() as connection:
        assert connection.execute(sa.text("SELECT base_folder FROM datasets")).scalar_one() == str(moved.home / "demo")
    found.close()


def test_a_champion_of_a_moved_home_answers_from_its_new_place(trained_home, shop, tmp_path):
    from serving import use_cases

    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    database = Database.of(settings.database_url)

    migrate(database)
    database.close()
    save_backup(settings, tmp_path / "backup.zip", silent, NOON)
    moved = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "new")})
    restore_backup(moved, tmp_path / "backup.zip", False, silent)
    assert use_cases.load_service(shop, None, moved, lambda sentence: None, "").champion.model.horizon > 0
    store = Database.of(moved.tracking_uri)
    with store.reading() as connection:
        places = connection.execute(sa.text("SELECT artifact_uri FROM runs")).scalars().all()
    store.close()
    assert places
    assert all(place.startswith((tmp_path / "new").as_uri()) for place in places)


def test_only_whole_folder_names_move(tmp_path):
    database = Database.of(f"sqlite:///{tmp_path / 'mlflow.db'}")
    with database.transaction() as connection:
        connection.execute(sa.text("CREATE TABLE runs (artifact_uri TEXT)"))
        for place in ("file:///data/shop/a", "/data/shop", "/data/shop-2/a", "s3://data/shop"):
            connection.execute(sa.text("INSERT INTO runs VALUES (:place)"), {"place": place})
    database.close()
    assert move_addresses(tmp_path / "mlflow.db", Path("/data/shop"), Path("/new")) == 2
    with database.reading() as connection:
        found = connection.execute(sa.text("SELECT artifact_uri FROM runs")).scalars().all()
    database.close()
    assert found == ["file:///new/a", "/new", "/data/shop-2/a", "s3://data/shop"]


# --- refusals -----------------------------------------------------------------------------------------------------


def rewritten(archive: Path, target: Path, change) -> Path:
    """Copy an archive with its members changed: `change(members)` gets name → bytes."""
    with zipfile.ZipFile(archive) as source:
        members = {name: source.read(name) for name in source.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as made:
        for name, contents in members.items():
            made.writestr(name, contents)
    return target


def manifest_change(**changes):
    def change(members: dict[str, bytes]) -> None:
        members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | changes).encode()

    return change


def file_change(**changes):
    def change(members: dict[str, bytes]) -> None:
        facts = json.loads(members[MANIFEST])
        facts["files"][-1] |= changes
        members[MANIFEST] = json.dumps(facts).encode()

    return change


def flip(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.endswith("plan.csv"))
    members[name] = members[name][::-1]


REFUSALS = {
    "a changed file": (flip, "is not what was saved"),
    "a missing file": (lambda members: members.pop("home/jobs/j1/plan.csv"), "not those that it names"),
    "a file that nobody names": (lambda members: members.update({"home/extra": b""}), "not those that it names"),
    "no manifest": (lambda members: members.pop(MANIFEST), "no manifest"),
    "a manifest that is no JSON": (lambda members: members.update({MANIFEST: b"{"}), "cannot be read"),
    "a later revision": (manifest_change(revision="9999"), "newer Fillrate"),
    "a later format": (manifest_change(format=2), "newer Fillrate"),
    "a path out of the home": (file_change(path="../outside"), "outside the folder"),
    "an absolute path": (file_change(path="/outside"), "outside the folder"),
    "a path of another system": (file_change(path="a\\..\\b"), "outside the folder"),
    "a file named twice": (file_change(path="database"), "twice"),
    "more bytes than it says": (file_change(bytes=1), "is not what was saved"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_bad_archive_is_refused_and_nothing_is_changed(kept, tmp_path, case):
    change, words = REFUSALS[case]
    archive = rewritten(save(kept, tmp_path / "backup.zip"), tmp_path / "bad.zip", change)
    before = files_of(kept.settings.home)
    kept.database.close()
    with pytest.raises(StorageError, match=words):
        restore_backup(kept.settings, archive, True, silent)
    assert files_of(kept.settings.home) == before
    assert names_of(kept.database) == ["first"]
    assert not (tmp_path / "outside").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_an_archive_cut_short_is_refused(kept, tmp_path, share):
    archive = save(kept, tmp_path / "backup.zip")
    os.truncate(archive, int(archive.stat().st_size * share))
    with pytest.raises(StorageError, match="damaged"):
        restore_backup(kept.settings, archive, True, silent)
    assert names_of(kept.database) == ["first"]


def test_an_archive_of_the_other_database_is_refused_with_the_remedy(kept, tmp_path):
    archive = save(kept, tmp_path / "backup.zip")
    other = "postgresql" if kept.database.is_sqlite else "sqlite"
    changed = rewritten(archive, tmp_path / "other.zip", manifest_change(database=other))
    with pytest.raises(ConfigurationError, match="FILLRATE_DATABASE_URL"):
        restore_backup(kept.settings, changed, True, silent)


def test_nothing_to_save_a_target_in_the_home_and_a_file_that_is_none_are_refused(kept, tmp_path):
    with pytest.raises(UsageError, match="elsewhere"):
        save_backup(kept.settings, kept.settings.home / "backup.zip", silent, NOON)
    with pytest.raises(UsageError, match="nothing to save"):
        save_backup(Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "none")}), tmp_path / "x", silent, NOON)
    with pytest.raises(UsageError, match="no file"):
        restore_backup(kept.settings, tmp_path / "none.zip", True, silent)
    with pytest.raises(UsageError, match="folder"):
        restore_backup(kept.settings, tmp_path, True, silent)


def test_a_service_and_a_restore_keep_each_other_out(kept, tmp_path):
    archive = save(kept, tmp_path / "backup.zip")
    with hold_shared(kept.settings.home), pytest.raises(StorageError, match="stop `fillrate serve`"):
        restore_backup(kept.settings, archive, True, silent)
    with (
        hold_alone(kept.settings.home),
        pytest.raises(StorageError, match="being restored"),
        hold_shared(kept.settings.home),
    ):
        pass


def test_an_older_database_is_saved_as_it_is_and_migrated_when_it_is_restored(tmp_path):

    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    database = Database.of(settings.database_url)
    migrate(database, "0003")
    add_key(database, "old")
    database.close()
    made = save_backup(settings, tmp_path / "backup.zip", silent, NOON)
    assert made.revision == current_revision(database) == "0003"
    database.close()
    assert restored(settings, tmp_path / "backup.zip") == ["old"]


def test_a_database_outside_the_home_is_replaced_too(tmp_path):

    url = f"sqlite:///{tmp_path / 'elsewhere' / 'own.db'}"
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home"), "FILLRATE_DATABASE_URL": url})
    settings.home.mkdir()
    database = Database.of(url)
    migrate(database)
    add_key(database, "first")
    save_backup(settings, tmp_path / "backup.zip", silent, NOON)
    add_key(database, "later")
    database.close()
    assert restored(settings, tmp_path / "backup.zip") == ["first"]


# --- killed half-way ----------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from core.settings import Settings
from serving.backup.restoring import restore_backup
calls = 0
def die(step, done):
    global calls
    calls += 1
    if calls == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
restore_backup(Settings.from_environment(os.environ), Path(sys.argv[1]), True, die)
"""


def killed_restore(kept: Kept, archive: Path, call: int) -> int:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FILLRATE_HOME": str(kept.settings.home)}
    environment["FILLRATE_DATABASE_URL"] = kept.settings.database_url
    words = [sys.executable, "-c", KILLED, str(archive), str(call)]
    return subprocess.run(words, env=environment, check=False, capture_output=True).returncode


def test_a_restore_killed_anywhere_leaves_the_old_state_and_can_be_repeated(kept, tmp_path):
    archive = save(kept, tmp_path / "backup.zip")
    add_key(kept.database, "later")
    (kept.settings.home / "jobs" / "j1" / "plan.csv").write_text("changed")
    before = files_of(kept.settings.home)
    kept.database.close()
    steps = len(read_manifest(archive).files) + 1
    for call in sorted({1, 2, steps - 1, steps}):
        assert killed_restore(kept, archive, call) == -signal.SIGKILL
        assert files_of(kept.settings.home) == before
        assert names_of(kept.database) == ["first", "later"]
        kept.database.close()
    assert restored(kept.settings, archive) == ["first"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("at_once", [True, False])
def test_folders_change_places(tmp_path, monkeypatch, at_once):
    if not at_once:
        monkeypatch.setattr("serving.backup.exchange._exchange_at_once", lambda new, old: False)
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    exchange(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old" / "new").exists()
    assert (tmp_path / "new" / "old").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]


def test_missing_postgres_programs_are_named_with_the_remedy(postgres_database, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    url = postgres_database.engine.url.render_as_string(hide_password=False)
    settings = dataclasses.replace(Settings.from_environment({"FILLRATE_HOME": str(home)}), database_url=url)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="postgresql-client"):
        save_backup(settings, tmp_path / "backup.zip", silent, NOON)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_the_commands_say_what_they_did(fillrate, tmp_path):
    assert fillrate("migrate").code == 0
    archive = tmp_path / "backup.zip"
    assert "at revision" in fillrate("backup", archive).out
    refused = fillrate("restore", archive)
    assert refused.code == 2
    assert "--replace" in refused.err
    assert "Next: fillrate serve" in fillrate("restore", archive, "--replace").out
