"""Suggested actions as drafts: made from an alert, approved or rejected by a person, exported; nothing is executed.

draft → approved → exported, or draft → rejected. Orders go through proposals; these are the other actions: advertising,
prices, removal, bundles, listings, suppliers.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from core.database import hold_name
from core.errors import UsageError
from monitoring.markdown import markdown_ladder
from monitoring.rule import ACTIONS
from serving.alerts.alert_tables import ACTION_DRAFTS
from serving.alerts.store import Place

__all__ = ["decide", "draft_body", "drafts", "find_draft", "make_draft"]

MOVES = {"approve": ("draft", "approved"), "reject": ("draft", "rejected"), "export": ("approved", "exported")}


def draft_body(alert: Mapping[str, Any], facts: Mapping[str, float]) -> dict[str, Any]:
    """Return what a draft says: the action, its subject, its numbers and why.

    facts: of the alert's series where it has one: price, unit_margin, on_hand, daily_30d, excess_units.
    """
    action = str(alert["action"])
    body: dict[str, Any] = {
        "action": action,
        "does": ACTIONS.get(action, action),
        "subject": alert["subject"],
        "sku": alert["sku"],
        "location": alert["location"],
        "why": alert["words"],
        "evidence": dict(alert["evidence"]),
    }
    return body | _numbers(action, facts)


def _numbers(action: str, facts: Mapping[str, float]) -> dict[str, Any]:
    """Return the action's own numbers where the facts tell them; NaN facts tell nothing."""
    known = {name: value for name, value in facts.items() if value == value}
    if action in ("markdown", "lower_price") and {"price", "unit_margin", "on_hand"} <= set(known):
        price, cost = known["price"], max(known["price"] - known["unit_margin"], 0.0)
        ladder = markdown_ladder(price, cost, known["on_hand"], max(known.get("daily_30d", 0.0), 0.01))
        return {"ladder": [asdict(step) for step in ladder]}
    if action == "raise_price" and "price" in known:
        return {"price": known["price"], "new_price": round(known["price"] * 1.05, 2)}
    if action == "removal" and "excess_units" in known:
        return {"units": round(known["excess_units"])}
    return {}


def make_draft(connection: sa.Connection, place: Place, alert_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a draft of an alert's action and return it; the same alert and action is the same draft."""
    action = str(body["action"])
    draft_id = hashlib.sha256(f"{alert_id}\x1f{action}".encode()).hexdigest()[:16]
    hold_name(connection, "action draft", place.tenant, place.dataset, draft_id)  # it may be made twice at once
    found = find_draft(connection, place, draft_id)
    if found is not None:
        return found
    row = {
        **place.keys,
        "draft_id": draft_id,
        "alert_id": alert_id,
        "action": action,
        "status": "draft",
        "version": 1,
        "decided_by": "",
        "content": dict(body),
    }
    connection.execute(ACTION_DRAFTS.insert().values(row))
    return _shown(row)


def decide(connection: sa.Connection, place: Place, draft_id: str, decision: str, actor: str) -> dict[str, Any]:
    """Move a draft along and return it; raises UsageError where it is not there or not where the decision begins."""
    found = find_draft(connection, place, draft_id, lock=True)
    if found is None:
        raise UsageError(f"action draft {draft_id} is not there")
    before, after = MOVES[decision]
    if found["status"] != before:
        raise UsageError(f"action draft {draft_id} is {found['status']}; only a {before} one can be {after}")
    changed = {"status": after, "version": found["version"] + 1, "decided_by": actor}
    mine = sa.and_(place.within(ACTION_DRAFTS), ACTION_DRAFTS.c.draft_id == draft_id)
    connection.execute(ACTION_DRAFTS.update().where(mine).values(changed))
    return {**found, **changed}


def find_draft(connection: sa.Connection, place: Place, draft_id: str, lock: bool = False) -> dict[str, Any] | None:
    """Return a draft, None where it is not there; `lock` keeps it so until the transaction's end."""
    wanted = sa.select(ACTION_DRAFTS).where(place.within(ACTION_DRAFTS), ACTION_DRAFTS.c.draft_id == draft_id)
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    return None if row is None else _shown(dict(row._mapping))


def drafts(connection: sa.Connection, place: Place, status: str | None = None) -> Sequence[dict[str, Any]]:
    """Return the drafts of a dataset, by name; of one status where it is given."""
    wanted = sa.select(ACTION_DRAFTS).where(place.within(ACTION_DRAFTS))
    if status is not None:
        wanted = wanted.where(ACTION_DRAFTS.c.status == status)
    rows = connection.execute(wanted.order_by(ACTION_DRAFTS.c.draft_id).limit(500)).all()
    return [_shown(dict(row._mapping)) for row in rows]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("draft_id", "alert_id", "action", "status", "decided_by", "version", "content")
    return {name: row[name] for name in names}
