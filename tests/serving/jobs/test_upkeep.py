"""Old results go, and their natural keys are free again; a chore that fails is tried again."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.errors import StorageError
from serving.jobs.asking import request_job
from serving.jobs.job import ItemError, JobState
from serving.jobs.job_results import job_folder
from serving.jobs.job_settings import JobSettings
from serving.jobs.job_tables import ITEM_ERRORS, JOBS, STEPS
from serving.jobs.records import end_job, note_item_errors
from serving.jobs.run import write_once
from serving.jobs.upkeep import Chore, expire, run_chores
from tests.services import make_platform
from tests.serving.jobs.conftest import CALLER

TIMES = JobSettings()


def test_what_came_of_a_job_goes_when_its_time_is_over_and_the_row_much_later(tmp_path, database) -> None:
    platform = make_platform(tmp_path / "home", database)
    now = platform.clock()
    with database.transaction() as connection:
        job = request_job(connection, CALLER, "plan", {"skus": ["A"]}, "night", now=now)
        note_item_errors(connection, job.id, [ItemError("A", "x", "y")])
        write_once(connection, job.id, "store", lambda _: None, now)
        kept = {"now": now, "expires_at": now + TIMES.retention}
        end_job(connection, job.id, JobState.SUCCEEDED, result={"a": 1}, **kept)
        waiting = request_job(connection, CALLER, "plan", {}, "later", now=now)
    folder = job_folder(platform.settings, "local", job.id)
    folder.mkdir(parents=True)
    (folder / "plan.csv").write_text("sku\n", encoding="utf-8")

    assert expire(platform, TIMES) == 0
    platform.clock.moment = now + TIMES.retention
    assert expire(platform, TIMES) == 1
    assert expire(platform, TIMES) == 0
    assert not folder.exists()
    with database.transaction() as connection:
        row = connection.execute(sa.select(JOBS).where(JOBS.c.id == job.id)).one()
        assert (row.expired, row.result, row.request, row.natural_key) == (True, None, {}, None)
        for table in (ITEM_ERRORS, STEPS):
            assert connection.execute(sa.select(table)).all() == []
        assert request_job(connection, CALLER, "plan", {}, "night", now=now).id != job.id
    platform.clock.moment += TIMES.keep_records + timedelta(seconds=1)
    expire(platform, TIMES)
    with database.reading() as connection:
        left = set(connection.execute(sa.select(JOBS.c.id)).scalars())
    assert job.id not in left
    assert waiting.id in left


@pytest.mark.parametrize("error", [StorageError("no disk"), ZeroDivisionError()])
def test_a_chore_that_fails_is_tried_again_and_holds_up_no_other(error, caplog) -> None:
    stop, done = threading.Event(), []

    def fail() -> None:
        done.append("failed")
        raise error

    def work() -> None:
        done.append("worked")
        if done.count("worked") == 3:
            stop.set()

    run_chores([Chore("failing", 0.0, fail), Chore("working", 0.0, work)], stop, pause=0.001)
    assert done == ["failed", "worked"] * 3
    assert "failing" in caplog.text
