import json
from dataclasses import replace

import mlflow
import numpy as np
import pandas as pd
import pytest

from core.errors import ModelNotFoundError
from core.settings import Settings
from core.types import quantile_column
from features.build import build_features
from features.panel import Panel
from features.rows import forecast_rows
from training.judged_curves import curves_text
from training.pipeline import TrainingResult
from training.registry import load_champion, load_former, register


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.from_environment({"FILLRATE_HOME": str(tmp_path_factory.mktemp("home"))})


def lost(result: TrainingResult) -> TrainingResult:
    worse = result.scores.assign(wql=result.scores["wql"].where(result.scores["model"] != result.model.name, 9.0))
    return replace(result, scores=worse)


def test_no_champion_is_an_error_that_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(ModelNotFoundError, match="fillrate train"):
        load_champion("nobody", settings)


def test_a_winner_becomes_champion_and_a_later_loser_does_not(
    result: TrainingResult, panel: Panel, settings: Settings
) -> None:
    won = register(result, panel, "demand-test", settings)
    assert won.is_champion
    second = register(lost(result), panel, "demand-test", settings)
    assert not second.is_champion
    model, champion = load_champion("demand-test", settings)
    assert champion.version == won.version
    assert champion.fingerprint == panel.fingerprint()
    mine = result.model.distribution(panel, 14)
    np.testing.assert_array_equal(model.distribution(panel, 14).mean, mine.mean)


def test_the_run_holds_parameters_scores_features_and_plots(
    result: TrainingResult, panel: Panel, settings: Settings
) -> None:
    version = register(result, panel, "demand-run", settings)
    client = mlflow.MlflowClient(settings.tracking_uri)
    run = client.get_run(version.run_id)
    assert run.data.metrics["wql"] == pytest.approx(result.wql(result.model.name))
    assert run.data.metrics["seasonal_naive/wql"] == pytest.approx(result.wql("seasonal_naive"))
    assert run.data.params["head.rounds"] == "30"
    assert run.data.tags["fingerprint"] == panel.fingerprint()
    files = {item.path for item in client.list_artifacts(version.run_id, "evaluation")}
    assert {
        f"evaluation/{name}" for name in ("scores.csv", "features.json", "pinball.png", "judged_curves.json")
    } <= files


def test_the_kept_curves_add_up_to_the_scores_of_the_run(result: TrainingResult) -> None:
    told = json.loads(curves_text(result))
    row = result.scores[(result.scores["origin"] == "all")].set_index("model").loc[result.model.name]
    mine = told["models"][told["model"]]
    for place, level in enumerate(told["levels"]):
        assert mine["pinball"][place] == pytest.approx(row[f"pinball_{quantile_column(level)}"], abs=1e-5)
    assert sum(mine["transform"]) == pytest.approx(1.0, abs=1e-4)
    assert sorted(mine["coverage"]) == mine["coverage"]
    assert [step["ahead"] for step in mine["horizon"]] == list(range(1, 15))
    assert set(told["models"]) >= {result.model.name, "seasonal_naive"}


def test_mlflows_own_loader_gives_the_same_means(result: TrainingResult, panel: Panel, settings: Settings) -> None:
    version = register(result, panel, "demand-portable", settings)
    matrix = build_features(panel, result.model.specification, forecast_rows(len(panel.series), panel.periods, 14))
    frame = pd.DataFrame(matrix.values, columns=list(matrix.names)).assign(scale=matrix.scale)
    portable = mlflow.pyfunc.load_model(f"models:/{version.name}/{version.version}")
    np.testing.assert_array_equal(
        portable.predict(frame)["mean"].to_numpy(), result.model.distribution(panel, 14).mean.ravel()
    )


def test_an_earlier_winner_is_found_and_a_loser_never_is(
    result: TrainingResult, panel: Panel, settings: Settings
) -> None:
    won = register(result, panel, "demand-former", settings)
    register(lost(result), panel, "demand-former", settings)
    model, version = load_former("demand-former", settings, lambda item: item.horizon >= 14)
    assert version.version == won.version
    np.testing.assert_array_equal(model.distribution(panel, 14).mean, result.model.distribution(panel, 14).mean)
    with pytest.raises(ModelNotFoundError, match="no earlier model"):
        load_former("demand-former", settings, lambda item: item.horizon > 14)
