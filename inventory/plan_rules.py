"""What all products of a plan share, as dataset.toml tells it: limits, terms of whole orders, closed days."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from inventory.config_values import LARGEST, checked, flag, number, refuse, text

__all__ = ["FILTERS", "LimitRule", "OrderRule", "closures", "limit_rules", "order_rules", "receiving"]

FILTERS = ("sku", "location", "supplier", "mode", "category", "brand", "parent", "size_tier")
UNITS = ("money", "volume", "weight", "units")
LONGEST_CLOSURE = 366
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class LimitRule:
    """A limit of several periods: `[[planning.limits]]`.

    of: "orders" (what is ordered in a review period) or "stock" (what is expected to be left at its end). unit:
    "money", "volume", "weight" or "units". capacity: one number a review period from `as_of` on, the last one goes
    on. only: whose orders or stock it is, by column (`FILTERS`); empty: everybody's.
    """

    name: str
    of: str
    unit: str
    capacity: tuple[float, ...]
    only: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderRule:
    """What a supplier asks of a whole order: `[[planning.orders]]`.

    minimum_units, minimum_value: the order is nothing or at least that. freight_fee: paid for an order worth less than
    free_freight_from (0: never free). container_volume: of one container or pallet, in the unit of products.volume,
    container_cost: its price. each_parent: the terms hold for each family of variants (products.parent) by itself.
    """

    supplier: str
    mode: str = ""
    minimum_units: float = 0.0
    minimum_value: float = 0.0
    freight_fee: float = 0.0
    free_freight_from: float = 0.0
    container_volume: float = 0.0
    container_cost: float = 0.0
    each_parent: bool = False


def limit_rules(key: str, value: Any) -> tuple[LimitRule, ...]:
    """Return the rules of `[[planning.limits]]`; raises ConfigurationError for one that makes no sense."""
    found = []
    for where, table in _tables(key, value):
        made = checked(table, _LIMIT, f"{where}.")
        for name in ("of", "unit", "capacity"):
            if name not in made:
                raise refuse(where, sorted(table), f"a limit: it needs {name}")
        only = {name: made[name] for name in FILTERS if name in made}
        if made["of"] == "stock" and {"supplier", "mode"} & set(only):
            raise refuse(
                where, dict(only), "a limit of stock: who delivered it is not known; name locations or products"
            )
        whose = " of " + " ".join(only.values()) if only else ""
        name = made.get("name") or f"{made['unit']} of {made['of']}{whose}"
        found.append(LimitRule(name, made["of"], made["unit"], made["capacity"], only))
    names = sorted(rule.name for rule in found)
    twice = [one for one, other in pairwise(names) if one == other]
    if twice:
        raise refuse(f"{key}.name", twice[0], "a name of its own; two limits have it")
    return tuple(found)


def order_rules(key: str, value: Any) -> tuple[OrderRule, ...]:
    """Return the rules of `[[planning.orders]]`; raises ConfigurationError for one that makes no sense."""
    found = []
    for where, table in _tables(key, value):
        made = checked(table, _ORDER, f"{where}.")
        if "supplier" not in made:
            raise refuse(where, sorted(table), "the terms of an order: it needs supplier")
        rule = OrderRule(**made)
        if rule.container_cost and not rule.container_volume:
            raise refuse(f"{where}.container_cost", rule.container_cost, "the price of a container without a volume")
        found.append(rule)
    names = sorted((rule.supplier, rule.mode) for rule in found)
    if any(one == other for one, other in pairwise(names)):
        raise refuse(key, names, "one entry a supplier and mode")
    return tuple(found)


def closures(key: str, value: Any) -> dict[str, tuple[date, ...]]:
    """Return the days on which each supplier or location is closed.

    A day is a TOML date or text, a stretch is written "2025-01-28..2025-02-04", both ends closed.
    """
    return {
        name: tuple(sorted({day for item in _list(f"{key}.{name}", days) for day in _days(f"{key}.{name}", item)}))
        for name, days in _names(key, value).items()
    }


def receiving(key: str, value: Any) -> dict[str, str]:
    """Return the weekdays on which each location takes goods, written `mon,thu`."""
    found = {}
    for name, days in _names(key, value).items():
        words = text(f"{key}.{name}", days).replace(",", " ").casefold().split()
        if not words or any(word[:3] not in WEEKDAYS for word in words):
            raise refuse(f"{key}.{name}", days, 'weekdays, such as "mon,thu"')
        found[name] = ",".join(word[:3] for word in words)
    return found


def _tables(key: str, value: Any) -> list[tuple[str, dict[str, Any]]]:
    if not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        raise refuse(key, value, f"a list of tables [[{key}]]")
    return [(f"{key}[{place}]", item) for place, item in enumerate(value, 1)]


def _names(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refuse(key, value, f"a section [{key}] with one line a name")
    return value


def _list(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise refuse(key, value, 'a list of days, such as ["2025-01-28..2025-02-04"]')
    return value


def _days(key: str, value: Any) -> list[date]:
    wanted = "a day such as 2025-01-28, or a stretch of at most a year, 2025-01-28..2025-02-04"
    first, dots, last = str(value).partition("..")
    try:
        start = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if dots else start
    except ValueError:
        raise refuse(key, value, wanted) from None
    if not 0 <= (end - start).days <= LONGEST_CLOSURE:
        raise refuse(key, value, wanted)
    return [start + timedelta(days=place) for place in range((end - start).days + 1)]


def _one_of(*words: str) -> Callable[[str, Any], str]:
    def check(key: str, value: Any) -> str:
        if value not in words:
            raise refuse(key, value, f"one of {', '.join(words)}")
        return str(value)

    return check


def _capacities(key: str, value: Any) -> tuple[float, ...]:
    numbers = value if isinstance(value, list) else [value]
    if not numbers:
        raise refuse(key, value, "a number, or one number a review period")
    return tuple(number(0, LARGEST)(key, item) for item in numbers)


_LIMIT: dict[str, Callable[[str, Any], Any]] = {
    "name": text,
    "of": _one_of("orders", "stock"),
    "unit": _one_of(*UNITS),
    "capacity": _capacities,
    **dict.fromkeys(FILTERS, text),
}
_ORDER: dict[str, Callable[[str, Any], Any]] = {
    "supplier": text,
    "mode": text,
    "each_parent": flag,
    **dict.fromkeys(
        ("minimum_units", "minimum_value", "freight_fee", "free_freight_from", "container_volume", "container_cost"),
        number(0, LARGEST),
    ),
}
