"""The application in this process, answering from the tiny shop's champion."""

import pytest
from starlette.testclient import TestClient

from core.settings import Settings
from serving import use_cases
from serving.api import create_api
from serving.context import ServiceContext
from tests.services import client_of, make_platform


@pytest.fixture(scope="session")
def context(shop, trained_home) -> ServiceContext:
    """What the service would have loaded."""
    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    return use_cases.load_service(shop, None, settings, lambda sentence: None)


@pytest.fixture(scope="session")
def api(context, tmp_path_factory):
    """The application, ready, with an empty database: on this machine nobody needs a key."""
    return create_api(make_platform(tmp_path_factory.mktemp("api"), context=context))


@pytest.fixture
def client(api) -> TestClient:
    """A client of the application; what crashes there is answered, not raised here."""
    return client_of(api)
