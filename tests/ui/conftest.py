"""The page in this process, and in a browser: a real server on loopback that answers from the tiny shop."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.api import create_api
from tests.contract.test_service import environment_of, free_port, running, until_ready
from tests.services import client_of, make_platform
from tests.ui.desk_service import desk_served, planned
from tests.ui.page_shop import write_page_shop
from tests.ui.reading import Reader

__all__ = ["desk_served", "planned"]

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WITHOUT_BROWSER = "no Chromium here; apt-get install chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@pytest.fixture
def platform(tmp_path, context):
    """A platform that is ready, with an empty database."""
    return make_platform(tmp_path, context=context)


@pytest.fixture
def client(platform) -> TestClient:
    """A browser on this machine, where nobody needs a key; it follows no redirect."""
    made = client_of(create_api(platform))
    made.follow_redirects = False
    return made


@pytest.fixture
def look(client):
    """Read an address as a person does: `look("/ui/today").text`."""

    def read(path: str, **more: Any) -> Reader:
        answer = client.get(path, **more)
        assert answer.status_code == 200, answer.text[:2000]
        return Reader.of(answer.text)

    return read


@pytest.fixture(scope="session")
def served(tmp_path_factory) -> Iterator[str]:
    """The address of a service that was started as users start it, on a shop with something on every part of the page.

    FILLRATE_PAGE names one that runs already, for those who work on the page.
    """
    if "FILLRATE_PAGE" in os.environ:
        yield os.environ["FILLRATE_PAGE"]
        return
    folder = tmp_path_factory.mktemp("page")
    shop = write_page_shop(folder / "shop")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "serving.cli", "serve", "--data", str(shop), "--port", str(port), "--no-worker"]
    environment = environment_of(folder / "home", PYTHONPATH=str(ROOT), FILLRATE_MAX_IN_FLIGHT="64")
    with running(words, environment, folder) as (server, log):
        for _ in range(10):  # it trains first
            with suppress(pytest.fail.Exception):
                until_ready(base, server, log)
                break
        else:
            pytest.fail(log.read_text(encoding="utf-8")[-3000:])
        yield base


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; skipped with the reason where there is none."""
    if CHROMIUM is None:
        pytest.skip(WITHOUT_BROWSER)
    from playwright.sync_api import sync_playwright

    os.environ.setdefault("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def tab(browser, served) -> Iterator[Any]:
    """A tab of a fresh profile; what its console calls an error fails the test, a broken policy too."""
    profile = browser.new_context(base_url=served, viewport={"width": 1280, "height": 900}, locale="en-GB")
    opened = profile.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    profile.close()
    wrong = [line for line in said if "Failed to load resource" not in line]
    assert not wrong, json.dumps(wrong, indent=1)
