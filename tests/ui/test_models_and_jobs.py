"""The screens of models, jobs and keys: what the API says, changed by what the API does."""

import json
import re
import shutil
from datetime import timedelta

import pytest

from serving.access import LOCAL, Scope
from serving.access.keys import list_keys
from serving.api import create_api
from serving.demand.datasets import register_base
from serving.jobs.asking import request_job
from serving.jobs.job import ItemError, JobState
from serving.jobs.records import begin_job, end_job, note_item_errors
from serving.ui import model_versions
from serving.ui.backtest_chart import backtest_of
from serving.ui.model_versions import FILE
from serving.ui.visit import CSRF_HEADER
from tests.services import bearer, client_of, make_key, make_platform
from tests.ui.reading import Reader

PAGE = "/ui/data"


@pytest.fixture(scope="module")
def home(trained_home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "home"
    shutil.copytree(trained_home, folder)
    return folder


@pytest.fixture
def platform(home, sqlite_database, context, shop):
    made = make_platform(home, sqlite_database, context)
    register_base(made, shop)
    return made


@pytest.fixture
def client(platform):
    made = client_of(create_api(platform))
    made.follow_redirects = False
    return made


@pytest.fixture
def send(client):
    def post(path, headers=None, **fields):
        token = re.search(r'X-CSRF-Token": "([0-9a-f]+)', client.get("/ui/sign-in").text).group(1)
        sent = {CSRF_HEADER: token, "HX-Request": "true", **(headers or {})}
        return client.post(f"{PAGE}{path}", data=fields, headers=sent)

    return post


def job(platform, kind="plan", state=None):
    now = platform.clock()
    with platform.database.transaction() as connection:
        made = request_job(connection, LOCAL, kind, {"dataset": "default"}, None, now=now)
        if state is not None:
            begin_job(connection, made.id, now)
            note_item_errors(connection, made.id, [ItemError("SKU-01", "sku.unknown", "it is not there")])
            kept = {"now": now, "expires_at": now + timedelta(days=1), "result": {"promoted": False, "checks": []}}
            end_job(connection, made.id, state, **kept)
    return made.id


def test_versions_are_shown_with_the_apis_metrics_and_drawn_beside_their_baseline(client, look):
    assert look(f"{PAGE}/models").one("section", id="models").attributes["hx-trigger"] == "load"
    page = look(f"{PAGE}/models/list")
    (told,) = client.get("/v1/models").json()["items"]
    row = page.one("tr", data_version=told["version"])
    assert "Champion" in row.text
    cells = {cell.attributes["data-label"]: cell.text for cell in row.all("td")}
    assert cells["WQL"] == f"{told['metrics']['wql']:.4f}"
    assert cells["Seasonal naive"] == f"{told['metrics']['wql_of_seasonal_naive']:.4f}"
    drawn = [float(bar.attributes["width"]) for bar in page.one("svg").all("rect")]
    assert drawn[0] / drawn[1] == pytest.approx(
        told["metrics"]["wql"] / told["metrics"]["wql_of_seasonal_naive"], rel=0.01
    )
    assert len(look(f"{PAGE}/models/{told['version']}/card").one("pre").text) > 100
    assert client.get(f"{PAGE}/models/999/card").status_code == 404


def test_promotion_and_training_are_the_apis_jobs_once_for_a_double_click(client, send):
    for _ in range(2):
        assert "job-" in send("/models/1/promote", once="k1").text
    assert send("/models/train", once="k2").status_code == 200
    jobs = client.get("/v1/jobs").json()["jobs"]
    assert sorted(item["kind"] for item in jobs) == ["promote", "train"]
    forced = send("/models/1/promote", once="k3", reason="the gate is too strict this week")
    assert forced.status_code == 200
    assert {item["request"].get("reason") for item in client.get("/v1/jobs").json()["jobs"]} == {
        None,
        "the gate is too strict this week",
    }
    assert send("/models/77/promote", once="k4").status_code == 404


def test_a_rollback_needs_a_reason_and_a_version_before(client, send):
    assert send("/models/1/rollback", once="k1").status_code == 422
    answer = send("/models/1/rollback", once="k2", reason="orders doubled")
    assert answer.status_code in (404, 409)
    assert client.get("/v1/models").json()["items"][0]["rank"] == "champion"


def test_jobs_show_progress_and_can_be_stopped(client, platform, look, send):
    assert "No job was asked for yet" in look(f"{PAGE}/jobs").one("main").text
    waiting, ended = job(platform), job(platform, "promote", JobState.PARTIALLY_SUCCEEDED)
    page = look(f"{PAGE}/jobs")
    assert page.one("section", id="jobs").attributes["hx-trigger"] == "every 3s"
    assert "Waiting" in page.one("tr", data_job=waiting).text
    assert "1 not done" in page.one("tr", data_job=ended).text
    detail = look(f"{PAGE}/jobs/{ended}").text
    assert "The gate refused" in detail
    assert "it is not there" in detail
    answer = send(f"/jobs/{waiting}/cancel", once="k")
    assert "hx-trigger" not in Reader.of(answer.text).one("section", id="jobs").attributes
    assert client.get(f"/v1/jobs/{waiting}").json()["state"] == "cancelled"
    assert look(f"{PAGE}/jobs/{waiting}", params={"brief": "true"}).one("progress").attributes["value"] == "1"
    assert client.get(f"{PAGE}/jobs/nothing").status_code == 404


def test_plans_and_alert_runs_are_asked_for(client, send):
    for kind in ("plan", "alerts"):
        assert send(f"/jobs/{kind}", once="k").headers["hx-redirect"] == f"{PAGE}/jobs"
    assert {item["kind"] for item in client.get("/v1/jobs").json()["jobs"]} == {"plan", "alerts"}


def test_a_key_is_made_shown_once_opens_the_api_and_is_revoked(client, platform, send):
    answer = send("/keys", name="ERP", scope=["forecast:read", "data:write"], days="30")
    text = Reader.of(answer.text).one("code", id="new-key").text
    assert "a key on this machine too" in answer.text
    admin = bearer(make_key(platform))
    with platform.database.reading() as connection:
        key = next(item for item in list_keys(connection, "local") if item.name == "ERP")
    assert key.scopes == {Scope.FORECAST_READ, Scope.DATA_WRITE}
    assert (key.expires_at - key.created_at).days == 30
    assert client.get("/v1/jobs", headers=bearer(text)).status_code == 200
    assert text not in client.get(f"{PAGE}/keys", headers=admin).text
    trail = client.get("/v1/audit", headers=admin).json()["items"]
    assert trail[0]["action"] == "key.create"
    assert text not in str(trail)
    assert "revoked" in send(f"/keys/{key.id}/revoke", admin, once="k").text
    assert send("/keys/0000000000000000/revoke", admin, once="k2").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [{"name": "x"}, {"name": " ", "scope": "admin"}, {"name": "x", "scope": "odd"}, {"name": "x", "days": "0"}],
)
def test_a_key_that_makes_no_sense_is_not_made(client, platform, send, fields):
    assert send("/keys", **fields).status_code in (400, 422)
    with platform.database.reading() as connection:
        assert list_keys(connection, "local") == []


READ_ONLY = [Scope.FORECAST_READ]


def test_who_may_only_read_sees_models_jobs_and_rules_and_changes_none(client, platform, send):
    name = job(platform)
    key = bearer(make_key(platform, "local", READ_ONLY))
    for path in ("/models/list", "/jobs", "/alerts"):
        page = Reader.of(client.get(f"{PAGE}{path}", headers=key).text)
        assert page.text
        assert not [item for item in page.all("button") if item.text in ("Train a model", "Plan all products")]
    for path in ("/models/train", "/models/1/promote", "/models/1/rollback", "/jobs/plan", f"/jobs/{name}/cancel"):
        answer = send(path, key, once="k", reason="no")
        assert (path, answer.status_code) == (path, 403)
    assert client.get(f"{PAGE}/keys", headers=key).status_code == 403
    assert "API keys" not in Reader.of(client.get(f"{PAGE}/jobs", headers=key).text).one("div", role="navigation").text


def test_jobs_and_keys_of_another_tenant_are_not_there(client, platform, send):
    name = job(platform)
    rival = bearer(make_key(platform, "rival"))
    with platform.database.reading() as connection:
        mine = list_keys(connection, "rival")[0].id
    local = bearer(make_key(platform, "local"))
    assert "No job was asked for yet" in client.get(f"{PAGE}/jobs", headers=rival).text
    assert client.get(f"{PAGE}/jobs/{name}", headers=rival).status_code == 404
    assert send(f"/jobs/{name}/cancel", rival, once="k").status_code == 404
    assert send(f"/keys/{mine}/revoke", local, once="k").status_code == 404
    assert "No model is registered yet" in client.get(f"{PAGE}/models/list", headers=rival).text


def test_a_versions_backtest_is_drawn_and_its_table_says_what_was_kept(client, look, platform):
    from serving.demand.datasets import need_dataset
    from training.versions import artifact_text, find_version

    with platform.database.reading() as connection:
        name = need_dataset(platform, connection, "local", "default").model_name
    text = artifact_text(find_version(name, platform.settings, "1"), f"evaluation/{FILE}", platform.settings)
    kept = json.loads(text)
    mine, naive = kept["models"][kept["model"]], kept["models"]["seasonal_naive"]
    page = look(f"{PAGE}/models/1/backtest")
    reliability, transform, horizon = (table.rows() for table in page.all("table"))
    assert reliability == [
        [f"{level:g}", f"{mine['coverage'][place]:.3f}", f"{naive['coverage'][place]:.3f}"]
        for place, level in enumerate(kept["levels"])
    ]
    assert [float(row[1]) for row in transform] == pytest.approx([20 * share for share in mine["transform"]], abs=0.005)
    assert [row[:2] for row in horizon] == [[str(step["ahead"]), f"{step['wql']:.4f}"] for step in mine["horizon"]]
    assert len(page.all("svg")) == 3
    assert len(page.all("rect")) == 20


def test_a_version_without_kept_curves_says_so(client, platform, look, monkeypatch):
    monkeypatch.setattr(model_versions, "FILE", "nothing.json")
    assert "train it again to see it" in look(f"{PAGE}/models/1/backtest").text
    assert client.get(f"{PAGE}/models/99/backtest").status_code == 200


def test_a_drawing_holds_every_point_within_its_frame():
    curves = {"pinball": [1.0, 2.0], "coverage": [0.3, 0.99], "transform": [0.4, 0.1, 0.5]}
    other = {"pinball": [1.0, 2.0], "coverage": [0.0, 1.0], "transform": [0.0, 0.0, 1.0], "horizon": []}
    told = {"model": "m", "levels": [0.1, 0.9], "models": {"m": {**curves, "horizon": [{"ahead": 1, "wql": 0.5}]}}}
    for models in (told["models"], {**told["models"], "seasonal_naive": other}):
        made = backtest_of(json.dumps({**told, "models": models}))
        for item in (made.reliability, made.transform, made.horizon):
            for line in item.lines:
                for x, y in (point.split(",") for point in line.points.split()):
                    assert item.left <= float(x) <= item.right
                    assert item.top <= float(y) <= item.bottom
            assert all(item.top <= bar.y and bar.y + bar.height <= item.bottom + 0.1 for bar in item.bars)
        assert [(row[0], row[1]) for row in made.reliability.table] == [("0.1", 0.3), ("0.9", 0.99)]
