"""OAuth2 client-credentials tokens: JWTs of one trusted issuer, checked against its published keys (RFC 7519, 8725)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import jwt

from core.errors import ConfigurationError, UsageError
from core.settings import whole_number
from serving.access.caller import Caller, Scope
from serving.access.issuer_keys import IssuerKeys
from serving.access.tenants import check_tenant
from serving.problems import ApiProblem

__all__ = ["TokenRules", "Tokens", "invalid_token"]

ASYMMETRIC = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""What may be allowed: never `none`, never a shared secret, which would make every verifier an issuer."""

LONGEST_TOKEN = 16_384
LONGEST_ACTOR = 190


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Which tokens are trusted.

    issuer, audience: `iss` and `aud` that a token must have. keys: URL (https, or loopback) or file of the issuer's
    JWKS. tenant_claim, scope_claim: where the tenant and the scopes stand. leeway_seconds: how far clocks may differ.
    """

    issuer: str
    audience: str
    keys: str
    tenant_claim: str = "tenant"
    scope_claim: str = "scope"
    algorithms: tuple[str, ...] = ("RS256", "ES256", "EdDSA")
    leeway_seconds: int = 60

    def __post_init__(self) -> None:
        unknown = set(self.algorithms) - ASYMMETRIC
        if unknown or not self.algorithms:
            names = ", ".join(sorted(unknown)) or "nothing"
            raise ConfigurationError(
                f"FILLRATE_JWT_ALGORITHMS allows {names}; choose from {', '.join(sorted(ASYMMETRIC))}"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """Return the rules that the environment states, None where it names no issuer.

        Raises ConfigurationError where only a part is stated.
        """
        names = ("FILLRATE_JWT_ISSUER", "FILLRATE_JWT_AUDIENCE", "FILLRATE_JWT_JWKS")
        given = tuple(environment.get(name, "") for name in names)
        if not any(given):
            return None
        missing = [name for name, value in zip(names, given, strict=True) if not value]
        if missing:
            raise ConfigurationError(f"{', '.join(missing)} must be set too: tokens need issuer, audience and keys")
        listed = environment.get("FILLRATE_JWT_ALGORITHMS") or "RS256,ES256,EdDSA"
        return cls(
            issuer=given[0],
            audience=given[1],
            keys=given[2],
            tenant_claim=environment.get("FILLRATE_JWT_TENANT_CLAIM") or "tenant",
            scope_claim=environment.get("FILLRATE_JWT_SCOPE_CLAIM") or "scope",
            algorithms=tuple(re.split(r"[ ,]+", listed.strip())),
            leeway_seconds=whole_number(environment, "FILLRATE_JWT_LEEWAY_SECONDS", 60, 0),
        )


class Tokens:
    """Checks tokens by the rules; safe between threads."""

    def __init__(self, rules: TokenRules, keys: IssuerKeys | None = None) -> None:
        self.rules = rules
        self._keys = keys or IssuerKeys(rules.keys)

    def caller(self, token: str) -> Caller:
        """Return who calls with the token; raises ApiProblem `auth.invalid` with the reason.

        May fetch the issuer's keys: call it where waiting is allowed.
        """
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise invalid_token(f"a token has at most {LONGEST_TOKEN:,} characters, all ASCII")
        try:
            claims = self._claims(token)
        except jwt.PyJWTError as error:
            raise invalid_token(_reason(error)) from error
        return self._caller(claims)

    def _claims(self, token: str) -> dict[str, Any]:
        key = self._keys.find(jwt.get_unverified_header(token).get("kid"))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(self.rules.algorithms),
            issuer=self.rules.issuer,
            audience=self.rules.audience,
            leeway=self.rules.leeway_seconds,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        return claims

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        tenant = claims.get(self.rules.tenant_claim)
        try:
            checked = check_tenant(tenant if isinstance(tenant, str) else "")
        except UsageError:
            raise invalid_token(f"its claim {self.rules.tenant_claim!r} names no tenant") from None
        listed = claims.get(self.rules.scope_claim, "")
        names = listed.split() if isinstance(listed, str) else listed if isinstance(listed, list) else []
        scopes = frozenset(scope for scope in Scope if scope.value in names)
        subject = "".join(letter for letter in str(claims["sub"]) if letter.isprintable())
        return Caller(checked, f"token:{subject}"[:LONGEST_ACTOR], scopes)


def invalid_token(reason: str) -> ApiProblem:
    """Return the 401 for a token (or key) that was sent and is not good (RFC 6750, 3.1)."""
    challenge = f'Bearer realm="fillrate", error="invalid_token", error_description="{reason}"'
    ascii_only = challenge.encode("ascii", "replace").decode("ascii")
    return ApiProblem(
        "auth.invalid", f"The Authorization header is not accepted: {reason}.", headers={"WWW-Authenticate": ascii_only}
    )


def _reason(error: jwt.PyJWTError) -> str:
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words
    return "it is no token of the trusted issuer"


_REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "the token has expired; ask the issuer for a new one"),
    (jwt.ImmatureSignatureError, "the token is not valid yet; compare the clocks"),
    (jwt.InvalidAudienceError, "the token is for another audience"),
    (jwt.InvalidIssuerError, "the token is of another issuer"),
    (jwt.InvalidAlgorithmError, "the token's algorithm is not allowed"),
    (jwt.MissingRequiredClaimError, "the token lacks one of exp, iss, aud, sub"),
    (jwt.InvalidSignatureError, "the token's signature is wrong"),
    (jwt.PyJWKSetError, "the issuer does not know the key that signed it"),
)
