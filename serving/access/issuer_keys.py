"""The public keys of a token issuer (JWKS), from a file or a URL: fetched when needed, and not more often."""

import ipaddress
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import jwt

from core.errors import ConfigurationError
from serving.problems import ApiProblem

__all__ = ["IssuerKeys"]

KEPT_SECONDS = 300.0
"""After so long the keys are fetched again, so that a withdrawn key stops working."""
LEAST_SECONDS_BETWEEN = 15.0
"""Between two fetches: tokens with made-up key names must not make us call the issuer each time."""
TIMEOUT_SECONDS = 5.0
LARGEST_BYTES = 1_000_000

logger = logging.getLogger("fillrate.access")


class IssuerKeys:
    """The keys by their names; keeps the last ones while the issuer does not answer. Safe between threads.

    source: https URL (http on this machine only) or path of a file. ticks: a clock in seconds that never goes back.
    """

    def __init__(self, source: str, ticks: Callable[[], float] = time.monotonic) -> None:
        self._source = _checked(source)
        self._ticks = ticks
        self._lock = threading.Lock()
        self._keys: list[jwt.PyJWK] = []
        self._fetched_at: float | None = None

    def find(self, name: str | None) -> jwt.PyJWK:
        """Return the key of that name (`kid`); a set of one key needs none.

        Raises jwt.PyJWKSetError for a name that the issuer does not have, ApiProblem `auth.unavailable` where no keys
        could be fetched.
        """
        with self._lock:
            if self._age() > KEPT_SECONDS:
                self._fetch()
            found = self._named(name)
            if found is None and self._age() > LEAST_SECONDS_BETWEEN:
                self._fetch()
                found = self._named(name)
        if found is None:
            raise jwt.PyJWKSetError("no such key")
        return found

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._ticks() - self._fetched_at

    def _named(self, name: str | None) -> jwt.PyJWK | None:
        if name is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.key_id == name), None)

    def _fetch(self) -> None:
        try:
            text = _read(self._source)
            self._keys = [key for key in jwt.PyJWKSet.from_json(text).keys if key.public_key_use in (None, "sig")]
        except (OSError, ValueError, jwt.PyJWTError) as error:
            logger.error("the issuer's keys cannot be read from %s: %s", self._source, type(error).__name__)
            if not self._keys:
                raise ApiProblem("auth.unavailable", "The token issuer's keys cannot be fetched; try again.") from error
        self._fetched_at = self._ticks()


def _checked(source: str) -> str:
    parts = urlsplit(source)
    if parts.scheme in ("http", "https"):
        if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            raise ConfigurationError("FILLRATE_JWT_JWKS must be an https address or a file: keys travel in the open")
    elif not Path(source).is_file():
        raise ConfigurationError(f"FILLRATE_JWT_JWKS {source} is neither an https address nor a file")
    return source


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(source: str) -> str:
    if urlsplit(source).scheme not in ("http", "https"):
        return Path(source).read_text(encoding="utf-8")
    try:
        with urllib.request.urlopen(source, timeout=TIMEOUT_SECONDS) as answer:
            text: bytes = answer.read(LARGEST_BYTES)
    except urllib.error.HTTPError as error:
        error.close()
        raise
    return text.decode("utf-8")
