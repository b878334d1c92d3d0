"""A desk on SQLite, a desk on each database, and the tiny shop's context."""

import pytest

from core.settings import Settings
from serving import use_cases
from serving.context import ServiceContext
from tests.serving.proposals.desk import Desk


@pytest.fixture
def desk(tmp_path, sqlite_database) -> Desk:
    """A desk on an empty SQLite database."""
    return Desk(tmp_path / "home", sqlite_database)


@pytest.fixture
def any_desk(tmp_path, database) -> Desk:
    """A desk on an empty database, once SQLite and once PostgreSQL."""
    return Desk(tmp_path / "home", database)


@pytest.fixture(scope="session")
def context(shop, trained_home) -> ServiceContext:
    """What the service would have loaded of the tiny shop."""
    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    return use_cases.load_service(shop, None, settings, lambda sentence: None)
