"""What `fillrate drift` says of the model that answers is a fact that alert rules ask about (O19)."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from core.settings import Settings
from inventory.dataset import read_dataset
from serving.alerts.loop_board import calibration_table
from serving.alerts.watching import rules_of, watch
from serving.champion import load_fitting
from serving.model_health import drift_verdict
from serving.question import ask
from tests.tiny_shop import AS_OF, write_shop

WEEKS_LATER = date.fromisoformat(AS_OF) + timedelta(days=21)


@pytest.fixture
def champion(trained_home, shop):
    """The tiny shop's champion, and the settings of the home that it is registered in."""
    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    question = ask(read_dataset(shop), None, 7, settings)
    return load_fitting(question.dataset, question.panel, 7, settings), settings


def three_weeks_later(tmp_path, settings, factor):
    """Return the question of the shop three weeks later, in which each product sold what it did before × `factor`."""
    folder = write_shop(tmp_path / "later")
    sales = pd.read_csv(folder / "sales.csv", parse_dates=["date"])
    newest = sales[sales["date"] >= pd.Timestamp(AS_OF) - pd.Timedelta(days=21)]
    more = newest.assign(date=newest["date"] + pd.Timedelta(days=21), units=(newest["units"] * factor).round())
    pd.concat([sales, more]).to_csv(folder / "sales.csv", index=False, date_format="%Y-%m-%d")
    return ask(read_dataset(folder), WEEKS_LATER, 7, settings)


def raised(question, champion):
    rules = rules_of(question.dataset.folder)
    return watch(question, rules, lambda step, done: None, lambda sentence: None, champion)


def test_o19_a_model_whose_world_changed_is_an_alert_to_train_again(tmp_path, champion):
    model, settings = champion
    question = three_weeks_later(tmp_path, settings, 4.0)
    assert drift_verdict(question, model) == "drifted"
    seen = raised(question, model)
    found = seen.firing.set_index("cause")
    assert found.loc["model-drift", ["severity", "action"]].tolist() == ["urgent", "retrain"]
    assert found.loc["forecast-calibration", "severity"] == "warning", "everything sold above every level"
    told = calibration_table(seen).set_index("level")["share_below"]
    assert (told < told.index).all()


def test_o19_a_world_that_goes_on_raises_neither(tmp_path, champion):
    model, settings = champion
    question = three_weeks_later(tmp_path, settings, 1.0)
    assert drift_verdict(question, model) in ("stable", "watch")
    seen = raised(question, model)
    assert "forecast-calibration" not in set(seen.firing["cause"])
    assert "urgent" not in set(seen.firing.loc[seen.firing["cause"] == "model-drift", "severity"])


def test_o19_nothing_is_said_of_a_model_that_learned_today_or_that_nobody_registered(tmp_path, champion, shop):
    model, settings = champion
    assert drift_verdict(ask(read_dataset(shop), None, 7, settings), model) is None
    assert drift_verdict(three_weeks_later(tmp_path, settings, 4.0), replace(model, version=None)) is None
