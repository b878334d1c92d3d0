"""Alerts, drafts and settings of two writers at the same moment: the second sees what the first has done."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from core.errors import UsageError
from serving.alerts.drafts import decide, make_draft
from serving.alerts.settings_store import Kind, find_settings, keep_settings
from serving.alerts.store import Place, alert_rows, record_day, record_health, snooze_alert
from tests.postgres import wait_for_one_that_waits
from tests.serving.alerts.test_store import alerts

DAY = date(2024, 5, 1)
NOW = datetime(2024, 5, 1, 9, tzinfo=UTC)
SHOP = Place("local", "shop")


def record(connection) -> object:
    return len(record_day(connection, SHOP, alerts(a=2, b=3), DAY))


def keep_health(connection) -> object:
    return record_health(connection, SHOP, DAY, 80.0, {})


def draft(connection) -> object:
    return make_draft(connection, SHOP, "a", {"action": "markdown"})["version"]


def set_rules(connection) -> object:
    return keep_settings(connection, SHOP, Kind.RULES, {}, "ada", NOW).version


def snooze(connection) -> object:
    return snooze_alert(connection, SHOP, "a", DAY + timedelta(days=3), DAY, "ada", "").alert_id


def twice(database, first, second) -> tuple[object, object]:
    """Return what two transactions answer of which the second begins before the first has ended."""
    with ThreadPoolExecutor(1) as pool, database.transaction() as connection:
        answer = first(connection)
        other = pool.submit(alone, database, second)
        wait_for_one_that_waits(database)
        connection.commit()
        return answer, other.result(timeout=10)


def alone(database, change) -> object:
    with database.transaction() as connection:
        return change(connection)


@pytest.mark.parametrize(
    ("change", "answers"),
    [(record, (2, 0)), (keep_health, (None, None)), (draft, (1, 1)), (set_rules, (1, 2))],
    ids=["alerts", "health", "draft", "rules"],
)
def test_what_two_make_at_once_is_made_once(postgres_database, change, answers) -> None:
    assert twice(postgres_database, change, change) == answers
    with postgres_database.reading() as connection:
        assert find_settings(connection, SHOP, Kind.RULES).version == (2 if change is set_rules else 0)


def test_an_alert_that_the_night_closes_is_not_put_to_sleep_by_who_saw_it_open(postgres_database) -> None:
    alone(postgres_database, record)

    def close(connection) -> object:
        return [record_day(connection, SHOP, alerts(), DAY + timedelta(days=later)) for later in (1, 2, 3)]

    with pytest.raises(UsageError, match="resolved"):
        twice(postgres_database, close, snooze)
    with postgres_database.reading() as connection:
        assert [row.status for row in alert_rows(connection, SHOP, ("open", "snoozed"))] == []


def test_a_draft_is_decided_once(postgres_database) -> None:
    name = alone(postgres_database, lambda connection: make_draft(connection, SHOP, "a", {"action": "x"})["draft_id"])
    with pytest.raises(UsageError, match="is approved; only a draft one can be rejected"):
        twice(
            postgres_database,
            lambda connection: decide(connection, SHOP, name, "approve", "ada"),
            lambda connection: decide(connection, SHOP, name, "reject", "bob"),
        )
