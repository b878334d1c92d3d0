"""Who holds the service's context: loads it once in the background, and says why it is not there yet."""

import logging
import threading
from collections.abc import Callable

from core.errors import FillrateError
from serving.context import ServiceContext
from serving.problems import ApiProblem

__all__ = ["ContextHost"]

logger = logging.getLogger("fillrate.service")


class ContextHost:
    """The context once it is loaded; until then (or where loading failed) a 503 with the reason."""

    def __init__(self) -> None:
        self._context: ServiceContext | None = None
        self._reason = "nothing has been loaded yet"

    def start(self, load: Callable[[], ServiceContext]) -> threading.Thread:
        """Load in the background, so that liveness answers meanwhile; return the thread."""
        self._reason = "the model and the data are being loaded"
        thread = threading.Thread(target=self.load, args=(load,), name="load-context", daemon=True)
        thread.start()
        return thread

    def load(self, load: Callable[[], ServiceContext]) -> None:
        """Load now; what goes wrong is kept as the reason and logged."""
        try:
            self._context = load()
        except FillrateError as error:
            self._reason = str(error)
            logger.error("the service cannot get ready: %s", error)
        except Exception as error:
            self._reason = f"loading failed unexpectedly ({type(error).__name__}); the log has the details"
            logger.exception("the service cannot get ready")

    def context(self) -> ServiceContext:
        """Return the context; raises ApiProblem `service.not_ready` with the reason."""
        if self._context is None:
            raise ApiProblem("service.not_ready", f"Not ready: {self._reason}.")
        return self._context
