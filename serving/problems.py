"""Every error under /v1 as RFC 9457 problem+json: one table from our error codes to status and title."""

import http
import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from core.errors import DataError, FillrateError

__all__ = ["PROBLEMS", "PROBLEM_TITLES", "ApiProblem", "problem_response", "problem_type"]

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "request.malformed": (400, "The request body is not JSON"),
    "idempotency.missing": (400, "The request needs an Idempotency-Key"),
    "auth.missing": (401, "The request needs a caller"),
    "auth.invalid": (401, "The caller is not known"),
    "scope.missing": (403, "The caller may not do this"),
    "csrf.invalid": (403, "The form is not this browser's"),
    "route.unknown": (404, "There is no such resource"),
    "key.unknown": (404, "There is no such API key"),
    "sku.unknown": (404, "The dataset does not have this SKU"),
    "channel.unknown": (404, "There is no such channel"),
    "alert.unknown": (404, "There is no such alert"),
    "dataset.unknown": (404, "There is no such dataset"),
    "resource.unknown": (404, "There is no such resource"),
    "fee.unknown": (404, "No source gives this fee"),
    "model.not_found": (404, "No model is registered"),
    "method.not_allowed": (405, "The resource does not have this method"),
    "idempotency.in_progress": (409, "The same request is still at work"),
    "dataset.busy": (409, "The dataset is being changed"),
    "state.conflict": (409, "The present state does not allow this"),
    "job.unknown": (404, "There is no such job"),
    "schedule.unknown": (404, "There is no such schedule"),
    "job.unfinished": (409, "The job has not ended"),
    "job.no_result": (409, "The job left no result"),
    "schedule.exists": (409, "There is a schedule of this name"),
    "job.expired": (410, "The job's result is no longer kept"),
    "stock.conflict": (409, "The stock does not allow this"),
    "precondition.failed": (412, "The resource has changed"),
    "body.too_large": (413, "The request body is too large"),
    "upload.too_large": (413, "The uploaded table is too large"),
    "media_type.unsupported": (415, "The request body must be application/json"),
    "request.invalid": (422, "The request breaks its contract"),
    "idempotency.reused": (422, "The Idempotency-Key came with another request"),
    "usage": (422, "The request breaks its contract"),
    "data.invalid": (422, "The data break their contract"),
    "data.insufficient": (422, "There is too little history"),
    "plan.infeasible": (422, "No plan obeys all constraints"),
    "precondition.missing": (428, "The request needs If-Match"),
    "rate.exceeded": (429, "Too many requests"),
    "configuration": (500, "The service is not configured"),
    "plan.solver": (500, "The solver found no plan"),
    "internal": (500, "Something went wrong on our side"),
    "marketplace.refused": (502, "The marketplace refused"),
    "marketplace.report": (502, "The marketplace made no report"),
    "marketplace.busy": (503, "The marketplace does not answer"),
    "storage": (503, "The database or the disk does not answer"),
    "auth.unavailable": (503, "The token issuer does not answer"),
    "service.not_ready": (503, "The service is not ready"),
    "service.overloaded": (503, "The service is busy"),
}
"""Error code → HTTP status and title; the code is part of the contract, the words are not."""

PROBLEM_TITLES: Mapping[int, str] = dict(reversed(list(PROBLEMS.values())))
"""HTTP status → the title of its first problem."""

Detail = Mapping[str, Any]


class ApiProblem(Exception):
    """A refusal with its code, what is wrong, and where: `errors` holds pointer or parameter, code,
    message."""

    def __init__(
        self,
        code: str,
        detail: str,
        errors: Sequence[Detail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    @classmethod
    def of(cls, error: FillrateError) -> "ApiProblem":
        """Return the problem that tells an API client about one of our own errors."""
        code = error.code if error.code in PROBLEMS else "internal"
        issues = error.issues if isinstance(error, DataError) else ()
        return cls(code, str(error), [{"code": code, "message": str(issue)} for issue in issues])


def problem_type(code: str) -> str:
    """Return the URI that names a kind of problem: stable, and not meant to be fetched."""
    return f"urn:fillrate:problem:{code}"


def problem_response(request: Request, problem: ApiProblem) -> Response:
    """Return the problem document: type, title, status, detail, instance, code, trace_id, errors."""
    status, title = PROBLEMS[problem.code]
    request.scope.setdefault("state", {})["problem"] = problem.code
    document: dict[str, Any] = {
        "type": problem_type(problem.code),
        "title": title,
        "status": status,
        "detail": problem.detail,
        "instance": request.url.path,
        "code": problem.code,
        "trace_id": request.scope.get("state", {}).get("trace_id", ""),
        "errors": [dict(error) for error in problem.errors],
    }
    headers = dict(problem.headers)
    if status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", "5")
    # ASCII only: a client may send half of a surrogate pair, which UTF-8 cannot carry back.
    body = json.dumps(document, ensure_ascii=True).encode("ascii")
    return Response(body, status, headers, media_type="application/problem+json")
