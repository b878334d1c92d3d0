"""The audit trail: what was done stays, in order, by page, for its tenant only."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from serving.access import LOCAL, Caller, Scope
from serving.audit import list_entries, record
from serving.platform_tables import AUDIT
from tests.services import NOON, bearer, client_of, make_key, make_platform

ACME = Caller("acme", "key:1:erp", frozenset({Scope.PO_APPROVE}), "night-42")


def fill(database, caller, count, action="thing.make"):
    with database.transaction() as connection:
        for number in range(count):
            record(connection, caller, action, f"/v1/things/{number}", {"n": number}, NOON + timedelta(hours=number))


def test_an_entry_says_who_did_what_to_what_and_when(database):
    fill(database, ACME, 1)
    with database.reading() as connection:
        (entry,) = list_entries(connection, "acme", 10)
    assert (entry.actor, entry.action, entry.resource) == ("key:1:erp", "thing.make", "/v1/things/0")
    assert (entry.at, entry.facts, entry.request_id) == (NOON, {"n": 0}, "night-42")


def test_an_entry_is_kept_only_if_the_change_is(database):
    with suppress(RuntimeError), database.transaction() as connection:
        record(connection, ACME, "thing.make", "/v1/things/0", {})
        raise RuntimeError
    with database.reading() as connection:
        assert list_entries(connection, "acme", 10) == []


@pytest.mark.parametrize("statement", [AUDIT.delete(), AUDIT.update().values(actor="nobody")])
def test_nobody_can_change_or_remove_an_entry(database, statement):
    fill(database, ACME, 1)
    with pytest.raises(Exception, match="append-only"), database.transaction() as connection:
        connection.execute(statement)
    with database.reading() as connection:
        assert connection.execute(sa.select(AUDIT.c.actor)).scalar_one() == ACME.actor


def test_pages_go_from_the_newest_to_the_oldest_without_gap_even_while_entries_are_added(tmp_path, database):
    client = client_of(make_platform(tmp_path, database))
    fill(database, LOCAL, 7)
    seen, cursor = [], None
    while True:
        page = client.get("/v1/audit", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [entry["facts"]["n"] for entry in page["items"]]
        fill(database, LOCAL, 1, "later")
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [6, 5, 4, 3, 2, 1, 0]


def test_entries_are_found_by_actor_action_resource_and_time(tmp_path, sqlite_database):
    client = client_of(make_platform(tmp_path, sqlite_database))
    fill(sqlite_database, LOCAL, 3)
    fill(sqlite_database, replace(LOCAL, actor="planner"), 1, "thing.edit")

    def count(**query):
        return len(client.get("/v1/audit", params=query).json()["items"])

    assert count() == 4
    assert count(actor="planner") == count(action="thing.edit") == 1
    assert count(resource="/v1/things/0") == 2
    assert count(since="2024-07-29T14:00:00Z") == count(since="2024-07-29T16:00:00+02:00") == 1
    assert count(actor="nobody") == 0


@pytest.mark.parametrize(
    "query", ["since=2024-07-29T12:00:00", "since=today", "cursor=x", "cursor=WyJrZXlzIiwxXQ", "limit=0"]
)
def test_a_bad_question_is_422(tmp_path, sqlite_database, query):
    assert client_of(make_platform(tmp_path, sqlite_database)).get(f"/v1/audit?{query}").status_code == 422


def test_revoking_a_key_takes_effect_once_and_leaves_its_trace(tmp_path, database):
    platform = make_platform(tmp_path, database)
    admin, rival = make_key(platform, "acme", [Scope.ADMIN]), make_key(platform, "rival", [Scope.ADMIN])
    client = client_of(platform)
    (ours,) = client.get("/v1/keys", headers=bearer(admin)).json()["items"]
    path = f"/v1/keys/{ours['id']}"
    once = {"Idempotency-Key": "k1"}
    assert client.delete(path, headers=bearer(rival) | once).json()["code"] == "key.unknown"
    first = client.delete(path, headers=bearer(admin) | once)
    assert first.status_code == 200
    assert client.delete(path, headers=bearer(admin) | once).content == first.content  # remembered for seconds
    with database.reading() as connection:
        assert [entry.action for entry in list_entries(connection, "acme", 10)] == ["key.revoke"]
        assert list_entries(connection, "rival", 10) == []
    platform.keyring._found.clear()
    assert client.get("/v1/keys", headers=bearer(admin)).status_code == 401
