"""The Prefer header (RFC 7240): read leniently, answered with what was followed."""

import pytest
from starlette.requests import Request

from serving.jobs.prefer import MAX_WAIT_SECONDS, Preference


def request(*lines: str) -> Request:
    return Request({"type": "http", "headers": [(b"prefer", line.encode()) for line in lines]})


@pytest.mark.parametrize(
    ("lines", "expected", "applied"),
    [
        ((), Preference(), None),
        (("respond-async",), Preference(True), "respond-async"),
        (("Respond-Async, WAIT=10",), Preference(True, 10), "respond-async, wait=10"),
        (("respond-async", "wait=5"), Preference(True, 5), "respond-async, wait=5"),
        (('handling=lenient, wait="7"; foo=bar',), Preference(False, 7), "wait=7"),
        (("wait=99999",), Preference(False, MAX_WAIT_SECONDS), f"wait={MAX_WAIT_SECONDS}"),
        (("wait=10, wait=20",), Preference(False, 10), "wait=10"),
        (("wait=-1, wait=soon, return=minimal",), Preference(), None),
    ],
)
def test_preferences_are_read_and_told(lines, expected, applied) -> None:
    found = Preference.of(request(*lines))
    assert found == expected
    assert found.applied.get("Preference-Applied") == applied
