"""Keys and migrations from the command line."""

import re

import pytest

from core.database import Database
from core.migration import newest_revision
from core.settings import Settings
from serving.access.keys import find_key, list_keys
from serving.audit import list_entries

CREATE = ["keys", "create", "--name", "night run", "--scope", "forecast:read"]


@pytest.fixture
def database(tmp_path):
    made = Database.of(Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")}).database_url)
    yield made
    made.close()


def test_a_key_is_printed_once_alone_on_stdout_and_can_be_used(fillrate, database):
    said = fillrate(*CREATE, "--scope", "po:approve", "--tenant", "acme", "--days", "30")
    assert said.code == 0
    assert re.fullmatch(r"frk_[0-9a-f]{16}_[\w-]{43}\n", said.out)
    assert "not shown again" in said.err
    with database.reading() as connection:
        key = find_key(connection, said.out.strip())
        (entry,) = list_entries(connection, "acme", 10)
    assert (key.tenant, key.name, sorted(key.scopes)) == ("acme", "night run", ["forecast:read", "po:approve"])
    assert (key.expires_at - key.created_at).days == 30
    assert (entry.action, entry.resource) == ("key.create", f"/v1/keys/{key.id}")
    assert said.out.strip() not in repr(entry)


def test_a_role_is_the_scopes_that_it_needs(fillrate, database):
    assert fillrate("keys", "create", "--name", "SAP", "--role", "erp", "--scope", "model:train").code == 0
    with database.reading() as connection:
        (key,) = list_keys(connection)
    assert sorted(key.scopes) == ["data:write", "forecast:read", "model:train", "po:approve"]


def test_keys_are_listed_without_secrets_and_revoked_by_id(fillrate, database):
    assert "There is no key" in fillrate("keys", "list").out
    text = fillrate(*CREATE).out.strip()
    with database.reading() as connection:
        (key,) = list_keys(connection)
    listed = fillrate("keys", "list").out
    assert key.id in listed
    assert "valid" in listed
    assert text not in listed
    assert "is revoked" in fillrate("keys", "revoke", key.id).out
    assert "revoked" in fillrate("keys", "list").out
    assert fillrate("keys", "revoke", key.id).code == 0
    with database.reading() as connection:
        assert [entry.action for entry in list_entries(connection, "local", 10)] == ["key.revoke", "key.create"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([*CREATE, "--scope", "everything"], "there are forecast:read, data:write"),
        ([*CREATE, "--tenant", "../x"], "is no tenant"),
        ([*CREATE, "--days", "0"], "--days"),
        (["keys", "create", "--name", "n"], "--scope"),
        (["keys", "create", "--name", "n", "--role", "boss"], "there are erp, planner, data-scientist"),
        (["keys", "revoke", "nobody"], "there is no key nobody"),
    ],
)
def test_bad_words_are_refused(fillrate, words, message):
    said = fillrate(*words)
    assert said.code == 2
    assert message in said.err


def test_migrating_says_from_where_to_where(fillrate):
    assert f"at revision {newest_revision()} (from an empty database)" in fillrate("migrate").out
    assert "was there already" in fillrate("migrate").out


def test_other_machines_are_answered_only_when_there_is_a_key(fillrate, shop, monkeypatch):
    started = []
    monkeypatch.setattr("serving.commands_service._start", lambda *words: started.append(words))
    monkeypatch.setattr("serving.use_cases.prepare_service", lambda *words: type("C", (), {"fallback_reason": ""})())
    monkeypatch.setattr("serving.commands_service._set_environment", lambda *words: None)
    serve = ["serve", "--data", shop, "--host", "0.0.0.0", "--port", "0"]
    serve[-1] = "39471"
    said = fillrate(*serve)
    assert (said.code, started) == (2, [])
    assert "there is no API key yet" in said.err
    fillrate(*CREATE)
    assert fillrate(*serve).code == 0
    assert started == [("0.0.0.0", 39471)]
