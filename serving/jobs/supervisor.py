"""Start the worker processes, start one that died again, stop all of them."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from serving.jobs.kinds import Queue

__all__ = ["Supervisor"]

COMMAND = (sys.executable, "-m", "serving.jobs.worker_process")
LOOK_SECONDS = 0.2
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before a worker that died is started again; doubled each time, and forgotten after a good minute."""
GOOD_SECONDS = 60.0
KILL_AFTER_SECONDS = 15.0

logger = logging.getLogger("fillrate.jobs")


class Supervisor:
    """The worker processes of one `fillrate worker` or `fillrate serve`; used by `with`.

    Each holds the reading end of a pipe whose writing end is ours: when we die, however we die, they stop.
    """

    def __init__(
        self,
        queues: Sequence[Queue] = tuple(Queue),
        command: Sequence[str] = COMMAND,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.workers = [_Worker([*command, queue.value], environment) for queue in queues]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch-workers", daemon=True)

    def __enter__(self) -> Self:
        """Start the processes."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the processes; their unfinished jobs go on after the next start."""
        self._stop.set()
        self._thread.join()
        for worker in self.workers:
            worker.ask_to_stop()
        for worker in self.workers:
            worker.wait_for_end()

    def wait(self) -> None:
        """Wait until the process is interrupted."""
        while not self._stop.wait(1.0):
            pass

    def _watch(self) -> None:
        while True:
            for worker in self.workers:
                worker.keep_alive()
            if self._stop.wait(LOOK_SECONDS):
                return


class _Worker:
    """One process, started again when it dies."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None) -> None:
        self.command = list(command)
        self.environment = None if environment is None else dict(environment)
        self.process: subprocess.Popen[bytes] | None = None
        self._wait = FIRST_WAIT
        self._born = self._due = 0.0

    def keep_alive(self) -> None:
        now = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None:
            self._note_death(now, self.process)
        if now >= self._due:
            self._born = now
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, env=self.environment or os.environ, start_new_session=True
            )

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()

    def wait_for_end(self) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(KILL_AFTER_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _note_death(self, now: float, process: "subprocess.Popen[bytes]") -> None:
        self.ask_to_stop()
        self._wait = FIRST_WAIT if now - self._born > GOOD_SECONDS else min(self._wait * 2, LONGEST_WAIT)
        self._due = now + self._wait
        logger.warning("worker %s ended (%s); it is started again", self.command[-1], process.returncode)
        self.process = None
