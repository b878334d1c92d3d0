"""Draws a page: a template, what it is about, and the frame around it."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from serving.access.gate import PAGE
from serving.access.sessions import COOKIE, SESSION_HOURS
from serving.ui.alert_words import action_words, alert_words
from serving.ui.asking import asking_headers
from serving.ui.assets import address_of
from serving.ui.engine_words import engine_words
from serving.ui.screens import SCREENS
from serving.ui.visit import THEMES, Visit
from serving.ui.words import LANGUAGES

__all__ = ["draw", "keep_secret", "page", "redirect"]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(asset=address_of, root=PAGE, screens=SCREENS, languages=LANGUAGES, themes=THEMES)
    made.globals.update(asking=asking_headers, action_words=action_words, alert_words=alert_words, speak=engine_words)
    return made


def draw(visit: Visit, template: str, **facts: Any) -> str:
    """Return a template as HTML; it can use `visit`, `t` (words), `f` (formats), `asset`, `root` and the facts."""
    made = _environment().get_template(template)
    return made.render(visit=visit, t=visit.words, f=visit.formats, **facts)


def page(visit: Visit, template: str, status: int = 200, **facts: Any) -> Response:
    """Return a template as an answer; a new visitor gets a cookie with it."""
    response = HTMLResponse(draw(visit, template, **facts), status)
    if visit.is_new:
        keep_secret(visit, response, visit.secret)
    return response


def redirect(visit: Visit, path: str) -> Response:
    """Send the browser elsewhere on the page; htmx is told in a header of its own, so that all of the page changes."""
    if visit.request.headers.get("hx-request") == "true":
        return Response(status_code=200, headers={"HX-Redirect": path})
    return RedirectResponse(path, 303)


def keep_secret(visit: Visit, response: Response, secret: str) -> None:
    """Give the browser the cookie that shows it is the same one again."""
    request = visit.request
    is_safe = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    response.set_cookie(
        COOKIE, secret, max_age=SESSION_HOURS * 3600, path=PAGE, secure=is_safe, httponly=True, samesite="strict"
    )
