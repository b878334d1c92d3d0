"""What answers: the newest version that a model fits, swapped in while the old one serves; a refused model changes
nothing."""

import shutil
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.settings import Settings
from serving import use_cases
from serving.demand.contexts import DatasetContexts, context_of, start_contexts
from serving.demand.datasets import register_base
from serving.facts import dataset_id
from serving.problems import ApiProblem
from tests.services import make_platform
from tests.tiny_shop import AS_OF

SALES = "/v1/datasets/default/tables/sales"
ASK = {"skus": ["SKU-03"], "horizon": 3, "levels": [0.5]}


def day_of_sales(offset: int, units: int = 9) -> list[dict]:
    day = date.fromisoformat(AS_OF) + timedelta(days=offset)
    return [{"sku": f"SKU-{number:02d}", "date": str(day), "units": units, "price": 10.0} for number in range(12)]


@pytest.fixture
def platform(tmp_path, sqlite_database, trained_home, shop, clock):
    """A service that was started with the tiny shop's folder, whose champion is registered."""
    home = tmp_path / "home"
    shutil.copytree(trained_home, home)
    made = make_platform(home, sqlite_database, clock=clock)
    register_base(made, shop)
    made.host.serve(DatasetContexts(made), watch_seconds=0)
    made.host.settle("local", "default")
    return made


def test_a_night_of_sales_moves_the_day_and_keeps_the_champion(platform, client, key):
    before = client.post("/v1/forecasts", json=ASK).json()
    assert (before["data"]["as_of"], before["dataset_version"]) == (AS_OF, 0)
    client.post(SALES, json=day_of_sales(0), headers=key())
    assert client.post("/v1/forecasts", json=ASK).status_code == 200, "the old version serves while the new one loads"
    platform.host.settle("local", "default")
    after = client.post("/v1/forecasts", json=ASK).json()
    assert (after["data"]["as_of"], after["dataset_version"]) == ("2024-07-30", 1)
    assert after["model"] == before["model"]
    assert after["series"][0]["periods"][0]["date"] == "2024-07-30"


def test_a_corrected_past_waits_for_a_model_and_the_version_before_it_answers(platform, client, key):
    client.post(SALES, json=day_of_sales(0), headers=key())
    client.post(SALES, json=day_of_sales(-30, units=1), headers=key())
    platform.host.settle("local", "default")
    serving = client.get("/v1/datasets/default").json()["serving"]
    assert serving["version"] == 1
    assert serving["reason"].startswith("version 2 waits: ")
    assert client.post("/v1/forecasts", json=ASK).json()["dataset_version"] == 1


def test_the_users_own_folder_is_never_written_to(platform, client, shop, key):
    before = sorted((place.name, place.stat().st_mtime_ns) for place in shop.iterdir())
    client.post(SALES, json=day_of_sales(0), headers=key())
    assert sorted((place.name, place.stat().st_mtime_ns) for place in shop.iterdir()) == before
    assert client.get(SALES, params={"limit": 1}).json()["items"][0]["sku"] == "SKU-00"


def test_another_folder_as_the_base_counts_at_once(platform, client, shop, key, tmp_path):
    client.post(SALES, json=day_of_sales(0), headers=key())
    register_base(platform, shop)
    assert client.get("/v1/datasets/default").json()["version"] == 1, "the same base keeps its uploads"
    other = shutil.copytree(shop, tmp_path / "other")
    register_base(platform, other)
    assert client.get("/v1/datasets/default").json()["version"] == 0
    assert client.post(SALES, json=day_of_sales(0), headers=key()).json()["version"] == 2


def test_all_versions_of_a_dataset_have_one_models_name(platform, client, shop, key):
    client.post(SALES, json=day_of_sales(0), headers=key())
    platform.host.settle("local", "default")
    assert dataset_id(context_of(platform, "local").dataset.folder) == dataset_id(shop)


def test_a_service_without_a_folder_says_what_to_do(tmp_path, sqlite_database):
    platform = make_platform(tmp_path / "home", sqlite_database)
    start_contexts(platform, {})
    platform.host.stop()
    with pytest.raises(ApiProblem, match="upload tables"):
        platform.host.context()


def test_what_is_uploaded_without_a_model_is_answered_by_a_baseline(platform, caller_of_tenant, key):
    theirs = caller_of_tenant(platform, "zeta")
    rows = [row for offset in range(-20, 0) for row in day_of_sales(offset)]
    assert theirs.post(SALES, json=rows, headers=key()).status_code == 201
    platform.host.settle("zeta", "default")
    series = theirs.post("/v1/forecasts", json=ASK).json()["series"][0]
    assert (series["status"], series["made_by"]) == ("insufficient_data", "moving_average")


def test_models_are_listed_with_their_rank_and_scores(platform, client):
    body = client.get("/v1/models").json()
    assert [(item["version"], item["rank"]) for item in body["items"]] == [("1", "champion")]
    assert 0 < body["items"][0]["metrics"]["wql"] < 1
    assert client.get("/v1/models/1").json() == body["items"][0]
    assert client.get("/v1/models/17").status_code == 404
    assert client.get("/v1/models/seventeen").status_code == 422


def test_a_promotion_is_a_job_and_a_rollback_needs_somebody_to_go_back_to(platform, client, key):
    job = client.post("/v1/models/1/promote", json={}, headers=key())
    assert (job.status_code, job.json()["kind"]) == (202, "promote")
    assert client.post("/v1/models/challenger/promote", json={}, headers=key()).status_code == 404
    none = client.post("/v1/models/rollback", json={"version": "1", "reason": "odd"}, headers=key())
    assert (none.status_code, none.json()["code"]) == (404, "model.not_found")


@pytest.mark.slow
def test_a_retrained_model_that_the_gate_refuses_leaves_the_old_one_serving(platform, client, shop, key):
    """D3: retrain fails gate → old model keeps serving; forced, it serves; rolled back, the old one does again."""
    from serving.champion import training_settings
    from serving.promotion import promote
    from training.gate import GateSettings

    before = client.post("/v1/forecasts", json=ASK)
    settings = Settings.from_environment({"FILLRATE_HOME": str(platform.settings.home)})
    dataset = use_cases.open_dataset(shop, False, settings, lambda sentence: None)
    question = use_cases.ask(dataset, None, None, settings)
    shipped = training_settings(dataset, settings)
    trained = use_cases.train(question, recipe=replace(shipped, head=replace(shipped.head, rounds=40)))
    assert trained.version.is_challenger, trained.result.verdict
    strict = GateSettings(most_worse=-0.9)
    assert not promote(question, "challenger", origins=1, gate=strict).promoted
    platform.host.settle("local", "default")
    assert client.post("/v1/forecasts", json=ASK).content == before.content
    assert promote(question, "challenger", origins=1, gate=strict, reason="for the test").promoted
    platform.host.settle("local", "default")
    assert client.post("/v1/forecasts", json=ASK).json()["model"]["version"] == "2"
    back = {"version": "2", "reason": "it orders too much"}
    headers = key()
    answer = client.post("/v1/models/rollback", json=back, headers=headers)
    assert answer.json() == {"champion": "1", "taken_back": "2"}
    assert client.post("/v1/models/rollback", json=back, headers=key()).json() == answer.json(), "once, however often"
    platform.host.settle("local", "default")
    assert client.post("/v1/forecasts", json=ASK).content == before.content
