"""`fillrate backup FILE` and `fillrate restore FILE`: everything that the service keeps, in one archive."""

import os
from pathlib import Path
from typing import Annotated

import typer

from core.settings import Settings
from serving.console import Screen
from serving.options import Quiet

__all__ = ["add_to"]

Archive = Annotated[Path, typer.Argument(metavar="FILE", help="The archive (a zip file).")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("backup", epilog="Example: fillrate backup /backups/monday.zip")(_backup)
    app.command("restore", epilog="Example: fillrate restore /backups/monday.zip --replace")(_restore)


def _backup(file: Archive, quiet: Quiet = False) -> None:
    """Save the database, datasets, job results, models and their tracking store; the service may run meanwhile.

    The archive holds secrets of webhooks and hashes of API keys: only its owner may read it.
    """
    from serving.backup.saving import save_backup
    from serving.platform import utc_now

    screen = Screen(quiet)
    settings = Settings.from_environment(os.environ)
    with screen.progress() as progress:
        made = save_backup(settings, file, progress, utc_now())
    if settings.tracking_uri != f"sqlite:///{settings.home / 'mlflow.db'}":
        screen.tell("MLFLOW_TRACKING_URI names a store of its own: back that one up by its own means.")
    screen.say(
        f"Saved {len(made.files):,} files, {made.bytes:,} bytes, at revision {made.revision} "
        f"({made.database}) in {file}: {file.stat().st_size:,} bytes."
    )


def _restore(
    file: Archive,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of what is there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Restore an archive, checked before anything is changed; stop the service first."""
    from serving.backup.restoring import restore_backup

    screen = Screen(quiet)
    settings = Settings.from_environment(os.environ)
    with screen.progress() as progress:
        made = restore_backup(settings, file, replace, progress)
    screen.say(f"Restored {len(made.files):,} files of {made.saved_at} into {settings.home}. Next: fillrate serve")
