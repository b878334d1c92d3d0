"""Kinds of job that tests ask for: they count in a file of the home, so that a test sees what ran and how often."""

import time
from pathlib import Path

import sqlalchemy as sa

from core.errors import UsageError
from serving.jobs.job_tables import WORKERS
from serving.jobs.kinds import JobKind, JobKinds, Queue
from serving.jobs.run import JobRun

STEPS = 4


def note(run: JobRun, word: str) -> None:
    """Append a line at once: one small write to an appended file is whole."""
    with (run.settings.home / "runs.log").open("a", encoding="utf-8") as file:
        file.write(f"{run.job.id} {word}\n")


def in_steps(run: JobRun) -> dict:
    """Do some slow steps, each of which says when it begins and is counted exactly once in the database."""
    done = []
    for number in range(STEPS):

        def work(number: int = number) -> int:
            note(run, f"step {number}")
            time.sleep(float(run.request.get("seconds", 0)))
            return number * number

        def count(connection: sa.Connection, number: int = number) -> int:
            mark = {"executor": f"{run.job.id} {number}", "role": "mark", "started_at": run.clock()}
            connection.execute(sa.insert(WORKERS).values(**mark, seen_at=run.clock().replace(year=9999)))
            return number

        done.append(run.step(f"work {number}", work))
        run.once(f"count {number}", count)
    return {"squares": done}


def refusing(run: JobRun) -> dict:
    """Refuse every third item."""
    for number in range(int(run.request["items"])):
        if number % 3 == 0:
            run.item_error(f"item {number}", "data.invalid", "divisible by three")
    return {"asked": run.request["items"]}


def failing(run: JobRun) -> dict:
    """Fail as the request says."""

    def fail() -> None:
        note(run, "failing")
        if run.request["how"] == "ours":
            raise UsageError("no such horizon; give 1 … 365")
        raise ZeroDivisionError

    run.step("fail", fail)
    return {}


def stoppable(run: JobRun) -> dict:
    """Work for a long time, looking up often."""

    def work() -> None:
        note(run, "begun")
        for tenth in range(600):
            run.progress("counting", tenth / 600)
            time.sleep(0.05)

    run.step("work", work)
    return {}


def wait_for_file(run: JobRun) -> dict:
    """Wait until the test makes a file."""

    def work() -> None:
        note(run, "begun")
        while not Path(run.request["file"]).exists():
            run.progress("waiting", 0.5)
            time.sleep(0.02)

    run.step("wait", work)
    return {"seen": True}


def test_kinds() -> JobKinds:
    return JobKinds(
        [
            JobKind("steps", "forecast:read", in_steps),
            JobKind("slow-steps", "model:train", in_steps, Queue.TRAINING),
            JobKind("refusing", "forecast:read", refusing),
            JobKind("failing", "forecast:read", failing),
            JobKind("stoppable", "forecast:read", stoppable),
            JobKind("waiting", "forecast:read", wait_for_file),
        ]
    )


test_kinds.__test__ = False
