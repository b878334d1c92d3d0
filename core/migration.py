"""Make and change the tables of the service's database: Alembic's revisions, run from our own package."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.database import Database
from core.errors import StorageError

__all__ = ["check_known_revision", "check_migrated", "current_revision", "migrate", "newest_revision"]

LOCK = 0x66696C6C
"""PostgreSQL's advisory lock under which one process at a time migrates; SQLite's write lock does the same."""


def migrate(database: Database, revision: str = "head") -> str:
    """Bring the database to `revision` and return where it stands then; a database that is there already is left as
    it is.

    All steps are one transaction: a killed migration leaves the old state. Raises StorageError where the database is
    of a newer Fillrate.
    """
    with database.transaction() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        found = MigrationContext.configure(connection).get_current_revision()
        check_known_revision(found, f"the database {database.shown_url}")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        return MigrationContext.configure(connection).get_current_revision() or ""


def current_revision(database: Database) -> str | None:
    """Return the revision that the database is at, None for an empty one."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """Return the revision that this Fillrate works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def check_migrated(database: Database) -> None:
    """Raise StorageError unless the database is at the newest revision."""
    found, needed = current_revision(database), newest_revision()
    if found != needed:
        raise StorageError(
            f"the database {database.shown_url} is at revision {found or 'none'}, this Fillrate needs {needed}; "
            "run `fillrate migrate`"
        )


def check_known_revision(found: str | None, what: str) -> None:
    """Raise StorageError where `what` is of a revision that this Fillrate does not know: a later one."""
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise StorageError(
            f"{what} is at revision {found}, which this Fillrate does not know; install the newer Fillrate that made it"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
