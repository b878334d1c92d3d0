"""A caller: the tenant, who it is, and its scopes; and the dependency by which a route asks for one."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Security
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.requests import Request

from serving.access.tenants import LOCAL_TENANT
from serving.problems import ApiProblem

__all__ = ["LOCAL", "Caller", "Scope", "caller_of", "needs"]


class Scope(StrEnum):
    """What a caller may do; `admin` includes all others, within its tenant."""

    FORECAST_READ = "forecast:read"
    DATA_WRITE = "data:write"
    SCENARIO_WRITE = "scenario:write"
    PO_APPROVE = "po:approve"
    MODEL_TRAIN = "model:train"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: its tenant, a name for the audit trail, its scopes, and the id of the request it made."""

    tenant: str
    actor: str
    scopes: frozenset[Scope]
    request_id: str = ""

    def may(self, scope: Scope) -> bool:
        """Return whether the caller has the scope."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


LOCAL = Caller(LOCAL_TENANT, "local", frozenset(Scope))
"""Who calls a service without keys from its own machine."""

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="An API key (`fillrate keys create`) or an OAuth2 client-credentials token, with the scope named.",
)


def caller_of(request: Request) -> Caller:
    """Return the caller whom the gate let in; raises ApiProblem `auth.missing` where there was no gate."""
    caller = request.scope.get("state", {}).get("caller")
    if not isinstance(caller, Caller):
        raise ApiProblem("auth.missing", "This resource needs a caller; send Authorization: Bearer KEY.")
    return caller


def needs(scope: Scope) -> Any:
    """Return the dependency that gives a route its Caller: `caller: Annotated[Caller, needs(Scope.X)]`.

    A caller without the scope gets a 403 that names it.
    """
    return Security(_checked, scopes=[str(scope)])


def _checked(scopes: SecurityScopes, request: Request, bearer: Annotated[Any, Security(_BEARER)]) -> Caller:
    caller = caller_of(request)
    for name in scopes.scopes:
        if not caller.may(Scope(name)):
            raise ApiProblem(
                "scope.missing",
                f"This needs the scope {name}; the caller has {', '.join(sorted(caller.scopes)) or 'none'}.",
                [{"code": "scope.missing", "message": name}],
                {"WWW-Authenticate": f'Bearer realm="fillrate", error="insufficient_scope", scope="{name}"'},
            )
    return caller
