"""Names: the same question has the same one, and every part of the question counts."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from serving.proposals.identity import draft_id, proposal_id, run_id

QUESTION = ("acme", "default", date(2024, 7, 29), "A", "main", "Mill", "sea")
words = st.text(max_size=6)


def test_a_name_is_stable_between_releases():
    assert proposal_id(*QUESTION) == "c002ecdf4c879b2a3eebce10"


def test_every_part_of_the_question_counts():
    other = ("other", "second", date(2024, 7, 30), "B", "east", "Bolt", "air")
    names = {proposal_id(*QUESTION)}
    for place, value in enumerate(other):
        changed = list(QUESTION)
        changed[place] = value
        names.add(proposal_id(*changed))
    assert len(names) == 8


@given(first=st.tuples(words, words), second=st.tuples(words, words))
def test_no_two_pairs_of_words_share_a_name(first, second):
    names = [proposal_id("t", "d", date(2024, 1, 1), sku, location, "s", "m") for sku, location in (first, second)]
    assert (names[0] == names[1]) is (first == second)


def test_a_draft_is_named_by_its_proposals_and_their_versions_in_any_order():
    assert draft_id("t", [("a", 1), ("b", 2)]) == draft_id("t", [("b", 2), ("a", 1)])
    assert len({draft_id("t", [("a", 1)]), draft_id("t", [("a", 2)]), draft_id("u", [("a", 1)])}) == 3


def test_a_run_is_named_by_its_content_whatever_the_order_of_its_keys():
    assert run_id({"a": 1, "b": [2]}) == run_id({"b": [2], "a": 1})
    assert run_id({"a": 1}) != run_id({"a": 2})
