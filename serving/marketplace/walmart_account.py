"""A seller's account at Walmart: client id and secret, from a file in the tenant's home or from the environment."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import ConfigurationError
from core.settings import Settings
from serving.access.tenants import LOCAL_TENANT, tenant_settings

__all__ = ["WALMART_FILE", "WalmartAccount", "walmart_account_of"]

WALMART_FILE = "walmart.toml"
"""In the tenant's home folder."""
PREFIX = "FILLRATE_WALMART_"
NEEDED = ("client_id", "client_secret")
KNOWN = (*NEEDED, "endpoint")
ENDPOINT = "https://marketplace.walmartapis.com"


@dataclass(frozen=True, slots=True)
class WalmartAccount:
    """What Walmart's Marketplace API knows a seller by; the secret is never shown, not even by repr.

    endpoint: the marketplace's, unless stated (its sandbox, a recording proxy, a test server).
    """

    client_id: str
    client_secret: str = field(repr=False)
    endpoint: str = ENDPOINT


def walmart_account_of(settings: Settings, tenant: str, environment: Mapping[str, str]) -> WalmartAccount:
    """Return the tenant's account: `walmart.toml` in its home; for the local tenant the environment goes first.

    Raises ConfigurationError where something is missing or unknown; it names the key, never a value.
    """
    path = tenant_settings(settings, tenant).home / WALMART_FILE
    stated: dict[str, Any] = {}
    if path.is_file():
        try:
            stated = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:  # its message could quote the line with the secret
            raise ConfigurationError(f"{path.name} cannot be read ({type(error).__name__}); write TOML") from None
    if tenant == LOCAL_TENANT:
        stated |= {name: environment[PREFIX + name.upper()] for name in KNOWN if environment.get(PREFIX + name.upper())}
    unknown = sorted(set(stated) - set(KNOWN))
    if unknown:
        raise ConfigurationError(f"{path.name} has {unknown[0]!r}, which is not known; there are {', '.join(KNOWN)}")
    missing = [name for name in NEEDED if not isinstance(stated.get(name), str) or not stated[name]]
    if missing:
        raise ConfigurationError(
            f"the Walmart account has no {', '.join(missing)}; state them in {path.name} in the home folder of the "
            f"tenant, or as {PREFIX}{missing[0].upper()}"
        )
    return WalmartAccount(**{name: str(value).rstrip("/") for name, value in stated.items()})
