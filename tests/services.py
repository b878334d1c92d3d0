"""A platform and an application in this process, for tests: a database of their own and a clock that stands still."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from core.database import Database
from core.migration import migrate
from core.settings import Settings
from serving.access.caller import Scope
from serving.access.keys import create_key
from serving.access.limits import Limits
from serving.api import create_api
from serving.context import ServiceContext
from serving.host import ContextHost
from serving.platform import Platform
from tests.migrated import migrated_file

NOON = datetime(2024, 7, 29, 12, 0, tzinfo=UTC)


class Clock:
    """Says the same moment until it is moved."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **span: float) -> None:
        self.moment += timedelta(**span)


def make_platform(
    home: Path,
    database: Database | None = None,
    context: ServiceContext | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Platform:
    """Return a platform at `home`: with a migrated SQLite database unless one is given; ready with a context.

    It takes more requests at once than a service does: a busy machine that runs the tests is no overload to answer.
    """
    settings = Settings.from_environment({"FILLRATE_HOME": str(home)})
    if database is None:
        database = Database.of(settings.database_url)
        path = Path(database.engine.url.database or "")
        if path.exists():
            migrate(database)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(migrated_file())
    host = ContextHost()
    if context is not None:
        host.load(lambda: context)
    return Platform(settings, database, clock or Clock(), host, Limits(in_flight=64))


def make_key(platform: Platform, tenant: str = "local", scopes: Iterable[Scope] = tuple(Scope)) -> str:
    """Return the text of a new API key; from then on the service asks for one (within seconds, or at a new start)."""
    with platform.database.transaction() as connection:
        _, text = create_key(connection, tenant, "test", scopes, platform.clock(), None)
    return text


def bearer(text: str) -> dict[str, str]:
    """Return the header that sends a key or a token."""
    return {"Authorization": f"Bearer {text}"}


def client_of(application: Platform | FastAPI, **headers: str) -> TestClient:
    """Return a client on this machine; what crashes in the application is answered, not raised."""
    api = create_api(application) if isinstance(application, Platform) else application
    return TestClient(
        api, "http://127.0.0.1", raise_server_exceptions=False, client=("127.0.0.1", 50_000), headers=headers
    )
