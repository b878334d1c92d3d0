"""Values of dataset.toml: what each key may be, and the words that refuse what it may not."""

import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import ConfigurationError

__all__ = ["FILE", "LARGEST", "checked", "flag", "number", "refuse", "text"]

FILE = "dataset.toml"
LARGEST = 1e12
"""Amounts beyond it are slips, as in the tables."""


def checked(found: Mapping[str, Any], rules: Mapping[str, Callable[[str, Any], Any]], prefix: str) -> dict[str, Any]:
    """Return `found` with each value checked by the rule of its key; raises ConfigurationError for an unknown key."""
    for key in found:
        if key not in rules:
            raise ConfigurationError(f"{FILE}: {prefix}{key} is not a known key; {_nearest(key, rules)}")
    return {key: rules[key](f"{prefix}{key}", value) for key, value in found.items()}


def _nearest(key: str, rules: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(key, rules, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"known ones are {', '.join(rules)}"


def refuse(key: str, value: Any, wanted: str) -> ConfigurationError:
    """Return the error that says what a value is not, and what to do."""
    return ConfigurationError(f"{FILE}: {key} = {value!r} is not {wanted}; correct it or leave it out")


def number(
    low: float, high: float = math.inf, whole: bool = False, strict: bool = False
) -> Callable[[str, Any], float]:
    """Return the rule of numbers from `low` to `high` (`strict`: between them)."""
    words = "a whole number" if whole else "a number"
    lower = f"above {low:g}" if strict else f"of at least {low:g}"
    upper = "" if math.isinf(high) else f"{'below' if strict else 'at most'} {high:g}"

    def check(key: str, value: Any) -> float:
        numeric = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        inside = numeric and (low < value < high if strict else low <= value <= high)
        if not inside or (whole and value != int(value)):
            both = upper and (strict or (numeric and value > high))
            raise refuse(key, value, f"{words} {lower}" + (f" and {upper}" if both else ""))
        return int(value) if whole else float(value)

    return check


def flag(key: str, value: Any) -> bool:
    """Return true or false; raises ConfigurationError for anything else."""
    if not isinstance(value, bool):
        raise refuse(key, value, "true or false")
    return value


def text(key: str, value: Any) -> str:
    """Return a text that is not empty; raises ConfigurationError for anything else."""
    if not (isinstance(value, str) and value.strip()):
        raise refuse(key, value, 'a text, such as "sea"')
    return value.strip()
