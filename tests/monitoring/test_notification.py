"""Routes, quiet hours, digests; a resolved or sleeping alert is told to nobody."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from core.errors import ConfigurationError
from monitoring.alert_history import AlertEvent, AlertState, EventKind, Status
from monitoring.notification import NoticeRoute, digest_text, due_at, notices_of, read_routes

NIGHT = datetime(2024, 5, 1, 23, 30, tzinfo=UTC)
MAIL = NoticeRoute("mail", "mailto://x", least="warning", owners=("planner",))


def state(name: str, level: int, owner: str = "planner", status: Status = Status.OPEN) -> AlertState:
    content = {
        "owner": owner,
        "cause": "stock-out",
        "subject": name,
        "words": "soon",
        "action": "order_now",
        "money": 12.5,
    }
    return AlertState(name, status, level, date(2024, 5, 1), date(2024, 5, 1), content=content)


def told(route: NoticeRoute, *states: AlertState, kind: EventKind = EventKind.OPENED) -> list[str]:
    events = [AlertEvent(item.alert_id, date(2024, 5, 1), kind, item.level) for item in states]
    return [item.alert_id for item in notices_of([route], events, {item.alert_id: item for item in states}, NIGHT)]


def test_m19_alerts_go_by_severity_and_owner_worst_first() -> None:
    found = told(MAIL, state("a", 2), state("b", 4), state("c", 1), state("d", 3, owner="pricing"))
    assert found == ["b", "a"]


def test_resolved_lowered_and_sleeping_alerts_are_told_to_nobody() -> None:
    for kind in (EventKind.RESOLVED, EventKind.LOWERED, EventKind.REOPENED, EventKind.SNOOZED):
        assert told(MAIL, state("a", 4), kind=kind) == []
    assert told(MAIL, state("a", 4, status=Status.SNOOZED)) == []


def test_quiet_hours_hold_back_what_is_not_critical_in_the_routes_own_time() -> None:
    quiet = replace(MAIL, quiet_from=time(22), quiet_until=time(7), time_zone="America/New_York")
    evening = datetime(2024, 5, 2, 3, 0, tzinfo=UTC)  # 23:00 in New York
    assert due_at(quiet, 2, evening) == datetime(2024, 5, 2, 11, 0, tzinfo=UTC)
    assert due_at(quiet, 4, evening) == evening
    assert due_at(quiet, 2, datetime(2024, 5, 1, 15, 0, tzinfo=UTC)) == datetime(2024, 5, 1, 15, 0, tzinfo=UTC)


def test_a_digest_waits_for_its_hour() -> None:
    digest = replace(MAIL, digest=True, digest_at=time(8))
    assert due_at(digest, 2, NIGHT) == datetime(2024, 5, 2, 8, 0, tzinfo=UTC)
    assert due_at(digest, 2, datetime(2024, 5, 2, 6, 0, tzinfo=UTC)) == datetime(2024, 5, 2, 8, 0, tzinfo=UTC)


def test_one_message_tells_several_notices_worst_first() -> None:
    states = [state("a", 2), state("b", 4)]
    events = [AlertEvent(item.alert_id, date(2024, 5, 1), EventKind.OPENED, item.level) for item in states]
    notices = notices_of([MAIL], events, {item.alert_id: item for item in states}, NIGHT)
    subject, body = digest_text(notices, "shop")
    assert subject == "Fillrate shop: 1 critical, 1 warning"
    assert body.splitlines()[0].startswith("CRITICAL stock-out b: soon. At stake: 12.50. Suggested: order now.")


GOOD = """
[[route]]
name = "ops"
url = "mailto://${MAIL_USER}:${MAIL_PASS}@host"
least = "urgent"
owners = ["planner"]
digest = true
digest_at = "08:30"
quiet_from = "22:00"
quiet_until = "07:00"
time_zone = "Europe/Berlin"
"""


def test_routes_are_read_with_secrets_from_the_environment() -> None:
    (route,) = read_routes(GOOD, "notify.toml", {"MAIL_USER": "ada", "MAIL_PASS": "s3"})
    assert route.url == "mailto://ada:s3@host"
    assert (route.digest_at, route.owners, route.least) == (time(8, 30), ("planner",), "urgent")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD, "MAIL_USER, which is not set"),
        (GOOD.replace('least = "urgent"', 'least = "bad"').replace("${MAIL_USER}:${MAIL_PASS}@", ""), "no severity"),
        ('[[route]]\nname = "a"\n', "url is missing"),
        ('[[route]]\nname = "a"\nurl = "x"\nquiet_from = "late"\n', "no time of day"),
        ('[[route]]\nname = "a"\nurl = "x"\ntime_zone = "Mars/Olympus"\n', "Europe/Berlin"),
        ('[[route]]\nname = "a"\nurl = "x"\ncolour = 1\n', "'colour' is not known"),
        ('[[route]]\nname = "a"\nurl = "x"\nowners = "me"\n', "not a list"),
        ('[[route]]\nname = "a"\nurl = "x"\n[[route]]\nname = "a"\nurl = "y"\n', "two routes are called 'a'"),
        ("[routes]\n", "'routes' is not known"),
        ("[[route\n", "not readable as TOML"),
    ],
)
def test_a_bad_route_is_refused_by_file_route_and_key_and_never_shows_its_address(text, told) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_routes(text, "notify.toml", {})
    assert "notify.toml" in str(caught.value)
    assert "mailto" not in str(caught.value)
