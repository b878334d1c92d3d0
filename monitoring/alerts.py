"""The alert engine: rules over facts become alerts, one a subject and cause, each with numbers and something to do."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import FloatArray
from monitoring.condition import compared
from monitoring.fact import Scope
from monitoring.facts import subjects_of
from monitoring.rule import SEVERITIES, Action, Rule

__all__ = ["ALERT_COLUMNS", "alert_id", "raise_alerts"]

ALERT_COLUMNS = (
    "alert_id",
    "severity",
    "cause",
    "rule",
    "rows",
    "scope",
    "subject",
    "sku",
    "location",
    "action",
    "money",
    "words",
    "evidence",
    "also",
    "owner",
    "fires",
    "level",
    "held_level",
)
Levels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows of a scope's facts where a rule holds: with the rule's own limits (`level`) and with its slack (`held`)."""

    rule: Rule
    rows: npt.NDArray[np.int64]
    level: Levels
    held: Levels


def alert_id(scope: str, subject: str, cause: str) -> str:
    """Return an alert's name, 16 hexadecimal digits: the same cause on the same subject is the same alert, always."""
    return hashlib.sha256("\x1f".join((scope, subject, cause)).encode()).hexdigest()[:16]


def raise_alerts(rules: Iterable[Rule], facts: Mapping[Scope, pd.DataFrame]) -> pd.DataFrame:
    """Return the alerts of a day with columns ALERT_COLUMNS, worst first, then by money and name.

    One row a (scope, subject, cause): the rule of the highest severity speaks, the others are named in `also`. fires:
    whether a rule's own limit is passed; False where only the slack keeps an open alert open (such rows open nothing).
    level, held_level: 1 … 4 by the limits and by the limits with slack (0: none). money is NaN where nothing says it.
    """
    enabled = [rule for rule in rules if rule.enabled]
    found = [_evaluate(rule, facts[rule.scope]) for rule in enabled if len(facts[rule.scope])]
    parts = [_Part(item, facts[item.rule.scope]).frame() for item in _silenced(found) if len(item.rows)]
    if not parts:
        return pd.DataFrame(columns=list(ALERT_COLUMNS))
    order = {rule.id: place for place, rule in enumerate(enabled)}
    return _merged(pd.concat(parts, ignore_index=True), order)


def _evaluate(rule: Rule, facts: pd.DataFrame) -> _Found:
    strict, held = _levels(rule, facts, 0.0), _levels(rule, facts, rule.release)
    rows = np.flatnonzero(held > 0)
    return _Found(rule, rows, strict[rows], held[rows])


def _levels(rule: Rule, facts: pd.DataFrame, slack: float) -> Levels:
    """Return (n,) the highest severity whose limit is passed, 1 … 4, 0 for none."""
    level = np.zeros(len(facts), dtype=np.int64)
    values = facts[rule.fact].to_numpy(dtype=np.float64)
    for name, limit in rule.levels:
        bound: FloatArray | float = facts[limit].to_numpy(dtype=np.float64) if isinstance(limit, str) else limit
        passed = compared(values, rule.comparison, bound, slack)
        level = np.where(passed, SEVERITIES.index(name) + 1, level)
    for condition in rule.when:
        level = np.where(condition.holds(facts, slack), level, 0)
    return level


def _silenced(found: list[_Found]) -> list[_Found]:
    """Return what is found less the rows that a rule named in `unless` fires on."""
    firing = {item.rule.id: item.rows[item.level > 0] for item in found}
    kept = []
    for item in found:
        quiet = [firing[name] for name in item.rule.unless if name in firing]
        stays = ~np.isin(item.rows, np.concatenate(quiet)) if quiet else np.ones(len(item.rows), dtype=bool)
        kept.append(_Found(item.rule, item.rows[stays], item.level[stays], item.held[stays]))
    return kept


class _Part:
    """The alerts of one rule as a frame."""

    def __init__(self, found: _Found, facts: pd.DataFrame) -> None:
        self.found = found
        self.rule = found.rule
        self.facts = facts.iloc[found.rows].reset_index(drop=True)
        asked = {*found.rule.facts, *found.rule.named}
        self.numbers = {name: self.facts[name].to_numpy(dtype=np.float64).tolist() for name in asked}

    def frame(self) -> pd.DataFrame:
        """Return the columns of ALERT_COLUMNS but id and `also`, which come with merging."""
        rule, facts = self.rule, self.facts
        count = len(facts)
        keys = rule.scope.keys
        return pd.DataFrame(
            {
                "scope": [rule.scope.value] * count,
                "subject": subjects_of(facts, rule.scope),
                "sku": facts["sku"].astype("str") if "sku" in keys else [""] * count,
                "location": facts["location"].astype("str") if "location" in keys else [""] * count,
                "cause": [rule.cause] * count,
                "rule": [rule.id] * count,
                "rows": [" ".join(rule.rows)] * count,
                "level": self.found.level,
                "held_level": self.found.held,
                "action": _chosen(rule.actions, facts),
                "money": facts[rule.money].to_numpy(dtype=np.float64) if rule.money else np.nan,
                "owner": [rule.owner] * count,
                "place": np.arange(count),
                "part": [self] * count,
            }
        )

    def words(self, place: int) -> str:
        """Return the rule's sentence with the row's numbers."""
        return self.rule.words.format(**{name: self.numbers[name][place] for name in self.rule.named})

    def evidence(self, place: int) -> dict[str, float]:
        """Return the row's facts that the rule looks at, to four digits; what is not known is left out."""
        shown = ((name, self.numbers[name][place]) for name in self.rule.facts)
        return {name: float(f"{value:.4g}") for name, value in shown if math.isfinite(value)}


def _chosen(actions: tuple[Action, ...], facts: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return for each row the first action whose conditions hold (else the last one)."""
    chosen = np.full(len(facts), actions[-1].do, dtype=object)
    open_rows = np.ones(len(facts), dtype=bool)
    for action in actions:
        fits = open_rows.copy()
        for condition in action.when:
            fits &= condition.holds(facts)
        chosen[fits] = action.do
        open_rows &= ~fits
    return chosen


def _merged(raised: pd.DataFrame, order: Mapping[str, int]) -> pd.DataFrame:
    """Return one row a scope, subject and cause: the rule with the worst level, then the earliest in the files."""
    raised = raised.assign(order=raised["rule"].map(order))
    raised = raised.sort_values(
        ["scope", "subject", "cause", "level", "held_level", "order"],
        ascending=[True, True, True, False, False, True],
        kind="stable",
    )
    keys = ["scope", "subject", "cause"]
    first = ~raised.duplicated(keys)
    group = (first.cumsum() - 1).to_numpy()
    held = pd.Series(raised["held_level"].to_numpy()).groupby(group).max().to_numpy()
    more = raised[~first & (raised["level"] > 0)]
    named = pd.Series(more["rule"].to_numpy()).groupby(group[(~first & (raised["level"] > 0)).to_numpy()]).agg(" ".join)
    alerts = raised[first].reset_index(drop=True)
    alerts["also"] = named.reindex(range(len(alerts))).fillna("").astype("str")
    alerts["held_level"] = held
    alerts["fires"] = alerts["level"] > 0
    shown = np.maximum(alerts["level"], 1).to_numpy()
    alerts["severity"] = np.array(SEVERITIES)[shown - 1]
    told = list(zip(alerts.pop("part"), alerts.pop("place"), strict=True))
    alerts["words"] = [part.words(place) for part, place in told]
    alerts["evidence"] = [part.evidence(place) for part, place in told]
    names = zip(alerts["scope"], alerts["subject"], alerts["cause"], strict=True)
    alerts["alert_id"] = [alert_id(*name) for name in names]
    alerts = alerts.sort_values(
        ["fires", "level", "money", "alert_id"],
        ascending=[False, False, False, True],
        na_position="last",
        kind="stable",
    )
    return alerts[list(ALERT_COLUMNS)].reset_index(drop=True)
