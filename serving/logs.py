"""The service's log: one JSON object a line, with the request's id, and never a secret."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from core.errors import ConfigurationError

__all__ = ["REQUEST", "JsonLines", "TextLines", "hide_secrets", "write_logs"]

REQUEST: ContextVar[Mapping[str, str]] = ContextVar("fillrate_request")
"""What is said of the request that is being served: request_id, trace_id."""

FORMATS = ("json", "text")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
HIDDEN = "[hidden]"

_SECRETS = (
    (re.compile(r"\bfrk_([0-9a-f]{16})_[A-Za-z0-9_-]+"), rf"frk_\1_{HIDDEN}"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), f"whsec_{HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), rf"\1:{HIDDEN}@"),
)

_LIKELY = re.compile(r"(?i)frk_|whsec_|eyJ|bearer|basic|://")
"""What every secret has in it: one look instead of five, for each word of each line."""


def hide_secrets(text: str) -> str:
    """Return the text without keys, tokens and passwords in addresses.

    >>> hide_secrets("postgresql://fillrate:hunter2@db/fillrate does not answer")
    'postgresql://fillrate:[hidden]@db/fillrate does not answer'
    """
    if _LIKELY.search(text) is None:
        return text
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON: time (UTC), level, logger, message, the request's ids, and its facts.

    Facts are what the caller gives as `extra={"facts": {...}}`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **REQUEST.get({}),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({name: _shown(value) for name, value in line.items()}, ensure_ascii=True, default=str)


class TextLines(logging.Formatter):
    """The same for people: a plain line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts = {**REQUEST.get({}), **getattr(record, "facts", {})}
        words = " ".join(f"{name}={value}" for name, value in facts.items())
        return hide_secrets(f"{super().format(record)} {words}".rstrip())


def write_logs(environment: Mapping[str, str]) -> None:
    """Let the logger `fillrate` and all below it write to stderr.

    `FILLRATE_LOG_FORMAT` is json (default) or text, `FILLRATE_LOG_LEVEL` the least level (INFO). Raises
    ConfigurationError for other words.
    """
    form = _chosen(environment, "FILLRATE_LOG_FORMAT", "json", FORMATS)
    level = _chosen(environment, "FILLRATE_LOG_LEVEL", "INFO", LEVELS)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("fillrate")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def _chosen(environment: Mapping[str, str], name: str, default: str, known: tuple[str, ...]) -> str:
    word = environment.get(name) or default
    if word not in known:
        raise ConfigurationError(f"{name}={word!r} is none of {', '.join(known)}")
    return word


def _shown(value: Any) -> Any:
    return hide_secrets(value) if isinstance(value, str) else value
