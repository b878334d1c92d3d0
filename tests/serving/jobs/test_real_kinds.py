"""The real kinds of job on the tiny shop, by real workers: training, bulk forecasts, plans that become proposals."""

from collections import Counter

import pandas as pd
import pytest

from core.settings import Settings
from inventory.upload_formats import UploadFormat
from serving import use_cases
from serving.demand.datasets import register_base
from serving.demand.uploads import Mode, Policy, UploadRequest
from serving.jobs.import_job import keep_for_import
from serving.jobs.job import JobState
from serving.jobs.job_results import job_folder
from serving.jobs.kinds import Queue
from serving.jobs.records import item_errors
from serving.proposals.run_store import find_run
from tests.serving.jobs.conftest import CALLER, Workshop, open_workshop


@pytest.fixture
def trained_workshop(tmp_path, sqlite_database, trained_home, shop):
    """A workshop whose default dataset is the tiny shop, with its registered champion."""
    tracking = Settings.from_environment({"FILLRATE_HOME": str(trained_home)}).tracking_uri
    for made in open_workshop(tmp_path / "home", sqlite_database, {"MLFLOW_TRACKING_URI": tracking}):
        register_base(made.platform, shop)
        yield made


def table(workshop: Workshop, job, file: str) -> pd.DataFrame:
    path = job_folder(workshop.platform.settings, "local", job.id) / file
    readers = {"csv": pd.read_csv, "parquet": pd.read_parquet, "ndjson": lambda p: pd.read_json(p, lines=True)}
    return readers[file.rsplit(".", 1)[1]](path)


def test_bulk_jobs_give_what_the_command_line_gives(trained_workshop, shop) -> None:
    workshop = trained_workshop
    workshop.start(real=True)
    weeks = {"by": "week", "week_start": "monday", "year_start": "01-01"}
    forecast = workshop.ask("forecast", {"horizon": 7, "levels": [0.1, 0.5, 0.9], "buckets": weeks})
    plan = workshop.ask("plan", {"skus": ["SKU-03", "nope", "SKU-11"], "formats": ["csv"]})
    again = workshop.ask("plan", {"skus": ["SKU-11", "SKU-03", "nope"], "formats": ["csv"]})
    forecast, plan, again = workshop.wait_end(forecast, plan, again)

    assert forecast.state is JobState.SUCCEEDED, forecast.error
    made = table(workshop, forecast, "forecast.parquet")
    asked = use_cases.load_service(shop, None, workshop.platform.settings, lambda sentence: None)
    expected = asked.forecast(asked.find_skus([f"SKU-{n:02d}" for n in range(12)]), 7, (0.1, 0.5, 0.9)).to_frame()
    pd.testing.assert_frame_equal(made, expected, check_dtype=False)
    for form in ("csv", "ndjson"):
        same = table(workshop, forecast, f"forecast.{form}").assign(date=lambda frame: pd.to_datetime(frame["date"]))
        pd.testing.assert_frame_equal(same, expected, check_dtype=False, rtol=1e-9)

    week = table(workshop, forecast, "buckets.csv")
    assert (len(week), set(week["name"]), set(week["partial"])) == (12, {"2024-W31"}, {False})
    assert week["mean"].sum() == pytest.approx(expected["mean"].sum(), rel=1e-6)

    assert (plan.state, plan.refused_items) == (JobState.PARTIALLY_SUCCEEDED, 1), plan.error
    with workshop.platform.database.reading() as connection:
        (refused,) = item_errors(connection, plan)
        stored = find_run(connection, "local", plan.result["plan_run"].rsplit("/", 1)[1])
    assert (refused.item, refused.code) == ("nope", "sku.unknown")
    orders = table(workshop, plan, "plan.csv")
    assert set(orders["sku"]) <= {"SKU-03", "SKU-11"}
    assert (orders["quantity"].sum(), len(orders)) == (stored.summary["units"], stored.summary["ordered"])
    assert again.result["plan_run"] == plan.result["plan_run"], "the same question is the same run"
    created = Counter(job.result["proposals"]["created"] for job in (plan, again))
    assert created[0] == 1, "only one of the two made proposals"


@pytest.mark.slow
def test_a_bulk_job_without_a_model_has_one_trained_and_a_retraining_that_fails_the_gate_dethrones_nobody(
    tmp_path, sqlite_database, shop
) -> None:
    for workshop in open_workshop(tmp_path / "home", sqlite_database):
        register_base(workshop.platform, shop)
        workshop.start(real=True)
        workshop.start(Queue.TRAINING, real=True)
        done = workshop.wait_end(workshop.ask("forecast"), workshop.ask("plan"), seconds=280)
        assert [job.state for job in done] == [JobState.SUCCEEDED] * 2, [job.error for job in done]
        assert done[0].result["model"]["version"] == done[1].result["model"]["version"] == "1"
        (again,) = workshop.wait_end(workshop.ask("train", {"promote": True, "horizon": 14}), seconds=280)
        assert again.state is JobState.SUCCEEDED, again.error
        assert again.result["version"] == "2"


def test_a_dataset_that_is_not_there_fails_the_job_and_says_so(sqlite_workshop) -> None:
    workshop = sqlite_workshop
    workshop.start(real=True)
    (done,) = workshop.wait_end(workshop.ask("forecast", {"dataset": "winter"}))
    assert (done.state, done.error["code"]) == (JobState.FAILED, "dataset.unknown")
    assert "winter" in done.error["message"]


def test_an_upload_is_imported_by_a_job_and_its_bad_rows_are_listed(sqlite_workshop) -> None:
    workshop, rows = sqlite_workshop, b"sku,date,units\nA,2024-07-01,3\nA,2024-07-02,4\n"
    bad = b"sku,date,units\nA,2024-07-03,5\nA,yesterday,6\n"
    workshop.start(real=True)

    def upload(data: bytes, **told: object):
        asked = UploadRequest("default", "sales", UploadFormat.CSV, data, **told)
        return workshop.ask("import", keep_for_import(workshop.platform.settings, CALLER, asked))

    (first,) = workshop.wait_end(upload(rows))
    assert (first.state, first.result["version"], first.result["rows"]["created"]) == (JobState.SUCCEEDED, 1, 2)
    (same,) = workshop.wait_end(upload(rows))
    assert (same.result["status"], same.result["version"]) == ("unchanged", 1)
    (refused,) = workshop.wait_end(upload(bad))
    assert (refused.state, refused.error["code"], refused.refused_items) == (JobState.FAILED, "data.invalid", 1)
    (some,) = workshop.wait_end(upload(bad, policy=Policy.BEST_EFFORT))
    assert (some.state, some.result["version"], some.result["rows"]["created"]) == (JobState.PARTIALLY_SUCCEEDED, 2, 1)
    (tried,) = workshop.wait_end(upload(rows.replace(b"3", b"9"), mode=Mode.VALIDATE))
    assert (tried.state, tried.result["status"], tried.result["version"]) == (JobState.SUCCEEDED, "valid", 2)
