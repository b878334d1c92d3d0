"""A platform with its own database and datasets, on SQLite and on PostgreSQL, and clients of several tenants."""

import pytest

from serving.demand.contexts import DatasetContexts
from serving.platform import Platform
from tests.services import make_platform
from tests.serving.demand.conftest import caller_of_tenant, client, clock, key

__all__ = ["caller_of_tenant", "client", "clock", "key", "platform"]


@pytest.fixture
def platform(tmp_path, clock, database) -> Platform:
    """A platform whose host answers from the datasets in its database; nothing is loaded unless asked for."""
    made = make_platform(tmp_path / "home", database, clock=clock)
    made.host.serve(DatasetContexts(made), watch_seconds=0)
    return made
