"""What a job's function works with: its request, durable steps, progress, refused items, and whether to stop."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from dbos import DBOS
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import DataError, FillrateError, StorageError
from core.settings import Settings
from serving.jobs.job import ItemError, Job, JobCancelled
from serving.jobs.job_tables import STEPS
from serving.jobs.records import note_item_errors, note_progress
from serving.platform import Platform

__all__ = ["JobRun", "StepFailed", "error_of", "outcome_of", "patiently", "write_once"]

T = TypeVar("T")

LOOK_EVERY_SECONDS = 0.5
"""Between two notes of progress, each of which also looks whether the job was cancelled."""
PATIENCE_SECONDS = 300.0
"""How long a job waits for a database that does not answer before it gives up."""
LONGEST_WAIT = 5.0
MAX_ISSUES = 1000

logger = logging.getLogger("fillrate.jobs")


def patiently(work: Callable[[], T], patience: float = PATIENCE_SECONDS) -> T:
    """Return what `work` returns, tried again for `patience` seconds while the database does not answer."""
    started, wait = time.monotonic(), 0.1
    while True:
        try:
            return work()
        except StorageError as error:
            if time.monotonic() - started > patience:
                raise
            logger.warning("waiting for the database: %s", error)
            time.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)


class StepFailed(Exception):
    """A step ended in an error; `error` says which, as JSON: the same after a crash as before."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error


def outcome_of(function: Callable[[], Any]) -> dict[str, Any]:
    """Return what became of a step as JSON, which survives a crash as it is; exceptions do not survive pickling."""
    try:
        return {"state": "done", "value": patiently(function)}
    except JobCancelled:
        return {"state": "cancelled"}
    except Exception as error:
        return {"state": "failed", "error": error_of(error)}


def error_of(error: Exception) -> dict[str, Any]:
    """Return an error as a job tells it: code, message, and each broken rule of the data.

    What we did not raise on purpose is logged with its traceback and told without details.
    """
    if isinstance(error, StepFailed):
        return dict(error.error)
    if isinstance(error, FillrateError):
        issues = error.issues if isinstance(error, DataError) else ()
        shown = [{"code": error.code, "message": str(issue)} for issue in issues[:MAX_ISSUES]]
        return {"code": error.code, "message": str(error), "errors": shown}
    logger.error("a job failed unexpectedly", exc_info=error)
    message = f"the job failed unexpectedly ({type(error).__name__}); the worker's log has the details"
    return {"code": "internal", "message": message, "errors": []}


def write_once(
    connection: sa.Connection, job_id: str, name: str, effect: Callable[[sa.Connection], Any], now: datetime
) -> Any:
    """Return what `effect` returned the first time that this step of the job was written; only then does it happen."""
    mine = (STEPS.c.job_id == job_id) & (STEPS.c.name == name)
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    claim = insert(STEPS).values(job_id=job_id, name=name, written_at=now).on_conflict_do_nothing()
    if connection.execute(claim.returning(STEPS.c.name)).first() is None:
        return connection.execute(sa.select(STEPS.c.output).where(mine)).scalar_one()
    output = effect(connection)
    connection.execute(sa.update(STEPS).where(mine).values(output=output))
    return output


class JobRun:
    """One run of a job, from its start or from its last finished step.

    settings: those of the job's tenant. A step that finished before a crash is not run again: what it returned then is
    returned again. Steps are told apart by their order, so a job asks for the same steps in the same order every time.
    """

    def __init__(self, job: Job, platform: Platform, settings: Settings) -> None:
        self.job = job
        self.settings = settings
        self.platform = platform
        self.database = platform.database
        self.clock = platform.clock
        self.share = job.share
        self._looked = 0.0
        self._cancelled = job.cancel_asked

    @property
    def request(self) -> Mapping[str, Any]:
        """Return what was asked for."""
        return self.job.request

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked this job to stop."""
        return self._cancelled

    def step(self, name: str, function: Callable[[], T]) -> T:
        """Return what `function` returns (JSON), kept as soon as it is done; raises JobCancelled before it starts.

        It is run again where the process died in it, so its effects must bear that; `once` is for the database's.
        """
        self.progress(name, self.share)
        outcome = DBOS.run_step({"name": name}, lambda: outcome_of(function))
        if outcome["state"] == "cancelled":
            raise JobCancelled(self.job.id)
        if outcome["state"] == "failed":
            raise StepFailed(outcome["error"])
        return cast(T, outcome["value"])

    def once(self, name: str, effect: Callable[[sa.Connection], Any]) -> Any:
        """Return what `effect` returns (JSON) after its transaction: it happens exactly once, whatever dies when."""

        def written() -> Any:
            with self.database.transaction() as connection:
                return write_once(connection, self.job.id, name, effect, self.clock())

        return self.step(name, written)

    def progress(self, words: str, share: float) -> None:
        """Tell how far the job is; raises JobCancelled where somebody asked it to stop.

        May be called often: at most two a second are written, and what cannot be written is left out.
        """
        self.share = share
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY_SECONDS:
            self._looked = now
            try:
                with self.database.transaction() as connection:
                    self._cancelled = note_progress(connection, self.job.id, words, share)
            except StorageError as error:
                logger.warning("progress of job %s is not written: %s", self.job.id, error)
        if self._cancelled:
            raise JobCancelled(self.job.id)

    def item_error(self, item: str, code: str, message: str) -> None:
        """Note that one item could not be done; the job then succeeds partially."""
        self.item_errors([ItemError(item, code, message)])

    def item_errors(self, errors: list[ItemError]) -> None:
        """Note items that could not be done, all in one transaction."""

        def note() -> None:
            with self.database.transaction() as connection:
                note_item_errors(connection, self.job.id, errors)

        patiently(note)
