"""What the rules say in other languages: each sentence belongs to a rule, and names only numbers that its alert has."""

import string

import pytest

from monitoring.rule import ACTIONS, shipped_rules
from monitoring.stock_state import STATES
from serving.ui.alert_words import PREFIX, action_words, alert_words
from serving.ui.words import Words, catalogue

RULES = {rule.id: rule for rule in shipped_rules()}
SENTENCES = sorted(text.removeprefix(PREFIX) for text in catalogue("zh") if text.startswith(PREFIX))


def named(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("rule", SENTENCES)
def test_a_sentence_names_the_numbers_of_its_rule(rule):
    assert named(catalogue("zh")[PREFIX + rule]) <= {*RULES[rule].facts}


def test_every_shipped_rule_and_every_action_speaks_chinese():
    assert set(SENTENCES) == set(RULES)
    assert set(ACTIONS.values()) <= set(catalogue("zh"))
    assert {name.replace("_", " ") for name in STATES} <= set(catalogue("zh"))


def test_an_alert_speaks_english_where_a_number_or_a_sentence_is_missing():
    item = {"rule": "capacity", "words": "93% of the capacity is used", "evidence": {"volume_share": 0.93}}
    assert alert_words(Words("en"), item) == "93% of the capacity is used"
    assert alert_words(Words("zh"), item) == "库容已用 93%"
    assert alert_words(Words("zh"), item | {"evidence": {}}) == "93% of the capacity is used"
    assert alert_words(Words("zh"), item | {"rule": "made-up"}) == "93% of the capacity is used"
    assert action_words("order_now") == "order now"
    assert action_words("made_up") == "made_up"
