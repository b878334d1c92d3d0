"""What the service refuses, and what never reached it, as exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["BrokenRule", "JobFailedError", "JobTimeoutError", "ProblemError", "UnreachableError"]


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """One rule that a request broke: `pointer` into its body (or `parameter`), a stable code, and words."""

    code: str
    message: str
    pointer: str | None = None
    parameter: str | None = None
    row: int | None = None
    column: str | None = None


class ProblemError(Exception):
    """An RFC 9457 problem: `code` is stable, `errors` says where; `trace_id` finds it in the service's log.

    retry_after: seconds after which the service would look at it again, None where it did not say.
    """

    def __init__(self, status: int, document: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.code = str(document.get("code", "unknown"))
        self.title = str(document.get("title", ""))
        self.detail = str(document.get("detail", ""))
        self.instance = str(document.get("instance", ""))
        self.trace_id = str(document.get("trace_id", ""))
        self.retry_after = retry_after
        known = BrokenRule.__dataclass_fields__
        self.errors = tuple(
            BrokenRule(**{"code": "", "message": "", **{name: item.get(name) for name in known if name in item}})
            for item in document.get("errors") or ()
        )
        super().__init__(f"{status} {self.code}: {self.detail or self.title}")

    @property
    def pointer(self) -> str | None:
        """Where the first broken rule is, as a JSON pointer in the body."""
        return next((error.pointer for error in self.errors if error.pointer), None)


class UnreachableError(Exception):
    """The service did not answer, however often it was asked; the request may have had its effect: repeat it with the
    same Idempotency-Key (`key`).
    """

    def __init__(self, message: str, key: str | None) -> None:
        super().__init__(message)
        self.key = key


class JobFailedError(Exception):
    """A job ended without a result: `state` is failed or cancelled, `code` says why."""

    def __init__(self, job_id: str, state: str, code: str, message: str) -> None:
        super().__init__(f"job {job_id} {state}: {code} {message}".rstrip())
        self.job_id, self.state, self.code = job_id, state, code


class JobTimeoutError(Exception):
    """A job did not end in the time that its caller gave it; it goes on."""
