"""Workers are killed at random points, again and again: nothing is lost, nothing is done twice, nothing is stuck."""

import random
import time

import pytest

from serving.jobs.job import JobState
from tests.serving.jobs.conftest import Workshop


def run_rounds(workshop: Workshop, rounds: int, seed: int) -> None:
    draw = random.Random(seed)
    jobs, keys = [], {}
    for number in range(rounds):
        jobs.append(workshop.ask("steps", {"seconds": 0.1}))
        ready, begun = _marks(workshop)
        worker = workshop.start()
        for _ in range(draw.randrange(3)):
            jobs.append(workshop.ask("steps", {"seconds": draw.choice([0, 0, 0.02, 0.1])}))
        key = f"night {number // 2}"
        keys.setdefault(key, set()).add(workshop.ask("steps", key=key).id)
        if number % 3 == 1:
            workshop.wait(lambda before=ready: _marks(workshop)[0] > before, 60)
        elif number % 3 == 2:
            workshop.wait(lambda before=begun: _marks(workshop)[1] > before, 60)
        time.sleep(draw.random() * (0.15 if number % 3 == 2 else 0.6))
        workshop.kill(worker)
    jobs += [workshop.job(identity) for identities in keys.values() for identity in identities]
    workshop.start()
    for done in workshop.wait_end(*jobs):
        assert (done.state, done.result) == (JobState.SUCCEEDED, {"squares": [0, 1, 4, 9]}), done
        assert workshop.marks(done) == [0, 1, 2, 3]
    assert all(len(identities) == 1 for identities in keys.values()), "asked twice under one key, run once"
    assert any(job.attempts > 1 for job in [workshop.job(job.id) for job in jobs]), "some were killed while they ran"


def _marks(workshop: Workshop) -> tuple[int, int]:
    """Return how many workers were ready, and how many steps have begun."""
    return workshop.log().count("is ready"), len(workshop.runs())


def test_a_dozen_killed_workers_lose_nothing_and_do_nothing_twice(sqlite_workshop) -> None:
    run_rounds(sqlite_workshop, rounds=12, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_hundred_killed_workers_lose_nothing_and_do_nothing_twice(workshop) -> None:
    run_rounds(workshop, rounds=200, seed=2)
