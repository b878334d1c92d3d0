"""A seller's account at Amazon: whose credentials, which region, which marketplaces; from a file or the environment."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from core.settings import Settings
from serving.access.tenants import LOCAL_TENANT, tenant_settings

__all__ = ["ACCOUNT_FILE", "AmazonAccount", "account_of"]

ACCOUNT_FILE = "amazon.toml"
"""In the tenant's home folder."""
PREFIX = "FILLRATE_AMAZON_"
"""Of the variables that state the account of a service without tenants."""
ENDPOINTS: Mapping[str, str] = {
    "NA": "https://sellingpartnerapi-na.amazon.com",
    "EU": "https://sellingpartnerapi-eu.amazon.com",
    "FE": "https://sellingpartnerapi-fe.amazon.com",
    "SANDBOX": "https://sandbox.sellingpartnerapi-na.amazon.com",
}
TOKEN_ENDPOINT = "https://api.amazon.com/auth/o2/token"
NEEDED = ("client_id", "client_secret", "refresh_token", "seller_id", "marketplace_ids")
KNOWN = (*NEEDED, "region", "endpoint", "token_endpoint")


@dataclass(frozen=True, slots=True)
class AmazonAccount:
    """What the Selling Partner API knows a seller by; secrets are never shown, not even by repr.

    endpoint, token_endpoint: of the region, unless stated (a recording proxy, a test server).
    """

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    seller_id: str
    marketplace_ids: tuple[str, ...]
    endpoint: str = ENDPOINTS["NA"]
    token_endpoint: str = TOKEN_ENDPOINT


def account_of(settings: Settings, tenant: str, environment: Mapping[str, str]) -> AmazonAccount:
    """Return the tenant's account: `amazon.toml` in its home; for the local tenant the environment goes first.

    Raises ConfigurationError where something is missing or unknown; it names the key, never a value.
    """
    path = tenant_settings(settings, tenant).home / ACCOUNT_FILE
    stated = _read(path) if path.is_file() else {}
    if tenant == LOCAL_TENANT:
        stated |= {name: environment[PREFIX + name.upper()] for name in KNOWN if environment.get(PREFIX + name.upper())}
    missing = [name for name in NEEDED if not stated.get(name)]
    if missing:
        raise ConfigurationError(
            f"the Amazon account has no {', '.join(missing)}; state them in {path.name} in the home folder of the "
            f"tenant, or as {PREFIX}{missing[0].upper()}"
        )
    region = str(stated.pop("region", "NA")).upper()
    if region not in ENDPOINTS:
        raise ConfigurationError(f"region of the Amazon account is {region!r}; give one of {', '.join(ENDPOINTS)}")
    stated.setdefault("endpoint", ENDPOINTS[region])
    return AmazonAccount(**stated | {"marketplace_ids": _marketplaces(stated["marketplace_ids"])})


def _read(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # its message could quote the line with the secret
        raise ConfigurationError(f"{path.name} cannot be read ({type(error).__name__}); write TOML") from None
    unknown = sorted(set(found) - set(KNOWN))
    if unknown:
        raise ConfigurationError(f"{path.name} has {unknown[0]!r}, which is not known; there are {', '.join(KNOWN)}")
    wrong = [name for name, value in found.items() if not isinstance(value, str) and name != "marketplace_ids"]
    if wrong:
        raise ConfigurationError(f"{wrong[0]} in {path.name} is no text; write it in quotes")
    return found


def _marketplaces(stated: Any) -> tuple[str, ...]:
    found = stated.split(",") if isinstance(stated, str) else stated
    if not isinstance(found, list) or not all(isinstance(name, str) and name.strip() for name in found):
        raise ConfigurationError("marketplace_ids of the Amazon account are ids such as ATVPDKIKX0DER, in a list")
    return tuple(name.strip() for name in found)
