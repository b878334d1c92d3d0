"""The gate: who gets in, with what, from where, and how often; nothing is read or done for the others."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from core.errors import StorageError
from serving.access.caller import Scope
from serving.access.limits import Limits
from serving.access.tokens import Tokens
from serving.api import create_api
from tests.services import bearer, client_of, make_key, make_platform
from tests.serving.access.test_tokens import rules, token  # noqa: F401  (a fixture and its maker)

AUDIT = "/v1/audit"


@pytest.fixture
def platform(tmp_path, sqlite_database):
    made = make_platform(tmp_path, sqlite_database)
    made.ticks = lambda: 0.0  # however slow the machine is, no time passes
    return made


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer


def test_without_any_key_this_machine_is_the_tenant_local_with_all_scopes(platform):
    client = client_of(platform)
    assert client.get(AUDIT).status_code == 200
    assert client.get(AUDIT, headers={"Host": "localhost:3000", "Origin": "http://localhost:3000"}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "headers"),
    [
        (("192.168.1.7", 4711), {}),
        (("127.0.0.1", 4711), {"X-Forwarded-For": "203.0.113.9"}),
        (("127.0.0.1", 4711), {"Forwarded": "for=203.0.113.9"}),
        (("127.0.0.1", 4711), {"Host": "rebound.example.com"}),
        (("127.0.0.1", 4711), {"Origin": "https://evil.example.com"}),
    ],
    ids=["another machine", "a proxy", "a proxy by RFC 7239", "DNS rebinding", "a page on the web"],
)
def test_without_any_key_nobody_else_gets_in(platform, origin, headers):
    client = TestClient(create_api(platform), "http://127.0.0.1", client=origin)
    answer = refused(client.get(AUDIT, headers=headers), 401, "auth.missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="fillrate"'


def test_an_address_that_is_not_loopback_lets_nobody_in_without_a_key(platform):
    client = TestClient(create_api(platform), "http://10.0.0.5", client=("127.0.0.1", 4711))
    refused(client.get(AUDIT), 401, "auth.missing")


def test_with_keys_everybody_needs_one(platform):
    key = make_key(platform)
    client = client_of(platform)
    refused(client.get(AUDIT), 401, "auth.missing")
    assert client.get(AUDIT, headers=bearer(key)).status_code == 200
    assert client.get(AUDIT, headers={"Authorization": f"bearer   {key} "}).status_code == 200


@pytest.mark.parametrize(
    "sent", ["Bearer frk_0123456789abcdef_x", "Bearer", "Basic YTpi", "Bearer a.b.c", "frk_x", "é"]
)
def test_a_bad_credential_is_401_even_where_none_would_do(platform, sent):
    answer = client_of(platform).get(AUDIT, headers={"Authorization": sent.encode("latin-1")})
    refused(answer, 401, "auth.invalid")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_missing_scope_is_named(platform):
    key = make_key(platform, scopes=[Scope.FORECAST_READ])
    answer = refused(client_of(platform).get(AUDIT, headers=bearer(key)), 403, "scope.missing")
    assert answer.json()["errors"] == [{"code": "scope.missing", "message": "admin"}]
    assert 'error="insufficient_scope", scope="admin"' in answer.headers["www-authenticate"]


def test_a_token_of_the_issuer_gets_in_and_no_key_is_needed_then(platform, rules):  # noqa: F811
    platform.tokens = Tokens(rules)
    client = client_of(platform)
    refused(client.get(AUDIT), 401, "auth.missing")
    refused(client.get(AUDIT, headers=bearer(token())), 403, "scope.missing")
    assert client.get(AUDIT, headers=bearer(token(scope="admin"))).status_code == 200
    refused(client.get(AUDIT, headers=bearer(token(aud="other"))), 401, "auth.invalid")


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/v1/openapi.json"])
def test_what_is_of_no_tenant_needs_no_key(platform, path):
    make_key(platform)
    assert client_of(platform).get(path).status_code == 200


def test_strangers_learn_nothing_not_even_what_there_is(platform):
    make_key(platform)
    client = client_of(platform)
    for path in ("/v1/nothing", "/", "/v1/forecasts", "/docs"):
        refused(client.post(path, content=b"{", headers={"content-type": "application/json"}), 401, "auth.missing")
    refused(client.post("/v1/forecasts", content=b" " * 2_000_000), 401, "auth.missing")  # the body is not looked at


def test_the_rate_is_each_callers_own_and_is_told(platform):
    platform.limits = replace(Limits(), rate_per_second=1, burst=3)
    mine, yours = make_key(platform), make_key(platform, "rival")
    client = client_of(platform)
    first = client.get(AUDIT, headers=bearer(mine))
    assert (first.headers["ratelimit"], first.headers["ratelimit-policy"]) == ('"caller";r=2', '"caller";q=3;w=3')
    answers = [client.get(AUDIT, headers=bearer(mine)) for _ in range(3)]
    last = refused(answers[-1], 429, "rate.exceeded")
    assert (last.headers["retry-after"], last.headers["ratelimit"]) == ("1", '"caller";r=0;t=1')
    assert client.get(AUDIT, headers=bearer(yours)).status_code == 200


def test_guessing_keys_is_slowed_down(platform):
    platform.limits = replace(Limits(), rate_per_second=1, burst=3)
    client = client_of(platform)
    guesses = [client.get(AUDIT, headers=bearer(f"frk_{number:016x}_x")).status_code for number in range(4)]
    assert guesses == [401, 401, 401, 429]


def test_workers_share_the_rate(platform):
    platform.limits = replace(Limits(), rate_per_second=10, burst=6, workers=2)
    client = client_of(platform)
    statuses = [client.get(AUDIT).status_code for _ in range(4)]
    assert statuses[:3] == [200] * 3
    assert statuses[3] == 429


def test_while_the_database_is_away_nobody_gets_in_but_the_answer_is_503(platform, monkeypatch):
    def broken(*_):
        raise StorageError("the database does not answer")

    client = client_of(platform)
    monkeypatch.setattr(platform.database, "reading", broken)
    for headers in ({}, bearer("frk_0123456789abcdef_x")):
        answer = refused(client.get(AUDIT, headers=headers), 503, "storage")
        assert answer.headers["retry-after"] == "5"
