"""Cursors say where a page begins, for the list they were made for, and nothing a client makes up breaks them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.paging import cut_page, decode_cursor, encode_cursor
from serving.problems import ApiProblem

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(WORDS, st.integers(-(2**63), 2**63 - 1))
def test_a_cursor_says_what_was_put_in(word, number):
    assert decode_cursor("things", encode_cursor("things", word, number), str, int) == (word, number)


@given(st.text(max_size=50) | st.binary(max_size=50).map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_what_a_client_makes_up_is_refused(text):
    with pytest.raises(ApiProblem) as refused:
        decode_cursor("things", text, int)
    assert refused.value.errors[0]["parameter"] == "cursor"


@pytest.mark.parametrize(
    "cursor",
    [
        encode_cursor("others", 1),
        encode_cursor("things", "1"),
        encode_cursor("things", 1, 2),
        encode_cursor("things", 2**63),
        encode_cursor("things", True),
        base64.urlsafe_b64encode(b'["things",1.0]').decode(),
        base64.urlsafe_b64encode(b"[" * 1500).decode(),
    ],
)
def test_a_cursor_of_another_list_or_shape_is_refused(cursor):
    with pytest.raises(ApiProblem):
        decode_cursor("things", cursor, int)


@pytest.mark.parametrize("word", ["a\0b", "\ud800"])
def test_a_text_that_no_database_takes_is_refused(word):
    with pytest.raises(ApiProblem):
        decode_cursor("things", encode_cursor("things", word), str)


@given(st.integers(0, 30), st.integers(1, 10))
def test_following_the_cursors_shows_every_row_once(count, limit):
    rows, seen, cursor = list(range(count)), [], None
    while True:
        after = decode_cursor("rows", cursor, int)
        found = [row for row in rows if after is None or row > after[0]][: limit + 1]
        page, cursor = cut_page("rows", found, limit, lambda row: (row,))
        seen += page
        if cursor is None:
            break
    assert seen == rows
