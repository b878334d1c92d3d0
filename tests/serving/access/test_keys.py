"""API keys: shown once, kept as a hash, bound to a tenant, and good only until they end or are revoked."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.errors import UsageError
from serving.access.caller import Scope
from serving.access.keyring import REMEMBERED_SECONDS, Keyring
from serving.access.keys import any_key, create_key, find_key, list_keys, revoke_key
from serving.platform_tables import API_KEYS
from tests.services import NOON

DAY = timedelta(days=1)


def make(database, tenant="acme", name="night run", scopes=(Scope.FORECAST_READ,), expires_at=NOON + DAY):
    with database.transaction() as connection:
        return create_key(connection, tenant, name, scopes, NOON, expires_at)


def test_a_key_is_found_by_its_text_and_by_no_other(database):
    key, text = make(database)
    other, other_text = make(database)
    prefix, identity, secret = text.split("_", 2)
    wrong = [
        "",
        text[:-1],
        text + "x",
        text.upper(),
        f"{prefix}_{other.id}_{secret}",
        f"{prefix}_{identity}_",
        f"{prefix}_{identity}",
        f"frk__{secret}",
        "frk_' OR 1=1 --_x",
        "frk_é_\udcff",
    ]
    with database.reading() as connection:
        assert find_key(connection, text) == key
        assert find_key(connection, other_text) == other
        assert [find_key(connection, words) for words in wrong] == [None] * len(wrong)


def test_the_secret_is_kept_nowhere(database):
    _, text = make(database)
    secret = text.split("_", 2)[2]
    assert len(secret) == 43  # 256 bits
    with database.reading() as connection:
        (row,) = connection.execute(sa.select(API_KEYS)).all()
    assert secret not in repr(row)


def test_a_key_ends_when_it_expires_or_is_revoked(database):
    key, text = make(database)
    assert key.is_valid(NOON + DAY - timedelta(seconds=1))
    assert not key.is_valid(NOON + DAY)
    with database.transaction() as connection:
        revoked = revoke_key(connection, key.id, NOON, "acme")
    assert not revoked.is_valid(NOON)
    with database.transaction() as connection:
        again = revoke_key(connection, key.id, NOON + DAY)
    assert again.revoked_at == NOON
    with database.reading() as connection:
        assert not find_key(connection, text).is_valid(NOON)


def test_a_tenant_lists_and_revokes_its_own_keys_only(database):
    ours, _ = make(database, "acme")
    theirs, _ = make(database, "rival")
    with database.transaction() as connection:
        assert list_keys(connection, "acme") == [ours]
        assert {key.id for key in list_keys(connection)} == {ours.id, theirs.id}
        assert revoke_key(connection, theirs.id, NOON, "acme") is None
        assert list_keys(connection, "rival")[0].revoked_at is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tenant": "../etc"}, "is no tenant"),
        ({"tenant": ""}, "is no tenant"),
        ({"tenant": "Acme"}, "is no tenant"),
        ({"name": " "}, "needs a name"),
        ({"name": "n" * 101}, "needs a name"),
        ({"name": "a\nb"}, "needs a name"),
        ({"scopes": ()}, "needs a scope"),
        ({"expires_at": NOON}, "expired already"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(sqlite_database, change, message):
    with pytest.raises(UsageError, match=message):
        make(sqlite_database, **change)
    with sqlite_database.reading() as connection:
        assert not any_key(connection)


class Ticks:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_running_service_forgets_a_revoked_key_within_seconds(sqlite_database):
    ticks = Ticks()
    keyring = Keyring(sqlite_database, ticks)
    key, text = make(sqlite_database)
    assert keyring.remembered(text, NOON) is None
    assert keyring.find(text, NOON) == keyring.remembered(text, NOON) == key
    assert keyring.remembered(text, NOON + DAY) is None  # its end is looked at each time
    with sqlite_database.transaction() as connection:
        revoke_key(connection, key.id, NOON)
    ticks.now = REMEMBERED_SECONDS
    assert keyring.remembered(text, NOON) is None
    assert keyring.find(text, NOON) is None


def test_a_service_closes_with_its_first_key_and_stays_closed(sqlite_database):
    ticks = Ticks()
    keyring = Keyring(sqlite_database, ticks)
    assert keyring.is_known_open() is None
    assert keyring.is_open()
    assert keyring.is_known_open() is True
    key, _ = make(sqlite_database)
    ticks.now = REMEMBERED_SECONDS
    assert keyring.is_known_open() is None
    assert not keyring.is_open()
    with sqlite_database.transaction() as connection:
        revoke_key(connection, key.id, NOON)
    assert keyring.is_known_open() is False
    assert not keyring.is_open()
