"""OAuth2 tokens: those of the trusted issuer for us, signed by its key, and no others."""

import base64
import hmac
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.errors import ConfigurationError
from serving.access.caller import Scope
from serving.access.issuer_keys import KEPT_SECONDS, LEAST_SECONDS_BETWEEN, IssuerKeys
from serving.access.tokens import TokenRules, Tokens
from serving.problems import ApiProblem

ISSUER, AUDIENCE = "https://login.example.com/", "https://fillrate.example.com"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(key, name):
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return json.loads(algorithm.to_jwk(key.public_key())) | {"kid": name, "use": "sig"}


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [jwk(RSA_KEY, "r1"), jwk(EC_KEY, "e1")]}))
    return TokenRules(ISSUER, AUDIENCE, str(path))


def token(key=RSA_KEY, algorithm="RS256", kid="r1", **changes):
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "erp",
        "exp": now + timedelta(minutes=5),
        "tenant": "acme",
        "scope": "forecast:read po:approve openid",
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, key, algorithm, {"kid": kid} if kid else None)


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(RSA_KEY, "RS256", "r1"), (EC_KEY, "ES256", "e1")])
def test_a_good_token_says_who_calls_for_whom_and_what_it_may(rules, key, algorithm, kid):
    caller = Tokens(rules).caller(token(key, algorithm, kid))
    assert (caller.tenant, caller.actor) == ("acme", "token:erp")
    assert caller.scopes == {Scope.FORECAST_READ, Scope.PO_APPROVE}


def test_scopes_may_be_a_list_and_claims_may_have_other_names(rules):
    other = TokenRules(ISSUER, AUDIENCE, rules.keys, tenant_claim="org", scope_claim="permissions")
    caller = Tokens(other).caller(token(org="acme-2", permissions=["data:write"], tenant=None, scope=None))
    assert (caller.tenant, caller.scopes) == ("acme-2", {Scope.DATA_WRITE})


def seconds_from_now(seconds):
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_clocks_may_differ_by_a_minute(rules):
    Tokens(rules).caller(token(exp=seconds_from_now(-30), nbf=seconds_from_now(30)))


BAD = [
    ({"exp": datetime(2020, 1, 1, tzinfo=UTC)}, "expired"),
    ({"exp": None}, "lacks one of"),
    ({"sub": None}, "lacks one of"),
    ({"nbf": datetime(2100, 1, 1, tzinfo=UTC)}, "not valid yet"),
    ({"aud": "https://other.example.com"}, "another audience"),
    ({"iss": "https://evil.example.com/"}, "another issuer"),
    ({"tenant": None}, "names no tenant"),
    ({"tenant": "../x"}, "names no tenant"),
    ({"tenant": ["acme"]}, "names no tenant"),
    ({"key": STRANGER}, "signature is wrong"),
    ({"kid": "nobody"}, "does not know the key"),
    ({"kid": None}, "does not know the key"),
    ({"algorithm": "RS512"}, "algorithm is not allowed"),
    ({"key": "", "algorithm": "none"}, "algorithm is not allowed"),
]


@pytest.mark.parametrize(("change", "reason"), BAD)
def test_any_other_token_is_refused_with_the_reason(rules, change, reason):
    with pytest.raises(ApiProblem, match=reason) as refused:
        Tokens(rules).caller(token(**change))
    assert refused.value.code == "auth.invalid"
    assert 'error="invalid_token"' in refused.value.headers["WWW-Authenticate"]


def test_a_public_key_is_not_taken_for_a_shared_secret(rules):
    public = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _, claims, _ = token().split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT","kid":"r1"}').rstrip(b"=").decode()
    digest = hmac.digest(public, f"{header}.{claims}".encode(), "sha256")
    forged = f"{header}.{claims}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
    with pytest.raises(ApiProblem, match="algorithm is not allowed"):
        Tokens(rules).caller(forged)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e" * 20_000, "é.é.é", "\udcff"])
def test_what_is_no_token_is_refused(rules, text):
    with pytest.raises(ApiProblem, match="not accepted"):
        Tokens(rules).caller(text)


def test_rules_come_from_the_environment(rules):
    environment = {
        "FILLRATE_JWT_ISSUER": ISSUER,
        "FILLRATE_JWT_AUDIENCE": AUDIENCE,
        "FILLRATE_JWT_JWKS": rules.keys,
        "FILLRATE_JWT_ALGORITHMS": "RS256 ES256",
        "FILLRATE_JWT_LEEWAY_SECONDS": "5",
    }
    made = TokenRules.from_environment(environment)
    assert (made.algorithms, made.leeway_seconds, made.tenant_claim) == (("RS256", "ES256"), 5, "tenant")
    assert TokenRules.from_environment({}) is None


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"FILLRATE_JWT_ISSUER": ISSUER}, "FILLRATE_JWT_AUDIENCE, FILLRATE_JWT_JWKS must be set"),
        ({"FILLRATE_JWT_ALGORITHMS": "HS256"}, "allows HS256"),
        ({"FILLRATE_JWT_ALGORITHMS": "RS256,none"}, "allows none"),
        ({"FILLRATE_JWT_LEEWAY_SECONDS": "soon"}, "not a whole number"),
    ],
)
def test_half_a_configuration_is_refused(environment, message):
    whole = {"FILLRATE_JWT_ISSUER": ISSUER, "FILLRATE_JWT_AUDIENCE": AUDIENCE, "FILLRATE_JWT_JWKS": "keys.json"}
    with pytest.raises(ConfigurationError, match=message):
        TokenRules.from_environment(environment if "FILLRATE_JWT_ISSUER" in environment else whole | environment)


@pytest.mark.parametrize("source", ["http://login.example.com/keys", "nowhere.json"])
def test_keys_that_travel_in_the_open_or_are_not_there_are_refused(source):
    with pytest.raises(ConfigurationError, match="FILLRATE_JWT_JWKS"):
        IssuerKeys(source)


class Issuer:
    """A real issuer's key endpoint on this machine."""

    def __init__(self):
        self.keys, self.status, self.asked = [jwk(RSA_KEY, "r1")], 200, 0
        issuer = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked += 1
                self.send_response(issuer.status)
                self.end_headers()
                self.wfile.write(json.dumps({"keys": issuer.keys}).encode())

            def log_message(self, *words):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Answer)
        self.address = f"http://127.0.0.1:{self.server.server_port}/keys"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def issuer():
    made = Issuer()
    yield made
    made.close()


class Ticks:
    now = 0.0

    def __call__(self):
        return self.now


def test_keys_are_fetched_once_and_again_when_they_are_old(issuer):
    ticks = Ticks()
    keys = IssuerKeys(issuer.address, ticks)
    for _ in range(3):
        keys.find("r1")
    assert issuer.asked == 1
    issuer.keys = [jwk(EC_KEY, "e1")]
    ticks.now = KEPT_SECONDS + 1
    with pytest.raises(jwt.PyJWKSetError):
        keys.find("r1")
    assert keys.find("e1").key_id == "e1"
    assert issuer.asked == 2


def test_a_new_key_is_fetched_at_its_first_use_but_made_up_names_do_not_flood_the_issuer(issuer):
    ticks = Ticks()
    keys = IssuerKeys(issuer.address, ticks)
    keys.find("r1")
    issuer.keys = [jwk(RSA_KEY, "r1"), jwk(EC_KEY, "e1")]
    ticks.now = LEAST_SECONDS_BETWEEN + 1
    assert keys.find("e1").key_id == "e1"
    for number in range(20):
        with pytest.raises(jwt.PyJWKSetError):
            keys.find(f"made-up-{number}")
    assert issuer.asked == 2


def test_while_the_issuer_is_down_the_last_keys_serve(issuer):
    ticks = Ticks()
    keys = IssuerKeys(issuer.address, ticks)
    issuer.status = 500
    with pytest.raises(ApiProblem) as refused:
        keys.find("r1")
    assert refused.value.code == "auth.unavailable"
    issuer.status = 200
    ticks.now = LEAST_SECONDS_BETWEEN + 1
    keys.find("r1")
    issuer.status = 500
    ticks.now += KEPT_SECONDS + 1
    assert keys.find("r1").key_id == "r1"
