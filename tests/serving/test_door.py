"""The door: while a process is full, who comes is refused as cheaply as can be, and told the same as ever."""

import asyncio
import json
import logging

import httpx
import pytest

from serving.api import create_api
from serving.door import TOLD_EVERY_SECONDS, Door
from serving.head_as_get import HeadAsGet
from serving.measures import Measures
from serving.shedding import MOST_WAITING, Crowd
from tests.services import make_platform


async def full_crowd():
    """A crowd with one inside and as many waiting as may; and those who wait."""
    crowd = Crowd(1)
    await crowd.enter()
    waiting = [asyncio.create_task(crowd.enter()) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    return crowd, waiting


async def nobody(scope, receive, send):
    raise AssertionError("somebody looked at it")


async def answered(scope, receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask_full(app, *paths, crowded=True, until_told=False, **headers):
    """Return the answers at the paths, of a full process, and its measures; until its log has told of them."""

    async def whole():
        crowd, waiting = await full_crowd() if crowded else (Crowd(1), [])
        measures = Measures()
        transport = httpx.ASGITransport(Door(app, crowd, measures))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answers = [await client.post(path, headers=headers, json={"skus": ["A"]}) for path in paths]
            await asyncio.sleep(TOLD_EVERY_SECONDS + 0.1 if until_told else 0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return answers, measures

    return asyncio.run(whole())


@pytest.fixture
def told(caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("fillrate"), "propagate", True)
    caplog.set_level(logging.INFO, "fillrate")
    return caplog


def test_a_full_process_refuses_before_anything_is_done_and_tells_it_once(told):
    (first, second), measures = ask_full(
        nobody, "/v1/forecasts", "/v1/plans", until_told=True, **{"X-Request-ID": "night-42"}
    )
    problem = first.json()
    assert (first.status_code, first.headers["content-type"]) == (503, "application/problem+json")
    assert (problem["code"], problem["instance"], problem["status"]) == ("service.overloaded", "/v1/forecasts", 503)
    assert (first.headers["retry-after"], first.headers["x-request-id"]) == ("1", "night-42")
    assert len(problem["trace_id"]) == 32
    assert problem["trace_id"] != second.json()["trace_id"]
    (line,) = [record for record in told.records if record.message == "refused at the door"]
    assert line.facts["requests"] == 2
    assert b'fillrate_http_problems_total{code="service.overloaded"} 2.0' in measures.exposition()


def test_the_trace_is_the_callers():
    (answer,), _ = ask_full(nobody, "/v1/plans", traceparent=f"00-{'ab' * 16}-{'cd' * 8}-01")
    assert json.loads(answer.content)["trace_id"] == "ab" * 16 == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/readyz", "/metrics", "/v1/openapi.json", "/ui/plan"])
def test_health_and_the_page_are_not_for_the_door(path):
    (answer,), _ = ask_full(answered, path)
    assert answer.status_code == 204


def test_who_finds_room_goes_in():
    (answer,), _ = ask_full(answered, "/v1/plans", crowded=False)
    assert answer.status_code == 204


def test_the_application_has_the_door_outermost(tmp_path):
    outermost = [item.cls for item in create_api(make_platform(tmp_path)).user_middleware[:2]]
    assert outermost == [HeadAsGet, Door], "a HEAD is a GET to the door too"
