"""Refusals on the page: the same codes as the API's, in words, with what to do about them."""

import http
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from serving.access.gate import PAGE, is_page
from serving.problems import PROBLEMS, ApiProblem, problem_response
from serving.ui.page import page, redirect
from serving.ui.remedies import remedy_of
from serving.ui.visit import Visit, is_fragment, visit_of

__all__ = ["refuse"]

NOTICE = "#notice"
"""Where a refusal is shown when only a part of the page was asked for."""


def refuse(request: Request, problem: ApiProblem) -> Response:
    """Return the problem as a browser on the page needs it, elsewhere as a problem document."""
    if not is_page(request.url.path):
        return problem_response(request, problem)
    request.scope.setdefault("state", {})["problem"] = problem.code
    visit = visit_of(request)
    if problem.code.startswith("auth."):
        return redirect(visit, f"{PAGE}/sign-in?next={quote(_wanted(visit), safe='/')}")
    status, title = PROBLEMS[problem.code]
    facts = {"problem": problem, "title": title, "remedy": remedy_of(problem.code), "trace_id": _trace_id(request)}
    if is_fragment(request):
        answer = page(visit, "problem_notice.html", status, **facts)
        answer.headers.update({"HX-Retarget": NOTICE, "HX-Reswap": "innerHTML"})
    else:
        answer = page(visit, "problem.html", status, screen=None, waits=problem.code == "service.not_ready", **facts)
    if status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = "5"
    answer.headers.update(problem.headers)
    return answer


def _wanted(visit: Visit) -> str:
    """Return what to show after signing in: what was asked for, or the page that asked for a part."""
    return f"{PAGE}/today" if is_fragment(visit.request) else visit.address


def _trace_id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("trace_id", ""))
