"""A migrated database for the ledger's tests."""

import pytest

from core.database import Database
from core.migration import migrate


@pytest.fixture
def database(tmp_path):
    made = Database.of(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate(made)
    yield made
    made.close()
