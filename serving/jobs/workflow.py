"""The engine: DBOS runs each job as the workflow of the same id, on the job's queue, and again after a crash."""

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID
from sqlalchemy.engine import make_url

from core.settings import Settings
from serving.access.tenants import tenant_settings
from serving.jobs.job import Job, JobCancelled, JobState
from serving.jobs.job_settings import JobSettings
from serving.jobs.kinds import JobKinds, Queue
from serving.jobs.records import begin_job, end_job
from serving.jobs.run import JobRun, error_of, patiently
from serving.platform import Platform

__all__ = ["SETTLED", "Engine", "engine_url"]

WORKFLOW_VERSION = "1"
"""Of the shape of our workflows: raised only where a running job of the old shape could not go on in the new one."""
SETTLED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
"""DBOS's words for a workflow that will not run any more."""
FORGOTTEN = 200
LOST = {
    "code": "job.lost",
    "message": "its worker ended in it too often: most likely it needs more memory than there is; ask for less at once",
    "errors": [],
}
POLL_SECONDS: Mapping[Queue, float] = {Queue.LIGHT: 0.25, Queue.TRAINING: 0.5}
SCHEDULE_POLL_SECONDS = 5.0

logger = logging.getLogger("fillrate.jobs")


def engine_url(settings: Settings) -> str:
    """Return where DBOS keeps its state: on PostgreSQL our database (schema `dbos`), else a SQLite file beside ours.

    A file of its own because SQLite has one writer a file: bookkeeping of steps must not wait for the API's writes.
    """
    url = make_url(settings.database_url)
    if not url.drivername.startswith("sqlite"):
        return url.set(drivername="postgresql").render_as_string(hide_password=False)
    file = Path(url.database or "fillrate.db")
    return f"sqlite:///{file.with_name(file.stem + '-workflows.db')}"


class Engine:
    """DBOS in this process, working off some queues; one engine a process.

    executor: this process's name, the same after a restart, so that it takes up its own unfinished work at once.
    """

    def __init__(self, platform: Platform, kinds: JobKinds, times: JobSettings, executor: str) -> None:
        self.platform = platform
        self.kinds = kinds
        self.times = times
        self.executor = executor

    def start(self, queues: Sequence[Queue], tick: Callable[[str, datetime], object]) -> None:
        """Begin to work off `queues`; `tick(schedule id, when)` is called once for each time of each schedule."""
        _quiet()
        url = engine_url(self.platform.settings)
        if url.startswith("sqlite"):
            _prepare_file(Path(url.removeprefix("sqlite:///")))
        config = DBOSConfig(
            name="fillrate",
            system_database_url=url,
            executor_id=self.executor,
            application_version=WORKFLOW_VERSION,
            scheduler_polling_interval_sec=SCHEDULE_POLL_SECONDS,
            console_log_level="ERROR",
        )
        DBOS(config=config)
        self._define(tick)
        DBOS.listen_queues([queue.value for queue in queues])
        DBOS.launch()
        for queue in Queue:
            count = self.times.light_jobs if queue is Queue.LIGHT else 1
            DBOS.register_queue(queue.value, worker_concurrency=count, polling_interval_sec=POLL_SECONDS[queue])

    def stop(self, patience: int) -> None:
        """Stop taking work; what runs may finish within `patience` seconds, else goes on after the next start."""
        DBOS.destroy(workflow_completion_timeout_sec=patience)

    def enqueue(self, job_id: str, kind: str) -> None:
        """Hand a job to the workers; one that they have already stays what it is."""
        with SetWorkflowID(job_id):
            DBOS.enqueue_workflow(self.kinds[kind].queue.value, self._workflow, job_id)

    def states(self, job_ids: Sequence[str]) -> dict[str, str]:
        """Return the state of each job's workflow, in DBOS's words; those without one are left out."""
        found = DBOS.list_workflows(workflow_ids=list(job_ids), load_input=False, load_output=False)
        return {item.workflow_id: item.status for item in found}

    def take_over(self, executor: str) -> int:
        """Put a dead process's unfinished work back into its queues; return how many jobs that were."""
        left = DBOS.list_workflows(executor_id=executor, status="PENDING", load_input=False, load_output=False)
        for item in left:
            DBOS.resume_workflow(item.workflow_id, queue_name=item.queue_name)
        return len(left)

    def forget(self, before: datetime) -> int:
        """Delete what DBOS keeps of workflows completed before then; return how many (at most 200) they were."""
        ended = DBOS.list_workflows(
            completed_before=before.isoformat(),
            status=list(SETTLED),
            limit=FORGOTTEN,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([item.workflow_id for item in ended])
        return len(ended)

    def _define(self, tick: Callable[[str, datetime], object]) -> None:
        @DBOS.workflow(name="job", max_recovery_attempts=None)
        def run(job_id: str) -> str:
            return self._run(job_id)

        @DBOS.workflow(name="tick")
        def run_tick(scheduled_at: datetime, context: Any) -> None:
            DBOS.run_step({"name": "ask"}, lambda: patiently(lambda: tick(str(context), scheduled_at)))

        self._workflow = run
        self.tick_workflow = run_tick

    def _run(self, job_id: str) -> str:
        """Run a job to one of its ends; what a crash leaves undone is done by the next run."""
        job = patiently(lambda: self._begin(job_id))
        if job is None:
            return "nothing to do"
        if job.attempts > self.times.most_crashes:
            return self._end(job_id, JobState.FAILED, error=LOST)
        run = JobRun(job, self.platform, tenant_settings(self.platform.settings, job.tenant))
        try:
            result = self.kinds[job.kind].run(run)
        except JobCancelled:
            return self._end(job_id, JobState.CANCELLED)
        except Exception as error:
            return self._end(job_id, JobState.FAILED, error=error_of(error))
        return self._end(job_id, JobState.SUCCEEDED, result=result)

    def _begin(self, job_id: str) -> Job | None:
        with self.platform.database.transaction() as connection:
            return begin_job(connection, job_id, self.platform.clock())

    def _end(self, job_id: str, state: JobState, **told: Any) -> str:
        def end() -> None:
            now = self.platform.clock()
            with self.platform.database.transaction() as connection:
                end_job(connection, job_id, state, now=now, expires_at=now + self.times.retention, **told)

        patiently(end)
        return state.value


def _quiet() -> None:
    """Keep DBOS's running commentary out of the log; its problems stay."""
    logging.getLogger("dbos").setLevel(logging.WARNING)


def _prepare_file(file: Path) -> None:
    """Switch the file to write-ahead logging, which stays so: readers then never wait for the writer."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file, timeout=20)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
