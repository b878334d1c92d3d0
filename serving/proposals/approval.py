"""Deciding about many proposals at once: all or none, or each that can be, with an answer for every one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.errors import FillrateError, UnknownResourceError
from serving.access import Caller
from serving.problems import PROBLEMS, ApiProblem
from serving.proposals.decisions import Decision, decide
from serving.proposals.lifecycle import Event
from serving.proposals.proposal_store import Row, find_proposals

__all__ = ["approve_many", "decide_many"]


def approve_many(
    connection: sa.Connection,
    caller: Caller,
    items: Sequence[tuple[str, int]],
    atomic: bool,
    reason: str,
    now: datetime,
) -> list[dict[str, Any]]:
    """Approve many: `decide_many` of an approval."""
    return decide_many(connection, caller, items, Decision(Event.APPROVE, reason), atomic, now)


def decide_many(
    connection: sa.Connection,
    caller: Caller,
    items: Sequence[tuple[str, int]],
    decision: Decision,
    atomic: bool,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return for each (name, version that was read) its name, status, version, state and, where refused, the error.

    Raises ApiProblem for an atomic request of which one item is refused: the code is the first one's, the errors point
    at each; the caller's transaction must end with it.
    """
    rows = find_proposals(connection, caller.tenant, [name for name, _ in items], lock=True)
    found = [_decide(connection, caller, rows.get(name), name, version, decision, now) for name, version in items]
    refused = [{**item["error"], "pointer": f"#/items/{place}"} for place, item in enumerate(found) if "error" in item]
    if atomic and refused:
        raise ApiProblem(
            refused[0]["code"],
            f"nothing is changed: {len(refused)} of {len(items)} items do not allow {decision.event}",
            refused,
        )
    return found


def _decide(
    connection: sa.Connection,
    caller: Caller,
    row: Row | None,
    name: str,
    version: int,
    decision: Decision,
    now: datetime,
) -> dict[str, Any]:
    try:
        if row is None:
            raise UnknownResourceError(f"there is no proposal {name}")
        if row.version != version:
            message = f"proposal {name} is at version {row.version}, not {version}: read it again"
            raise ApiProblem("precondition.failed", message)
        # All checks come before the first write: a refused item has changed nothing.
        changed = decide(connection, caller, row, decision, now)
    except ApiProblem as problem:
        return _refused(name, row, problem.code, problem.detail)
    except FillrateError as error:
        return _refused(name, row, error.code, str(error))
    return {"proposal_id": name, "status": 200, "version": changed.version, "state": changed.state}


def _refused(name: str, row: Row | None, code: str, message: str) -> dict[str, Any]:
    error: Mapping[str, str] = {"code": code, "message": message}
    known = {"version": None if row is None else row.version, "state": None if row is None else row.state}
    return {"proposal_id": name, "status": PROBLEMS[code][0], **known, "error": error}
