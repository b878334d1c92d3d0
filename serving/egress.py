"""Where the service may connect to on a tenant's word: never into its own network (SSRF), unless its host allows it.

The name is resolved once, every address is looked at, and the connection goes to the address that was looked at: a name
that means another address a moment later changes nothing.
"""

import ipaddress
import socket
import ssl
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from core.errors import UsageError

__all__ = ["Target", "resolve_target", "trusted_certificates"]

SCHEMES = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """An address to connect to: the URL with a number for its host, and what tells the receiver its real name.

    headers and extensions: to hand to httpx with the request (`Host`, and the name that the certificate must bear).
    """

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)


def resolve_target(url: str, allow_private: bool = False) -> Target:
    """Return the target of a URL; raises UsageError for one that is no public http or https address.

    allow_private: let addresses of the own machine and network pass, for a service whose tenants are its owners.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # such as half an IPv6 address
        raise UsageError(f"{url[:200]!r} is no address; give http:// or https:// with a host") from None
    if parts.scheme not in SCHEMES or not parts.hostname or parts.username or parts.password:
        raise UsageError(f"{url[:200]!r} is no target; give http:// or https:// with a host and without a password")
    try:
        port = parts.port or SCHEMES[parts.scheme]
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError) as error:
        raise UsageError(f"{parts.hostname[:200]!r} cannot be found ({error}); correct the address") from error
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    closed = [address for address in addresses if not _is_public(address)]
    if closed and not allow_private:
        raise UsageError(
            f"{parts.hostname[:200]} leads to {closed[0]}, which is not a public address; give one that is "
            "(FILLRATE_PRIVATE_TARGETS=allow lets a service reach its own network)"
        )
    chosen = addresses[0]
    host = f"[{chosen}]" if chosen.version == 6 else str(chosen)
    pinned = urlunsplit((parts.scheme, f"{host}:{port}", parts.path or "/", parts.query, ""))
    name = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    return Target(pinned, {"Host": name}, {"sni_hostname": parts.hostname})


@cache
def trusted_certificates() -> ssl.SSLContext:
    """Return the certificates that a receiver's must be signed by, read once in a process.

    A client of httpx reads them anew each time it is made: 30 ms of a core, more than all else that telling a shop
    takes.
    """
    return httpx.create_ssl_context(trust_env=False)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether anybody may be sent there; an IPv4 address inside an IPv6 one counts as itself."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is not None:
        return _is_public(inner)
    return address.is_global and not address.is_multicast
