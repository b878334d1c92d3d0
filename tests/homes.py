"""A home of a test's own with a champion in it: the shared one is saved and restored elsewhere, models and all."""

from pathlib import Path

from core.database import Database
from core.migration import migrate
from core.progress import silent
from core.settings import Settings
from serving.backup.restoring import restore_backup
from serving.backup.saving import save_backup
from serving.platform import utc_now

__all__ = ["copy_home"]


def copy_home(trained_home: Path, target: Path) -> Settings:
    """Copy a trained home to `target`, which is not there yet, and return its settings."""
    first = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    database = Database.of(first.database_url)
    migrate(database)
    database.close()
    archive = target.with_suffix(".zip")
    save_backup(first, archive, silent, utc_now())
    moved = Settings.from_environment({"FILLRATE_HOME": str(target)})
    restore_backup(moved, archive, False, silent)
    archive.unlink()
    return moved
