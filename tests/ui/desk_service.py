"""A service with a worker on the shop of decisions, started once for the journeys and pictures of its screens."""

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.contract.test_service import environment_of, free_port, running, until_ready
from tests.ui.decision_shop import write_decision_shop

__all__ = ["desk_served", "planned"]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 10
"""Times that the usual wait may pass while the service trains its first model."""


@pytest.fixture(scope="session")
def desk_served(tmp_path_factory) -> Iterator[str]:
    """The service's address; FILLRATE_DESK names one that runs already, for those who work on the page."""
    if "FILLRATE_DESK" in os.environ:
        yield os.environ["FILLRATE_DESK"]
        return
    folder = tmp_path_factory.mktemp("desk")
    shop = write_decision_shop(folder / "shop")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "serving.cli", "serve", "--data", str(shop), "--port", str(port)]
    environment = environment_of(folder / "home", PYTHONPATH=str(ROOT), FILLRATE_MAX_IN_FLIGHT="64")
    with running(words, environment, folder) as (server, log):
        for _ in range(PATIENCE):
            with suppress(pytest.fail.Exception):
                until_ready(base, server, log)
                break
        else:
            pytest.fail(log.read_text(encoding="utf-8")[-3000:])
        yield base


@pytest.fixture
def planned(desk_served) -> Iterator[httpx.Client]:
    """A client of the API of a service that has a plan; what was decided about is a draft again."""
    with httpx.Client(base_url=desk_served, timeout=120) as client:

        def post(path, body, version=None):
            headers = {"Idempotency-Key": uuid.uuid4().hex}
            if version is not None:
                headers["If-Match"] = f'"{version}"'
            return client.post(path, json=body, headers=headers)

        for item in client.get("/v1/proposals", params={"limit": 500}).json()["items"]:
            if item["state"] in ("approved", "rejected") and not item["purchase_order_draft"]:
                post(f"/v1/proposals/{item['proposal_id']}/reopen", {}, item["version"])
        answer = post("/v1/plan-runs", {})
        assert answer.status_code in (200, 201), answer.text
        yield client
