"""The application in this process, answering from the tiny shop's champion."""

import pytest
from starlette.testclient import TestClient

from serving.api import create_api
from tests.services import client_of, make_platform


@pytest.fixture(scope="session")
def api(context, tmp_path_factory):
    """The application, ready, with an empty database: on this machine nobody needs a key."""
    return create_api(make_platform(tmp_path_factory.mktemp("api"), context=context))


@pytest.fixture
def client(api) -> TestClient:
    """A client of the application; what crashes there is answered, not raised here."""
    return client_of(api)
