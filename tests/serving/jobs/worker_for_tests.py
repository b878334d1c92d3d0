"""What a forked worker process of the tests does."""

import logging

import dbos  # noqa: F401  loaded before the fork

from core.database import Database
from core.settings import Settings
from serving.jobs.all_kinds import all_kinds
from serving.jobs.job_settings import JobSettings
from serving.jobs.kinds import Queue
from serving.jobs.worker import run_worker
from serving.platform import Platform
from tests.serving.jobs.kinds_for_tests import test_kinds


def work(settings: Settings, times: JobSettings, queue: Queue, real: bool) -> None:
    """Work off a queue until killed or terminated, the real kinds or those for tests; the log is a file of the home."""
    logging.basicConfig(filename=settings.home / f"worker-{queue.value}.txt", level=logging.INFO)
    kinds = all_kinds() if real else test_kinds()
    run_worker(Platform(settings, Database.of(settings.database_url)), kinds, times, queue)
