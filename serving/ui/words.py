"""What the page says, in the planner's language: English in the code, other languages in `words/LANGUAGE/*.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["LANGUAGES", "Words", "catalogue", "preferred_language", "sentences"]

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "简体中文"}
"""Languages by the code that a browser sends, each in its own words."""
FOLDER = Path(__file__).parent / "words"
ENGINE = "engine.toml"


@dataclass(frozen=True, slots=True)
class Words:
    """Says English texts in a language: `words("{count} products", count=3)`."""

    language: str = "en"

    def __call__(self, text: str, /, **values: Any) -> str:
        """Return the text in the language, English where nobody has translated it, with the values in their places."""
        found = text if self.language == "en" else catalogue(self.language).get(text, text)
        return found.format(**values) if values else found


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return English text → text of a language, of all its files; one text stands in one file only."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.toml")):
        found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def sentences(language: str) -> Mapping[str, str]:
    """Return the patterns of the engine's sentences of a language, a part of the catalogue."""
    return tomllib.loads((FOLDER / language / ENGINE).read_text(encoding="utf-8"))


def preferred_language(accepted: str) -> str:
    """Return the language of ours that an Accept-Language header (RFC 9110, 12.5.4) likes best, else English."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.split(",")):
        name, _, quality = part.partition(";q=")
        code = name.strip().lower().split("-")[0]
        weight = _weight(quality)
        if code in LANGUAGES and weight > 0:
            ranked.append((-weight, place, code))
    return min(ranked)[2] if ranked else "en"


def _weight(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
