"""Rows of proposals: found, listed page by page, and changed one version at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from core.errors import UnknownResourceError
from serving.proposals.lifecycle import OPEN, State, current_state
from serving.proposals.proposal_tables import PROPOSALS, PURCHASE_ORDER_LINES

__all__ = [
    "Filter",
    "change_row",
    "find_proposal",
    "find_proposals",
    "held_by",
    "later_proposal",
    "list_proposals",
    "state_of",
]

Row = sa.Row[Any]
CHUNK = 500
"""Names a query: SQLite takes some thousand, PostgreSQL plans long lists slowly."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which proposals to list; None: all. updated_since: that moment and later."""

    state: State | None = None
    dataset: str | None = None
    supplier: str | None = None
    sku: str | None = None
    location: str | None = None
    action: str | None = None
    run_id: str | None = None
    updated_since: datetime | None = None


def state_of(row: Row, today: date) -> State:
    """Return the state of a row on `today`."""
    return current_state(State(row.state), row.snoozed_until, today)


def find_proposal(connection: sa.Connection, tenant: str, proposal_id: str, lock: bool = False) -> Row:
    """Return one proposal, locked until the end of the transaction where asked; raises UnknownResourceError."""
    found = find_proposals(connection, tenant, [proposal_id], lock)
    if not found:
        raise UnknownResourceError(f"there is no proposal {proposal_id}; GET /v1/proposals lists what is there")
    return found[proposal_id]


def find_proposals(
    connection: sa.Connection, tenant: str, proposal_ids: Collection[str], lock: bool = False
) -> dict[str, Row]:
    """Return the proposals of these names that the tenant has, by name; locked in one order, so that none waits in a
    ring.
    """
    table = PROPOSALS.c
    wanted, found = sorted(set(proposal_ids)), {}
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        query = sa.select(PROPOSALS).where(table.tenant == tenant, table.proposal_id.in_(part))
        query = query.order_by(table.proposal_id)
        for row in connection.execute(query.with_for_update() if lock else query):
            found[row.proposal_id] = row
    return found


def list_proposals(
    connection: sa.Connection,
    tenant: str,
    asked: Filter,
    today: date,
    after: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Row]:
    """Return up to `limit` proposals (without their cost curves) in the order in which they last changed.

    after: only those behind a (moment, name).
    """
    table = PROPOSALS.c
    query = sa.select(*(column for column in table if column.name != "curve")).where(table.tenant == tenant)
    for name in ("dataset", "supplier", "sku", "location", "action", "run_id"):
        value = getattr(asked, name)
        if value is not None:
            query = query.where(table[name] == value)
    if asked.state is not None:
        query = query.where(_in_state(asked.state, today))
    if asked.updated_since is not None:
        query = query.where(table.updated_at >= asked.updated_since)
    if after is not None:
        moment, name = after
        later = sa.and_(table.updated_at == moment, table.proposal_id > name)
        query = query.where(sa.or_(table.updated_at > moment, later))
    query = query.order_by(table.updated_at, table.proposal_id).limit(limit)
    return connection.execute(query).all()


def _in_state(state: State, today: date) -> sa.ColumnElement[bool]:
    """Return the condition that `state_of` is `state`."""
    table = PROPOSALS.c
    awake = sa.and_(table.state == State.SNOOZED, table.snoozed_until <= today)
    if state is State.DRAFT:
        return sa.or_(table.state == State.DRAFT, awake)
    if state is State.SNOOZED:
        return sa.and_(table.state == State.SNOOZED, table.snoozed_until > today)
    return table.state == state


def change_row(connection: sa.Connection, row: Row, values: Mapping[str, Any], actor: str, at: datetime) -> Row:
    """Return the row as it is after `values` were set: one version later, changed by `actor`."""
    table = PROPOSALS.c
    changed = {**values, "version": row.version + 1, "updated_at": max(at, row.updated_at), "updated_by": actor}
    connection.execute(
        PROPOSALS.update()
        .where(table.tenant == row.tenant, table.proposal_id == row.proposal_id, table.version == row.version)
        .values(changed)
    )
    return find_proposal(connection, row.tenant, row.proposal_id)


def held_by(connection: sa.Connection, tenant: str, proposal_ids: Collection[str]) -> dict[str, str]:
    """Return the purchase-order draft that holds each proposal, where one does."""
    lines = PURCHASE_ORDER_LINES.c
    wanted, found = sorted(set(proposal_ids)), {}
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        query = sa.select(lines.held_proposal_id, lines.draft_id)
        query = query.where(lines.tenant == tenant, lines.held_proposal_id.in_(part))
        found.update({row.held_proposal_id: row.draft_id for row in connection.execute(query)})
    return found


def later_proposal(connection: sa.Connection, row: Row) -> str | None:
    """Return the name of a proposal for the same series that a later run made, None where there is none."""
    table = PROPOSALS.c
    later = sa.or_(table.as_of > row.as_of, sa.and_(table.as_of == row.as_of, table.state.in_(OPEN)))
    query = sa.select(table.proposal_id).where(
        table.tenant == row.tenant,
        table.dataset == row.dataset,
        table.sku == row.sku,
        table.location == row.location,
        table.proposal_id != row.proposal_id,
        table.run_id != row.run_id,
        later,
    )
    return connection.execute(query.order_by(table.as_of.desc(), table.proposal_id).limit(1)).scalar()
