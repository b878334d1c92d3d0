"""The log: one JSON object a line, with the request's id, and never a secret."""

import io
import json
import logging

import pytest

from core.errors import ConfigurationError
from serving.logs import JsonLines, TextLines, hide_secrets, write_logs
from tests.services import bearer, client_of, make_key, make_platform

SECRET = "frk_0123456789abcdef_SuperSecret-Secret_9"


@pytest.fixture
def log():
    """What the logger `fillrate` writes, as parsed lines."""
    logger = logging.getLogger("fillrate")
    before = logger.level
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_a_request_is_one_line_with_its_ids_route_and_caller(tmp_path, sqlite_database, log):
    platform = make_platform(tmp_path, sqlite_database)
    key = make_key(platform, "acme")
    client_of(platform).get("/v1/keys?x=1", headers=bearer(key) | {"X-Request-ID": "night-42"})
    (line,) = log()
    told = {name: line[name] for name in ("request_id", "method", "route", "status", "tenant")}
    assert told == {"request_id": "night-42", "method": "GET", "route": "/v1/keys", "status": 200, "tenant": "acme"}
    assert key.split("_", 2)[2] not in json.dumps(line)


def test_a_refusal_says_its_code_and_health_checks_say_nothing(tmp_path, sqlite_database, log):
    client = client_of(make_platform(tmp_path, sqlite_database))
    client.get("/livez")
    client.get("/v1/nothing")
    (line,) = log()
    assert (line["status"], line["problem"]) == (404, "route.unknown")


@pytest.mark.parametrize(
    "text",
    [
        f"refused {SECRET}",
        f"Authorization: Bearer {SECRET[4:]}",
        "token eyJhbGciOiJSUzI1NiJ9.eyJTdXBlclNlY3JldCI6MX0.SuperSecret",
        "sign with whsec_SuperSecret/+=",
        "postgresql+psycopg://fillrate:SuperSecret@db:5432/fillrate",
        "basic c2VjcmV0OlN1cGVyU2VjcmV0",
    ],
)
@pytest.mark.parametrize("formatter", [JsonLines(), TextLines()])
def test_a_secret_is_hidden_wherever_it_stands(formatter, text):
    record = logging.makeLogRecord({"msg": "%s", "args": (text,), "facts": {"told": text}})
    written = formatter.format(record)
    assert "SuperSecret" not in written
    assert "c2VjcmV0" not in written
    assert "[hidden]" in written


def test_a_secret_in_a_traceback_is_hidden():
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        record = logging.makeLogRecord({"msg": "broken", "exc_info": (type(error), error, error.__traceback__)})
    for formatter in (JsonLines(), TextLines()):
        assert "SuperSecret" not in formatter.format(record)


def test_what_is_no_secret_stays():
    text = "ask https://fillrate.example.com:3000/v1/audit?limit=1 for basic facts"
    assert hide_secrets(text) == text


@pytest.mark.parametrize("environment", [{"FILLRATE_LOG_FORMAT": "xml"}, {"FILLRATE_LOG_LEVEL": "loud"}])
def test_unknown_words_are_refused(environment):
    with pytest.raises(ConfigurationError, match="is none of"):
        write_logs(environment)
