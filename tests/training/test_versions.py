"""Who is champion, who was before, and who never again, on versions that share the files of one training."""

import mlflow
import pytest

from core.errors import ModelNotFoundError
from core.settings import Settings
from features.panel import Panel
from tests.training.conftest import QUICK
from training.pipeline import TrainingResult
from training.registry import load_champion, load_former, register
from training.versions import (
    CHALLENGER,
    ModelVersion,
    artifact_text,
    crown,
    find_version,
    list_versions,
    recipe_of,
    roll_back,
    set_challenger,
    table_of_versions,
)

NAME = "demand"


@pytest.fixture(scope="module")
def settings(result: TrainingResult, panel: Panel, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A registry with four versions: the first a real training, the others its twins."""
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path_factory.mktemp("home"))})
    register(result, panel, NAME, settings)
    client = mlflow.MlflowClient(settings.tracking_uri)
    first = client.get_model_version(NAME, "1")
    for _ in range(3):
        client.create_model_version(NAME, first.source, first.run_id, tags=dict(first.tags))
    return settings


@pytest.fixture(autouse=True)
def first_is_champion(settings: Settings) -> None:
    client = mlflow.MlflowClient(settings.tracking_uri)
    client.set_registered_model_alias(NAME, "champion", "1")
    client.set_registered_model_tag(NAME, "champions", "1")
    for version in "1234":
        client.set_model_version_tag(NAME, version, "rolled_back", "")


def champion(settings: Settings) -> str:
    return find_version(NAME, settings, "champion").version


def test_rolling_back_goes_the_way_of_the_reigns_and_then_refuses(settings: Settings) -> None:
    for version in ("3", "2"):
        crown(NAME, version, settings)
    now, fallen = roll_back(NAME, settings, "orders doubled")
    assert (now.version, fallen.version) == ("3", "2")
    assert roll_back(NAME, settings, "")[0].version == champion(settings) == "1"
    with pytest.raises(ModelNotFoundError, match="no champion before it"):
        roll_back(NAME, settings, "")
    assert find_version(NAME, settings, "2").rolled_back == "orders doubled"


def test_who_was_taken_back_never_stands_in_until_crowned_again(settings: Settings) -> None:
    crown(NAME, "4", settings)
    roll_back(NAME, settings, "bad")
    assert load_former(NAME, settings, lambda item: item.version in "34")[1].version == "3"
    crown(NAME, "4", settings)
    assert find_version(NAME, settings, "4").may_answer


def test_a_crowned_challenger_is_challenger_no_more(settings: Settings) -> None:
    set_challenger(NAME, "2", settings)
    assert find_version(NAME, settings, CHALLENGER).version == "2"
    crown(NAME, "2", settings, "passed the gate")
    assert champion(settings) == "2"
    with pytest.raises(ModelNotFoundError, match="no challenger; its versions are 1, 2, 3, 4"):
        find_version(NAME, settings, CHALLENGER)


def test_a_champion_of_before_reigns_were_kept_can_be_gone_back_to(settings: Settings) -> None:
    mlflow.MlflowClient(settings.tracking_uri).delete_registered_model_tag(NAME, "champions")
    crown(NAME, "3", settings)
    assert roll_back(NAME, settings, "")[0].version == "1"


def test_an_unknown_version_or_model_says_which_there_are(settings: Settings) -> None:
    with pytest.raises(ModelNotFoundError, match="no version '9'; its versions are 1, 2, 3, 4"):
        find_version(NAME, settings, "9")
    with pytest.raises(ModelNotFoundError, match="no model is registered as nothing"):
        find_version("nothing", settings, "1")
    assert list_versions("nothing", settings) == []


def test_a_challenger_is_not_loaded_as_champion(settings: Settings) -> None:
    set_challenger(NAME, "4", settings)
    assert load_champion(NAME, settings)[1].version == "1"


def test_the_table_ranks_and_scores_the_versions(settings: Settings, result: TrainingResult) -> None:
    crown(NAME, "2", settings)
    roll_back(NAME, settings, "")
    set_challenger(NAME, "3", settings)
    table = table_of_versions(NAME, settings)
    assert table["version"].tolist() == ["4", "3", "2", "1"]
    assert table["rank"].tolist() == ["", "challenger", "rolled back", "champion"]
    assert table["wql"].tolist() == pytest.approx([result.wql(result.model.name)] * 4)


def test_a_version_keeps_its_recipe_and_its_card(settings: Settings, result: TrainingResult) -> None:
    version: ModelVersion = find_version(NAME, settings, "1")
    assert recipe_of(version, settings, QUICK) == QUICK
    card = artifact_text(version, "evaluation/model_card.md", settings)
    assert card.startswith(f"# {NAME}: lightgbm_distribution as of {result.model.as_of}")
    with pytest.raises(ModelNotFoundError, match=r"has no evaluation/nothing.txt"):
        artifact_text(version, "evaluation/nothing.txt", settings)
