"""A migrated database for the ledger's tests."""

import pytest

from core.database import Database
from tests.migrated import migrated_file


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "ledger.db"
    path.write_bytes(migrated_file())
    made = Database.of(f"sqlite:///{path}")
    yield made
    made.close()
