"""Challenger and champion from outside: who becomes what, who passes the gate, and the way back."""

import json
from datetime import date

import mlflow
import pytest

from core.settings import Settings
from serving import use_cases
from serving.champion import rank_of
from serving.facts import dataset_id
from training.boosted import TrainingSettings
from training.recipe import recipe_digest
from training.versions import find_version, list_versions

QUICK = {"most_rows": 4000, "head": {"rounds": 15, "dispersion_rounds": 8, "leaves": 7}}


@pytest.fixture(scope="module")
def contested(tmp_path_factory):
    """A home with nothing in it yet, and two files of quick settings: (home, one, another, settings)."""
    home = tmp_path_factory.mktemp("contested")
    files = []
    for name, rounds in (("one", 15), ("another", 16)):
        files.append(home / f"{name}.json")
        files[-1].write_text(json.dumps({**QUICK, "head": {**QUICK["head"], "rounds": rounds}}), encoding="utf-8")
    return home, *files, Settings.from_environment({"FILLRATE_HOME": str(home)})


@pytest.fixture
def contest(fillrate, monkeypatch, contested):
    monkeypatch.setenv("FILLRATE_HOME", str(contested[0]))
    return fillrate


def versions(contested, shop):
    return {item.version: item for item in list_versions(dataset_id(shop), contested[3])}


def test_the_line_from_challenger_to_champion_and_back(contest, contested, shop, tmp_path):
    assert "version 1 (champion)" in contest("train", "--data", shop, "--settings", contested[1]).out
    said = contest("train", "--data", shop, "--settings", contested[2])
    assert said.code == 0, said.err
    assert "challenger: another recipe than the champion's" in said.out
    name = dataset_id(shop)
    first, second = find_version(name, contested[3], "champion"), find_version(name, contested[3], "challenger")
    assert (first.version, second.version) == ("1", "2")
    assert second.recipe != first.recipe

    gate = tmp_path / "gate.json"
    gate.write_text('{"most_worse": -1}', encoding="utf-8")
    said = contest("promote", second.version, "--data", shop, "--origins", 1, "--gate", gate)
    assert said.code == 9
    assert f"The gate refuses: version {first.version} stays champion" in said.out
    assert "both recipes fitted anew at 1 past days" in said.out
    assert versions(contested, shop)["1"].is_champion

    said = contest("promote", "--data", shop, "--origins", 1, "--gate", gate, "--force", "--reason", "trial week")
    assert said.code == 0
    assert f"Version {second.version} is champion, in place of {first.version} (forced: trial week)" in said.out
    client = mlflow.MlflowClient(contested[3].tracking_uri)
    assert client.get_model_version(name, second.version).tags["promotion"] == "forced: trial week"

    said = contest("rollback", "--data", shop, "--reason", "week over")
    assert said.code == 0
    assert f"Version {first.version} (as of 2024-07-29) is champion again" in said.out
    assert versions(contested, shop)[second.version].rolled_back == "week over"
    listed = contest("models", "--data", shop)
    assert "rolled back" in listed.out
    assert "champion" in listed.out
    assert "# " + name in contest("models", "--data", shop, "--card", "champion").out


def test_a_model_that_was_never_champion_cannot_be_gone_back_to(at_home, shop):
    said = at_home("rollback", "--data", shop)
    assert said.code == 5
    assert "has no champion before it to go back to" in said.err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["promote", "99"], 5, "has no version '99'; its versions are 1"),
        (["promote"], 5, "has no challenger; its versions are 1"),
        (["promote", "1"], 2, "version 1 is the champion already"),
        (["promote", "1", "--force"], 2, "--force needs --reason"),
        (["promote", "1", "--reason", "x"], 2, "--reason goes with --force"),
        (["promote", "1", "--gate", "none.json"], 2, "--gate none.json cannot be read"),
        (["models", "--card", "7"], 5, "has no version '7'"),
    ],
)
def test_what_cannot_be_promoted_is_refused_in_words(at_home, shop, words, code, told):
    said = at_home(*words, "--data", shop)
    assert (said.code, told in said.err) == (code, True), said.err


def test_a_shop_without_models_says_so(fillrate, shop):
    assert "No model is registered" in fillrate("models", "--data", shop).out
    assert fillrate("promote", "--data", shop).code == 5
    assert fillrate("rollback", "--data", shop).code == 5


@pytest.mark.parametrize(
    ("as_of", "horizon", "recipe", "rank"),
    [
        ("2024-07-29", 28, "the same", "champion"),  # newer by the same recipe: the gate would compare it with itself
        ("2024-07-29", 28, "another", "challenger"),
        ("2024-07-29", 60, "another", "champion"),  # the champion does not reach so far: it never blocks
        ("2024-08-20", 28, "another", "challenger"),
        ("2024-07-01", 28, "the same", ""),  # a replay of the past dethrones nobody
    ],
)
def test_what_a_winner_becomes(shop, trained_home, as_of, horizon, recipe, rank):
    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    dataset = use_cases.open_dataset(shop, False, settings, lambda sentence: None)
    question = use_cases.ask(dataset, date.fromisoformat(as_of), 28, settings)
    digest = recipe_digest(TrainingSettings()) if recipe == "the same" else "other"
    assert rank_of(dataset_id(shop), question.panel, horizon, settings, digest) == rank


def test_models_that_have_not_seen_the_last_weeks_are_judged_on_them_as_registered(contest, contested, shop):
    before = contest("train", "--data", shop, "--as-of", "2024-07-08", "--settings", contested[1])
    assert "not champion: the champion is of a later day" in before.out
    name, settings = dataset_id(shop), contested[3]
    early = max(list_versions(name, settings), key=lambda item: int(item.version))
    client = mlflow.MlflowClient(settings.tracking_uri)
    champion = find_version(name, settings, "champion")
    client.create_model_version(
        name,
        client.get_model_version(name, early.version).source,
        early.run_id,
        tags=dict(client.get_model_version(name, early.version).tags),
    )
    client.set_registered_model_alias(name, "champion", early.version)
    said = contest("promote", str(int(early.version) + 1), "--data", shop, "--origins", 2)
    assert said.code == 0, said.err
    assert "both as registered, from 2 days after both histories end" in said.out
    assert "+0.00% [+0.00% … +0.00%]" in said.out
    client.set_registered_model_alias(name, "champion", champion.version)
