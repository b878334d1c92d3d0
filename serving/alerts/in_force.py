"""The rules in force for a dataset: shipped, its alerts.toml, what its tenant has set; the same for whoever asks."""

from pathlib import Path

import sqlalchemy as sa

from core.settings import Settings
from monitoring.rule import Rule
from serving.alerts.local import local_database, place_of
from serving.alerts.settings_store import Kept, Kind, find_settings
from serving.alerts.store import Place
from serving.alerts.watching import rules_of

__all__ = ["local_rules", "rules_in_force"]


def rules_in_force(connection: sa.Connection, place: Place, folder: Path | None) -> tuple[tuple[Rule, ...], Kept]:
    """Return the rules of a dataset's folder with its tenant's own applied, and these.

    Raises ConfigurationError naming file (or `alert-rules`), rule and key.
    """
    kept = find_settings(connection, place, Kind.RULES)
    return rules_of(folder, own=kept.content), kept


def local_rules(settings: Settings, folder: Path, more: Path | None = None) -> tuple[Rule, ...]:
    """Return the same for the command line, with those of another file on top; a database is not made for it."""
    path = settings.database_url.removeprefix("sqlite:///")
    if path != settings.database_url and not Path(path).is_file():
        return rules_of(folder, more)
    with local_database(settings) as database, database.reading() as connection:
        own = find_settings(connection, place_of(folder), Kind.RULES).content
    return rules_of(folder, more, own)
