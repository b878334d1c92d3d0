"""A platform with its own database and datasets, on SQLite and PostgreSQL, and clients of several tenants."""

import itertools

import pytest
from starlette.testclient import TestClient

from serving.demand.contexts import DatasetContexts
from serving.platform import Platform
from tests.services import Clock, bearer, client_of, make_key, make_platform


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(tmp_path, clock, sqlite_database) -> Platform:
    """A platform whose host answers from the datasets in its database; nothing is loaded unless asked for."""
    made = make_platform(tmp_path / "home", sqlite_database, clock=clock)
    made.host.serve(DatasetContexts(made), watch_seconds=0)
    return made


@pytest.fixture
def client(platform) -> TestClient:
    return client_of(platform)


@pytest.fixture
def key():
    """Gives headers with a new Idempotency-Key each time."""
    numbers = itertools.count()
    return lambda **headers: {"Idempotency-Key": f"key-{next(numbers)}", **headers}


@pytest.fixture
def caller_of_tenant():
    """Makes clients of any tenant, each with a key of its own that may do everything."""
    return lambda platform, tenant: client_of(platform, **bearer(make_key(platform, tenant)))
