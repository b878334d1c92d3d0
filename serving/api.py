"""The REST application: routes, and the rules by which every error becomes a problem document."""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, compile_path

from core.errors import FillrateError
from serving import routes
from serving.access import routes as access_routes
from serving.access.gate import Gate, is_page
from serving.alerts import report_routes, settings_routes
from serving.alerts import routes as alert_routes
from serving.body import BodyLimit
from serving.demand import routes as demand_routes
from serving.documentation import document
from serving.door import Door
from serving.economics import return_routes
from serving.economics import routes as money_routes
from serving.envelope import Envelope
from serving.environment import version
from serving.head_as_get import HeadAsGet
from serving.imports import routes as import_routes
from serving.jobs import routes as job_routes
from serving.jobs import schedule_routes
from serving.marketplace import routes as marketplace_routes
from serving.measures import CONTENT_TYPE_LATEST, Measures
from serving.platform import Platform
from serving.problems import ApiProblem, problem_response
from serving.proposals import routes as proposal_routes
from serving.readiness import check_ready
from serving.shedding import Crowd, Shedding
from serving.stock import channel_routes
from serving.stock import routes as stock_routes
from serving.stock.hub_measures import hub_exposition
from serving.tracing import tracer_of
from serving.ui import routes as page_routes
from serving.ui.board import keep_warm
from serving.ui.page_headers import PageHeaders
from serving.ui.refusal import refuse
from serving.unknown_query import refuse_unknown_query
from serving.webhooks import routes as webhook_routes

__all__ = ["ROUTERS", "create_api"]

ROUTERS: tuple[APIRouter, ...] = (
    routes.router,
    *demand_routes.ROUTERS,
    proposal_routes.router,
    money_routes.router,
    return_routes.router,
    import_routes.router,
    stock_routes.router,
    channel_routes.router,
    job_routes.router,
    marketplace_routes.router,
    schedule_routes.router,
    alert_routes.router,
    report_routes.router,
    settings_routes.router,
    webhook_routes.router,
    access_routes.router,
)
"""The routes of every area, in the order of the documentation."""

Handler = Callable[[Request, Any], Response]

HTTP_CODES: Mapping[int, str] = {
    400: "request.malformed",
    404: "route.unknown",
    405: "method.not_allowed",
    413: "body.too_large",
    415: "media_type.unsupported",
}
"""What the framework itself refuses, in our codes."""

GZIP_FROM_BYTES = 1_024
GZIP_LEVEL = 3
"""Higher levels cost several times the time for a few per cent."""

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


def create_api(platform: Platform) -> FastAPI:
    """Return the application that answers from the platform: /v1, the page at /ui, /livez, /readyz, /metrics."""
    measures = Measures()
    api = FastAPI(
        title="Fillrate",
        summary="Quantile demand forecasts and cost-minimising orders",
        version=version(),
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.platform = platform
    platform.host.after_load.append(partial(keep_warm, platform))
    api.openapi = lambda: document(api)  # type: ignore[method-assign]
    api.router.routes.extend(_all_routes())
    _add_operations(api, platform, measures)
    api.add_api_route("/v1{rest:path}", _nothing_here, methods=METHODS, include_in_schema=False, name="unknown")
    api.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES, compresslevel=GZIP_LEVEL)
    crowd = Crowd(platform.limits.in_flight)
    api.add_middleware(Shedding, crowd=crowd)
    api.add_middleware(BodyLimit, limits=platform.limits)
    api.add_middleware(Gate, platform=platform)
    api.add_middleware(Envelope, measures=measures, tracer=tracer_of(platform.traces), refuse=refuse)
    api.add_middleware(PageHeaders)
    api.add_middleware(Door, crowd=crowd, measures=measures)
    api.add_middleware(HeadAsGet)  # the last one added is the outermost
    handlers: Mapping[Any, Handler] = {
        FillrateError: lambda request, error: refuse(request, ApiProblem.of(error)),
        ApiProblem: refuse,
        HTTPException: _refused,
        RequestValidationError: _invalid,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
    return api


@cache
def _all_routes() -> tuple[BaseRoute, ...]:
    """Return the routes of /v1 and of the page, which hold nothing of an application: all of a process share them.

    An application that includes their routers prepares 200 routes at its first request, for half a second.
    """
    whole = APIRouter()
    for router in ROUTERS:
        whole.include_router(router, dependencies=[Depends(refuse_unknown_query)])
    for router in page_routes.ROUTERS:
        whole.include_router(router, include_in_schema=False)
    return tuple(whole.routes)


def _add_operations(api: FastAPI, platform: Platform, measures: Measures) -> None:
    def alive() -> Response:
        return PlainTextResponse("alive\n")

    def ready(request: Request) -> Response:
        try:
            check_ready(platform)
        except ApiProblem as problem:
            return problem_response(request, problem)
        return PlainTextResponse("ready\n")

    def metrics() -> Response:
        return Response(measures.exposition() + hub_exposition(platform), media_type=CONTENT_TYPE_LATEST)

    for path, endpoint in (("/livez", alive), ("/healthz", alive), ("/readyz", ready), ("/metrics", metrics)):
        api.add_api_route(path, endpoint, methods=["GET", "HEAD"], include_in_schema=False)


def _nothing_here(request: Request) -> Response:
    """Answer what no route matched: 405 where another method would do, else 404."""
    allowed: set[str] = set()
    for template, operations in request.app.openapi()["paths"].items():
        if _pattern(template).match(request.url.path):
            allowed.update(name.upper() for name in operations)
    if "GET" in allowed:
        allowed.add("HEAD")
    if not allowed:
        raise ApiProblem("route.unknown", f"{request.url.path} is not there; /v1/openapi.json lists what is.")
    words = ", ".join(sorted(allowed))
    raise ApiProblem(
        "method.not_allowed",
        f"{request.method} is not possible on {request.url.path}; use {words}.",
        headers={"Allow": words},
    )


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return compile_path(template)[0]


def _refused(request: Request, error: HTTPException) -> Response:
    code = HTTP_CODES.get(error.status_code, "internal")
    return refuse(request, ApiProblem(code, str(error.detail), headers=error.headers))


def _invalid(request: Request, error: RequestValidationError) -> Response:
    """Turn broken rules into a 422 with a pointer each; a body that is no JSON is 400, of another type
    415."""
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return refuse(request, ApiProblem("request.malformed", "The body is not valid JSON."))
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    about_body = any(item["loc"][0] == "body" for item in error.errors())
    if about_body and kind != "application/json" and not is_page(request.url.path):
        problem = ApiProblem("media_type.unsupported", "Send the body as Content-Type: application/json.")
        return refuse(request, problem)
    errors = [_field_error(item) for item in error.errors()]
    first = errors[0]
    place = first.get("pointer") or first.get("parameter")
    return refuse(request, ApiProblem("request.invalid", f"{place}: {first['message']}", errors=errors))


def _field_error(item: Mapping[str, Any]) -> dict[str, str]:
    source, *path = item["loc"]
    message = str(item["msg"]).removeprefix("Value error, ")
    if source == "body":
        return {"pointer": _pointer(path), "code": item["type"], "message": message}
    return {"parameter": ".".join(str(part) for part in path), "code": item["type"], "message": message}


def _pointer(path: list[Any]) -> str:
    """Return the JSON pointer (RFC 6901, as a URI fragment) of a place in the body."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
