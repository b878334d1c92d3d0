"""The command line's own database and the name under which a folder's alerts are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.database import Database
from core.migration import check_migrated, migrate
from core.settings import Settings
from serving.access import LOCAL_TENANT
from serving.alerts.store import Place
from serving.facts import dataset_id

__all__ = ["local_database", "place_of"]


@contextmanager
def local_database(settings: Settings) -> Iterator[Database]:
    """Yield the settings' database, a SQLite file brought up to date; closed at the end.

    Raises StorageError where a server's database is not migrated: that is its operator's step.
    """
    database = Database.of(settings.database_url)
    try:
        if database.is_sqlite:
            migrate(database)
        else:
            check_migrated(database)
        yield database
    finally:
        database.close()


def place_of(folder: Path) -> Place:
    """Return where the alerts of a dataset folder are kept: tenant `local`, the name of its models."""
    return Place(LOCAL_TENANT, dataset_id(folder))
