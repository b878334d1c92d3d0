"""An alert rule: conditions over facts, a ladder of severities, and what to say and do; read from TOML and checked."""

import re
import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib import resources
from typing import Any

from core.errors import ConfigurationError
from monitoring.condition import Condition, read_condition
from monitoring.fact import Fact, Scope
from monitoring.facts import CATALOGUE

__all__ = [
    "ACTIONS",
    "OUTCOMES",
    "PRESETS",
    "SEVERITIES",
    "Action",
    "Rule",
    "apply_rules",
    "read_rules",
    "shipped_rules",
]

SEVERITIES = ("watch", "warning", "urgent", "critical")
PRESETS = ("stock", "cover_days", "slow", "demand", "market", "supply", "feeds")
"""Files of shipped rules, in order of precedence within one cause and severity."""

ACTIONS = {
    "order_now": "order now",
    "order_by_air": "order by air",
    "expedite": "expedite the open order",
    "raise_order": "raise the next order",
    "pause_ads": "pause advertising",
    "keep_ads": "keep advertising and adjust its budget",
    "raise_price": "raise the price until stock arrives",
    "lower_price": "lower the price",
    "bundle": "bundle or push by advertising",
    "markdown": "mark down by steps",
    "removal": "remove or liquidate",
    "postpone": "postpone the next order",
    "pause_orders": "pause new orders",
    "lower_order": "lower the restock coefficient",
    "second_supplier": "qualify a second supplier, raise lead time and safety stock",
    "claim_quality": "inspect and claim",
    "chase_carrier": "chase the carrier",
    "use_overflow": "use overflow storage, or send less",
    "flexible_supplier": "use the flexible supplier",
    "substitute": "substitute or transfer between regions",
    "adjust_listing": "adjust the listing and its exposure",
    "move_stock": "move stock between channels",
    "book_capacity": "book capacity with suppliers",
    "order_for_season": "order for the season",
    "stock_take": "count stock",
    "repair_feed": "repair the feed",
    "retrain": "train again",
    "fix_listing": "fix the listing",
    "compare_options": "compare suppliers and modes",
    "review": "look at it",
}
"""What an alert may suggest; each becomes a draft, nothing is done by itself."""

_SHOWN_AS = re.compile(r"[+,]{0,2}(\.\d)?[f%]?")
"""How a fact may be written in a sentence: `{cover_days:.1f}`, `{acos:.0%}`; nothing that could ask for a gigabyte."""

OUTCOMES = ("", "stock_out", "sales_low", "sales_high", "no_sale", "late")
"""How a replay judges an alert: what must have happened within `outcome_days` for it to be right."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do, where all its conditions hold."""

    do: str
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    id, rows: its name and the rows of the rules of the trade that it is made of. cause: alerts of one subject with the
    same cause are one alert. scope: what it is about. fact, comparison, levels: the ladder: (severity, limit) from mild
    to bad; a limit may be another fact's name. when: what else must hold. actions: the first that fits is suggested.
    money: the fact that says what is at stake; evidence: facts to show. words: a sentence with facts in braces.
    release: by which share a limit must be cleared before an open alert is resolved. unless: rules whose alert on the
    same subject silences this one. outcome, outcome_days: how a replay judges it (0: the lead time). owner: who is
    told. enabled: shipped rules that are off are presets to switch on.
    """

    id: str
    rows: tuple[str, ...]
    cause: str
    scope: Scope
    fact: str
    comparison: str
    levels: tuple[tuple[str, float | str], ...]
    actions: tuple[Action, ...]
    words: str
    when: tuple[Condition, ...] = ()
    evidence: tuple[str, ...] = ()
    money: str = ""
    release: float = 0.1
    unless: tuple[str, ...] = ()
    outcome: str = ""
    outcome_days: float = 0.0
    owner: str = "planner"
    enabled: bool = True

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that an alert of this rule shows, its own first."""
        asked = [self.fact, *(name for item in self.when for name in item.facts), *self.evidence]
        limits = [limit for _, limit in self.levels if isinstance(limit, str)]
        return tuple(dict.fromkeys([*asked, *limits]))

    @property
    def named(self) -> tuple[str, ...]:
        """The facts that its sentence names."""
        return tuple(dict.fromkeys(re.findall(r"\{(\w+)", self.words)))


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Return the rules that come with Fillrate, presets that are off included."""
    found: list[Rule] = []
    for name in PRESETS:
        text = resources.files("monitoring").joinpath(f"rules/{name}.toml").read_text(encoding="utf-8")
        found.extend(read_rules(text, f"{name}.toml", ()))
    return tuple(found)


def read_rules(text: str, file: str, base: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return `base` with the rules of a TOML text added, and with its `[change.ID]` tables applied.

    A `[[rule]]` of an id that is there already replaces that rule; `[change.ID]` sets some keys of one. Raises
    ConfigurationError naming file, rule and key.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file} is not readable as TOML: {error}; correct it") from None
    return apply_rules(given, file, base)


def apply_rules(given: Mapping[str, Any], file: str, base: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the same of tables that were read already: `rule`, a list of rules, and `change`, tables by rule."""
    unknown = set(given) - {"rule", "change"}
    if unknown:
        raise ConfigurationError(f"{file}: {min(unknown)!r} is not known; write [[rule]] or [change.ID]")
    rules = {rule.id: rule for rule in base}
    for place, table in enumerate(given.get("rule", []), start=1):
        where = f"{file}: rule {table.get('id', f'number {place}')}"
        made = _read_rule(where, table)
        rules[made.id] = made
    for name, table in given.get("change", {}).items():
        if name not in rules:
            raise ConfigurationError(
                f"{file}: change.{name}: it names no rule; `fillrate alerts --list-rules` shows them"
            )
        rules[name] = _changed(f"{file}: change.{name}", rules[name], table)
    return _checked_silencers(file, tuple(rules.values()))


def _read_rule(where: str, table: Mapping[str, Any]) -> Rule:
    _refuse_unknown(where, table, {field.name for field in fields(Rule)})
    for key in ("id", "cause", "scope", "fact", "levels", "actions", "words"):
        if key not in table:
            raise ConfigurationError(f"{where}: {key} is missing")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(table["id"])):
        raise ConfigurationError(f"{where}: id is made of small letters, digits and hyphens")
    scope = _choice(where, "scope", table["scope"], tuple(Scope))
    base = Rule(str(table["id"]), (), str(table["cause"]), Scope(scope), "", "at_least", (), (), str(table["words"]))
    rest = {key: value for key, value in table.items() if key not in ("id", "cause", "scope", "words")}
    return _changed(where, base, {"comparison": "at_least", **rest})


def _changed(where: str, rule: Rule, table: Mapping[str, Any]) -> Rule:
    """Return the rule with the keys of `table` checked and set."""
    _refuse_unknown(where, table, {field.name for field in fields(Rule)} - {"id", "scope"})
    catalogue = CATALOGUE[rule.scope]
    made: dict[str, Any] = {}
    for key, value in table.items():
        made[key] = _value(f"{where}: {key}", key, value, catalogue)
    changed = replace(rule, **made)
    _check_words(where, changed, catalogue)
    return changed


def _value(where: str, key: str, value: Any, catalogue: Mapping[str, Fact]) -> Any:
    if key in ("fact", "money"):
        return "" if key == "money" and value == "" else _fact(where, value, catalogue)
    if key == "comparison":
        return _choice(where, key, value, ("above", "at_least", "below", "at_most"))
    if key == "levels":
        return _levels(where, value, catalogue)
    if key == "when":
        return tuple(read_condition(where, item, catalogue) for item in _list(where, value))
    if key == "actions":
        return tuple(_action(where, item, catalogue) for item in _list(where, value))
    if key == "evidence":
        return tuple(_fact(where, item, catalogue) for item in _list(where, value))
    if key in ("rows", "unless"):
        return tuple(str(item) for item in _list(where, value))
    if key in ("release", "outcome_days"):
        return _amount(where, value)
    if key == "enabled":
        if not isinstance(value, bool):
            raise ConfigurationError(f"{where} = {value!r} is neither true nor false")
        return value
    return _choice(where, key, value, OUTCOMES) if key == "outcome" else str(value)


def _levels(where: str, value: Any, catalogue: Mapping[str, Fact]) -> tuple[tuple[str, float | str], ...]:
    if not isinstance(value, dict) or not value:
        raise ConfigurationError(f"{where} is a table from severity to limit, such as {{ warning = 0.5 }}")
    found: list[tuple[str, float | str]] = []
    for name in SEVERITIES:
        if name in value:
            limit = value[name]
            found.append(
                (name, _fact(where, limit, catalogue) if isinstance(limit, str) else _amount(where, limit, -1e12))
            )
    unknown = set(value) - set(SEVERITIES)
    if unknown:
        raise ConfigurationError(f"{where}: {min(unknown)!r} is no severity; use {', '.join(SEVERITIES)}")
    return tuple(found)


def _action(where: str, item: Any, catalogue: Mapping[str, Fact]) -> Action:
    table = {"do": item} if isinstance(item, str) else item
    if not isinstance(table, dict) or set(table) - {"do", "when"} or table.get("do") not in ACTIONS:
        raise ConfigurationError(f"{where}: {item!r} is no action; choose from {', '.join(ACTIONS)}")
    when = tuple(read_condition(where, part, catalogue) for part in _list(where, table.get("when", [])))
    return Action(str(table["do"]), when)


def _check_words(where: str, rule: Rule, catalogue: Mapping[str, Fact]) -> None:
    try:
        parts = [part[1:] for part in string.Formatter().parse(rule.words) if part[1] is not None]
    except ValueError as error:
        raise ConfigurationError(f"{where}: words has braces that do not fit ({error})") from None
    for name, shown_as, conversion in parts:
        if name not in catalogue:
            raise ConfigurationError(f"{where}: words name the fact {name!r}, which is not known")
        if conversion or not _SHOWN_AS.fullmatch(shown_as or ""):
            raise ConfigurationError(f"{where}: words write {name} as {shown_as!r}; write .0f, .1f or .0%")
    rising = rule.comparison in ("above", "at_least")
    limits = [limit for _, limit in rule.levels if not isinstance(limit, str)]
    if sorted(limits, reverse=not rising) != limits:
        raise ConfigurationError(f"{where}: levels must get worse from {SEVERITIES[0]} on: {limits}")
    if not rule.actions:
        raise ConfigurationError(f"{where}: actions is empty; an alert says what to do")


def _checked_silencers(file: str, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    names = {rule.id for rule in rules}
    for rule in rules:
        for other in rule.unless:
            if file not in [f"{name}.toml" for name in PRESETS] and other not in names:
                raise ConfigurationError(f"{file}: rule {rule.id}: unless names {other!r}, which is no rule")
    return rules


def _fact(where: str, name: Any, catalogue: Mapping[str, Fact]) -> str:
    if not isinstance(name, str) or name not in catalogue:
        raise ConfigurationError(f"{where}: {name!r} is no fact of this scope; docs/alerts.md lists them")
    return name


def _amount(where: str, value: Any, least: float = 0.0) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{where} = {value!r} is not a number of at least {least:g}")
    return float(value)


def _choice(where: str, key: str, value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ConfigurationError(f"{where}: {key} = {value!r} is not known; choose from {', '.join(choices)}")
    return str(value)


def _list(where: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ConfigurationError(f"{where} = {value!r} is not a list")
    return value


def _refuse_unknown(where: str, table: Mapping[str, Any], known: set[str]) -> None:
    unknown = set(table) - known
    if unknown:
        raise ConfigurationError(f"{where}: {min(unknown)!r} is not known; known are {', '.join(sorted(known))}")
