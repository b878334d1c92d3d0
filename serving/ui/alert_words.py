"""What an alert says, in the visitor's language: the rule's sentence with the alert's own numbers."""

from collections.abc import Mapping
from typing import Any

from monitoring.rule import ACTIONS, shipped_rules
from serving.ui.words import Words, catalogue

__all__ = ["action_words", "alert_words", "rule_sentence"]

PREFIX = "rule "
"""Before a rule's name in the files of words: `"rule stockout-risk" = "…"`."""


def rule_sentence(words: Words, rule: str, english: str) -> str:
    """Return a rule's sentence with its placeholders, in the language where the rule still says what is shipped."""
    shipped = next((item.words for item in shipped_rules() if item.id == rule), "")
    if words.language == "en" or english != shipped:
        return english
    return catalogue(words.language).get(f"{PREFIX}{rule}", english)


def alert_words(words: Words, item: Mapping[str, Any]) -> str:
    """Return the alert's sentence: as the rule of the language says it, English where it does not or a number that it
    names is not known."""
    text = "" if words.language == "en" else catalogue(words.language).get(f"{PREFIX}{item['rule']}", "")
    try:
        return text.format(**(item["evidence"] or {})) if text else str(item["words"])
    except (KeyError, ValueError):
        return str(item["words"])


def action_words(action: str) -> str:
    """Return what an alert suggests, in English words that `words` translates."""
    return ACTIONS.get(action, action)
