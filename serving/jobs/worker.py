"""One worker process: an engine, its chores, and an end that loses nothing."""

import fcntl
import hashlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from core.errors import StorageError
from core.migration import migrate
from core.settings import Settings
from serving.couriers import start_couriers, start_standby
from serving.jobs.job_settings import JobSettings
from serving.jobs.kinds import JobKinds, Queue
from serving.jobs.run import patiently
from serving.jobs.schedule_sync import tick
from serving.jobs.upkeep import chores_of, run_chores, show_life
from serving.jobs.workflow import Engine
from serving.platform import Platform

__all__ = ["executor_name", "run_worker"]

LOCK_SECONDS = 20.0
"""How long a new process waits for the one before it, which may still be dying."""
START_PATIENCE = 30.0
"""How long it then waits for a database that is still busy with the dead one's connections, or with its own start."""
STOP_SECONDS = 5
"""How long running jobs may take to finish when the worker is asked to stop."""

logger = logging.getLogger("fillrate.jobs")


def executor_name(settings: Settings, queue: Queue) -> str:
    """Return the name of this machine's worker for a queue: the same after each restart."""
    home = hashlib.sha256(str(settings.home.resolve()).encode()).hexdigest()[:8]
    return f"{socket.gethostname()}:{home}:{queue.value}"


def run_worker(
    platform: Platform, kinds: JobKinds, times: JobSettings, queue: Queue, orphaned: IO[bytes] | None = None
) -> None:
    """Work off a queue until SIGTERM, SIGINT, or until `orphaned` (a pipe that the parent holds open) ends.

    One process a queue and home at a time: raises StorageError where another one works still. What runs when it stops
    goes on after the next start, from its last finished step.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _setter(stop))
    if orphaned is not None:
        threading.Thread(target=_watch, args=(orphaned, stop), name="watch-parent", daemon=True).start()
    with _only_one(platform.settings.home, queue, stop):
        patiently(lambda: migrate(platform.database), START_PATIENCE)
        engine = Engine(platform, kinds, times, executor_name(platform.settings, queue))
        patiently(lambda: show_life(platform, engine.executor, queue, platform.clock()), START_PATIENCE)
        engine.start([queue], lambda name, when: tick(platform, name, when))
        logger.info("worker for %s jobs is ready", queue.value)
        if queue is Queue.LIGHT:
            start_couriers(platform, stop, engine.executor)
        else:
            start_standby(platform, stop, engine.executor)
        run_chores(chores_of(platform, engine, times, queue), stop)
        engine.stop(STOP_SECONDS)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)  # a job that still computes must not hold up the end: it goes on after the next start


def _setter(stop: threading.Event) -> "signal._HANDLER":
    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    return handle


def _watch(parent: IO[bytes], stop: threading.Event) -> None:
    parent.read()  # returns when the parent is gone, however it went
    stop.set()


@contextmanager
def _only_one(home: Path, queue: Queue, stop: threading.Event) -> Iterator[None]:
    """Hold the home's lock for the queue; the system lets go of it when the process dies."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"worker-{queue.value}.lock"
    with path.open("a") as file:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline or stop.is_set():
                    raise StorageError(
                        f"another worker for {queue.value} jobs works in {home}; stop it, or set FILLRATE_HOME"
                    ) from None
                time.sleep(0.05)
        yield
