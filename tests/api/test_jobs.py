"""/v1/jobs and /v1/schedules as a client sees them, on both databases; no worker runs, the tests end the jobs."""

import uuid

import pytest

from inventory.hub.channels import Channel, add_channel
from serving.access import LOCAL, Caller, Scope
from serving.jobs.job import ItemError, JobState
from serving.jobs.job_results import job_folder
from serving.jobs.records import begin_job, end_job, note_item_errors
from tests.services import Clock, client_of, make_platform


@pytest.fixture
def platform(tmp_path, database):
    return make_platform(tmp_path / "home", database, clock=Clock())


@pytest.fixture
def client(platform):
    return client_of(platform)


def once(**headers: str) -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4()), **headers}


def ask(client, kind: str = "forecast", **body) -> dict:
    answer = client.post(f"/v1/jobs/{kind}", json=body, headers=once())
    assert answer.status_code == 202, answer.text
    return answer.json()


def end(platform, job: dict, state: JobState = JobState.SUCCEEDED, refused: int = 0, **told) -> None:
    now = platform.clock()
    with platform.database.transaction() as connection:
        begin_job(connection, job["id"], now)
        errors = [ItemError(f"item {number:02d}", "data.invalid", "no") for number in range(refused)]
        note_item_errors(connection, job["id"], errors)
        end_job(connection, job["id"], state, now=now, expires_at=now.replace(day=now.day + 1), **told)


def test_a_job_is_asked_for_with_202_and_found_where_the_answer_says(client) -> None:
    answer = client.post("/v1/jobs/forecast", json={"horizon": 7}, headers=once(Prefer="respond-async"))
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/jobs/{job['id']}"
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert (job["kind"], job["state"], job["request"]["horizon"]) == ("forecast", "queued", 7)
    assert client.get(answer.headers["Location"]).json() == job


def test_the_same_idempotency_key_gives_the_same_job_and_another_body_is_refused(client) -> None:
    headers = once()
    first, again = (client.post("/v1/jobs/plan", json={}, headers=headers) for _ in range(2))
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert client.post("/v1/jobs/plan", json={"skus": ["A"]}, headers=headers).status_code == 422
    assert len(client.get("/v1/jobs").json()["jobs"]) == 1


def test_a_changing_request_without_its_key_is_refused(client) -> None:
    answer = client.post("/v1/jobs/plan", json={})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.missing")
    assert client.get("/v1/jobs").json()["jobs"] == []


def test_two_requests_of_one_natural_key_are_one_job_until_it_fails(client, platform) -> None:
    first = ask(client, natural_key="night 7")
    assert ask(client, natural_key="night 7")["id"] == first["id"]
    assert ask(client, "plan", natural_key="night 7")["id"] != first["id"], "a key is one of a kind"
    end(platform, first, JobState.FAILED, error={"code": "usage", "message": "no", "errors": []})
    assert ask(client, natural_key="night 7")["id"] != first["id"]


def test_a_client_that_waits_gets_the_end(client, platform) -> None:
    job = ask(client, natural_key="n")
    end(platform, job, result={"series": 1})
    answer = client.post("/v1/jobs/forecast", json={"natural_key": "n"}, headers=once(Prefer="wait=5"))
    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")
    assert answer.headers["Preference-Applied"] == "wait=5"
    waited = client.get(f"/v1/jobs/{ask(client)['id']}", headers={"Prefer": "wait=1"})
    assert (waited.json()["state"], waited.headers["Retry-After"]) == ("queued", "2")


def test_a_forecast_and_a_plan_run_become_jobs_where_the_client_prefers(client) -> None:
    for path, body, kind in (
        ("/v1/forecasts", {"skus": ["SKU-01"], "horizon": 3, "levels": [0.5]}, "forecast"),
        ("/v1/plan-runs", {"skus": ["SKU-01"], "what_if": {"demand_multiplier": 1.5}}, "plan"),
    ):
        answer = client.post(path, json=body, headers=once(Prefer="respond-async"))
        assert answer.status_code == 202, answer.text
        job = client.get(answer.headers["Location"]).json()
        assert (job["kind"], job["state"], job["request"]["skus"]) == (kind, "queued", ["SKU-01"])
        assert answer.headers["Preference-Applied"] == "respond-async"
    assert job["request"]["what_if"] == {"demand_multiplier": 1.5}
    refused = client.post("/v1/forecasts", json={"skus": ["SKU-01"]}, headers={"Prefer": "respond-async"})
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency.missing")
    strange = {"skus": ["SKU-01"], "dataset": "a b"}
    told = client.post("/v1/plan-runs", json=strange, headers=once(Prefer="respond-async"))
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (422, "#/dataset")


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        ("train", {"horizon": 0}, "#/horizon"),
        ("forecast", {"levels": [1.5]}, "#/levels/0"),
        ("forecast", {"formats": ["xls"]}, "#/formats/0"),
        ("plan", {"skus": []}, "#/skus"),
        ("plan", {"dataset": "../etc"}, "#/dataset"),
        ("plan", {"budget": 5}, "#/budget"),
        ("train", {"as_of": "yesterday"}, "#/as_of"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_where_it_does_not(client, kind, body, pointer) -> None:
    answer = client.post(f"/v1/jobs/{kind}", json=body, headers=once())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_jobs_are_listed_newest_first_a_page_at_a_time_and_by_kind_and_state(client, platform) -> None:
    made = []
    for _ in range(5):
        platform.clock.forward(seconds=1)
        made.append(ask(client)["id"])
    platform.clock.forward(seconds=1)
    plan = ask(client, "plan")
    end(platform, plan)
    seen, cursor = [], None
    while True:
        page = client.get("/v1/jobs", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [job["id"] for job in page["jobs"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [plan["id"], *reversed(made)]
    assert [job["id"] for job in client.get("/v1/jobs?kind=plan").json()["jobs"]] == [plan["id"]]
    assert [job["id"] for job in client.get("/v1/jobs?state=succeeded").json()["jobs"]] == [plan["id"]]
    assert client.get("/v1/jobs?cursor=nonsense").status_code == 422
    assert client.get("/v1/jobs?state=lost").status_code == 422


def test_a_result_is_told_with_its_files_and_the_files_come_in_each_format(client, platform) -> None:
    job = ask(client)
    folder = job_folder(platform.settings, "local", job["id"])
    folder.mkdir(parents=True)
    (folder / "forecast.csv").write_text("sku\nA\n", encoding="utf-8")
    unfinished = client.get(f"/v1/jobs/{job['id']}/result")
    assert (unfinished.status_code, unfinished.json()["code"]) == (409, "job.unfinished")
    end(platform, job, result={"series": 1, "tables": [{"table": "forecast", "rows": 1, "files": {"csv": 6}}]})
    told = client.get(f"/v1/jobs/{job['id']}").json()["links"]["result"]
    result = client.get(told).json()
    (file,) = result["tables"][0]["files"]
    assert (result["series"], file["bytes"], file["media_type"]) == (1, 6, "text/csv")
    got = client.get(file["href"])
    assert (got.status_code, got.text) == (200, "sku\nA\n")
    assert got.headers["content-type"].startswith("text/csv")
    for name in ("forecast.parquet", "other.csv", "forecast.exe"):
        assert client.get(f"{told}/{name}").status_code in (404, 422)


def test_a_failed_job_has_no_result_and_says_why(client, platform) -> None:
    job = ask(client, "train")
    error = {"code": "data.insufficient", "message": "3 days are too few", "errors": []}
    end(platform, job, JobState.FAILED, error=error)
    assert client.get(f"/v1/jobs/{job['id']}").json()["error"] == error
    answer = client.get(f"/v1/jobs/{job['id']}/result").json()
    assert (answer["status"], answer["code"]) == (409, "job.no_result")
    assert "3 days are too few" in answer["detail"]


def test_refused_items_are_listed_by_item(client, platform) -> None:
    job = ask(client)
    end(platform, job, refused=5, result={})
    shown = client.get(f"/v1/jobs/{job['id']}").json()
    assert (shown["state"], shown["refused_items"]) == ("partially_succeeded", 5)
    page = client.get(shown["links"]["errors"], params={"limit": 3}).json()
    rest = client.get(shown["links"]["errors"], params={"cursor": page["next_cursor"]}).json()
    items = [error["item"] for error in page["errors"] + rest["errors"]]
    assert items == [f"item {number:02d}" for number in range(5)]
    assert rest["next_cursor"] is None


def test_cancelling_ends_a_waiting_job_asks_a_running_one_and_leaves_an_ended_one(client, platform) -> None:
    waiting, running, ended = ask(client), ask(client), ask(client)
    with platform.database.transaction() as connection:
        begin_job(connection, running["id"], platform.clock())
    end(platform, ended)
    answers = {job["id"]: client.delete(f"/v1/jobs/{job['id']}", headers=once()) for job in (waiting, running, ended)}
    assert [answer.status_code for answer in answers.values()] == [200, 202, 200]
    states = [answer.json()["state"] for answer in answers.values()]
    assert states == ["cancelled", "running", "succeeded"]
    assert answers[running["id"]].json()["cancel_asked"]


def test_an_expired_job_is_gone_and_no_longer_listed(client, platform) -> None:
    job = ask(client)
    end(platform, job, result={})
    platform.clock.forward(days=2)
    for place in ("", "/result", "/errors"):
        answer = client.get(f"/v1/jobs/{job['id']}{place}")
        assert (answer.status_code, answer.json()["code"]) == (410, "job.expired")


def test_nobody_sees_another_tenants_jobs(client, platform) -> None:
    from serving.jobs.asking import request_job

    with platform.database.transaction() as connection:
        theirs = request_job(connection, Caller("other", "x", frozenset(Scope)), "plan", {}, "n", now=platform.clock())
    assert client.get("/v1/jobs").json()["jobs"] == []
    for answer in (
        client.get(f"/v1/jobs/{theirs.id}"),
        client.get(f"/v1/jobs/{theirs.id}/result"),
        client.get(f"/v1/jobs/{theirs.id}/errors"),
        client.delete(f"/v1/jobs/{theirs.id}", headers=once()),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "job.unknown")
    assert ask(client, "plan", natural_key="n")["id"] != theirs.id


def test_a_schedule_is_made_shown_listed_and_deleted(client) -> None:
    body = {"name": "nightly", "kind": "plan", "cron": "0  2 * * *", "time_zone": "Europe/Berlin"}
    made = client.post("/v1/schedules", json=body, headers=once())
    assert made.status_code == 201, made.text
    assert made.json()["cron"] == "0 2 * * *"
    assert made.json()["next_tick"] == "2024-07-30T02:00:00+02:00"
    assert client.get(made.headers["Location"]).json() == made.json()
    assert client.get("/v1/schedules").json()["schedules"] == [made.json()]
    again = client.post("/v1/schedules", json=body, headers=once())
    assert (again.status_code, again.json().get("code")) == (409, "schedule.exists"), again.text
    assert client.delete(made.headers["Location"], headers=once()).status_code == 204
    assert client.get(made.headers["Location"]).json()["code"] == "schedule.unknown"
    assert client.delete(made.headers["Location"], headers=once()).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"cron": "* * * * *"},
        {"cron": "every night"},
        {"cron": "0 2 30 2 *"},
        {"cron": "0 0 2 * * *"},
        {"time_zone": "Berlin"},
        {"time_zone": "../../etc/passwd"},
        {"kind": "cleaning"},
        {"request": {"horizon": -1}},
        {"name": "a/b"},
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(client, change) -> None:
    body = {"name": "nightly", "kind": "forecast", "cron": "0 2 * * *", "time_zone": "UTC"} | change
    answer = client.post("/v1/schedules", json=body, headers=once())
    assert answer.status_code == 422, answer.text


def test_who_may_not_train_may_not_have_it_scheduled(client, platform, monkeypatch) -> None:
    reader = Caller(LOCAL.tenant, "reader", frozenset({Scope.FORECAST_READ}))
    monkeypatch.setattr("serving.access.gate.LOCAL", reader)
    body = {"name": "retrain", "kind": "train", "cron": "0 3 * * sun"}
    for answer in (
        client.post("/v1/schedules", json=body, headers=once()),
        client.post("/v1/jobs/train", json={}, headers=once()),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "scope.missing")


GHOST = "4b7e1c9a-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("kind", "body", "code", "pointer"),
    [
        ("reconcile", {"channel": "ghost"}, "channel.unknown", "#/channel"),
        ("amazon-feed", {"channel": "ghost"}, "channel.unknown", "#/channel"),
        ("train", {"settings_of": GHOST}, "job.unknown", "#/settings_of"),
        *(
            (kind, {"dataset": "ghost"}, "dataset.unknown", "#/dataset")
            for kind in ("train", "forecast", "plan", "backtest", "tune", "weekly-report", "safety-stock-review")
        ),
    ],
)
def test_a_job_about_what_is_not_there_is_refused_at_once(client, kind, body, code, pointer):
    headers = {"Idempotency-Key": "k"}
    told = client.post(f"/v1/jobs/{kind}", json=body, headers=headers)
    assert (told.status_code, told.json()["code"], told.json()["errors"][0]["pointer"]) == (404, code, pointer)
    schedule = {"name": "night", "kind": kind, "cron": "0 2 * * *", "request": body}
    told = client.post("/v1/schedules", json=schedule, headers=headers)
    assert (told.status_code, told.json()["code"]) == (404, code)
    assert told.json()["errors"][0]["pointer"] == pointer.replace("#", "#/request")
    assert client.get("/v1/jobs", params={"kind": kind}).json()["jobs"] == []


def test_another_tenants_channel_is_not_there(tmp_path, sqlite_database):
    platform = make_platform(tmp_path, sqlite_database)
    with platform.database.transaction() as connection:
        add_channel(connection, "other", Channel("theirs", "file", "3pl"))
    told = client_of(platform).post("/v1/jobs/reconcile", json={"channel": "theirs"}, headers={"Idempotency-Key": "k"})
    assert (told.status_code, told.json()["code"]) == (404, "channel.unknown")
