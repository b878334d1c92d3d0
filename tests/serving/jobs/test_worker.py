"""A real worker process, on SQLite and on PostgreSQL: what is asked for is done once, whatever dies."""

from contextlib import contextmanager
from dataclasses import replace

import sqlalchemy as sa

from serving.jobs.job import JobState
from serving.jobs.kinds import Queue
from serving.jobs.records import item_errors
from tests.serving.jobs.conftest import QUICK, open_workshop


def test_a_job_is_done_and_told(workshop) -> None:
    worker = workshop.start()
    job = workshop.ask("steps")
    assert job.state is JobState.QUEUED
    (done,) = workshop.wait_end(job)
    assert (done.state, done.result, done.share) == (JobState.SUCCEEDED, {"squares": [0, 1, 4, 9]}, 1.0)
    assert done.created_at <= done.started_at <= done.ended_at
    assert done.expires_at == done.ended_at + QUICK.retention
    workshop.stop(worker)
    assert worker.exitcode == 0


def test_a_killed_worker_goes_on_from_the_last_finished_step(workshop) -> None:
    worker = workshop.start()
    job = workshop.ask("steps", {"seconds": 0.2})
    workshop.wait(lambda: f"{job.id} step 2" in workshop.runs())
    workshop.kill(worker)
    workshop.start()
    (done,) = workshop.wait_end(job)
    assert (done.state, done.attempts) == (JobState.SUCCEEDED, 2)
    steps = [line.split()[-1] for line in workshop.runs()]
    assert steps in (["0", "1", "2", "2", "3"], ["0", "1", "2", "3"])
    assert workshop.marks(job) == [0, 1, 2, 3]


def test_items_that_cannot_be_done_make_a_partial_success(workshop) -> None:
    workshop.start()
    (done,) = workshop.wait_end(workshop.ask("refusing", {"items": 10}))
    assert (done.state, done.refused_items, done.result) == (JobState.PARTIALLY_SUCCEEDED, 4, {"asked": 10})
    with workshop.platform.database.reading() as connection:
        assert [error.item for error in item_errors(connection, done)] == ["item 0", "item 3", "item 6", "item 9"]


def test_a_job_that_fails_says_why_and_tells_nobody_more_than_it_should(workshop) -> None:
    workshop.start()
    ours, bug = workshop.wait_end(workshop.ask("failing", {"how": "ours"}), workshop.ask("failing", {"how": "bug"}))
    assert (ours.state, ours.error["code"]) == (JobState.FAILED, "usage")
    assert ours.error["message"] == "no such horizon; give 1 … 365"
    assert (bug.state, bug.error["code"]) == (JobState.FAILED, "internal")
    assert "ZeroDivisionError" in bug.error["message"]
    assert len(workshop.runs()) == 2, "a failed step is not tried again"


def test_a_running_job_stops_at_its_next_look_and_a_waiting_one_at_once(workshop) -> None:
    waiting = workshop.ask("steps")
    assert workshop.cancel(waiting).state is JobState.CANCELLED
    workshop.start()
    running = workshop.ask("stoppable")
    workshop.wait(lambda: workshop.runs() != [])
    assert workshop.cancel(running).cancel_asked
    (done,) = workshop.wait_end(running)
    assert (done.state, done.result) == (JobState.CANCELLED, None)
    assert workshop.runs() == [f"{running.id} begun"], "the cancelled one never began"


def test_a_job_asked_for_twice_under_one_key_runs_once(workshop) -> None:
    first, again = workshop.ask("steps", key="night 1"), workshop.ask("steps", key="night 1")
    workshop.start()
    workshop.wait_end(first)
    late = workshop.ask("steps", key="night 1")
    assert first.id == again.id == late.id
    assert late.state is JobState.SUCCEEDED
    assert len(workshop.runs()) == 4


def test_training_waits_for_its_own_process_and_holds_nobody_up(workshop) -> None:
    workshop.start(Queue.LIGHT)
    slow = workshop.ask("slow-steps")
    (quick,) = workshop.wait_end(workshop.ask("steps"))
    assert quick.state is JobState.SUCCEEDED
    assert workshop.job(slow.id).state is JobState.QUEUED
    workshop.start(Queue.TRAINING)
    (done,) = workshop.wait_end(slow)
    assert done.state is JobState.SUCCEEDED


def test_rows_whose_workflow_is_lost_are_handed_over_again(sqlite_workshop) -> None:
    workshop = sqlite_workshop
    worker = workshop.start()
    workshop.wait_end(workshop.ask("steps"))
    workshop.stop(worker)
    lost = workshop.ask("steps")
    workshop.pretend_dispatched(lost)
    workshop.start()
    (done,) = workshop.wait_end(lost)
    assert done.state is JobState.SUCCEEDED


def test_the_work_of_a_machine_that_never_comes_back_is_taken_over(workshop) -> None:
    gone = workshop.start(home="elsewhere")
    job = workshop.ask("steps", {"seconds": 0.2})
    workshop.wait(lambda: f"{job.id} step 1" in workshop.runs("elsewhere"))
    workshop.kill(gone)
    workshop.start()
    (done,) = workshop.wait_end(job)
    assert (done.state, done.attempts) == (JobState.SUCCEEDED, 2)
    assert workshop.marks(job) == [0, 1, 2, 3]


def test_a_second_worker_of_a_home_waits_until_the_first_one_is_gone(sqlite_workshop) -> None:
    workshop = sqlite_workshop
    first = workshop.start()
    workshop.wait_end(workshop.ask("steps"))
    second = workshop.start()
    second.join(0.5)
    assert second.is_alive()
    workshop.kill(first)
    (done,) = workshop.wait_end(workshop.ask("steps"))
    assert done.state is JobState.SUCCEEDED


def test_a_worker_outlives_a_database_that_does_not_answer_for_a_while(sqlite_workshop) -> None:
    workshop = sqlite_workshop
    workshop.start()
    job = workshop.ask("steps", {"seconds": 0.1})
    workshop.wait(lambda: f"{job.id} step 0" in workshop.runs())
    with workshop.without_database():
        workshop.wait(lambda: "cannot be" in workshop.log(), 10)
    (done,) = workshop.wait_end(job)
    assert done.state is JobState.SUCCEEDED
    assert workshop.marks(job) == [0, 1, 2, 3]


def test_a_worker_that_starts_before_its_database_answers_waits_for_it(postgres, postgres_database, tmp_path) -> None:
    server = sa.create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    name = postgres_database.engine.url.database
    with contextmanager(open_workshop)(tmp_path / "home", postgres_database) as workshop:
        job = workshop.ask("steps")
        postgres_database.close()
        with server.connect() as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
            worker = workshop.start()
            workshop.wait(lambda: "waiting for the database" in workshop.log(), 120)
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
        assert worker.exitcode is None
        (done,) = workshop.wait_end(job)
        assert done.state is JobState.SUCCEEDED
    server.dispose()


def test_a_job_that_kills_its_worker_too_often_is_lost_and_the_others_go_on(sqlite_workshop) -> None:
    workshop, times = sqlite_workshop, replace(QUICK, most_crashes=2)
    job = workshop.ask("stoppable")
    for attempt in (1, 2):
        worker = workshop.start(times=times)
        workshop.wait(lambda wanted=attempt: len(workshop.runs()) == wanted, 60)
        assert workshop.job(job.id).attempts == attempt
        workshop.kill(worker)
    workshop.start(times=times)
    lost, done = workshop.wait_end(job, workshop.ask("steps"))
    assert (lost.state, lost.error["code"], lost.attempts) == (JobState.FAILED, "job.lost", 3)
    assert len(workshop.runs()) == 2 + 4, "the third time it was not run"
    assert done.state is JobState.SUCCEEDED
