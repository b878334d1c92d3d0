"""One attempt: sign, send, read little, and say what the receiver's answer means."""

import time
from dataclasses import dataclass
from datetime import datetime

import httpx
from standardwebhooks import Webhook

from core.errors import UsageError
from serving.egress import resolve_target, trusted_certificates
from serving.webhooks.endpoints import Endpoint

__all__ = ["Attempt", "send", "signature"]

TIMEOUT_SECONDS = 20.0
MOST_ANSWER_BYTES = 1_000
SLOW_DOWN = (429, 502, 503, 504)
LONGEST_WAIT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of it; wait_seconds: how long the receiver asked us to wait."""

    delivered: bool
    status: int | None
    error: str | None
    answer: str
    milliseconds: int
    gone: bool = False
    wait_seconds: float | None = None


def signature(secrets: tuple[str, ...], message_id: str, at: datetime, body: str) -> str:
    """Return the `webhook-signature` header: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`, one for each
    secret.
    """
    return " ".join(Webhook(secret).sign(msg_id=message_id, timestamp=at, data=body) for secret in secrets)


def send(endpoint: Endpoint, message_id: str, body: str, now: datetime, allow_private: bool) -> Attempt:
    """Post the message; 2xx is an acknowledgement, 410 the wish to hear nothing more, everything else a failure.

    The whole exchange ends after 20 s, however slowly the receiver talks, and only the beginning of its answer is read.
    """
    started = time.monotonic()
    try:
        target = resolve_target(endpoint.url, allow_private)
    except UsageError as error:
        return Attempt(False, None, str(error)[:500], "", _since(started))
    headers = {
        **target.headers,
        "Content-Type": "application/json",
        "User-Agent": "Fillrate-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature(endpoint.secrets, message_id, now, body),
    }
    try:
        with (
            httpx.Client(
                timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, verify=trusted_certificates()
            ) as client,
            client.stream(
                "POST", target.url, content=body.encode(), headers=headers, extensions=target.extensions
            ) as answer,
        ):
            text = _beginning(answer, started)
            return _judged(answer, text, started)
    except (httpx.HTTPError, httpx.StreamError, ValueError, OSError) as error:
        return Attempt(False, None, f"{type(error).__name__}: {error}"[:500], "", _since(started))


def _beginning(answer: httpx.Response, started: float) -> str:
    text = b""
    for part in answer.iter_raw():
        text += part
        if len(text) >= MOST_ANSWER_BYTES:
            break
        if time.monotonic() - started > TIMEOUT_SECONDS:
            raise httpx.ReadTimeout("the answer did not end in time")
    return text[:MOST_ANSWER_BYTES].decode("utf-8", "replace").replace("\0", "")


def _judged(answer: httpx.Response, text: str, started: float) -> Attempt:
    status = answer.status_code
    delivered = 200 <= status < 300
    error = None if delivered else f"the receiver answered {status}"
    wait = _retry_after(answer) if status in SLOW_DOWN else None
    return Attempt(delivered, status, error, text, _since(started), status == 410, wait)


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("retry-after", "")
    return min(float(text), LONGEST_WAIT_SECONDS) if text.isdecimal() else None


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
