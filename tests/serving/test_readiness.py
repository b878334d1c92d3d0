"""Readiness names what is missing: the database, its revision, the model."""

from core.database import Database
from core.migration import migrate
from core.settings import Settings
from serving.platform import Platform
from tests.services import client_of, make_platform


def reason(platform):
    answer = client_of(platform).get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "service.not_ready")
    return answer.json()["detail"]


def test_a_database_that_is_away_is_named_without_its_password(tmp_path):
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path)})
    platform = Platform(settings, Database.of("postgresql://fillrate:hunter2@127.0.0.1:1/fillrate"))
    told = reason(platform)
    assert "127.0.0.1:1" in told
    assert "hunter2" not in told


def test_an_older_database_is_named_with_the_remedy(tmp_path):
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path)})
    platform = Platform(settings, Database.of(settings.database_url))
    assert "revision none" in reason(platform)
    migrate(platform.database, "0001")
    assert "revision 0001" in reason(platform)
    assert "fillrate migrate" in reason(platform)


def test_a_missing_model_is_named(tmp_path, sqlite_database):
    assert "nothing has been loaded yet" in reason(make_platform(tmp_path, sqlite_database))


def test_liveness_asks_nobody(tmp_path):
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path)})
    platform = Platform(settings, Database.of("postgresql://fillrate@127.0.0.1:1/fillrate"))
    assert client_of(platform).get("/livez").text == "alive\n"
