"""If-Match: nobody overwrites what they have not read."""

import pytest
from starlette.requests import Request

from serving.etag import check_if_match, etag_of
from serving.problems import ApiProblem


def asking(if_match):
    headers = [] if if_match is None else [(b"if-match", if_match.encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize("if_match", ['"3"', '"2", "3"', "*"])
def test_who_has_read_the_present_version_may_change_it(if_match):
    check_if_match(asking(if_match), etag_of(3))


@pytest.mark.parametrize("if_match", ['"2"', 'W/"3"', "3", "", '"2", "4"'])
def test_who_has_read_another_version_is_told_the_present_one(if_match):
    with pytest.raises(ApiProblem) as refused:
        check_if_match(asking(if_match), etag_of(3))
    assert (refused.value.code, refused.value.headers["ETag"]) == ("precondition.failed", '"3"')


def test_who_does_not_say_what_they_read_is_asked_to():
    with pytest.raises(ApiProblem) as refused:
        check_if_match(asking(None), etag_of(3))
    assert refused.value.code == "precondition.missing"
