"""The BentoML service: one class, one mounted application; everything it answers comes from `serving.api`."""

import logging
import os
from functools import cached_property

from serving.environment import prepare_process, quiet_libraries

prepare_process()  # before BentoML is imported: it reads the switches for usage reports then

import bentoml  # noqa: E402
from starlette.types import ASGIApp, Receive, Scope, Send  # noqa: E402

from core.migration import migrate  # noqa: E402
from serving.access.limits import Limits  # noqa: E402
from serving.api import create_api  # noqa: E402
from serving.demand.contexts import start_contexts  # noqa: E402
from serving.logs import write_logs  # noqa: E402
from serving.long_lived import keep_long_lived  # noqa: E402
from serving.platform import Platform  # noqa: E402

__all__ = ["Application", "Fillrate", "OursFirst"]

logger = logging.getLogger("fillrate.service")

TIMEOUT_SECONDS = 600
PATHS = ("/", "/livez", "/healthz", "/readyz")
WORKERS = Limits.from_environment(os.environ).workers
"""BentoML wants to know it when the class is made."""


class Application:
    """Our application, made in the worker process at the first request or at the service's start: an import opens
    nothing."""

    @cached_property
    def platform(self) -> Platform:
        """The worker's platform, as the environment says."""
        return Platform.of(os.environ)

    @cached_property
    def api(self) -> ASGIApp:
        """The routes."""
        return create_api(self.platform)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self.api(scope, receive, send)

    def start(self) -> None:
        """Begin the log, migrate the database and load the models, the latter in the background."""
        write_logs(os.environ)
        migrate(self.platform.database)
        self.platform.host.after_load.append(lambda tenant, dataset: keep_long_lived())
        start_contexts(self.platform, os.environ)


APPLICATION = Application()


class OursFirst:
    """Lets our application answer all under /v1 and /ui, /livez, /healthz and /readyz, whose own routes in BentoML
    cannot say why they fail, and /, where the page begins, past all layers of BentoML.

    Those cost half as much as a short answer, and one of them leaves a timer behind for each request, for as long as a
    request may take. It is added as the last layer; when the service starts it goes to the front.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the service."""
        if scope["type"] == "lifespan" and not isinstance(scope["app"].middleware_stack, OursFirst):
            scope["app"].middleware_stack = OursFirst(scope["app"].middleware_stack)
        ours = scope["type"] == "http" and (scope["path"] in PATHS or scope["path"].startswith(("/v1", "/ui")))
        await (APPLICATION if ours else self.app)(scope, receive, send)


@bentoml.service(
    name="fillrate",
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},  # our own line has the request's id, route and caller
    tracing={"excluded_urls": [".*"]},  # its spans went nowhere and took a third of the time of a short answer
    traffic={"timeout": TIMEOUT_SECONDS},
    workers=WORKERS,
)
@bentoml.asgi_app(APPLICATION, path="/")
class Fillrate:
    """Quantile demand forecasts and cost-minimising orders: REST and the planner's page."""

    def __init__(self) -> None:
        quiet_libraries()
        APPLICATION.start()


Fillrate.add_asgi_middleware(OursFirst)  # type: ignore[attr-defined]
