"""Alerts in both databases: a day recorded once, twice or by two tenants; snoozing; history; health by day."""

from datetime import date, timedelta

import pandas as pd
import pytest

from core.errors import UsageError
from serving.alerts.store import (
    Place,
    alert_rows,
    events_of,
    find_alert,
    health_trend,
    record_day,
    record_health,
    snooze_alert,
)

DAY = date(2024, 5, 1)
SHOP = Place("local", "shop")


def alerts(**levels: int) -> pd.DataFrame:
    rows = [
        {
            "alert_id": name,
            "fires": True,
            "level": level,
            "held_level": level,
            "cause": "stock-out",
            "sku": name.upper(),
            "location": "main",
            "words": "…",
            "money": float("nan"),
            "evidence": {"cover_days": 2.5},
        }
        for name, level in levels.items()
    ]
    columns = ["alert_id", "fires", "level", "held_level"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def test_a_day_recorded_twice_changes_nothing(database) -> None:
    for expected in (2, 0):
        with database.transaction() as connection:
            assert len(record_day(connection, SHOP, alerts(a=2, b=4), DAY)) == expected
    with database.reading() as connection:
        rows = alert_rows(connection, SHOP)
        assert [(row.alert_id, row.level, row.version) for row in rows] == [("b", 4, 1), ("a", 2, 1)]
        assert rows[0].content["evidence"] == {"cover_days": 2.5}
        assert rows[0].content["money"] is None


def test_what_happens_to_an_alert_is_kept_in_order(database) -> None:
    for place, levels in enumerate([{"a": 1}, {"a": 3}, {}, {}, {}, {"a": 2}]):
        with database.transaction() as connection:
            record_day(connection, SHOP, alerts(**levels), DAY + timedelta(days=place))
    with database.reading() as connection:
        assert [row.kind for row in events_of(connection, SHOP, "a")] == ["opened", "raised", "resolved", "reopened"]


def test_tenants_and_datasets_do_not_see_each_other(database) -> None:
    other = Place("acme", "shop")
    with database.transaction() as connection:
        record_day(connection, SHOP, alerts(a=2), DAY)
        record_day(connection, other, alerts(b=1), DAY)
    with database.reading() as connection:
        assert [row.alert_id for row in alert_rows(connection, other)] == ["b"]
        assert find_alert(connection, other, "a") is None
        assert alert_rows(connection, Place("local", "elsewhere")) == []


def test_a_snoozed_alert_sleeps_across_days_and_says_who_did_it(database) -> None:
    with database.transaction() as connection:
        record_day(connection, SHOP, alerts(a=2), DAY)
        snooze_alert(connection, SHOP, "a", DAY + timedelta(days=3), DAY, "ada", "on the phone")
    with database.transaction() as connection:
        assert record_day(connection, SHOP, alerts(a=2), DAY + timedelta(days=1)) == []
    with database.reading() as connection:
        row = find_alert(connection, SHOP, "a")
        assert (row.status, row.version) == ("snoozed", 3)
        told = [(event.kind, event.actor, event.note) for event in events_of(connection, SHOP, "a")]
        assert told[-1] == ("snoozed", "ada", "on the phone")
    with database.transaction() as connection, pytest.raises(UsageError, match="is not there"):
        snooze_alert(connection, SHOP, "zz", DAY + timedelta(days=3), DAY, "ada", "")


def test_alerts_are_filtered_and_paged_worst_first(database) -> None:
    with database.transaction() as connection:
        record_day(connection, SHOP, alerts(a=2, b=4, c=2, d=1), DAY)
    with database.reading() as connection:
        first = alert_rows(connection, SHOP, limit=2)
        assert [row.alert_id for row in first] == ["b", "a"]
        rest = alert_rows(connection, SHOP, after=(first[-1].level, first[-1].alert_id))
        assert [row.alert_id for row in rest] == ["c", "d"]
        assert [row.alert_id for row in alert_rows(connection, SHOP, least_level=3)] == ["b"]
        assert [row.alert_id for row in alert_rows(connection, SHOP, sku="C")] == ["c"]
        assert alert_rows(connection, SHOP, cause="decline") == []


def test_the_health_of_a_day_is_that_of_its_newest_run(database) -> None:
    with database.transaction() as connection:
        record_health(connection, SHOP, DAY, 71.0, {})
        record_health(connection, SHOP, DAY + timedelta(days=7), 75.5, {"turnover": 80})
        record_health(connection, SHOP, DAY, 72.0, {})
    with database.reading() as connection:
        assert health_trend(connection, SHOP)["score"].tolist() == [72.0, 75.5]
