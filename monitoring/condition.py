"""A condition on facts: declarative, checked, vectorised; what is not known never fires."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import ConfigurationError
from monitoring.fact import Fact

__all__ = ["COMPARISONS", "Condition", "compared", "read_condition"]

COMPARISONS = ("above", "at_least", "below", "at_most", "equals")
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Condition:
    """`fact` compared with a number or with another fact (× `times`)."""

    fact: str
    comparison: str
    value: float | str
    times: float = 1.0

    def holds(self, facts: pd.DataFrame, slack: float = 0.0) -> Flags:
        """Return one flag a row; `slack` moves the limit by that share in favour of holding (hysteresis)."""
        limit = facts[self.value].to_numpy(dtype=np.float64) if isinstance(self.value, str) else float(self.value)
        return compared(facts[self.fact].to_numpy(dtype=np.float64), self.comparison, limit * self.times, slack)

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that it asks for."""
        return (self.fact, self.value) if isinstance(self.value, str) else (self.fact,)


def compared(values: npt.NDArray[np.float64], comparison: str, limit: Any, slack: float = 0.0) -> Flags:
    """Return whether each value is above (at least, …) the limit; NaN on either side is False.

    >>> compared(np.array([0.29, 0.30, 0.31, np.nan]), "above", 0.30).tolist()
    [False, False, True, False]
    >>> compared(np.array([0.28]), "above", 0.30, slack=0.1).tolist()
    [True]
    """
    room = np.abs(limit) * slack + 1e-9 * np.maximum(np.abs(limit), 1.0)
    with np.errstate(invalid="ignore"):
        if comparison == "above":
            found = values > limit - room + 2e-9 * np.maximum(np.abs(limit), 1.0)
        elif comparison == "at_least":
            found = values >= limit - room
        elif comparison == "below":
            found = values < limit + room - 2e-9 * np.maximum(np.abs(limit), 1.0)
        elif comparison == "at_most":
            found = values <= limit + room
        else:
            found = np.abs(values - limit) <= 1e-9
    return np.asarray(found & np.isfinite(values) & np.isfinite(limit), dtype=np.bool_)


def read_condition(where: str, given: Any, catalogue: Mapping[str, Fact]) -> Condition:
    """Return the condition that a table like `{ fact = "cover_days", below = 14 }` states.

    where: names the place in messages. Raises ConfigurationError for an unknown fact, key or kind of value.
    """
    if not isinstance(given, dict) or "fact" not in given:
        raise ConfigurationError(f'{where}: {given!r} is no condition; write {{ fact = "cover_days", below = 14 }}')
    unknown = set(given) - {"fact", "times", *COMPARISONS}
    if unknown:
        raise ConfigurationError(f"{where}: {min(unknown)!r} is not known; use fact, times and one of {_words()}")
    used = [name for name in COMPARISONS if name in given]
    if len(used) != 1:
        raise ConfigurationError(f"{where}: a condition compares once; give one of {_words()}")
    value, times = given[used[0]], given.get("times", 1.0)
    for name in (given["fact"], *((value,) if isinstance(value, str) else ())):
        if name not in catalogue:
            raise ConfigurationError(f"{where}: the fact {name!r} is not known; {_near(str(name), catalogue)}")
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        raise ConfigurationError(f"{where}: {used[0]} = {value!r} is neither a number nor a fact's name")
    if not isinstance(times, int | float) or isinstance(times, bool):
        raise ConfigurationError(f"{where}: times = {times!r} is not a number")
    return Condition(given["fact"], used[0], value if isinstance(value, str) else float(value), float(times))


def _words() -> str:
    return ", ".join(COMPARISONS)


def _near(name: str, catalogue: Mapping[str, Fact]) -> str:
    import difflib

    near = difflib.get_close_matches(name, list(catalogue), n=1)
    return f"did you mean {near[0]!r}?" if near else "docs/alerts.md lists the facts"
