"""A changing request takes effect once, whatever the client repeats, and nothing of it stays where it fails."""

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
from tests.services import Clock, client_of, make_platform


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
