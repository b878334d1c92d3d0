"""The keys as a running service asks for them: remembered for a few seconds, so that a request costs no query."""

import hashlib
import time
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from core.database import Database
from serving.access.keys import Key, any_key, find_key

__all__ = ["REMEMBERED_SECONDS", "Keyring"]

REMEMBERED_SECONDS = 5.0
"""A revoked key is let in for at most so long after, in every process."""

MOST_REMEMBERED = 10_000


class Keyring:
    """Looks keys up; safe between threads.

    ticks: a clock in seconds that never goes back. look_up: how the key of a text is found; sessions of the page have
    another way than keys themselves.
    """

    def __init__(
        self,
        database: Database,
        ticks: Callable[[], float] = time.monotonic,
        look_up: Callable[[sa.Connection, str], Key | None] = find_key,
    ) -> None:
        self._database = database
        self._ticks = ticks
        self._look_up = look_up
        self._found: dict[bytes, tuple[float, Key]] = {}
        self._closed = False
        self._open_until = -1.0

    def remembered(self, text: str, now: datetime) -> Key | None:
        """Return the valid key if it was looked up a moment ago; never touches the database."""
        until, key = self._found.get(_name(text), (-1.0, None))
        return key if key is not None and self._ticks() < until and key.is_valid(now) else None

    def find(self, text: str, now: datetime) -> Key | None:
        """Return the valid key that a text is, or None; raises StorageError where the database does not answer."""
        with self._database.reading() as connection:
            key = self._look_up(connection, text)
        if key is None or not key.is_valid(now):
            self._found.pop(_name(text), None)
            return None
        if len(self._found) >= MOST_REMEMBERED:
            self._found.clear()
        self._found[_name(text)] = (self._ticks() + REMEMBERED_SECONDS, key)
        return key

    def forget(self, text: str) -> None:
        """Look a text up again when it comes next."""
        self._found.pop(_name(text), None)

    def is_known_open(self) -> bool | None:
        """Return whether there is no key at all, None where that has to be looked up; never touches the database."""
        if self._closed:
            return False
        return True if self._ticks() < self._open_until else None

    def is_open(self) -> bool:
        """Return whether no key was ever made; raises StorageError where the database does not answer."""
        with self._database.reading() as connection:
            self._closed = any_key(connection)
        self._open_until = self._ticks() + REMEMBERED_SECONDS
        return not self._closed


def _name(text: str) -> bytes:
    """Return what a key is remembered by: no secret stays in memory."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
