"""Scenarios in the database: kept with their answers until they expire."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from serving.access import Caller
from serving.audit import record
from serving.demand.demand_tables import SCENARIOS
from serving.demand.page_moment import page_moment
from serving.paging import cut_page, decode_cursor
from serving.problems import ApiProblem

__all__ = ["add_scenario", "delete_scenario", "find_scenario", "list_scenarios", "note_promotion"]

RESOURCE = "scenarios"


def add_scenario(
    connection: sa.Connection,
    caller: Caller,
    asked: Mapping[str, Any],
    answer: Mapping[str, Any],
    now: datetime,
) -> sa.Row[Any]:
    """Keep a scenario in the caller's transaction and return its row; those that have expired go."""
    mine = SCENARIOS.c.tenant == caller.tenant
    connection.execute(SCENARIOS.delete().where(mine, SCENARIOS.c.expires_at <= now))
    name = uuid.uuid4().hex
    row = {
        "tenant": caller.tenant,
        "scenario_id": name,
        "dataset": asked["dataset"],
        "name": asked["name"],
        "request": dict(asked),
        "answer": dict(answer),
        "actor": caller.actor,
        "created_at": now,
        "expires_at": now + timedelta(days=asked["expires_in_days"]),
    }
    connection.execute(SCENARIOS.insert().values(row))
    record(connection, caller, "scenario.add", f"/v1/scenarios/{name}", {"name": asked["name"]})
    return find_scenario(connection, caller.tenant, name, now)


def find_scenario(connection: sa.Connection, tenant: str, name: str, now: datetime, lock: bool = False) -> sa.Row[Any]:
    """Return a scenario that has not expired; raises ApiProblem `resource.unknown`."""
    table = SCENARIOS.c
    wanted = sa.select(SCENARIOS).where(table.tenant == tenant, table.scenario_id == name, table.expires_at > now)
    found = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise ApiProblem(
            "resource.unknown", f"There is no scenario {name[:40]!r}, or it has expired; GET /v1/scenarios lists them."
        )
    return found


def list_scenarios(
    connection: sa.Connection, tenant: str, dataset: str, now: datetime, limit: int, cursor: str | None
) -> tuple[Sequence[sa.Row[Any]], str | None]:
    """Return a page of scenarios that have not expired, newest first, and the cursor of the next."""
    table, at = SCENARIOS.c, decode_cursor(RESOURCE, cursor, str, str)
    wanted = sa.select(SCENARIOS).where(table.tenant == tenant, table.dataset == dataset, table.expires_at > now)
    if at is not None:
        moment = page_moment(at[0])
        older = sa.or_(table.created_at < moment, sa.and_(table.created_at == moment, table.scenario_id < at[1]))
        wanted = wanted.where(older)
    newest = wanted.order_by(table.created_at.desc(), table.scenario_id.desc())
    rows = connection.execute(newest.limit(limit + 1)).all()
    return cut_page(RESOURCE, rows, limit, lambda row: (row.created_at.isoformat(), row.scenario_id))


def delete_scenario(connection: sa.Connection, caller: Caller, name: str, now: datetime) -> None:
    """Forget a scenario; raises ApiProblem `resource.unknown`."""
    find_scenario(connection, caller.tenant, name, now, lock=True)
    table = SCENARIOS.c
    connection.execute(SCENARIOS.delete().where(table.tenant == caller.tenant, table.scenario_id == name))
    record(connection, caller, "scenario.delete", f"/v1/scenarios/{name}", {})


def note_promotion(connection: sa.Connection, caller: Caller, name: str, plan: str) -> None:
    """Keep which stored plan came of a scenario."""
    table = SCENARIOS.c
    mine = (table.tenant == caller.tenant) & (table.scenario_id == name)
    connection.execute(SCENARIOS.update().where(mine).values(promoted_plan=plan))
    record(connection, caller, "scenario.promote", f"/v1/scenarios/{name}", {"plan": plan})
