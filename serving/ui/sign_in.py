"""Signing in with an API key, signing out, and how the page looks."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from serving.access.gate import PAGE
from serving.access.sessions import COOKIE, begin_session, end_session
from serving.audit import record
from serving.demand.datasets import check_dataset_name
from serving.ui.page import keep_secret, page, redirect
from serving.ui.visit import (
    DATASET_COOKIE,
    LANGUAGE_COOKIE,
    THEME_COOKIE,
    THEMES,
    check_csrf,
    visit_of,
)
from serving.ui.words import LANGUAGES

__all__ = ["choose", "router", "show_sign_in", "sign_in", "sign_out"]

router = APIRouter(prefix=PAGE)

HOME = f"{PAGE}/today"
YEAR_SECONDS = 365 * 24 * 3600
Place = Annotated[str, Form(alias="next", max_length=2_000)]
Checked = Depends(check_csrf)


@router.get("/sign-in")
def show_sign_in(request: Request, wanted: Annotated[str, Query(alias="next", max_length=2_000)] = HOME) -> Response:
    """Show the form that asks for a key."""
    return page(visit_of(request), "sign_in.html", screen=None, wanted=_own_path(wanted), failed=False)


@router.post("/sign-in", dependencies=[Checked])
def sign_in(request: Request, key: Annotated[str, Form(max_length=500)], wanted: Place = HOME) -> Response:
    """Begin a session with a key that is in force; the browser gets a new cookie."""
    visit = visit_of(request)
    platform, now = visit.platform, visit.platform.clock()
    found = platform.keyring.find(key.strip(), now)
    if found is None:
        return page(visit, "sign_in.html", 401, screen=None, wanted=_own_path(wanted), failed=True)
    with platform.database.transaction() as connection:
        secret = begin_session(connection, found, now)
        record(connection, found.caller(), "session.begin", f"{PAGE}/sign-in", {}, now)
    response = redirect(visit, _own_path(wanted))
    keep_secret(visit, response, secret)
    return response


@router.post("/sign-out", dependencies=[Checked])
def sign_out(request: Request) -> Response:
    """End the session, here and in the database."""
    visit = visit_of(request)
    with visit.platform.database.transaction() as connection:
        end_session(connection, visit.secret)
        record(connection, visit.known, "session.end", f"{PAGE}/sign-out", {}, visit.platform.clock())
    visit.platform.sessions.forget(visit.secret)
    response = redirect(visit, f"{PAGE}/sign-in")
    response.delete_cookie(COOKIE, path=PAGE)
    return response


@router.post("/sign-in/choices", dependencies=[Checked])
def choose(
    request: Request,
    language: Annotated[str | None, Form(max_length=10)] = None,
    theme: Annotated[str | None, Form(max_length=10)] = None,
    dataset: Annotated[str | None, Form(max_length=63)] = None,
    wanted: Place = HOME,
) -> Response:
    """Keep what the visitor chose: language, theme, dataset; each browser has its own."""
    response = RedirectResponse(_own_path(wanted), 303)
    if language is not None and language in LANGUAGES:
        _keep(response, LANGUAGE_COOKIE, language)
    if theme is not None and theme in THEMES:
        _keep(response, THEME_COOKIE, theme)
    if dataset:
        _keep(response, DATASET_COOKIE, check_dataset_name(dataset))
    return response


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR_SECONDS, path=PAGE, httponly=True, samesite="strict")


def _own_path(wanted: str) -> str:
    """Return the path if it is one of the page's own, else where the page begins: no form sends people elsewhere."""
    parts = urlsplit(wanted)
    is_own = not parts.scheme and not parts.netloc and wanted.startswith(f"{PAGE}/") and "\\" not in wanted
    return wanted if is_own and wanted.isprintable() else HOME
