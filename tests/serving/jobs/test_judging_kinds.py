"""Backtest, tuning and weekly report as jobs on the tiny shop; and a retraining that fails the gate changes nothing."""

import json
import uuid

import pandas as pd
import pytest

from serving.access import Caller
from serving.demand.datasets import register_base
from serving.jobs.all_kinds import all_kinds
from serving.jobs.asking import request_job
from serving.jobs.job import JobState
from serving.jobs.job_results import job_folder
from serving.jobs.job_schemas import REQUESTS
from serving.jobs.kinds import Queue
from serving.jobs.records import begin_job, end_job
from serving.jobs.schedules import create_schedule
from serving.jobs.submission import SCOPES, check_scope
from serving.problems import ApiProblem
from tests.homes import copy_home
from tests.serving.jobs.conftest import CALLER, Workshop, open_workshop


@pytest.fixture
def judging_workshop(tmp_path, sqlite_database, trained_home, shop):
    """A workshop whose default dataset is the tiny shop; champion and tracking store are the test's own."""
    tracking = copy_home(trained_home, tmp_path / "models").tracking_uri
    for made in open_workshop(tmp_path / "home", sqlite_database, {"MLFLOW_TRACKING_URI": tracking}):
        register_base(made.platform, shop)
        yield made


def files_of(workshop: Workshop, job) -> dict[str, bytes]:
    folder = job_folder(workshop.platform.settings, "local", job.id)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def found_settings(workshop: Workshop, settings: dict) -> str:
    """A tuning job that has ended and found these settings."""
    now = workshop.platform.clock()
    with workshop.platform.database.transaction() as connection:
        job = request_job(connection, CALLER, "tune", {"trials": 1}, uuid.uuid4().hex, now=now)
        begin_job(connection, job.id, now)
        end_job(connection, job.id, JobState.SUCCEEDED, now=now, expires_at=None, result={"settings": settings})
    return job.id


def test_every_kind_may_be_asked_for_by_those_whom_its_worker_expects():
    for kind in all_kinds():
        assert SCOPES.get(kind.name, "forecast:read") == kind.scope, kind.name
        if kind.scope != "forecast:read":
            with pytest.raises(ApiProblem):
                check_scope(Caller("local", "reader", frozenset({"forecast:read"})), kind.name)
    assert {kind.name for kind in all_kinds()} - set(REQUESTS) == {"import", "promote", "report"}, (
        "those have routes of their own"
    )


@pytest.mark.parametrize("kind", ["backtest", "tune", "weekly-report"])
def test_the_kinds_come_on_schedules_too(sqlite_workshop, kind):
    platform = sqlite_workshop.platform
    with platform.database.transaction() as connection:
        made = create_schedule(connection, CALLER, kind, kind, {}, "0 6 * * mon", "UTC", now=platform.clock())
    assert made.kind == kind
    assert made.request["dataset"] == "default"


def test_a_backtest_and_a_weekly_report_leave_tables_pages_and_workbooks(judging_workshop):
    workshop = judging_workshop
    workshop.start(real=True)
    workshop.start(Queue.TRAINING, real=True)
    names = ["seasonal_naive", "moving_average"]
    judged = workshop.ask("backtest", {"origins": 2, "horizon": 7, "models": names, "formats": ["csv"]})
    report = workshop.ask("weekly-report", {"formats": ["html", "json"]})
    judged, report = workshop.wait_end(judged, report, seconds=120)

    assert judged.state is JobState.SUCCEEDED, judged.error
    files = files_of(workshop, judged)
    assert set(files) == {"scores.csv", "differences.csv", "backtest.html"}
    assert files["backtest.html"].startswith(b"<!doctype html>")
    assert set(judged.result["pinball"]) == set(names)
    assert judged.result["best"] in names
    assert judged.result["pinball"][judged.result["best"]] == min(judged.result["pinball"].values())
    assert len(judged.result["origins"]) == 2
    folder = job_folder(workshop.platform.settings, "local", judged.id)
    scores = pd.read_csv(folder / "scores.csv")
    whole = scores[(scores["origin"] == "all") & (scores["segment"] == "all")].set_index("model")["pinball"]
    assert whole.to_dict() == pytest.approx(judged.result["pinball"])

    assert report.state is JobState.SUCCEEDED, report.error
    files = files_of(workshop, report)
    assert set(files) == {"weekly_report.html", "weekly_report.json"}
    assert json.loads(files["weekly_report.json"])["as_of"] == report.result["as_of"] == "2024-07-29"


def test_a_backtest_of_an_unknown_model_fails_and_says_which_there_are(judging_workshop):
    judging_workshop.start(Queue.TRAINING, real=True)
    judging_workshop.start(real=True)
    (done,) = judging_workshop.wait_end(judging_workshop.ask("backtest", {"origins": 1, "models": ["oracle"]}))
    assert (done.state, done.error["code"]) == (JobState.FAILED, "usage")
    assert "seasonal_naive" in done.error["message"]


@pytest.mark.slow
def test_a_tuning_job_finds_settings_that_training_uses(judging_workshop):
    workshop = judging_workshop
    workshop.start(real=True)
    workshop.start(Queue.TRAINING, real=True)
    request = {"trials": 2, "origins": 3, "horizon": 7, "formats": ["csv"]}
    (tuned,) = workshop.wait_end(workshop.ask("tune", request), seconds=280)
    assert tuned.state is JobState.SUCCEEDED, tuned.error
    assert tuned.result["loss"] <= tuned.result["loss_before"]
    files = files_of(workshop, tuned)
    assert json.loads(files["settings.json"])["settings"] == tuned.result["settings"]
    (trained,) = workshop.wait_end(workshop.ask("train", {"settings_of": tuned.id}), seconds=280)
    assert trained.state is JobState.SUCCEEDED, trained.error


def test_settings_of_a_job_that_found_none_are_refused(judging_workshop):
    workshop = judging_workshop
    workshop.start(real=True)
    workshop.start(Queue.TRAINING, real=True)
    other = workshop.ask("weekly-report", {"formats": ["json"]})
    (done,) = workshop.wait_end(workshop.ask("train", {"settings_of": other.id}))
    assert (done.state, done.error["code"]) == (JobState.FAILED, "job.no_result")


@pytest.mark.slow
def test_a_retraining_that_fails_the_gate_leaves_the_champion_answering(judging_workshop):
    workshop = judging_workshop
    workshop.start(real=True)
    workshop.start(Queue.TRAINING, real=True)
    (before,) = workshop.wait_end(workshop.ask("forecast", {"horizon": 7, "formats": ["csv"]}), seconds=120)
    # A recipe that has learned from next to nothing: worse than the champion in every respect.
    poor = found_settings(workshop, {"history_years": 0.3, "most_rows": 700})
    (again,) = workshop.wait_end(workshop.ask("train", {"promote": True, "settings_of": poor}), seconds=280)
    assert again.state is JobState.SUCCEEDED, again.error
    assert int(again.result["version"]) > int(before.result["model"]["version"])
    assert again.result["rank"] == "challenger"
    assert (again.result["gate"]["passed"], again.result["gate"]["promoted"]) == (False, False)
    (after,) = workshop.wait_end(workshop.ask("forecast", {"horizon": 7, "formats": ["csv"]}), seconds=120)
    assert after.result["model"] == before.result["model"]
    assert files_of(workshop, after) == files_of(workshop, before)
