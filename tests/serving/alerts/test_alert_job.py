"""The nightly run by a real worker: alerts kept, score stored, the hook told once; run again it changes nothing."""

import pytest

from core.settings import Settings
from serving.alerts.local import place_of
from serving.alerts.settings_store import Kind, keep_settings
from serving.alerts.store import Place, alert_rows, health_trend
from serving.alerts.told_routes import ROUTES_FILE
from serving.demand.datasets import register_base
from serving.jobs.job import JobState
from tests.serving.jobs.conftest import open_workshop


@pytest.fixture
def workshop(tmp_path, sqlite_database, trained_home, shop):
    """Workers whose default dataset is the tiny shop, with its registered champion."""
    tracking = Settings.from_environment({"FILLRATE_HOME": str(trained_home)}).tracking_uri
    for made in open_workshop(tmp_path / "home", sqlite_database, {"MLFLOW_TRACKING_URI": tracking}):
        register_base(made.platform, shop)
        yield made


def test_the_job_does_what_the_command_does_and_tells_it(workshop, shop, hook) -> None:
    home = workshop.platform.settings.home
    home.mkdir(exist_ok=True)
    (home / ROUTES_FILE).write_text(f'[[route]]\nname = "hook"\nurl = "{hook.address}"\nleast = "urgent"\n')
    workshop.start(real=True)
    (first,) = workshop.wait_end(workshop.ask("alerts", {}))
    (again,) = workshop.wait_end(workshop.ask("alerts", {}))
    assert first.state is JobState.SUCCEEDED, first.error
    assert first.result["events"]["opened"] > 0
    assert first.result["told"] == first.result["notices"] > 0
    assert (again.result["events"], again.result["told"]) == ({}, 0)
    assert len(hook.bodies) == 1
    with workshop.platform.database.reading() as connection:
        place = place_of(shop)
        assert len(alert_rows(connection, place)) == first.result["alerts"]
        assert health_trend(connection, place)["score"].tolist() == [pytest.approx(first.result["health_score"])]


def test_the_job_obeys_rules_and_routes_that_were_set_and_waits_where_a_route_leads_inside(
    workshop, shop, hook
) -> None:
    rule = {"id": "always", "cause": "watched", "scope": "series", "fact": "lead_time_days", "actions": ["review"]}
    rules = {"rule": [{**rule, "levels": {"critical": 0.0}, "words": "{lead_time_days:.0f} days"}]}
    routes = {"route": [{"name": "inside", "url": hook.address, "least": "critical"}]}
    now, database = workshop.platform.clock(), workshop.platform.database
    with database.transaction() as connection:
        keep_settings(connection, place_of(shop), Kind.RULES, rules, "test", now)
        keep_settings(connection, Place("local", ""), Kind.ROUTES, routes, "test", now)
    workshop.start(real=True)
    (done,) = workshop.wait_end(workshop.ask("alerts", {}))
    assert done.state is JobState.SUCCEEDED, done.error
    with database.reading() as connection:
        assert len(alert_rows(connection, place_of(shop), cause="watched")) == 12
    assert (done.result["notices"] >= 12, done.result["told"], hook.bodies) == (True, 0, [])
