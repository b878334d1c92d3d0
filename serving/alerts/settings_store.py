"""What a tenant has set over shipped rules and files, in the database: one document of each kind, with its version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from core.database import hold_name
from serving.alerts.alert_tables import ALERT_SETTINGS
from serving.alerts.store import Place

__all__ = ["Kept", "Kind", "find_settings", "keep_settings"]


class Kind(StrEnum):
    """Which document."""

    RULES = "rules"
    ROUTES = "routes"


@dataclass(frozen=True, slots=True)
class Kept:
    """A document as it stands; version 0 and nothing in it where nobody has set any."""

    version: int
    content: Mapping[str, Any]


def find_settings(connection: sa.Connection, place: Place, kind: Kind, lock: bool = False) -> Kept:
    """Return what is set for a place; `lock` keeps it so until the transaction's end."""
    wanted = sa.select(ALERT_SETTINGS.c.version, ALERT_SETTINGS.c.content).where(_mine(place, kind))
    if lock:  # the first two to set it find no row that they could lock
        hold_name(connection, "alert settings", place.tenant, place.dataset, kind.value)
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    return Kept(0, {}) if row is None else Kept(row.version, row.content)


def keep_settings(
    connection: sa.Connection, place: Place, kind: Kind, content: Mapping[str, Any], actor: str, now: datetime
) -> Kept:
    """Set a place's document, in the caller's transaction, and return it with its next version."""
    version = find_settings(connection, place, kind, lock=True).version + 1
    facts = {"version": version, "content": dict(content), "changed_by": actor, "changed_at": now}
    if version == 1:
        connection.execute(ALERT_SETTINGS.insert().values(**place.keys, kind=kind.value, **facts))
    else:
        connection.execute(ALERT_SETTINGS.update().where(_mine(place, kind)).values(**facts))
    return Kept(version, dict(content))


def _mine(place: Place, kind: Kind) -> sa.ColumnElement[bool]:
    return sa.and_(place.within(ALERT_SETTINGS), ALERT_SETTINGS.c.kind == kind.value)
