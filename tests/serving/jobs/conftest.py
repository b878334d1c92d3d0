"""Real worker processes for tests, forked from one that has the libraries loaded: a start takes half a second."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import pytest
import sqlalchemy as sa

from core.database import Database
from core.settings import Settings
from serving.access import Caller, Scope
from serving.jobs.asking import cancel_job, request_job
from serving.jobs.job import Job
from serving.jobs.job_settings import JobSettings
from serving.jobs.job_tables import JOBS, WORKERS
from serving.jobs.kinds import Queue
from serving.jobs.records import find_job
from serving.platform import Platform

CALLER = Caller("local", "tester", frozenset(Scope))
QUICK = JobSettings(
    dispatch_every=0.05,
    heartbeat_every=0.2,
    silent_after=1.0,
    reconcile_every=0.3,
    schedules_every=0.2,
    most_crashes=1000,
)
"""It is the tests that kill, up to 200 times: on a busy machine one job may see more than fifty of them."""

START = multiprocessing.get_context("forkserver")
START.set_forkserver_preload(["tests.serving.jobs.worker_for_tests"])


@dataclass
class Workshop:
    """A home with a database, and the worker processes that a test starts in it."""

    platform: Platform
    processes: list = field(default_factory=list)

    def ask(self, kind: str, request: dict | None = None, key: str | None = None, caller: Caller = CALLER) -> Job:
        with self.platform.database.transaction() as connection:
            return request_job(connection, caller, kind, request or {}, key)

    def job(self, job_id: str) -> Job:
        with self.platform.database.reading() as connection:
            return find_job(connection, CALLER.tenant, job_id)

    def cancel(self, job: Job) -> Job:
        now = self.platform.clock()
        with self.platform.database.transaction() as connection:
            return cancel_job(connection, CALLER.tenant, job.id, now=now, expires_at=now + QUICK.retention)

    def start(self, queue: Queue = Queue.LIGHT, times: JobSettings = QUICK, home: str = "", real: bool = False):
        from tests.serving.jobs.worker_for_tests import work

        settings = self.platform.settings
        if home:
            settings = replace(settings, home=settings.home.parent / home)
            settings.home.mkdir(exist_ok=True)
        process = START.Process(target=work, args=(settings, times, queue, real), daemon=True)
        process.start()
        self.processes.append(process)
        return process

    def kill(self, process) -> None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.join(10)

    def stop(self, process) -> None:
        process.terminate()
        process.join(20)

    def marks(self, job: Job) -> list[int]:
        """Return what the job's transactions wrote, each exactly once or the database would have refused."""
        with self.platform.database.reading() as connection:
            names = connection.execute(sa.select(WORKERS.c.executor).where(WORKERS.c.role == "mark")).scalars()
            return sorted(int(name.split()[1]) for name in names if name.startswith(job.id))

    def pretend_dispatched(self, job: Job) -> None:
        with self.platform.database.transaction() as connection:
            connection.execute(sa.update(JOBS).where(JOBS.c.id == job.id).values(dispatched_at=self.platform.clock()))

    @contextmanager
    def without_database(self):
        """Move the tables away: every statement of the workers fails meanwhile."""
        with self.platform.database.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE jobs RENAME TO moved")
        yield
        with self.platform.database.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE moved RENAME TO jobs")

    def log(self) -> str:
        path = self.platform.settings.home / "worker-light.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def runs(self, home: str = "") -> list[str]:
        settings = self.platform.settings
        path = (settings.home.parent / home if home else settings.home) / "runs.log"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def wait(self, true: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"waited in vain; {self.told()}"
            time.sleep(0.02)

    def told(self) -> str:
        """Return how the newest worker does and the end of its log: why somebody waits."""
        ended = self.processes[-1].exitcode if self.processes else "none was started"
        return f"newest worker: exit code {ended}, its log:\n{self.log()[-3000:]}"

    def wait_end(self, *jobs: Job, seconds: float = 120) -> list[Job]:
        """Return the jobs when all of them have ended; fails where none ended for so many seconds."""
        waiting = {job.id for job in jobs}
        while waiting:
            before = len(waiting)
            self.wait(lambda names=waiting: any(self.job(name).ended for name in names), seconds)
            waiting = {name for name in waiting if not self.job(name).ended}
            assert len(waiting) < before
        return [self.job(job.id) for job in jobs]


@pytest.fixture
def workshop(tmp_path, database):
    """A workshop on each kind of database."""
    yield from open_workshop(tmp_path / "home", database)


@pytest.fixture
def sqlite_workshop(tmp_path, sqlite_database):
    """A workshop on SQLite, for what does not depend on the database."""
    yield from open_workshop(tmp_path / "home", sqlite_database)


def open_workshop(
    home: Path, database: Database, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Workshop]:
    url = database.engine.url.set(drivername=database.engine.url.get_backend_name())
    settings = Settings.from_environment(
        {"FILLRATE_HOME": str(home), "FILLRATE_DATABASE_URL": url.render_as_string(hide_password=False), **environment}
    )
    home.mkdir(parents=True)
    made = Workshop(Platform(settings, database))
    yield made
    for process in made.processes:
        made.kill(process)
