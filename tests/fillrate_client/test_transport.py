"""What the client does when the service is busy, dies, refuses or answers a page at a time; against a real server."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from fillrate_client import Client, JobFailedError, JobTimeoutError, Patience, ProblemError, UnreachableError
from tests.fillrate_client.scripted import Said, ScriptedServer


def problem(status: int, code: str, headers=None, errors=()) -> Said:
    body = {"status": status, "code": code, "title": "t", "detail": "d", "trace_id": "abc", "errors": list(errors)}
    return Said(status, json.dumps(body), headers or {})


def job(state: str, **more) -> Said:
    facts = {"id": "j1", "kind": "plan", "state": state, "error": None, **more}
    return Said(200, json.dumps(facts), {} if state != "running" else {"Retry-After": "3"})


@pytest.fixture
def server():
    made = ScriptedServer()
    yield made
    made.close()


@pytest.fixture
def waits():
    """The seconds that the client has waited, instead of waiting."""
    return []


@pytest.fixture
def client(server, waits):
    with Client(server.url, "frk_key", Patience(tries=4), sleep=waits.append) as made:
        yield made


BUSY = {
    "a full rate": problem(429, "rate.exceeded", {"Retry-After": "7"}),
    "an overload": problem(503, "service.overloaded", {"Retry-After": "7"}),
    "the same request at work": problem(409, "idempotency.in_progress", {"Retry-After": "7"}),
}


@pytest.mark.parametrize("case", BUSY)
def test_a_busy_service_is_asked_again_after_the_time_it_names_with_the_same_key(client, server, waits, case):
    server.script = [BUSY[case], BUSY[case], Said(201, '{"run_id": "r"}')]
    assert client.plans.create({"skus": ["A"]}) == {"run_id": "r"}
    assert waits == [7.0, 7.0]
    keys = {asked.key for asked in server.asked}
    assert len(server.asked) == 3
    assert len(keys) == 1
    assert None not in keys
    assert {asked.body for asked in server.asked} == {b'{"skus":["A"]}'}
    assert all(asked.headers["Authorization"] == "Bearer frk_key" for asked in server.asked)


def test_a_connection_that_breaks_after_the_effect_is_tried_again_under_one_key(client, server, waits):
    server.script = [Said(drops=True), Said(drops=True), Said(201, '{"run_id": "r"}')]
    assert client.plans.create() == {"run_id": "r"}
    assert waits == [0.5, 1.0]
    assert len({asked.key for asked in server.asked}) == 1
    assert len(server.asked) == 3


def test_a_service_that_never_answers_is_told_with_the_key_to_repeat_it_by(client, server, waits):
    server.script = [Said(drops=True)]
    with pytest.raises(UnreachableError) as raised:
        client.plans.create(key="night-1")
    assert raised.value.key == "night-1"
    assert len(server.asked) == 4
    assert waits == [0.5, 1.0, 2.0]


def test_a_request_of_its_own_has_a_key_of_its_own_and_a_question_has_none(client, server):
    client.plans.create()
    client.plans.create()
    client.plans.ask()
    client.forecasts.create({"skus": ["A"]})
    first, second, question, other = [asked.key for asked in server.asked]
    assert first != second
    assert question is other is None


def test_retry_after_may_be_a_date_and_is_bounded(client, server, waits):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    server.script = [
        problem(503, "storage", {"Retry-After": later}),
        problem(503, "storage", {"Retry-After": "99999"}),
        problem(503, "storage", {"Retry-After": "soon"}),
        Said(200, '{"items": []}'),
    ]
    assert client.datasets.all() == []
    assert 27 < waits[0] <= 30
    assert waits[1:] == [120.0, 2.0]


def test_a_refusal_is_not_tried_again_and_says_where(client, server):
    rule = {"pointer": "#/quantity", "code": "case_pack", "message": "no whole number"}
    server.script = [problem(422, "request.invalid", errors=[rule | {"unknown": 1}])]
    with pytest.raises(ProblemError, match=r"422 request\.invalid: d") as raised:
        client.proposals.edit({"proposal_id": "p/1", "version": 3}, 7)
    told = raised.value
    assert (told.code, told.pointer, told.trace_id) == ("request.invalid", "#/quantity", "abc")
    assert told.errors[0].message == "no whole number"
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["If-Match"]) == ("PATCH", "/v1/proposals/p%2F1", '"3"')


def test_the_last_refusal_is_told_when_patience_ends_and_a_proxys_page_is_no_crash(client, server, waits):
    server.script = [Said(502, "<html>bad gateway</html>", {"Content-Type": "text/html"})]
    with pytest.raises(ProblemError, match=r"http\.502") as raised:
        client.datasets.all()
    assert raised.value.status == 502
    assert len(waits) == 3


def test_pages_are_asked_for_one_by_one_as_they_are_needed(client, server):
    server.script = [
        Said(200, '{"items": [1, 2], "next_cursor": "a b"}'),
        Said(200, '{"items": [], "next_cursor": "c"}'),
        Said(200, '{"items": [3], "next_cursor": null}'),
    ]
    found = client.proposals.all(state="draft")
    assert server.asked == []
    assert list(found) == [1, 2, 3]
    assert [asked.path.split("cursor=")[-1] for asked in server.asked[1:]] == ["a+b", "c"]
    assert all("state=draft" in asked.path and "supplier" not in asked.path for asked in server.asked)


def test_waiting_for_a_job_looks_as_often_as_the_service_asks(client, server, waits):
    server.script = [job("queued"), job("running"), job("running"), job("succeeded")]
    seen = []
    made = client.jobs.plan().wait(tell=lambda one: seen.append(one.state))
    assert made.ended
    assert seen == ["running", "running", "succeeded"]
    assert waits == [3.0, 3.0]


def test_a_job_that_fails_or_takes_too_long_is_an_exception(client, server):
    server.script = [job("queued"), job("failed", error={"code": "data.invalid", "message": "no", "errors": []})]
    with pytest.raises(JobFailedError, match=r"data\.invalid") as raised:
        client.jobs.train().wait()
    assert (raised.value.job_id, raised.value.state, raised.value.code) == ("j1", "failed", "data.invalid")
    server.script = [job("running")]
    with pytest.raises(JobTimeoutError):
        client.jobs.get("j1").wait(timeout=1)


def test_an_upload_sends_records_or_the_bytes_of_a_file(client, server):
    server.script = [Said(201, '{"status": "accepted"}')]
    client.datasets.upload("shop", "sales", [{"sku": "A"}], mode="validate")
    client.datasets.upload("shop", "sales", b"sku;units\n", "text/csv")
    client.datasets.upload_later("shop", "sales", b"x", "text/csv")
    records, file, later = server.asked
    assert (records.headers["Content-Type"], records.body) == ("application/json", b'[{"sku":"A"}]')
    assert "mode=validate" in records.path
    assert (file.headers["Content-Type"], file.body) == ("text/csv", b"sku;units\n")
    assert later.headers["Prefer"] == "respond-async"
