"""Webhooks: written with their cause, signed, told until acknowledged, and never into our own network."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook, WebhookVerificationError

from serving.access import Caller, Scope
from serving.jobs.asking import request_job
from serving.jobs.job import JobState
from serving.jobs.records import begin_job, end_job
from serving.webhooks import sending
from serving.webhooks.delivery import RETRY_SECONDS, deliver_webhooks, forget_messages
from serving.webhooks.endpoints import EventType, delete_endpoint, find_endpoint
from serving.webhooks.publishing import publish
from serving.webhooks.webhook_tables import WEBHOOK_DELIVERIES, WEBHOOK_MESSAGES
from tests.postgres import wait_for_one_that_waits
from tests.services import client_of, make_platform
from tests.serving.webhooks.receiver import Receiver


@pytest.fixture
def receiver():
    running = Receiver()
    yield running
    running.close()


@pytest.fixture
def platform(tmp_path, database):
    from serving.platform import utc_now
    from tests.services import Clock

    made = make_platform(tmp_path, database, clock=Clock(utc_now()))
    made.settings = replace(made.settings, private_targets=True)
    return made


@pytest.fixture
def client(platform):
    return client_of(platform)


@pytest.fixture
def send(client):
    number = iter(range(1000))

    def run(method, path, body=None, **headers):
        sent = {"Idempotency-Key": f"k{next(number)}", **headers}
        return client.request(method, path, json=body, headers=sent)

    return run


@pytest.fixture
def endpoint(send, receiver):
    return send("POST", "/v1/webhooks", {"url": receiver.url, "types": ["plan.completed"]}).json()


def tell(platform, type_=EventType.PLAN_COMPLETED, **data):
    with platform.database.transaction() as connection:
        return publish(connection, "local", type_, data, platform.clock())


def state_of(platform):
    with platform.database.reading() as connection:
        return connection.execute(sa.select(WEBHOOK_DELIVERIES)).one()


def test_a_receiver_can_verify_the_raw_bytes_with_its_secret(platform, receiver, endpoint) -> None:
    message_id = tell(platform, plan="ü-1")
    assert deliver_webhooks(platform) == 1
    ((headers, body),) = receiver.got
    found = Webhook(endpoint["secret"]).verify(body, headers)
    assert (headers["webhook-id"], found["type"], found["data"]) == (message_id, "plan.completed", {"plan": "ü-1"})
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint["secret"]).verify(body + b" ", headers)
    assert deliver_webhooks(platform) == 0
    assert state_of(platform).state == "delivered"


def test_only_the_types_that_it_wants_and_only_its_tenants(platform, receiver, endpoint) -> None:
    assert tell(platform, EventType.ALERT_RAISED) is None
    with platform.database.transaction() as connection:
        assert publish(connection, "rival", EventType.PLAN_COMPLETED, {}, platform.clock()) is None
    assert deliver_webhooks(platform) == 0


def test_what_is_undone_is_never_told(platform, endpoint) -> None:
    def fail() -> None:
        with platform.database.transaction() as connection:
            publish(connection, "local", EventType.PLAN_COMPLETED, {}, platform.clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert deliver_webhooks(platform) == 0


def test_a_receiver_that_is_down_and_comes_back_gets_it_once(platform, receiver, endpoint) -> None:
    receiver.status = 500
    message_id = tell(platform)
    for wait in RETRY_SECONDS[:3]:
        assert deliver_webhooks(platform) == 1
        assert deliver_webhooks(platform) == 0
        platform.clock.forward(seconds=wait * 1.11)
    receiver.status = 204
    assert deliver_webhooks(platform) == 1
    platform.clock.forward(days=4)
    assert deliver_webhooks(platform) == 0
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {message_id}
    assert len(receiver.got) == 4


def test_tries_end_after_three_days_and_a_replay_begins_anew(platform, send, receiver, endpoint) -> None:
    receiver.status = 404
    message_id = tell(platform)
    for _ in range(len(RETRY_SECONDS) + 1):
        assert deliver_webhooks(platform) == 1
        platform.clock.forward(hours=27)
    assert deliver_webhooks(platform) == 0
    assert state_of(platform).state == "failed"
    assert timedelta(hours=70) < timedelta(seconds=sum(RETRY_SECONDS)) < timedelta(hours=80)
    receiver.status = 200
    path = f"/v1/webhooks/{endpoint['id']}/deliveries/{message_id}"
    assert send("POST", f"{path}/replay").status_code == 202
    assert deliver_webhooks(platform) == 1
    attempts = send("GET", f"{path}/attempts").json()["items"]
    assert [item["status"] for item in attempts] == [404] * 10 + [200]
    assert attempts[-1]["answer"] == "ok"


def test_410_disables_the_endpoint_until_its_owner_enables_it(platform, send, receiver, endpoint) -> None:
    receiver.status = 410
    tell(platform)
    deliver_webhooks(platform)
    path = f"/v1/webhooks/{endpoint['id']}"
    found = send("GET", path)
    assert (found.json()["enabled"], "410" in found.json()["disabled_because"]) == (False, True)
    assert send("POST", f"{path}/test").json()["code"] == "state.conflict"
    assert tell(platform) is None
    assert send("PATCH", path, {"enabled": True}).status_code == 428
    assert send("PATCH", path, {"enabled": True}, **{"If-Match": '"1"'}).status_code == 412
    assert send("PATCH", path, {"enabled": True}, **{"If-Match": found.headers["etag"]}).json()["enabled"] is True
    assert tell(platform) is not None


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_asks_to_wait_is_waited_for(platform, receiver, endpoint, status) -> None:
    receiver.status, receiver.headers = status, {"Retry-After": "7200"}
    tell(platform)
    deliver_webhooks(platform)
    assert state_of(platform).due_at >= platform.clock() + timedelta(seconds=7200)


def test_a_redirect_is_a_failure_and_not_followed(platform, receiver, endpoint) -> None:
    receiver.status, receiver.headers = 302, {"Location": receiver.url}
    tell(platform)
    deliver_webhooks(platform)
    assert len(receiver.got) == 1
    assert state_of(platform).state == "pending"


def test_slow_receivers_hold_up_nobody_and_are_cut_off(platform, send, receiver, endpoint, monkeypatch) -> None:
    monkeypatch.setattr(sending, "TIMEOUT_SECONDS", 0.4)
    slow = Receiver()
    slow.status, slow.drip = 200, 1_000  # a 204 would have no body
    send("POST", "/v1/webhooks", {"url": slow.url})
    tell(platform)
    started = time.monotonic()
    assert deliver_webhooks(platform) == 2
    assert time.monotonic() - started < 5
    slow.close()
    with platform.database.reading() as connection:
        states = connection.execute(sa.select(WEBHOOK_DELIVERIES.c.state)).scalars().all()
    assert sorted(states) == ["delivered", "pending"]


def test_a_secret_is_rotated_with_both_signing_for_a_day(platform, send, receiver, endpoint) -> None:
    new = send("POST", f"/v1/webhooks/{endpoint['id']}/secret").json()["secret"]
    tell(platform)
    deliver_webhooks(platform)
    headers, body = receiver.got[-1]
    for secret in (endpoint["secret"], new):
        Webhook(secret).verify(body, headers)
    platform.clock.forward(hours=25)
    tell(platform)
    deliver_webhooks(platform)
    headers, body = receiver.got[-1]
    assert len(headers["webhook-signature"].split()) == 1


def test_no_secret_is_shown_twice(send, endpoint) -> None:
    assert endpoint["secret"] not in send("GET", "/v1/webhooks").text
    assert endpoint["secret"] not in send("GET", f"/v1/webhooks/{endpoint['id']}").text
    assert endpoint["secret"] not in send("GET", "/v1/audit").text


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://169.254.169.254/", "http://10.0.0.1/", "ftp://x/", "http://]x/"]
)
def test_targets_in_our_own_network_are_refused_when_made_and_when_sent(
    platform, send, receiver, endpoint, url
) -> None:
    platform.settings = replace(platform.settings, private_targets=False)
    assert send("POST", "/v1/webhooks", {"url": url}).status_code == 422
    tell(platform)
    deliver_webhooks(platform)
    assert receiver.got == []
    assert state_of(platform).state == "pending"


def test_a_test_message_goes_to_the_one_endpoint_whatever_it_wants(platform, send, receiver, endpoint) -> None:
    assert send("POST", f"/v1/webhooks/{endpoint['id']}/test").status_code == 202
    deliver_webhooks(platform)
    assert json.loads(receiver.got[0][1])["type"] == "webhook.test"
    (row,) = send("GET", f"/v1/webhooks/{endpoint['id']}/deliveries").json()["items"]
    assert (row["type"], row["state"], row["attempts"]) == ("webhook.test", "delivered", 1)


def test_a_deleted_endpoint_is_told_nothing_and_old_messages_are_forgotten(platform, send, receiver, endpoint) -> None:
    tell(platform)
    assert send("DELETE", f"/v1/webhooks/{endpoint['id']}").status_code == 204
    assert deliver_webhooks(platform) == 0
    assert send("GET", f"/v1/webhooks/{endpoint['id']}").status_code == 404
    platform.clock.forward(days=31)
    assert forget_messages(platform) == 1
    with platform.database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(WEBHOOK_MESSAGES)) == 0


def test_a_message_that_is_too_long_is_refused_where_it_is_made(platform, endpoint) -> None:
    with pytest.raises(ValueError, match="tell ids and links"):
        tell(platform, text="x" * 20_001)


def test_the_end_of_a_job_is_told_with_its_address(platform, receiver, endpoint) -> None:
    caller, now = Caller("local", "test", frozenset(Scope)), platform.clock()
    with platform.database.transaction() as connection:
        job = request_job(connection, caller, "plan", {}, "nightly", now=now)
        begin_job(connection, job.id, now)
        assert end_job(connection, job.id, JobState.SUCCEEDED, now=now, expires_at=now)
        assert not end_job(connection, job.id, JobState.SUCCEEDED, now=now, expires_at=now)
    deliver_webhooks(platform)
    ((_, body),) = receiver.got
    data = json.loads(body)["data"]
    assert data == {"job_id": job.id, "kind": "plan", "state": "succeeded", "href": f"/v1/jobs/{job.id}"}


@pytest.mark.parametrize(
    ("kind", "result", "told"),
    [
        ("train", {"rank": "champion", "version": "3"}, ["training.completed", "training.promoted"]),
        ("train", {"rank": "challenger", "version": "3"}, ["training.completed"]),
        ("promote", {"promoted": True, "version": 3}, ["training.promoted"]),
        ("promote", {"promoted": False, "version": 3}, []),
    ],
)
def test_a_new_champion_is_told_with_its_version(platform, receiver, send, kind, result, told) -> None:
    assert send("POST", "/v1/webhooks", {"url": receiver.url}).status_code == 201
    caller, now = Caller("local", "test", frozenset(Scope)), platform.clock()
    with platform.database.transaction() as connection:
        job = request_job(connection, caller, kind, {}, now=now)
        begin_job(connection, job.id, now)
        assert end_job(connection, job.id, JobState.SUCCEEDED, now=now, expires_at=now, result=result)
    while deliver_webhooks(platform):
        pass
    messages = [json.loads(body) for _, body in receiver.got]
    assert sorted(message["type"] for message in messages) == told
    promoted = [message["data"]["version"] for message in messages if message["type"] == "training.promoted"]
    assert promoted == ["3"] * len(promoted)


def test_a_replay_asked_for_while_the_message_is_told_is_told_again(
    platform, send, receiver, endpoint, monkeypatch
) -> None:
    message_id, tell_it = tell(platform), sending.send

    def replayed_meanwhile(*words):
        told = tell_it(*words)
        assert send("POST", f"/v1/webhooks/{endpoint['id']}/deliveries/{message_id}/replay").status_code == 202
        return told

    with monkeypatch.context() as patch:
        patch.setattr("serving.webhooks.delivery.send", replayed_meanwhile)
        assert deliver_webhooks(platform) == 1
    assert state_of(platform).state == "pending"
    assert deliver_webhooks(platform) == 1
    assert (len(receiver.got), state_of(platform).state) == (2, "delivered")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_endpoint_is_deleted_while_it_says_that_it_is_gone(platform, receiver, endpoint) -> None:
    receiver.status = 410
    tell(platform)
    with ThreadPoolExecutor(1) as pool, platform.database.transaction() as connection:
        found = find_endpoint(connection, "local", endpoint["id"], platform.clock(), lock=True)
        delivered = pool.submit(deliver_webhooks, platform)
        wait_for_one_that_waits(platform.database)
        delete_endpoint(connection, found)  # a deadlock, where the other holds the delivery
        connection.commit()
        assert delivered.result(timeout=10) == 1
