"""`fillrate keys create | list | revoke` and `fillrate migrate`: who may call the service, and its database."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UsageError
from core.settings import Settings
from serving.console import Screen

if TYPE_CHECKING:
    from serving.access import Caller, Scope
    from serving.platform import Platform

__all__ = ["add_to"]

DEFAULT_DAYS = 365

Tenant = Annotated[str, typer.Option("--tenant", metavar="NAME", help="Tenant that the key belongs to.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
    for name, function, example in (
        ("create", _create, 'fillrate keys create --name "night run" --scope forecast:read --scope po:approve'),
        ("list", _list, "fillrate keys list"),
        ("revoke", _revoke, "fillrate keys revoke 3f9a1c0de2b47586"),
    ):
        keys.command(name, epilog=f"Example: {example}")(function)
    app.add_typer(keys, name="keys")
    app.command("migrate", epilog="Example: fillrate migrate")(_migrate)


def _create(
    name: Annotated[str, typer.Option("--name", metavar="WORDS", help="Who uses it; stands in the audit trail.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="forecast:read, data:write, scenario:write, po:approve, model:train or admin (all); may be repeated.",
        ),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="erp, planner or data-scientist: the scopes that they need."),
    ] = None,
    tenant: Tenant = "local",
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="Days until it expires.")] = DEFAULT_DAYS,
) -> None:
    """Make an API key and print it, once: only its hash is kept. With the first key the service asks everybody for
    one.
    """
    from datetime import timedelta

    from serving.access.keys import create_key
    from serving.audit import record

    scopes = _scopes(scope or [], role or [])
    screen, platform = Screen(), _platform()
    now = platform.clock()
    with platform.database.transaction() as connection:
        key, text = create_key(connection, tenant, name, scopes, now, now + timedelta(days=days))
        facts = {"name": key.name, "scopes": sorted(key.scopes), "expires_at": key.facts()["expires_at"]}
        record(connection, _operator(tenant), "key.create", f"/v1/keys/{key.id}", facts, now)
    screen.say(text)
    screen.tell(f"Key {key.id} of tenant {key.tenant}, until {key.expires_at:%Y-%m-%d}. It is not shown again.")


def _list() -> None:
    """List the API keys of all tenants; their secrets are kept nowhere."""
    import pandas as pd

    from serving.access.keys import list_keys

    platform = _platform()
    with platform.database.reading() as connection:
        keys = list_keys(connection)
    if not keys:
        Screen().say("There is no key. Next: fillrate keys create --name WORDS --scope forecast:read")
        return
    now = platform.clock()
    rows = [
        {
            "id": key.id,
            "tenant": key.tenant,
            "name": key.name,
            "scopes": " ".join(sorted(key.scopes)),
            "expires": f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "never",
            "state": "valid" if key.is_valid(now) else "revoked" if key.revoked_at else "expired",
        }
        for key in keys
    ]
    Screen().table(pd.DataFrame(rows), flexible="scopes")


def _revoke(
    identity: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `keys list` shows it.")],
) -> None:
    """Revoke an API key: within seconds it lets nobody in, for ever."""
    from serving.access.keys import revoke_key
    from serving.audit import record

    platform = _platform()
    now = platform.clock()
    with platform.database.transaction() as connection:
        key = revoke_key(connection, identity, now)
        if key is None:
            raise UsageError(f"there is no key {identity}; `fillrate keys list` shows those there are")
        if key.revoked_at == now:
            record(connection, _operator(key.tenant), "key.revoke", f"/v1/keys/{key.id}", {"name": key.name}, now)
    Screen().say(f"Key {key.id} ({key.name}) of tenant {key.tenant} is revoked.")


def _migrate() -> None:
    """Bring the service's database to this version's tables; `serve` does it by itself."""
    from core.database import Database
    from core.migration import current_revision, migrate

    database = Database.of(Settings.from_environment(os.environ).database_url)
    before = current_revision(database)
    after = migrate(database)
    words = "was there already" if before == after else f"from {before or 'an empty database'}"
    Screen().say(f"{database.shown_url} is at revision {after} ({words}).")


def _platform() -> "Platform":
    """Return the platform on a migrated database."""
    from core.migration import migrate
    from serving.platform import Platform

    platform = Platform.of(os.environ)
    migrate(platform.database)
    return platform


def _operator(tenant: str) -> "Caller":
    from serving.access import Caller, Scope

    return Caller(tenant, "command line", frozenset(Scope))


def _scopes(names: list[str], roles: list[str]) -> "list[Scope]":
    """Return the scopes that are named, or that a named role has; raises UsageError where there are none."""
    from serving.access import Scope
    from serving.access.roles import ROLES

    known = {str(scope): scope for scope in Scope}
    for option, words, there in (("--scope", names, list(known)), ("--role", roles, list(ROLES))):
        unknown = [word for word in words if word not in there]
        if unknown:
            raise UsageError(f"{option} {unknown[0]} is no {option[2:]}; there are {', '.join(there)}")
    found = {known[name] for name in names}.union(*(ROLES[role] for role in roles))
    if not found:
        raise UsageError(f"say with --scope what the key may do ({', '.join(known)}), or --role ({', '.join(ROLES)})")
    return sorted(found)
