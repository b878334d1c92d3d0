"""API keys: made once, shown once, kept as a hash; bound to a tenant, with scopes, an end and a way to revoke them.

A key reads `frk_ID_SECRET`. The secret has 256 random bits, so one SHA-256 hides it: guessing it is as hard as with a
slow hash, which only words that people choose need.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.errors import UsageError
from serving.access.caller import Caller, Scope
from serving.access.tenants import check_tenant
from serving.platform_tables import API_KEYS

__all__ = ["PREFIX", "Key", "any_key", "create_key", "find_key", "key_of", "list_keys", "revoke_key"]

PREFIX = "frk"

LONGEST_NAME = 100
_NO_DIGEST = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key: all but its secret."""

    id: str
    tenant: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Return whether it lets anybody in at that moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def caller(self) -> Caller:
        """Return who calls with it."""
        return Caller(self.tenant, f"key:{self.id}:{self.name}", self.scopes)

    def facts(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "id": self.id,
            "tenant": self.tenant,
            "name": self.name,
            "scopes": sorted(self.scopes),
            "created_at": self.created_at.isoformat(),
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "revoked_at": self.revoked_at.isoformat() if self.revoked_at else None,
        }


def create_key(
    connection: sa.Connection,
    tenant: str,
    name: str,
    scopes: Iterable[Scope],
    now: datetime,
    expires_at: datetime | None,
) -> tuple[Key, str]:
    """Make a key and return it with its text, which nobody can ever read again.

    Raises UsageError for a tenant, a name, scopes or an end that make no sense.
    """
    granted = frozenset(scopes)
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"a key needs a name of 1 … {LONGEST_NAME} printable characters that says who uses it")
    if not granted:
        raise UsageError(f"a key needs a scope; there are {', '.join(Scope)}")
    if expires_at is not None and expires_at <= now:
        raise UsageError("a key that has expired already helps nobody; name a later day")
    key = Key(secrets.token_hex(8), check_tenant(tenant), name, granted, now, expires_at, None)
    secret = secrets.token_urlsafe(32)
    row = {
        "id": key.id,
        "tenant": key.tenant,
        "name": key.name,
        "digest": _digest(secret),
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": None,
    }
    connection.execute(API_KEYS.insert().values(row))
    return key, f"{PREFIX}_{key.id}_{secret}"


def find_key(connection: sa.Connection, text: str) -> Key | None:
    """Return the key that a text is, valid or not any more; None where it is no key or its secret is wrong.

    The comparison takes as long for a wrong secret as for a right one, and for a key that is not there.
    """
    prefix, _, rest = text.partition("_")
    name, _, secret = rest.partition("_")
    found = None
    if prefix == PREFIX and len(name) == 16 and name.isascii() and name.isalnum():
        found = connection.execute(sa.select(API_KEYS).where(API_KEYS.c.id == name)).one_or_none()
    matches = hmac.compare_digest(_digest(secret), found.digest if found else _NO_DIGEST)
    return key_of(found) if found is not None and matches else None


def list_keys(connection: sa.Connection, tenant: str | None = None) -> list[Key]:
    """Return the keys of a tenant (None: of all), the oldest first."""
    wanted = sa.select(API_KEYS).order_by(API_KEYS.c.created_at, API_KEYS.c.id)
    if tenant is not None:
        wanted = wanted.where(API_KEYS.c.tenant == tenant)
    return [key_of(row) for row in connection.execute(wanted)]


def revoke_key(connection: sa.Connection, identity: str, now: datetime, tenant: str | None = None) -> Key | None:
    """Let the key in no more and return it; None where there is none (of that tenant).

    Revoking twice changes nothing.
    """
    wanted = sa.select(API_KEYS).where(API_KEYS.c.id == identity).with_for_update()
    if tenant is not None:
        wanted = wanted.where(API_KEYS.c.tenant == tenant)
    found = connection.execute(wanted).one_or_none()
    if found is None:
        return None
    revoked_at = found.revoked_at or now
    connection.execute(API_KEYS.update().where(API_KEYS.c.id == identity).values(revoked_at=revoked_at))
    return key_of(connection.execute(sa.select(API_KEYS).where(API_KEYS.c.id == identity)).one())


def any_key(connection: sa.Connection) -> bool:
    """Return whether a key was ever made; a service whose keys are all revoked stays closed."""
    return connection.execute(sa.select(API_KEYS.c.id).limit(1)).first() is not None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def key_of(row: sa.Row[Any]) -> Key:
    """Return the key that a row of the table is."""
    known = frozenset(Scope(name) for name in row.scopes if name in set(Scope))
    return Key(row.id, row.tenant, row.name, known, row.created_at, row.expires_at, row.revoked_at)
