"""Asking writes in the caller's own transaction; a natural key is one job; steps write once."""

import threading

import pytest
import sqlalchemy as sa

from serving.jobs.asking import cancel_job, request_job
from serving.jobs.job import ENDED, ItemError, JobState, JobUnknown
from serving.jobs.job_tables import JOBS
from serving.jobs.records import begin_job, end_job, item_errors, note_item_errors, note_progress
from serving.jobs.run import write_once
from tests.services import NOON
from tests.serving.jobs.conftest import CALLER


def ask(database, kind: str = "plan", key: str | None = None):
    with database.transaction() as connection:
        return request_job(connection, CALLER, kind, {"horizon": 7}, key, now=NOON)


def end(database, job, state: JobState, **told) -> bool:
    with database.transaction() as connection:
        return end_job(connection, job.id, state, now=NOON, expires_at=NOON, **told)


def test_a_job_is_asked_for_if_and_only_if_the_callers_transaction_commits(database) -> None:
    def ask_and_fail(connection: sa.Connection) -> None:
        request_job(connection, CALLER, "plan", {}, "n", now=NOON)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        ask_and_fail(connection)
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(JOBS)).scalar_one() == 0


@pytest.mark.parametrize("state", ENDED)
def test_a_natural_key_is_free_again_only_after_a_job_that_came_to_nothing(database, state) -> None:
    first = ask(database, key="n")
    assert ask(database, key="n").id == first.id
    end(database, first, state)
    came_to_nothing = state in (JobState.FAILED, JobState.CANCELLED)
    assert (ask(database, key="n").id != first.id) == came_to_nothing
    assert ask(database).id != ask(database).id, "without a key every request is a job"


def test_many_who_ask_at_once_under_one_key_get_one_job(database) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(ask(database, key="n").id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_an_end_is_an_end(database) -> None:
    job = ask(database)
    assert end(database, job, JobState.SUCCEEDED, result={"a": 1})
    assert not end(database, job, JobState.FAILED, error={"code": "x"})
    with database.transaction() as connection:
        assert begin_job(connection, job.id, NOON) is None
        stays = cancel_job(connection, CALLER.tenant, job.id, now=NOON, expires_at=NOON)
    assert (stays.state, stays.result, stays.error) == (JobState.SUCCEEDED, {"a": 1}, None)
    with pytest.raises(ValueError, match="no end"):
        end(database, job, JobState.RUNNING)


def test_progress_is_told_while_a_job_runs_and_says_whether_to_stop(database) -> None:
    job = ask(database)
    with database.transaction() as connection:
        begin_job(connection, job.id, NOON)
        assert not note_progress(connection, job.id, "w" * 500, 1.7)
        told = cancel_job(connection, CALLER.tenant, job.id, now=NOON, expires_at=NOON)
        assert (len(told.progress), told.share, told.state) == (200, 1.0, JobState.RUNNING)
        assert note_progress(connection, job.id, "on", 0.5)
        with pytest.raises(JobUnknown, match="GET /v1/jobs"):
            cancel_job(connection, "other", job.id, now=NOON, expires_at=NOON)


def test_an_item_is_refused_once_however_often_its_step_runs(database) -> None:
    job = ask(database)
    with database.transaction() as connection:
        for _ in range(2):
            note_item_errors(connection, job.id, [ItemError("b", "x", "first"), ItemError("a", "x", "y")])
        note_item_errors(connection, job.id, [ItemError("b", "x", "second")])
        told = [(error.item, error.message) for error in item_errors(connection, job)]
        assert told == [("a", "y"), ("b", "first")]
        assert connection.execute(sa.select(JOBS.c.refused_items)).scalar_one() == 2


def test_a_step_that_writes_happens_once_and_gives_its_first_answer_again(database) -> None:
    job, calls = ask(database), []
    answers = []
    for attempt in range(3):
        with database.transaction() as connection:
            answers.append(
                write_once(connection, job.id, "store", lambda _, n=attempt: calls.append(n) or {"n": n}, NOON)
            )
    assert (answers, calls) == ([{"n": 0}] * 3, [0])


def test_a_step_that_is_undone_happens_again(database) -> None:
    job = ask(database)

    def fail(connection: sa.Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        write_once(connection, job.id, "store", fail, NOON)
    with database.transaction() as connection:
        assert write_once(connection, job.id, "store", lambda _: "done", NOON) == "done"
