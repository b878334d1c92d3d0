"""The application in this process, answering from the tiny shop's champion."""

import pytest
from starlette.testclient import TestClient

from core.settings import Settings
from serving import use_cases
from serving.api import create_api
from serving.context import ServiceContext
from serving.host import ContextHost


@pytest.fixture(scope="session")
def context(shop, trained_home) -> ServiceContext:
    """What the service would have loaded."""
    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    return use_cases.load_service(shop, None, settings, lambda sentence: None)


@pytest.fixture(scope="session")
def api(context):
    """The application, ready."""
    host = ContextHost()
    host.load(lambda: context)
    return create_api(host)


@pytest.fixture
def client(api) -> TestClient:
    """A client of the application; what crashes there is answered, not raised here."""
    return TestClient(api, raise_server_exceptions=False)
