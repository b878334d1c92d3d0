"""The BentoML service: one class, one mounted application; everything it answers comes from `serving.api`."""

import logging
import os
from pathlib import Path

from serving.environment import prepare_process, quiet_libraries

prepare_process()  # before BentoML is imported: it reads the switches for usage reports then

import bentoml  # noqa: E402
from starlette.types import ASGIApp, Receive, Scope, Send  # noqa: E402

from core.errors import ConfigurationError  # noqa: E402
from core.settings import Settings  # noqa: E402
from serving.api import create_api  # noqa: E402
from serving.context import ServiceContext  # noqa: E402
from serving.host import ContextHost  # noqa: E402

__all__ = ["Fillrate", "HealthFirst", "load_from_environment"]

logger = logging.getLogger("fillrate.service")

HOST = ContextHost()
API = create_api(HOST)

TIMEOUT_SECONDS = 600


class HealthFirst:
    """Lets our application answer /livez and /readyz, whose own routes in BentoML cannot say why they
    fail."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        ours = scope["type"] == "http" and scope["path"] in ("/livez", "/readyz")
        await (API if ours else self.app)(scope, receive, send)


def load_from_environment() -> ServiceContext:
    """Return the context of the dataset that FILLRATE_DATA names, as of FILLRATE_AS_OF (default: its end)."""
    from serving import use_cases
    from serving.options import parse_as_of

    settings = Settings.from_environment(os.environ)
    folder = os.environ.get("FILLRATE_DATA")
    if not folder:
        raise ConfigurationError("FILLRATE_DATA is not set; set it to the folder of a dataset")
    as_of = parse_as_of(os.environ.get("FILLRATE_AS_OF") or None)
    reason = os.environ.get("FILLRATE_FALLBACK_REASON", "")
    return use_cases.load_service(Path(folder), as_of, settings, logger.info, reason)


@bentoml.service(name="fillrate", metrics={"enabled": False}, traffic={"timeout": TIMEOUT_SECONDS}, workers=1)
@bentoml.asgi_app(API, path="/")
class Fillrate:
    """Quantile demand forecasts and cost-minimising orders over REST."""

    def __init__(self) -> None:
        quiet_libraries()
        HOST.start(load_from_environment)


Fillrate.add_asgi_middleware(HealthFirst)  # type: ignore[attr-defined]
