"""A changing request takes effect once: its Idempotency-Key, its effect and its answer are one transaction.

After draft-ietf-httpapi-idempotency-key-header-07. Keys are per tenant and route and kept for 72 hours.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from core.database import Database
from serving.access.caller import Caller
from serving.platform import platform_of
from serving.platform_tables import IDEMPOTENCY_KEYS
from serving.problems import ApiProblem

__all__ = ["KEPT_HOURS", "LONGEST_KEY", "Answer", "replayed", "run_once"]

KEPT_HOURS = 72
"""How long an answer can be had again; a key older than that is new."""

LONGEST_KEY = 255

_KEY = re.compile(rf'"?([\x21\x23-\x7e]{{1,{LONGEST_KEY}}})"?')

Claim = tuple[str, str, str]
"""Tenant, route and key."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers: status, a body that JSON can say (None: no body), headers of its own."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def run_once(request: Request, caller: Caller, effect: Callable[[sa.Connection], Answer]) -> Response:
    """Run the effect, unless the caller's Idempotency-Key has had its answer: then give that one again.

    An effect that raises changes nothing and leaves the key free; so does a crash at any point before the commit.
    Raises ApiProblem: `idempotency.missing` (400), `idempotency.reused` (422: the key came with another request),
    `idempotency.in_progress` (409). On SQLite a request that another process is busy with waits for it and gets its
    answer instead of the 409.
    """
    platform = platform_of(request)
    claim = (caller.tenant, _route(request), _key(request))
    fingerprint = _fingerprint(request)
    with _IN_PROGRESS.held(claim), platform.database.transaction() as connection:
        _lock(connection, platform.database, claim)
        now = platform.clock()
        _forget_old(connection, claim, now)
        kept = _find(connection, claim)
        if kept is not None:
            return _replayed(kept, fingerprint)
        answer = effect(connection)
        body = "" if answer.body is None else _json(answer.body)
        _keep(connection, claim, fingerprint, now, answer, body)
        return _response(answer.status, answer.headers, body)


def replayed(request: Request, caller: Caller) -> Response | None:
    """Return the answer that the request's Idempotency-Key has had, None for a new key.

    For effects that need long work beforehand: a repeated request is not to do it again. Raises ApiProblem as
    `run_once` does.
    """
    platform = platform_of(request)
    claim = (caller.tenant, _route(request), _key(request))
    with platform.database.reading() as connection:
        kept = _find(connection, claim)
    if kept is None or kept.created_at < platform.clock() - timedelta(hours=KEPT_HOURS):
        return None
    return _replayed(kept, _fingerprint(request))


class _InProgress:
    """The claims that this process is busy with."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claims: set[Claim] = set()

    @contextmanager
    def held(self, claim: Claim) -> Iterator[None]:
        with self._lock:
            if claim in self._claims:
                raise _busy()
            self._claims.add(claim)
        try:
            yield
        finally:
            with self._lock:
                self._claims.remove(claim)


_IN_PROGRESS = _InProgress()


def _route(request: Request) -> str:
    return f"{request.method} {getattr(request.scope.get('route'), 'path', request.url.path)}"


def _key(request: Request) -> str:
    """Return the key; the draft has it in quotation marks, many clients leave them out."""
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        raise ApiProblem(
            "idempotency.missing",
            "Send an Idempotency-Key header with a value of your own for this request (a UUID), and the same one "
            "when you repeat it.",
        )
    found = _KEY.fullmatch(keys[0].strip()) if len(keys) == 1 else None
    if found is None:
        raise ApiProblem(
            "idempotency.missing", f"Send one Idempotency-Key of 1 … {LONGEST_KEY} visible ASCII characters."
        )
    return found.group(1)


def _fingerprint(request: Request) -> str:
    parts = (request.url.path, request.url.query, request.scope["state"]["body_digest"])
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _lock(connection: sa.Connection, database: Database, claim: Claim) -> None:
    """Take the claim for this transaction; SQLite's one writer has it already."""
    if database.is_sqlite:
        return
    number = int.from_bytes(hashlib.sha256("\n".join(claim).encode()).digest()[:8], "big", signed=True)
    if not connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(number))).scalar_one():
        raise _busy()


def _busy() -> ApiProblem:
    return ApiProblem(
        "idempotency.in_progress",
        "The first request with this Idempotency-Key is still at work; ask again soon.",
        headers={"Retry-After": "1"},
    )


def _forget_old(connection: sa.Connection, claim: Claim, now: datetime) -> None:
    """Forget keys whose time is over; those that another request is forgetting are left to it, but for the claim:
    nobody waits for another's effect.
    """
    table = IDEMPOTENCY_KEYS.c
    key, old = sa.tuple_(table.tenant, table.route, table.key), table.created_at < now - timedelta(hours=KEPT_HOURS)
    free = sa.select(table.tenant, table.route, table.key).where(old).with_for_update(skip_locked=True)
    connection.execute(IDEMPOTENCY_KEYS.delete().where(old, sa.or_(_is(claim), key.in_(free))))


def _is(claim: Claim) -> sa.ColumnElement[bool]:
    table = IDEMPOTENCY_KEYS.c
    return sa.and_(table.tenant == claim[0], table.route == claim[1], table.key == claim[2])


def _find(connection: sa.Connection, claim: Claim) -> sa.Row[Any] | None:
    return connection.execute(sa.select(IDEMPOTENCY_KEYS).where(_is(claim))).one_or_none()


def _replayed(kept: sa.Row[Any], fingerprint: str) -> Response:
    if kept.fingerprint != fingerprint:
        raise ApiProblem(
            "idempotency.reused",
            "This Idempotency-Key came before with another path or body; take a new key for a new request.",
        )
    return _response(kept.status, {**kept.headers, "Idempotency-Replayed": "true"}, kept.body)


def _keep(connection: sa.Connection, claim: Claim, fingerprint: str, now: datetime, answer: Answer, body: str) -> None:
    row = {
        "tenant": claim[0],
        "route": claim[1],
        "key": claim[2],
        "fingerprint": fingerprint,
        "created_at": now,
        "status": answer.status,
        "headers": dict(answer.headers),
        "body": body,
    }
    connection.execute(IDEMPOTENCY_KEYS.insert().values(row))


def _json(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _response(status: int, headers: Mapping[str, str], body: str) -> Response:
    media_type = "application/json" if body else None
    return Response(body.encode(), status, dict(headers), media_type=media_type)
