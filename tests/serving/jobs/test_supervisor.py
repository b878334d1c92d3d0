"""The supervisor starts workers, starts one again that died, and leaves none behind, however it ends itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.jobs.kinds import Queue
from serving.jobs.supervisor import Supervisor

ROOT = Path(__file__).parents[3]
WORKER = "import os, sys; open(sys.argv[1] + sys.argv[-1], 'a').write(f'{os.getpid()}\\n'); sys.stdin.read()"


def wait(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def lives(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().split(")")[-1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def born(tmp_path) -> Callable[[str], list[int]]:
    def numbers(queue: str = "light") -> list[int]:
        path = tmp_path / queue
        return [int(line) for line in path.read_text().splitlines()] if path.exists() else []

    return numbers


def command(folder: Path) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", WORKER, f"{folder}/")


def test_every_queue_has_its_process_and_all_of_them_end(tmp_path, born) -> None:
    with Supervisor(command=command(tmp_path)):
        wait(lambda: bool(born("light") and born("training")))
        assert lives(born("light")[0])
    assert not lives(born("light")[0])
    assert not lives(born("training")[0])


def test_a_worker_that_is_killed_is_started_again(tmp_path, born) -> None:
    with Supervisor([Queue.LIGHT], command=command(tmp_path)):
        wait(lambda: len(born()) == 1)
        os.kill(born()[0], signal.SIGKILL)
        wait(lambda: len(born()) == 2)
        assert lives(born()[1])
    assert not lives(born()[1])


def test_workers_end_when_the_supervisor_is_killed(tmp_path, born) -> None:
    code = (
        "from serving.jobs.supervisor import Supervisor\nfrom serving.jobs.kinds import Queue\n"
        f"with Supervisor([Queue.LIGHT], command={command(tmp_path)!r}) as made:\n    made.wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        wait(lambda: len(born()) == 1)
    finally:
        parent.kill()
        parent.wait()
    wait(lambda: not lives(born()[0]))


def test_a_worker_that_does_not_listen_is_killed(tmp_path, born, monkeypatch) -> None:
    monkeypatch.setattr("serving.jobs.supervisor.KILL_AFTER_SECONDS", 0.3)
    deaf = WORKER.replace("sys.stdin.read()", "__import__('time').sleep(600)")
    with Supervisor([Queue.LIGHT], command=(sys.executable, "-S", "-c", deaf, f"{tmp_path}/")):
        wait(lambda: len(born()) == 1)
    assert not lives(born()[0])
