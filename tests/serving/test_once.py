"""A changing request takes effect once, whatever the client repeats, and nothing of it stays where it fails."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import pytest
import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import Response

from serving.access import Caller, Scope, needs
from serving.api import create_api
from serving.audit import record
from serving.once import Answer, run_once
from serving.platform_tables import AUDIT, IDEMPOTENCY_KEYS
from tests.services import Clock, bearer, client_of, make_key, make_platform


class Shop:
    """An application with one changing route, whose effect is a row in the audit trail."""

    def __init__(self, tmp_path, database):
        self.clock = Clock()
        self.database = database
        self.platform = make_platform(tmp_path, database, clock=self.clock)
        self.fail: Exception | None = None
        api = create_api(self.platform)
        router = APIRouter()

        @router.post("/v1/things/{name}")
        def make(name: str, request: Request, caller: Annotated[Caller, needs(Scope.DATA_WRITE)]) -> Response:
            return run_once(request, caller, lambda connection: self.effect(connection, caller, name))

        api.router.routes[0:0] = router.routes
        self.client = client_of(api)

    def effect(self, connection, caller, name) -> Answer:
        record(connection, caller, "thing.make", f"/v1/things/{name}", {"name": name}, at=self.clock())
        if self.fail:
            raise self.fail
        return Answer(201, {"name": name, "number": self.made(connection)}, {"Location": f"/v1/things/{name}"})

    def made(self, connection=None) -> int:
        count = sa.select(sa.func.count()).select_from(AUDIT)
        if connection is not None:
            return connection.execute(count).scalar_one()
        with self.database.reading() as reader:
            return reader.execute(count).scalar_one()

    def post(self, key="k1", path="/v1/things/a", **body):
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.client.post(path, json=body, headers=headers)


@pytest.fixture
def shop_of_things(tmp_path, database) -> Shop:
    return Shop(tmp_path, database)


def test_a_repeated_request_gets_the_same_answer_and_has_one_effect(shop_of_things):
    first, second = shop_of_things.post(), shop_of_things.post()
    assert (first.status_code, first.content) == (second.status_code, second.content) == (201, first.content)
    assert first.headers["location"] == second.headers["location"] == "/v1/things/a"
    assert second.headers["content-type"] == first.headers["content-type"] == "application/json"
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert shop_of_things.made() == 1


def test_a_key_in_quotation_marks_is_the_same_key(shop_of_things):
    shop_of_things.post("k1")
    assert shop_of_things.post('"k1"').headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(("path", "body"), [("/v1/things/a", {"n": 2}), ("/v1/things/b", {}), ("/v1/things/a?x=1", {})])
def test_another_request_under_the_same_key_is_refused(shop_of_things, path, body):
    shop_of_things.post()
    answer = shop_of_things.post(path=path, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.reused")
    assert shop_of_things.made() == 1


@pytest.mark.parametrize("key", [None, "", '""', "a b", "k" * 256])
def test_a_missing_or_odd_key_is_refused(shop_of_things, key):
    answer = shop_of_things.post(key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.missing")
    assert shop_of_things.made() == 0


def test_an_effect_that_fails_leaves_nothing_and_the_key_free(shop_of_things):
    shop_of_things.fail = RuntimeError("power cut")
    assert shop_of_things.post().status_code == 500
    assert shop_of_things.made() == 0
    shop_of_things.fail = None
    assert shop_of_things.post().status_code == 201
    assert shop_of_things.made() == 1


def test_an_answer_is_kept_for_72_hours_and_then_forgotten(shop_of_things):
    shop_of_things.post()
    shop_of_things.clock.forward(hours=72)
    assert shop_of_things.post().headers["idempotency-replayed"] == "true"
    shop_of_things.clock.forward(seconds=1)
    assert "idempotency-replayed" not in shop_of_things.post().headers
    assert shop_of_things.made() == 2
    with shop_of_things.database.reading() as connection:
        assert len(connection.execute(sa.select(IDEMPOTENCY_KEYS)).all()) == 1


def test_keys_are_of_one_tenant_and_one_route(shop_of_things):
    platform, client = shop_of_things.platform, shop_of_things.client
    keys = [make_key(platform, tenant, [Scope.DATA_WRITE]) for tenant in ("acme", "rival")]
    made = [client.post("/v1/things/a", headers=bearer(key) | {"Idempotency-Key": "k1"}) for key in keys]
    assert [answer.status_code for answer in made] == [201, 201]
    assert all("idempotency-replayed" not in answer.headers for answer in made)


def test_two_at_once_have_one_effect(shop_of_things):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(shop_of_things.post())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shop_of_things.made() == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert all(answer.json()["code"] == "idempotency.in_progress" for answer in answers if answer.status_code == 409)


def test_while_the_first_is_at_work_the_second_is_told_so(shop_of_things):
    inside, go_on, answers = threading.Event(), threading.Event(), []

    def slow(connection, caller, name):
        inside.set()
        go_on.wait(10)
        return Answer(200, {})

    shop_of_things.effect = slow
    first = threading.Thread(target=lambda: answers.append(shop_of_things.post()))
    first.start()
    inside.wait(10)
    second = shop_of_things.post()
    go_on.set()
    first.join()
    assert (second.status_code, second.json()["code"]) == (409, "idempotency.in_progress")
    assert second.headers["retry-after"] == "1"
    assert answers[0].status_code == 200
    assert shop_of_things.post().headers["idempotency-replayed"] == "true"


def test_another_process_that_is_at_work_is_found_too(shop_of_things, postgres_database, tmp_path):
    there = Shop(tmp_path / "there", postgres_database)
    claim = hashlib.sha256(b"local\nPOST /v1/things/{name}\nk1").digest()[:8]
    with postgres_database.transaction() as connection:
        number = int.from_bytes(claim, "big", signed=True)
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
        assert there.post().json()["code"] == "idempotency.in_progress"
    assert there.post().status_code == 201


@pytest.mark.parametrize("statement", range(1, 12))
def test_whichever_database_call_fails_the_effect_is_whole_or_not_there(shop_of_things, statement):
    calls = 0

    def fail(connection, cursor, text, parameters, context, executemany):
        nonlocal calls
        calls += 1
        if calls == statement:
            raise sa.exc.OperationalError(text, parameters, Exception("the server went away"))

    shop_of_things.platform.keyring.is_open()  # not the gate's query, those of the effect
    engine = shop_of_things.database.engine
    sa.event.listen(engine, "before_cursor_execute", fail)
    try:
        first = shop_of_things.post()
    finally:
        sa.event.remove(engine, "before_cursor_execute", fail)
    assert first.status_code in (201, 503)
    assert shop_of_things.made() == (1 if first.status_code == 201 else 0)
    again = shop_of_things.post()
    assert again.status_code == 201
    assert ("idempotency-replayed" in again.headers) == (first.status_code == 201)
    assert shop_of_things.made() == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_no_request_waits_for_the_effect_of_another_that_forgets_old_keys(shop_of_things) -> None:
    shop_of_things.post("k1")
    shop_of_things.clock.forward(hours=73)
    with ThreadPoolExecutor(1) as pool, shop_of_things.database.transaction() as connection:
        connection.execute(IDEMPOTENCY_KEYS.delete())  # as a request does that is then long at work
        assert pool.submit(shop_of_things.post, "k2").result(timeout=5).status_code == 201
