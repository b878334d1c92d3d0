"""What every route stands on: settings, the database, the clock and the host of the model; one in a process."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

from opentelemetry.sdk.trace import TracerProvider
from starlette.requests import Request

from core.database import Database
from core.settings import Settings
from serving.access.keyring import Keyring
from serving.access.limits import Limits
from serving.access.sessions import find_session
from serving.access.tokens import TokenRules, Tokens
from serving.host import ContextHost
from serving.tracing import start_tracing

__all__ = ["Platform", "platform_of", "utc_now"]

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


@dataclass
class Platform:
    """One process's platform; reached by `platform_of(request)`."""

    settings: Settings
    database: Database
    clock: Clock = utc_now
    host: ContextHost = field(default_factory=ContextHost)
    limits: Limits = field(default_factory=Limits)
    tokens: Tokens | None = None
    traces: TracerProvider | None = None
    ticks: Callable[[], float] = time.monotonic

    @cached_property
    def keyring(self) -> Keyring:
        """The API keys."""
        return Keyring(self.database, self.ticks)

    @cached_property
    def sessions(self) -> Keyring:
        """The keys that people are signed in with on the page, by what their browsers' cookies hold."""
        return Keyring(self.database, self.ticks, find_session)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Return the platform that the environment asks for; raises ConfigurationError for a value that is none."""
        settings = Settings.from_environment(environment)
        rules = TokenRules.from_environment(environment)
        return cls(
            settings,
            Database.of(settings.database_url),
            limits=Limits.from_environment(environment),
            tokens=Tokens(rules) if rules else None,
            traces=start_tracing(environment),
        )


def platform_of(request: Request) -> Platform:
    """Return the platform of the application that serves the request."""
    platform: Platform = request.app.state.platform
    return platform
