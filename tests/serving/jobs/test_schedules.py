"""Schedules: due when their clocks say so, and each time asks for one job, whoever looks and however often."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.errors import UsageError
from serving.jobs.cron import check_cron, check_time_zone, next_times
from serving.jobs.job_tables import JOBS, SCHEDULES
from serving.jobs.schedule_sync import tick
from serving.jobs.schedules import ScheduleExists, create_schedule, delete_schedule, find_schedule, list_schedules
from tests.services import NOON, make_platform
from tests.serving.jobs.conftest import CALLER

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def brute_force(hour: int, minute: int, weekdays: set[int], zone: str, after: datetime, count: int) -> list[datetime]:
    """Walk minute by minute and read a clock on the wall."""
    found, moment = [], after.replace(second=0, microsecond=0)
    while len(found) < count:
        moment += timedelta(minutes=1)
        wall = moment.astimezone(ZoneInfo(zone))
        if (wall.hour, wall.minute) == (hour, minute) and wall.weekday() in weekdays:
            found.append(moment)
    return found


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("weekdays", [set(range(7)), {0, 4}, {6}])
def test_a_schedule_is_due_when_the_clock_on_the_wall_shows_it_also_over_a_change_of_clocks(zone, weekdays) -> None:
    words = ",".join(WEEKDAYS[day] for day in sorted(weekdays))
    for start in (datetime(2024, 3, 7, 12, tzinfo=UTC), datetime(2024, 10, 24, 12, tzinfo=UTC)):
        expected = brute_force(4, 35, weekdays, zone, start, 6)
        assert next_times(f"35 4 * * {words}", zone, start, 6) == expected


def test_a_time_that_the_clocks_skip_or_show_twice_comes_once_a_day() -> None:
    for start in (datetime(2024, 3, 29, 12, tzinfo=UTC), datetime(2024, 10, 25, 12, tzinfo=UTC)):
        times = next_times("30 2 * * *", "Europe/Berlin", start, 4)
        days = [moment.astimezone(ZoneInfo("Europe/Berlin")).date() for moment in times]
        assert days == [days[0] + timedelta(days=number) for number in range(4)]


def test_an_expression_for_every_hour_is_due_in_every_hour_also_in_those_shown_twice() -> None:
    times = next_times("0 * * * *", "Europe/Berlin", datetime(2024, 10, 26, 22, 30, tzinfo=UTC), 6)
    assert [later - earlier for earlier, later in pairwise(times)] == [timedelta(hours=1)] * 5


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("* * * * *", "the least is 5"),
        ("*/4 * * * *", "the least is 5"),
        ("0 2 * *", "five fields"),
        ("0 0 2 * * *", "five fields"),
        ("61 2 * * *", "five fields"),
        ("0 2 30 2 *", "never comes"),
        ("", "five fields"),
    ],
)
def test_an_expression_that_makes_no_sense_is_refused(cron, why) -> None:
    with pytest.raises(UsageError, match=why):
        check_cron(cron, NOON)


def test_an_expression_and_a_zone_that_make_sense_are_kept() -> None:
    assert check_cron(" 0  2 * * mon ", NOON) == "0 2 * * mon"
    assert check_cron("*/5 * * * *", NOON) == "*/5 * * * *"
    assert check_time_zone("Europe/Berlin") == "Europe/Berlin"
    for name in ("Berlin", "../etc/passwd", "", "/etc/localtime"):
        with pytest.raises(UsageError, match="IANA"):
            check_time_zone(name)


@pytest.fixture
def platform(tmp_path, database):
    return make_platform(tmp_path / "home", database)


def make(platform, name: str = "nightly", cron: str = "0 2 * * *", **facts):
    with platform.database.transaction() as connection:
        return create_schedule(connection, CALLER, name, "plan", {}, cron, "UTC", now=platform.clock(), **facts)


def jobs(platform) -> list:
    with platform.database.reading() as connection:
        return connection.execute(sa.select(JOBS).order_by(JOBS.c.created_at)).all()


def test_a_tick_asks_for_one_job_however_often_it_is_told(platform) -> None:
    schedule = make(platform)
    due = datetime(2024, 7, 30, 2, tzinfo=UTC)
    platform.clock.moment = due + timedelta(seconds=3)
    first = tick(platform, schedule.id, due)
    assert [tick(platform, schedule.id, due) for _ in range(3)] == [None] * 3
    (job,) = jobs(platform)
    assert (job.id, job.kind, job.actor, job.request["dataset"]) == (first, "plan", "tester", "default")
    with platform.database.reading() as connection:
        kept = find_schedule(connection, "local", "nightly")
    assert (kept.last_tick, kept.last_job) == (due, first)


def test_after_days_without_a_worker_the_newest_tick_alone_is_made_up_for(platform) -> None:
    schedule = make(platform)
    missed = [datetime(2024, 8, day, 2, tzinfo=UTC) for day in (1, 2, 3)]
    platform.clock.moment = datetime(2024, 8, 3, 9, tzinfo=UTC)
    asked = [tick(platform, schedule.id, moment) for moment in missed]
    assert [job is not None for job in asked] == [False, False, True]
    assert len(jobs(platform)) == 1


def test_an_hour_that_the_clocks_show_twice_brings_one_job(platform) -> None:
    with platform.database.transaction() as connection:
        facts = (connection, CALLER, "nightly", "plan", {}, "30 2 * * *", "Europe/Berlin")
        schedule = create_schedule(*facts, now=platform.clock())
    first, second = (datetime(2024, 10, 27, hour, 30, tzinfo=UTC) for hour in (0, 1))
    platform.clock.moment = second
    assert tick(platform, schedule.id, second) is None
    assert tick(platform, schedule.id, first) is not None


def test_a_schedule_that_is_paused_or_gone_asks_for_nothing(platform) -> None:
    due = datetime(2024, 7, 30, 2, tzinfo=UTC)
    paused, gone = make(platform, "paused", paused=True), make(platform, "gone")
    with platform.database.transaction() as connection:
        delete_schedule(connection, "local", "gone")
    platform.clock.moment = due
    assert tick(platform, paused.id, due) is None
    assert tick(platform, gone.id, due) is None
    assert jobs(platform) == []


def test_a_name_is_one_schedule_of_a_tenant(platform) -> None:
    make(platform)
    with pytest.raises(ScheduleExists, match="nightly"):
        make(platform)
    with platform.database.transaction() as connection:
        assert [item.name for item in list_schedules(connection, "local", after="", limit=9)] == ["nightly"]
        assert list_schedules(connection, "other", after="", limit=9) == []


def test_two_workers_ask_for_each_tick_once_and_stop_when_the_schedule_goes(workshop) -> None:
    row = {"id": "s1", "tenant": "local", "actor": "tester", "name": "each second", "kind": "steps", "request": {}}
    row |= {"cron": "* * * * * *", "time_zone": "UTC", "paused": False, "created_at": workshop.platform.clock()}
    with workshop.platform.database.transaction() as connection:
        connection.execute(sa.insert(SCHEDULES).values(row))
    workshop.start()
    workshop.start(home="elsewhere")
    workshop.wait(lambda: len(jobs(workshop.platform)) >= 3, 60)
    with workshop.platform.database.transaction() as connection:
        connection.execute(sa.delete(SCHEDULES))
    made = jobs(workshop.platform)
    keys = [job.natural_key for job in made]
    assert len(set(keys)) == len(keys)
    assert all(key.startswith("schedule s1 2") for key in keys)
    workshop.wait_end(*[workshop.job(job.id) for job in made])
    assert len(workshop.runs() + workshop.runs("elsewhere")) == 4 * len(made)
