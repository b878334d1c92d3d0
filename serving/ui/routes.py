"""The routers of the page: its frame first, then a router for each screen, last what is not there."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from serving.access.gate import PAGE
from serving.problems import ApiProblem
from serving.ui import (
    alert_rules,
    api_keys,
    assets,
    data,
    job_list,
    model_versions,
    notice_routes,
    orders,
    product,
    products,
    proposal_file,
    proposals,
    sign_in,
    today,
    what_if,
)

__all__ = ["ROUTERS", "begin", "nothing_here"]

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

_beginning = APIRouter()
_ending = APIRouter(prefix=PAGE)


@_beginning.get("/")
@_beginning.get(PAGE)
@_beginning.get(f"{PAGE}/")
def begin() -> Response:
    """Send a browser to the first screen."""
    return RedirectResponse(f"{PAGE}/today", 307)


@_ending.api_route("/{rest:path}", methods=METHODS)
def nothing_here(request: Request) -> Response:
    """Refuse what no screen answers."""
    raise ApiProblem("route.unknown", f"{request.url.path} is not there.")


ROUTERS: tuple[APIRouter, ...] = (
    _beginning,
    assets.router,
    sign_in.router,
    today.router,
    orders.router,
    products.router,
    product.router,
    proposals.router,
    proposal_file.router,
    what_if.router,
    data.router,
    model_versions.router,
    job_list.router,
    notice_routes.router,
    alert_rules.router,
    api_keys.router,
    _ending,
)
"""In the order in which they are asked."""
