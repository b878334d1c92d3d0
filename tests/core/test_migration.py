"""Migrations: to the newest revision from every older one, once, and told where they are missing."""

import importlib
import pkgutil
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import core.migrations.versions as revisions
from core.database import METADATA, Database
from core.errors import StorageError
from core.migration import check_migrated, current_revision, migrate, newest_revision

ROOMS = ("core", "inventory", "features", "training", "optimizer", "monitoring", "serving")
REVISIONS = sorted(name.split("_")[0] for _, name, _ in pkgutil.iter_modules(revisions.__path__))


@pytest.fixture
def database(tmp_path):
    made = Database.of(f"sqlite:///{tmp_path / 'fillrate.db'}")
    yield made
    made.close()


def load_every_table() -> None:
    for room in ROOMS:
        package = importlib.import_module(room)
        for _, name, _ in pkgutil.walk_packages(package.__path__, room + "."):
            if name.endswith("_tables"):
                importlib.import_module(name)


def test_the_migrated_database_has_exactly_the_tables_that_the_code_defines(database) -> None:
    load_every_table()
    migrate(database)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_older_revision_reaches_the_newest(database, revision) -> None:
    assert migrate(database, revision) == revision
    assert migrate(database) == newest_revision() == REVISIONS[-1]
    check_migrated(database)


def test_migrating_twice_and_at_once_changes_nothing(database) -> None:
    threads = [threading.Thread(target=migrate, args=(database,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert current_revision(database) == newest_revision()


def test_a_database_that_was_not_migrated_is_refused_with_the_remedy(database) -> None:
    with pytest.raises(StorageError, match="fillrate migrate"):
        check_migrated(database)


def test_a_database_of_a_newer_fillrate_is_refused(database) -> None:
    migrate(database)
    with database.transaction() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="newer Fillrate"):
        migrate(database)
