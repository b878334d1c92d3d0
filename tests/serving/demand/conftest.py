"""A platform with its own database and datasets, on SQLite and PostgreSQL, and clients of several tenants."""

import itertools
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from serving.access import LOCAL, Caller, Scope
from serving.api import create_api
from serving.demand.contexts import DatasetContexts
from serving.platform import Platform
from tests.services import Clock, client_of, make_platform


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
def caller_of_tenant(monkeypatch):
    """Makes clients of any tenant, with all scopes, by way of the gate's local caller."""

    def make(platform: Platform, tenant: str) -> TestClient:
        caller = Caller(tenant, f"user of {tenant}", frozenset(Scope))
        api = create_api(platform)

        async def as_tenant(scope, receive, send):
            if scope["type"] == "http":
                monkeypatch.setattr("serving.access.gate.LOCAL", replace(LOCAL, tenant=tenant, actor=caller.actor))
            await api(scope, receive, send)

        return TestClient(as_tenant, "http://127.0.0.1", raise_server_exceptions=False, client=("127.0.0.1", 50_000))

    return make


@pytest.fixture(scope="session")
def tiny_context(shop, trained_home):
    """The tiny shop's champion, loaded."""
    from core.settings import Settings
    from serving import use_cases

    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    return use_cases.load_service(shop, None, settings, lambda sentence: None)
