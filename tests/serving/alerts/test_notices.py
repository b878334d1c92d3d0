"""Notices really delivered: to a mail server and a webhook receiver on this machine; once, retried, at their hour."""

from datetime import UTC, date, datetime, time, timedelta

import pandas as pd

from monitoring.notification import NoticeRoute
from serving.alerts.notices import MOST_ATTEMPTS, queue_notices, send_due
from serving.alerts.store import Place, record_day

DAY, SHOP = date(2024, 5, 1), Place("local", "shop")
NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def alerts(**levels: int) -> pd.DataFrame:
    rows = [
        {"alert_id": name, "fires": True, "level": level, "held_level": level, "cause": "stock-out", "sku": name}
        | {
            "location": "main",
            "subject": f"{name}@main",
            "words": "runs out",
            "action": "order_now",
            "owner": "planner",
        }
        | {"money": 10.0}
        for name, level in levels.items()
    ]
    return pd.DataFrame(rows)


def record(database, routes, day=DAY, now=NOON, **levels: int) -> int:
    with database.transaction() as connection:
        events = record_day(connection, SHOP, alerts(**levels), day)
        return queue_notices(connection, SHOP, routes, events, now)


def test_a_mail_tells_all_that_is_new_in_one_message_and_only_once(sqlite_database, mail) -> None:
    routes = [NoticeRoute("mail", mail.address, least="warning")]
    assert record(sqlite_database, routes, a=2, b=4, c=1) == 2
    assert send_due(sqlite_database, SHOP, routes, NOON).notices == 2
    assert send_due(sqlite_database, SHOP, routes, NOON).messages == 0
    assert record(sqlite_database, routes, a=2, b=4, c=1) == 0  # the same day again
    (message,) = mail.messages
    assert message["subject"] == "Fillrate shop: 1 critical, 1 warning"
    assert message["to"] == "ada@example.org"
    body = message.get_body(("plain",)).get_content()
    assert body.index("CRITICAL stock-out b@main") < body.index("WARNING stock-out a@main")
    assert "At stake: 10.00" in body


def test_a_webhook_is_told_and_a_failure_is_tried_again_later(sqlite_database, hook) -> None:
    routes = [NoticeRoute("hook", hook.address, least="watch")]
    record(sqlite_database, routes, a=3)
    hook.status = 500
    assert send_due(sqlite_database, SHOP, routes, NOON).failed == 1
    hook.status = 200
    assert send_due(sqlite_database, SHOP, routes, NOON + timedelta(minutes=4)).messages == 0  # it waits
    assert send_due(sqlite_database, SHOP, routes, NOON + timedelta(minutes=5)).messages == 1
    assert hook.bodies[-1]["title"] == "Fillrate shop: 1 urgent"
    assert "URGENT stock-out a@main" in hook.bodies[-1]["message"]


def test_after_the_last_attempt_a_notice_is_given_up(sqlite_database, hook) -> None:
    routes = [NoticeRoute("hook", hook.address, least="watch")]
    record(sqlite_database, routes, a=3)
    hook.status, now = 500, NOON
    for _ in range(MOST_ATTEMPTS + 2):
        now += timedelta(days=1)
        send_due(sqlite_database, SHOP, routes, now)
    assert len(hook.bodies) == MOST_ATTEMPTS


def test_routes_take_their_owners_and_severities_and_keep_their_hours(sqlite_database, mail, hook) -> None:
    routes = [
        NoticeRoute("mail", mail.address, least="watch", digest=True, digest_at=time(18)),
        NoticeRoute("hook", hook.address, least="critical"),
        NoticeRoute("other", hook.address, least="watch", owners=("pricing",)),
    ]
    assert record(sqlite_database, routes, a=2, b=4) == 3
    assert send_due(sqlite_database, SHOP, routes, NOON).messages == 2  # the critical one waits for no digest
    assert [item["title"] for item in hook.bodies] == ["Fillrate shop: 1 critical"]
    assert send_due(sqlite_database, SHOP, routes, datetime(2024, 5, 1, 18, tzinfo=UTC)).notices == 1
    assert [message["subject"] for message in mail.messages] == [
        "Fillrate shop: 1 critical",
        "Fillrate shop: 1 warning",
    ]


def test_what_rises_is_told_again_and_what_flaps_is_not(sqlite_database, hook) -> None:
    routes = [NoticeRoute("hook", hook.address, least="watch")]
    assert record(sqlite_database, routes, a=1) == 1
    assert record(sqlite_database, routes, DAY + timedelta(days=2), a=1) == 0
    assert record(sqlite_database, routes, DAY + timedelta(days=3), a=3) == 1
