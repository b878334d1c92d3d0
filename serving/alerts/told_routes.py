"""Who is told: the operator's notify.toml and the tenant's own routes, which may go where a tenant may send."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import sqlalchemy as sa

from core.errors import ConfigurationError, UsageError
from monitoring.notification import NoticeRoute, routes_from
from serving.alerts.notices import routes_of
from serving.alerts.settings_store import Kind, find_settings
from serving.alerts.store import Place
from serving.egress import resolve_target

__all__ = ["CARRIERS", "OWN_ROUTES", "ROUTES_FILE", "Told", "check_address", "own_routes", "reachable", "told_of"]

ROUTES_FILE = "notify.toml"
"""The tenant's notification routes, in its home folder."""
OWN_ROUTES = "notification-routes"
"""What messages call the routes that stand in no file."""
MAIL = frozenset({"mailto", "mailtos"})
CARRIERS = ("mailto", "mailtos", "slack", "discord", "tgram", "wecombot", "dingtalk", "feishu", "lark")
"""Kinds of address that a tenant may give: mail, and services whose hosts are their makers', not the tenant's."""
MAIL_WORDS = frozenset({"to", "cc", "bcc", "from", "name", "smtp", "mode", "user", "pass", "reply"})
"""What a mail address may say after its question mark; nothing that names a file."""


@dataclass(frozen=True, slots=True)
class Told:
    """A route and where it stands: `file` or `own`."""

    route: NoticeRoute
    source: str


def told_of(connection: sa.Connection, tenant: str, home: Path, environment: Mapping[str, str]) -> tuple[Told, ...]:
    """Return the routes in force: the file's, then the tenant's own; of the same name the own one counts.

    Raises ConfigurationError and StorageError for a file that cannot be used.
    """
    path = home / ROUTES_FILE
    filed = routes_of(path, environment) if path.is_file() else ()
    own = own_routes(find_settings(connection, Place(tenant, ""), Kind.ROUTES).content)
    names = {route.name for route in own}
    kept = (Told(route, "file") for route in filed if route.name not in names)
    return (*kept, *(Told(route, "own") for route in own))


def reachable(told: Sequence[Told], allow_private: bool) -> list[NoticeRoute]:
    """Return the routes to send by: an own one whose host has come to lead into the service's network is left out,
    and what it would tell waits."""
    return [item.route for item in told if item.source == "file" or _leads_out(item.route.url, allow_private)]


def own_routes(content: Mapping[str, Any]) -> tuple[NoticeRoute, ...]:
    """Return the routes of a document; raises ConfigurationError by route and key. No ${NAME} is filled in: the
    environment is the operator's, whose file may name it."""
    return routes_from(content, OWN_ROUTES, {})


def check_address(url: str, allow_private: bool) -> None:
    """Check that a tenant may have messages sent to an address; raises ConfigurationError that does not show it.

    allow_private: the service's tenants are its owners, any address that Apprise knows will do.
    """
    from apprise import Apprise

    if re.search(r"\$\{\w+\}", url):
        raise ConfigurationError("url names a variable of the environment, which only notify.toml may do; write it out")
    kind = urlsplit(url).scheme.lower() if "://" in url else ""
    if kind not in CARRIERS and not allow_private:
        raise ConfigurationError(f"url begins with {kind or 'nothing'}://, use one of {', '.join(CARRIERS)}")
    if Apprise.instantiate(url) is None:
        raise ConfigurationError(f"url is no address of the kind {kind or '?'}; Apprise's documentation shows them")
    if kind in MAIL and not allow_private:
        _check_mail(url)


def _check_mail(url: str) -> None:
    parts = urlsplit(url)
    words = dict(parse_qsl(parts.query))
    unknown = sorted(set(words) - MAIL_WORDS)
    if unknown:
        raise ConfigurationError(
            f"url says {unknown[0][:40]}=, which is not known; use {', '.join(sorted(MAIL_WORDS))}"
        )
    for host in filter(None, (words.get("smtp"), None if "smtp" in words else parts.hostname)):
        try:
            resolve_target(f"https://{host}")
        except UsageError as error:
            raise ConfigurationError(f"url: {error}") from None


def _leads_out(url: str, allow_private: bool) -> bool:
    try:
        check_address(url, allow_private)
    except ConfigurationError:
        return False
    return True
