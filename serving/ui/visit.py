"""A visit: who looks at the page, in which language and theme, at which dataset; and that a form is theirs."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from core.errors import StorageError
from serving.access import Caller, Scope, needs
from serving.access.gate import PAGE
from serving.access.sessions import COOKIE, new_secret
from serving.demand.datasets import DEFAULT_DATASET, dataset_names
from serving.platform import Platform, platform_of
from serving.problems import ApiProblem
from serving.ui.formats import Formats
from serving.ui.words import LANGUAGES, Words, preferred_language

__all__ = [
    "CSRF_FIELD",
    "CSRF_HEADER",
    "DATASET_COOKIE",
    "LANGUAGE_COOKIE",
    "THEMES",
    "THEME_COOKIE",
    "Visit",
    "check_csrf",
    "csrf_of",
    "is_fragment",
    "visit_of",
    "visiting",
]

CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
LANGUAGE_COOKIE = "fillrate_language"
THEME_COOKIE = "fillrate_theme"
DATASET_COOKIE = "fillrate_dataset"
THEMES = ("system", "light", "dark")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a browser. caller: None before signing in. secret: what its cookie holds, or will (`is_new`)."""

    request: Request
    caller: Caller | None
    language: str
    theme: str
    dataset: str
    secret: str
    is_new: bool

    @property
    def words(self) -> Words:
        """What the page says."""
        return Words(self.language)

    @property
    def formats(self) -> Formats:
        """How values are written."""
        return Formats(self.language)

    @property
    def platform(self) -> Platform:
        """What every route stands on."""
        return platform_of(self.request)

    @property
    def csrf(self) -> str:
        """The token that forms of this browser carry: it cannot be made without the cookie, which no other page can
        read."""
        return csrf_of(self.secret)

    @property
    def address(self) -> str:
        """Path and query of what is shown, to come back to; after a refused change: where the page begins."""
        request = self.request
        if request.method not in SAFE:
            return f"{PAGE}/today"
        return request.url.path + (f"?{request.url.query}" if request.url.query else "")

    @property
    def datasets(self) -> list[str]:
        """Names of the caller's datasets; none where the database does not answer, for this stands on every page."""
        if self.caller is None:
            return []
        try:
            with self.platform.database.reading() as connection:
                return dataset_names(connection, self.caller.tenant)
        except StorageError:
            return []

    def may(self, scope: str) -> bool:
        """Return whether the caller has a scope, so that the page offers only what it would do."""
        return self.caller is not None and self.caller.may(Scope(scope))

    @property
    def known(self) -> Caller:
        """The caller; raises ApiProblem `auth.missing` before signing in."""
        if self.caller is None:
            raise ApiProblem("auth.missing", "Sign in first.")
        return self.caller


def csrf_of(secret: str) -> str:
    """Return the token of a cookie: HMAC-SHA256 keyed with what it holds."""
    return hmac.new(secret.encode("utf-8", "surrogateescape"), b"csrf", hashlib.sha256).hexdigest()


def visit_of(request: Request) -> Visit:
    """Return the visit that a request is, whoever made it."""
    cookies = request.cookies
    caller = request.scope.get("state", {}).get("caller")
    language = cookies.get(LANGUAGE_COOKIE, "")
    theme = cookies.get(THEME_COOKIE, "")
    return Visit(
        request,
        caller if isinstance(caller, Caller) else None,
        language if language in LANGUAGES else preferred_language(request.headers.get("accept-language", "")),
        theme if theme in THEMES else "system",
        cookies.get(DATASET_COOKIE) or DEFAULT_DATASET,
        cookies.get(COOKIE) or new_secret(),
        not cookies.get(COOKIE),
    )


async def check_csrf(request: Request) -> None:
    """Check that a changing request comes from a form of this page; raises ApiProblem `csrf.invalid` (403).

    The token is in the header, where htmx puts it, or in the form's field.
    """
    if request.method in SAFE:
        return
    sent = request.headers.get(CSRF_HEADER)
    if sent is None:
        sent = str((await request.form()).get(CSRF_FIELD, ""))
    secret = request.cookies.get(COOKIE, "")
    if not secret or not hmac.compare_digest(sent.encode(), csrf_of(secret).encode()):
        raise ApiProblem("csrf.invalid", "The form was not made for this browser, or is too old; load the page again.")


def visiting(scope: Scope) -> Any:
    """Return the dependency that gives a route its Visit, of a caller with the scope: `Annotated[Visit, visiting(…)]`.

    Requests that change something are checked for the token of the form first.
    """

    def visit(
        request: Request, caller: Annotated[Caller, needs(scope)], checked: Annotated[None, Depends(check_csrf)]
    ) -> Visit:
        return visit_of(request)

    return Depends(visit)


def is_fragment(request: Request, part: str = "") -> bool:
    """Return whether htmx asks for a part of a page (the element of that id), not for a whole one."""
    headers = request.headers
    if headers.get("hx-request") != "true" or headers.get("hx-history-restore-request") == "true":
        return False
    return headers.get("hx-target") == part if part else headers.get("hx-boosted") != "true"
