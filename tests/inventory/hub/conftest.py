"""A migrated database for the hub's tests."""

import pytest

from core.database import Database
from core.migration import migrate


@pytest.fixture
def database(tmp_path):
    made = Database.of(f"sqlite:///{tmp_path / 'hub.db'}")
    migrate(made)
    yield made
    made.close()
