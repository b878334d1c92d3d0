"""Overrides in the database: added, changed and deleted by revision, in force until they expire."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from serving.access import Caller
from serving.audit import record
from serving.demand.demand_tables import FORECAST_OVERRIDES as TABLE
from serving.demand.overrides import Kind, Override
from serving.demand.page_moment import page_moment
from serving.paging import cut_page, decode_cursor
from serving.problems import ApiProblem

__all__ = ["active_overrides", "add_override", "change_override", "find_override", "list_overrides"]

RESOURCE = "overrides"


def active_overrides(connection: sa.Connection, tenant: str, dataset: str, now: datetime) -> tuple[Override, ...]:
    """Return what is in force now, in the order in which it was added."""
    table = TABLE.c
    wanted = (
        sa.select(TABLE)
        .where(table.tenant == tenant, table.dataset == dataset, table.deleted_at.is_(None))
        .where(sa.or_(table.expires_at.is_(None), table.expires_at > now))
        .order_by(table.created_at, table.override_id)
    )
    return tuple(
        Override(row.override_id, Kind(row.kind), row.sku, row.location, row.start, row.end, row.value)
        for row in connection.execute(wanted)
    )


def add_override(
    connection: sa.Connection, caller: Caller, dataset: str, facts: Mapping[str, Any], now: datetime
) -> sa.Row[Any]:
    """Add an override in the caller's transaction and return its row."""
    name = uuid.uuid4().hex
    row = {
        **facts,
        "tenant": caller.tenant,
        "override_id": name,
        "dataset": dataset,
        "actor": caller.actor,
        "revision": 1,
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(TABLE.insert().values(row))
    record(connection, caller, "override.add", f"/v1/overrides/{name}", _told(facts))
    return find_override(connection, caller.tenant, name)


def find_override(connection: sa.Connection, tenant: str, name: str, lock: bool = False) -> sa.Row[Any]:
    """Return an override that was not deleted; raises ApiProblem `resource.unknown`."""
    wanted = sa.select(TABLE).where(TABLE.c.tenant == tenant, TABLE.c.override_id == name, TABLE.c.deleted_at.is_(None))
    found = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise ApiProblem("resource.unknown", f"There is no override {name[:40]!r}; GET /v1/overrides lists them.")
    return found


def change_override(
    connection: sa.Connection, caller: Caller, found: sa.Row[Any], facts: Mapping[str, Any], now: datetime, action: str
) -> None:
    """Change an override that is locked, as its next revision; action: for the audit trail."""
    mine = (TABLE.c.tenant == caller.tenant) & (TABLE.c.override_id == found.override_id)
    values = {**facts, "actor": caller.actor, "updated_at": now, "revision": found.revision + 1}
    connection.execute(TABLE.update().where(mine).values(values))
    before = {name: getattr(found, name) for name in facts if name != "deleted_at"}
    told = {"before": _told(before), "after": _told(facts)}
    record(connection, caller, f"override.{action}", f"/v1/overrides/{found.override_id}", told)


def list_overrides(
    connection: sa.Connection,
    tenant: str,
    dataset: str,
    now: datetime,
    sku: str | None,
    only_active: bool,
    limit: int,
    cursor: str | None,
) -> tuple[list[sa.Row[Any]], str | None]:
    """Return a page of overrides in the order in which they were added, and the cursor of the next."""
    table, at = TABLE.c, decode_cursor(RESOURCE, cursor, str, str)
    wanted = sa.select(TABLE).where(table.tenant == tenant, table.dataset == dataset, table.deleted_at.is_(None))
    if sku is not None:
        wanted = wanted.where(table.sku == sku)
    if only_active:
        wanted = wanted.where(sa.or_(table.expires_at.is_(None), table.expires_at > now))
    if at is not None:
        moment = page_moment(at[0])
        after = sa.or_(table.created_at > moment, sa.and_(table.created_at == moment, table.override_id > at[1]))
        wanted = wanted.where(after)
    rows = connection.execute(wanted.order_by(table.created_at, table.override_id).limit(limit + 1)).all()
    page, following = cut_page(RESOURCE, rows, limit, lambda row: (row.created_at.isoformat(), row.override_id))
    return list(page), following


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{value:f}" if isinstance(value, Decimal) else _plain(value) for name, value in facts.items()}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | bool) else str(value)
