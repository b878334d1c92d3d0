"""Purchase-order drafts as they are stored: made from approved proposals, exported, confirmed, closed or cancelled.

A draft and its proposals change in one transaction, and the database itself refuses a proposal in two drafts. Nothing
is ever sent to a supplier from here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.errors import StateError, UnknownResourceError
from serving import audit
from serving.access import Caller
from serving.proposals.identity import draft_id
from serving.proposals.lifecycle import (
    COMMITTED,
    Event,
    OrderEvent,
    OrderState,
    State,
    next_order_state,
    next_state,
)
from serving.proposals.proposal_store import Row, change_row, find_proposals, held_by
from serving.proposals.proposal_tables import (
    PLAN_RUNS,
    PROPOSALS,
    PURCHASE_ORDER_FILES,
    PURCHASE_ORDER_LINES,
    PURCHASE_ORDERS,
)
from serving.proposals.purchase_order import Group, Limits, checks_of, grouped, order_line, totals_of
from serving.webhooks.endpoints import EventType
from serving.webhooks.publishing import publish

__all__ = [
    "OrderFilter",
    "draft_orders",
    "find_file",
    "find_order",
    "keep_file",
    "lines_of",
    "list_orders",
    "move_order",
    "ready_proposals",
]


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which drafts to list; None: all."""

    state: OrderState | None = None
    dataset: str | None = None
    supplier: str | None = None
    updated_since: datetime | None = None


def ready_proposals(connection: sa.Connection, tenant: str, dataset: str, supplier: str | None, most: int) -> list[Row]:
    """Return, locked, up to `most` approved proposals of a dataset that no draft holds, by name."""
    table, lines = PROPOSALS.c, PURCHASE_ORDER_LINES.c
    held = sa.exists().where(lines.tenant == table.tenant, lines.held_proposal_id == table.proposal_id)
    query = sa.select(PROPOSALS).where(
        table.tenant == tenant, table.dataset == dataset, table.state == State.APPROVED, ~held
    )
    if supplier is not None:
        query = query.where(table.supplier == supplier)
    rows = connection.execute(query.order_by(table.proposal_id).limit(most).with_for_update()).all()
    # Who waited for another transaction's lock may hold what that one has drafted meanwhile.
    taken = held_by(connection, tenant, [row.proposal_id for row in rows])
    return [row for row in rows if row.proposal_id not in taken]


def draft_orders(
    connection: sa.Connection, caller: Caller, rows: Sequence[Row], limits: Limits, now: datetime
) -> list[Row]:
    """Return the new drafts that hold the (locked, approved) proposals: one a supplier, mode, ship-to and currency.

    Raises StateError for a proposal that is not approved or that another draft holds.
    """
    taken = held_by(connection, caller.tenant, [row.proposal_id for row in rows])
    for row in rows:
        if row.proposal_id in taken:
            raise StateError(f"proposal {row.proposal_id} is in purchase-order draft {taken[row.proposal_id]} already")
        if State(row.state) is not State.APPROVED:
            raise StateError(f"proposal {row.proposal_id} is {row.state}; only approved ones go into a draft")
    made = [_draft(connection, caller, group, members, limits, now) for group, members in grouped(rows).items()]
    return [find_order(connection, caller.tenant, name) for name in made]


def find_order(connection: sa.Connection, tenant: str, name: str, lock: bool = False) -> Row:
    """Return one draft, locked until the end of the transaction where asked; raises UnknownResourceError."""
    table = PURCHASE_ORDERS.c
    query = sa.select(PURCHASE_ORDERS).where(table.tenant == tenant, table.draft_id == name)
    found = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise UnknownResourceError(
            f"there is no purchase-order draft {name}; GET /v1/purchase-order-drafts lists what is there"
        )
    return found


def lines_of(connection: sa.Connection, tenant: str, names: Collection[str]) -> dict[str, list[Row]]:
    """Return the lines of some drafts, by draft and position."""
    lines = PURCHASE_ORDER_LINES.c
    query = sa.select(PURCHASE_ORDER_LINES).where(lines.tenant == tenant, lines.draft_id.in_(sorted(names)))
    found: dict[str, list[Row]] = {name: [] for name in names}
    for row in connection.execute(query.order_by(lines.draft_id, lines.position)):
        found[row.draft_id].append(row)
    return found


def list_orders(
    connection: sa.Connection, tenant: str, asked: OrderFilter, after: tuple[datetime, str] | None, limit: int
) -> Sequence[Row]:
    """Return up to `limit` drafts in the order in which they last changed, those after a (moment, name) only."""
    table = PURCHASE_ORDERS.c
    query = sa.select(PURCHASE_ORDERS).where(table.tenant == tenant)
    for name in ("state", "dataset", "supplier"):
        value = getattr(asked, name)
        if value is not None:
            query = query.where(table[name] == value)
    if asked.updated_since is not None:
        query = query.where(table.updated_at >= asked.updated_since)
    if after is not None:
        moment, name = after
        later = sa.and_(table.updated_at == moment, table.draft_id > name)
        query = query.where(sa.or_(table.updated_at > moment, later))
    return connection.execute(query.order_by(table.updated_at, table.draft_id).limit(limit)).all()


def move_order(
    connection: sa.Connection,
    caller: Caller,
    order: Row,
    event: OrderEvent,
    now: datetime,
    reason: str = "",
    order_number: str | None = None,
) -> Row:
    """Return the (locked) draft after `event`, its proposals moved with it; exporting again changes nothing.

    A draft that is cancelled before its export gives its proposals back, approved; after it they are closed: the ERP
    has had them. Raises StateError where the event cannot follow, or the order number is another draft's.
    """
    before = OrderState(order.state)
    after = next_order_state(before, event)
    if after is before:
        return order
    values: dict[str, Any] = {"state": after, "state_reason": reason}
    if event is OrderEvent.EXPORT:
        values["exported_at"] = now
    if event is OrderEvent.CONFIRM:
        _check_number(connection, order, order_number)
        values["order_number"] = order_number
    _move_proposals(connection, caller, order, before, event, now, reason)
    changed = _change_order(connection, caller, order, values, now)
    facts = {"before": before, "after": after, "reason": reason}
    if order_number is not None:
        facts["order_number"] = order_number
    _record(connection, caller, order.draft_id, event, facts, now)
    return changed


def find_file(connection: sa.Connection, tenant: str, name: str, form: str) -> Row | None:
    """Return what was exported of a draft in a format, None where nothing was."""
    table = PURCHASE_ORDER_FILES.c
    query = sa.select(PURCHASE_ORDER_FILES)
    query = query.where(table.tenant == tenant, table.draft_id == name, table.format == form)
    return connection.execute(query).one_or_none()


def keep_file(connection: sa.Connection, tenant: str, name: str, form: str, content: bytes, now: datetime) -> None:
    """Keep an export byte for byte."""
    row = {"tenant": tenant, "draft_id": name, "format": form, "content": content, "created_at": now}
    connection.execute(PURCHASE_ORDER_FILES.insert().values(row))


def _draft(
    connection: sa.Connection, caller: Caller, group: Group, members: Sequence[Row], limits: Limits, now: datetime
) -> str:
    """Insert one draft with its lines; each proposal becomes one version later, so that its readers learn of it."""
    lines = [order_line(row) for row in members]
    name = draft_id(caller.tenant, [(row.proposal_id, row.version) for row in members])
    run_budget, spent = _run_budget(connection, members)
    known = limits if limits.budget is not None else Limits(**{**_limits(limits), "budget": run_budget})
    order = {"tenant": caller.tenant, "draft_id": name, "dataset": members[0].dataset, **group._asdict()}
    order |= {"state": OrderState.DRAFT, "version": 1, "state_reason": "", "order_number": None, "exported_at": None}
    order |= {"totals": totals_of(lines), "checks": checks_of(lines, known, spent)}
    order |= {"created_at": now, "created_by": caller.actor, "updated_at": now, "updated_by": caller.actor}
    own = {"tenant": caller.tenant, "draft_id": name}
    rows = [
        {**own, "position": at, "proposal_id": line.proposal_id, "held_proposal_id": line.proposal_id}
        | {"sku": line.sku, "quantity": line.quantity, "facts": line.facts()}
        for at, line in enumerate(lines, start=1)
    ]
    try:
        connection.execute(PURCHASE_ORDERS.insert().values(order))
        connection.execute(PURCHASE_ORDER_LINES.insert(), rows)
    except IntegrityError:
        raise StateError("another draft has taken one of these proposals; read them again") from None
    for row in members:
        change_row(connection, row, {}, caller.actor, now)
    facts = {"supplier": group.supplier, "proposals": [line.proposal_id for line in lines], **order["totals"]}
    _record(connection, caller, name, "create", facts, now)
    return name


def _limits(limits: Limits) -> dict[str, Any]:
    return {name: getattr(limits, name) for name in ("minimum_units", "minimum_value", "container_volume", "budget")}


def _run_budget(connection: sa.Connection, members: Sequence[Row]) -> tuple[Decimal | None, Decimal]:
    """Return the budget of the members' newest run, and what all committed orders of that run spend."""
    run = max(members, key=lambda row: (row.as_of, row.run_id)).run_id
    tenant, runs, table = members[0].tenant, PLAN_RUNS.c, PROPOSALS.c
    summary = connection.execute(sa.select(runs.summary).where(runs.tenant == tenant, runs.run_id == run)).scalar_one()
    spends = connection.execute(
        sa.select(table.spend).where(table.tenant == tenant, table.run_id == run, table.state.in_(COMMITTED))
    ).scalars()
    budget = summary["budget"]
    return None if budget is None else Decimal(budget), sum(spends, Decimal(0))


def _check_number(connection: sa.Connection, order: Row, number: str | None) -> None:
    table = PURCHASE_ORDERS.c
    query = sa.select(table.draft_id).where(table.tenant == order.tenant, table.order_number == number)
    other = connection.execute(query).scalar()
    if other is not None and other != order.draft_id:
        raise StateError(f"order number {number} confirms purchase-order draft {other} already")


_PROPOSAL_EVENTS = {OrderEvent.EXPORT: Event.EXPORT, OrderEvent.CONFIRM: Event.CONFIRM, OrderEvent.CLOSE: Event.CLOSE}


def _move_proposals(
    connection: sa.Connection,
    caller: Caller,
    order: Row,
    before: OrderState,
    event: OrderEvent,
    now: datetime,
    reason: str,
) -> None:
    lines = PURCHASE_ORDER_LINES.c
    mine = sa.and_(lines.tenant == order.tenant, lines.draft_id == order.draft_id)
    names = connection.execute(sa.select(lines.proposal_id).where(mine)).scalars().all()
    rows = find_proposals(connection, order.tenant, names, lock=True)
    gives_back = event is OrderEvent.CANCEL and before is OrderState.DRAFT
    for row in rows.values():
        values: dict[str, Any] = {}
        if not gives_back:
            step = _PROPOSAL_EVENTS.get(event, Event.CLOSE)
            values = {"state": next_state(State(row.state), step), "state_reason": reason}
        change_row(connection, row, values, caller.actor, now)
    if gives_back:
        connection.execute(PURCHASE_ORDER_LINES.update().where(mine).values(held_proposal_id=None))


def _change_order(connection: sa.Connection, caller: Caller, order: Row, values: dict[str, Any], now: datetime) -> Row:
    table = PURCHASE_ORDERS.c
    changed = {**values, "version": order.version + 1, "updated_at": now, "updated_by": caller.actor}
    here = sa.and_(table.tenant == order.tenant, table.draft_id == order.draft_id)
    try:
        connection.execute(PURCHASE_ORDERS.update().where(here).values(changed))
    except IntegrityError:
        raise StateError(f"order number {values.get('order_number')} confirms another draft already") from None
    return find_order(connection, order.tenant, order.draft_id)


def _record(
    connection: sa.Connection, caller: Caller, name: str, event: str, facts: dict[str, Any], now: datetime
) -> None:
    path = f"/v1/purchase-order-drafts/{name}"
    audit.record(connection, caller, f"purchase_order.{event}", path, facts, now)
    if event in _TOLD:
        publish(connection, caller.tenant, _TOLD[event], {"id": name, "href": path}, now)


_TOLD = {"create": EventType.DRAFT_CREATED, OrderEvent.EXPORT.value: EventType.DRAFT_EXPORTED}
"""What webhooks hear of a draft."""
