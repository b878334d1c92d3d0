"""What the engine says (why an order, why a forecast, why a baseline), in the visitor's language.

The engine speaks English sentences, which are stored and exported as they are. The page recognises each by its
pattern, a sentence with named places as the words of a language give them, and says it anew with the same numbers. A
sentence that no pattern knows stays as it is; a test holds every sentence that the engine can make to a pattern.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from serving.ui.words import Words, catalogue, sentences

__all__ = ["engine_words"]

PLACE = re.compile(r"\{(\w+)\}")
REMEMBERED = 20_000
"""Sentences that are remembered in a language: a board shows the same clauses again and again."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """An English sentence with places: literal is its longest fixed part, which tells quickly that it does not fit."""

    literal: str
    shape: re.Pattern[str]
    said: str


def engine_words(words: Words, sentence: str | None) -> str:
    """Return a sentence of the engine in the language; English, or unknown: as it is."""
    if not sentence:
        return ""
    return str(sentence) if words.language == "en" else _said(words.language, str(sentence))


@lru_cache(REMEMBERED)
def _said(language: str, text: str) -> str:
    known = catalogue(language).get(text)
    if known is not None:
        return known
    for pattern in _patterns(language):
        if pattern.literal in text and (found := pattern.shape.fullmatch(text)) is not None:
            return pattern.said.format(**_places(language, found.groupdict()))
    for mark, joined in (("; ", "；"), (". ", "。")):
        if mark in text:
            return joined.join(_said(language, part) for part in text.split(mark))
    return text


def _places(language: str, found: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands in each place: of one letter as it is, of a word said in the language too."""
    return {name: part if len(name) == 1 else _said(language, part) for name, part in found.items()}


@cache
def _patterns(language: str) -> tuple[_Pattern, ...]:
    """Return the patterns of a language, those with the most fixed letters first."""
    told = [english for english in sentences(language) if PLACE.search(english)]
    told.sort(key=lambda english: -len(PLACE.sub("", english)))
    return tuple(_pattern(english, sentences(language)[english]) for english in told)


def _pattern(english: str, said: str) -> _Pattern:
    parts = PLACE.split(english)
    shape = "".join(_place(part) if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return _Pattern(max(parts[::2], key=len), re.compile(shape, re.DOTALL), said)


NUMBER = r"[+−-]?[\d.,]+(?:e[+-]?\d+)?"
FITS = {"clauses": ".+", "n": NUMBER, "m": NUMBER, "value": "[^;:]+"}
"""What fits a place of this name: any number of clauses, a number, what has no colon; else anything within a clause."""


def _place(name: str) -> str:
    return f"(?P<{name}>{FITS.get(name, '[^;]+?')})"
