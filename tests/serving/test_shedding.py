"""Overload: bursts wait and are served; what would stand in a queue is refused; no place is ever lost."""

import asyncio

import pytest

from serving.problems import ApiProblem
from serving.shedding import MOST_WAITING, PATIENCE_SECONDS, STANDING_SECONDS, Crowd, Shedding


class Inside:
    """An application whose requests stay inside until they are let out."""

    def __init__(self, most=2):
        self.doors: list[asyncio.Event] = []
        self.most_inside = self.inside = 0
        self.now = 0.0
        self.crowd = Crowd(most, lambda: self.now)
        self.shedding = Shedding(self, self.crowd)

    async def __call__(self, scope, receive, send):
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        door = asyncio.Event()
        self.doors.append(door)
        try:
            await door.wait()
        finally:
            self.inside -= 1

    def ask(self, path="/v1/forecasts"):
        return asyncio.create_task(self.shedding({"type": "http", "path": path}, None, None))

    def open_all(self):
        for door in self.doors:
            door.set()


def run(test):
    async def whole():
        await test(Inside())

    asyncio.run(whole())


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_burst_is_served_a_few_at_a_time():
    async def test(app):
        burst = [app.ask() for _ in range(10)]
        for _ in range(10):
            await settle()
            app.open_all()
        await asyncio.gather(*burst)
        assert (app.most_inside, app.crowd.inside) == (2, 0)

    run(test)


def test_while_a_queue_stands_the_next_is_refused_soon():
    async def test(app):
        asked = [app.ask() for _ in range(3)]
        await settle()
        app.now = STANDING_SECONDS + 0.01
        with pytest.raises(ApiProblem) as refused:
            await asyncio.wait_for(app.ask(), 0.9)
        assert (refused.value.code, refused.value.headers["Retry-After"]) == ("service.overloaded", "1")
        app.open_all()
        await settle()
        app.open_all()
        await asyncio.gather(*asked)

    run(test)


def test_who_waits_longer_than_a_burst_is_refused_and_leaves_no_trace(monkeypatch):
    monkeypatch.setattr("serving.shedding.PATIENCE_SECONDS", 0.01)

    async def test(app):
        asked = [app.ask() for _ in range(2)]
        await settle()
        with pytest.raises(ApiProblem):
            await app.ask()
        app.open_all()
        await asyncio.gather(*asked)
        assert app.crowd.inside == 0

    run(test)


def test_a_queue_has_an_end():
    async def test(app):
        asked = [app.ask() for _ in range(2 + MOST_WAITING)]
        await settle()
        with pytest.raises(ApiProblem):
            await app.ask()
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        assert app.crowd.inside == 0

    run(test)


def test_a_caller_who_goes_away_at_its_turn_loses_no_place():
    async def test(app):
        first, second, third = (app.ask() for _ in range(3))
        await settle()
        app.doors[0].set()
        await asyncio.sleep(0)  # the third has been given the place and does not know it yet
        third.cancel()
        await asyncio.gather(first, third, return_exceptions=True)
        fourth = app.ask()
        await settle()
        assert app.inside == 2
        app.open_all()
        await asyncio.gather(second, fourth)
        assert app.crowd.inside == 0

    run(test)


def test_health_is_answered_however_busy():
    async def test(app):
        asked = [app.ask() for _ in range(2)]
        await settle()
        health = app.ask("/livez")
        await settle()
        assert app.inside == 3
        app.open_all()
        await asyncio.gather(health, *asked)

    run(test)


def test_while_a_queue_stands_fewer_are_inside_and_the_newest_goes_first():
    async def test(app):
        inside = [app.ask(), app.ask()]
        await settle()
        first = app.ask()
        await settle()
        app.now = STANDING_SECONDS / 2
        second = app.ask()
        await settle()
        app.now = STANDING_SECONDS + 0.01
        app.doors[0].set()
        await settle()
        assert len(app.doors) == 2, "one place of two is kept free"
        app.doors[1].set()
        await settle()
        assert len(app.doors) == 3
        app.doors[2].set()
        await second
        assert not first.done()
        await settle()
        app.open_all()
        await asyncio.gather(*inside, first)
        assert app.crowd.inside == 0

    run(test)


def test_a_queue_that_is_empty_for_a_moment_still_stands_and_one_that_stays_empty_does_not():
    async def test(app):
        asked = [app.ask() for _ in range(3)]
        await settle()
        app.now = STANDING_SECONDS + 0.05
        app.doors[0].set()
        await settle()
        app.doors[1].set()
        await settle()
        assert len(app.doors) == 3, "nobody waits any more"
        app.now += STANDING_SECONDS / 2
        with pytest.raises(ApiProblem):
            await asyncio.wait_for(app.ask(), 0.9)
        app.now += 2 * STANDING_SECONDS
        app.open_all()
        await asyncio.gather(*asked)
        again = [app.ask() for _ in range(2)]
        await settle()
        assert app.inside == 2
        app.open_all()
        await asyncio.gather(*again)
        assert app.crowd.inside == 0

    run(test)


@pytest.mark.parametrize(("took", "patience"), [(0.004, STANDING_SECONDS), (0.1, 0.3), (2.0, PATIENCE_SECONDS)])
def test_a_burst_waits_as_long_as_requests_lately_took(took, patience):
    async def test(app):
        assert app.crowd.patience == PATIENCE_SECONDS  # nothing is known yet, and the first ones are slow
        for _ in range(100):
            request = app.ask()
            await settle()
            app.now += took
            app.open_all()
            await request
        assert app.crowd.patience == pytest.approx(patience, rel=1e-3)

    run(test)
