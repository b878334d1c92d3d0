"""A desk on SQLite, a desk on each database, and the tiny shop's context."""

import pytest

from tests.serving.proposals.desk import Desk


@pytest.fixture
def desk(tmp_path, sqlite_database) -> Desk:
    """A desk on an empty SQLite database."""
    return Desk(tmp_path / "home", sqlite_database)


@pytest.fixture
def any_desk(tmp_path, database) -> Desk:
    """A desk on an empty database, once SQLite and once PostgreSQL."""
    return Desk(tmp_path / "home", database)
