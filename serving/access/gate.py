"""The gate before every resource: who calls is found, and how often, before a byte of the body is read."""

import ipaddress
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from core.errors import FillrateError
from serving.access.caller import LOCAL, Caller
from serving.access.keys import PREFIX
from serving.access.rate import Allowance, RateLimit
from serving.access.sessions import COOKIE
from serving.access.tokens import invalid_token
from serving.platform import Platform
from serving.problems import ApiProblem

__all__ = ["PAGE", "PUBLIC_PATHS", "Gate", "is_page"]

PUBLIC_PATHS = frozenset({"/livez", "/healthz", "/readyz", "/metrics", "/v1/openapi.json"})
"""What anybody may ask: nothing in there is of a tenant."""

PAGE = "/ui"
"""The planner's page; a browser shows itself there by the cookie of its session."""
PAGE_IS_PUBLIC = (f"{PAGE}/static/", f"{PAGE}/sign-in")
"""What the page needs before anybody is known."""

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="fillrate"'}
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Gate:
    """Pure ASGI middleware: leaves the Caller in the request's state, or raises ApiProblem 401 or 429.

    A caller is known by an API key or an OAuth2 token in `Authorization: Bearer`, on the page also by a session. Where
    no key was ever made and no issuer is configured, requests of this very machine come from the tenant `local` with
    all scopes.
    """

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self.app = app
        self.platform = platform
        limits = platform.limits
        per_worker = limits.rate_per_second / limits.workers
        self.rate = RateLimit(per_worker, max(1, limits.burst // limits.workers), platform.ticks)
        self.policy = f'"caller";q={self.rate.burst};w={max(1, round(self.rate.burst / per_worker))}'

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in PUBLIC_PATHS or _is_root(scope):
            await self.app(scope, receive, send)
            return
        if scope["path"].startswith(PAGE_IS_PUBLIC):
            self._pass(f"\n{(scope.get('client') or ('',))[0]}")
            await self.app(scope, receive, send)
            return
        state = scope["state"]
        caller = await self._caller(scope)
        allowance = self._pass(f"{caller.tenant}\n{caller.actor}")
        state["caller"] = replace(caller, request_id=state["request_id"])

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._told(allowance))
            await send(message)

        await self.app(scope, receive, told)

    async def _caller(self, scope: AsgiScope) -> Caller:
        headers = Headers(scope=scope)
        sent = headers.get("authorization")
        try:
            if sent is None:
                signed_in = await self._signed_in(scope)
                return signed_in or await self._without_key(scope, headers)
            return await self._with_key(sent)
        except ApiProblem as problem:
            if problem.code.startswith("auth."):
                self._pass(f"\n{(scope.get('client') or ('',))[0]}")  # guessing is slowed down like asking
            raise
        except FillrateError as error:
            raise ApiProblem.of(error) from error

    async def _signed_in(self, scope: AsgiScope) -> Caller | None:
        """Return who is signed in on the page; elsewhere a cookie says nothing, so that no other site can use it."""
        secret = HTTPConnection(scope).cookies.get(COOKIE) if is_page(scope["path"]) else None
        if not secret:
            return None
        sessions, now = self.platform.sessions, self.platform.clock()
        key = sessions.remembered(secret, now) or await run_in_threadpool(sessions.find, secret, now)
        return key.caller() if key is not None else None

    async def _with_key(self, sent: str) -> Caller:
        kind, _, text = sent.partition(" ")
        text = text.strip()
        if kind.lower() != "bearer" or not text:
            raise invalid_token("send Authorization: Bearer KEY")
        keyring, now = self.platform.keyring, self.platform.clock()
        if text.startswith(f"{PREFIX}_"):
            key = keyring.remembered(text, now) or await run_in_threadpool(keyring.find, text, now)
            if key is None:
                raise invalid_token("the key is not known, has expired or was revoked")
            return key.caller()
        if self.platform.tokens is None:
            raise invalid_token("it is no API key, and no token issuer is configured")
        return await run_in_threadpool(self.platform.tokens.caller, text)

    async def _without_key(self, scope: AsgiScope, headers: Headers) -> Caller:
        if self.platform.tokens is None:
            keyring = self.platform.keyring
            is_open = keyring.is_known_open()
            if is_open is None:
                is_open = await run_in_threadpool(keyring.is_open)
            if is_open and _is_this_machine(scope, headers):
                return LOCAL
        raise ApiProblem(
            "auth.missing",
            "Send Authorization: Bearer KEY; `fillrate keys create` makes a key. Only a service that never had a key "
            "answers without one, and only on its own machine.",
            headers=CHALLENGE,
        )

    def _pass(self, name: str) -> Allowance:
        allowance = self.rate.take(name)
        if not allowance.passes:
            raise ApiProblem(
                "rate.exceeded",
                f"More than {self.platform.limits.rate_per_second} requests a second over a while; "
                f"ask again in {allowance.retry_after} s.",
                headers={"Retry-After": str(allowance.retry_after), **self._told(allowance)},
            )
        return allowance

    def _told(self, allowance: Allowance) -> dict[str, str]:
        wait = f";t={allowance.retry_after}" if allowance.retry_after else ""
        return {"RateLimit-Policy": self.policy, "RateLimit": f'"caller";r={allowance.remaining}{wait}'}


def _is_root(scope: AsgiScope) -> bool:
    """Return whether somebody looks at /, which only says where the page begins."""
    return scope["path"] == "/" and scope["method"] in ("GET", "HEAD")


def is_page(path: str) -> bool:
    """Return whether a path is the planner's page's."""
    return path == PAGE or path.startswith(f"{PAGE}/")


def _is_this_machine(scope: AsgiScope, headers: Headers) -> bool:
    """Return whether both ends are loopback, no proxy stands between, and no web page elsewhere is behind it."""
    ends = [(scope.get("client") or ("",))[0], (scope.get("server") or ("",))[0]]
    if not all(_is_loopback(end) for end in ends) or any(name in headers for name in FORWARDED):
        return False
    # A page on the web can make a browser ask 127.0.0.1, under a name of its own or with its origin.
    named = [urlsplit(f"//{headers.get('host', '')}").hostname or ""]
    if "origin" in headers:
        named.append(urlsplit(headers["origin"]).hostname or "")
    return all(_is_loopback(name) for name in named)


@lru_cache(maxsize=1024)
def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
