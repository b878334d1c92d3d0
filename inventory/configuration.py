"""dataset.toml: how a dataset is to be read and planned, with every key optional."""

import json
import re
import tomllib
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from core.errors import ConfigurationError
from core.frequency import Frequency
from inventory.config_values import FILE, LARGEST, checked, flag, number, refuse
from inventory.plan_rules import LimitRule, OrderRule, closures, limit_rules, order_rules, receiving
from inventory.profit.holding import HoldingRates, ShortageRates

__all__ = [
    "CostsConfig",
    "DatasetConfig",
    "DefaultTerms",
    "FeatureConfig",
    "FeesConfig",
    "PlanningConfig",
    "checked_configuration",
    "configuration_text",
    "read_configuration",
    "toml_value",
]

LONGEST_DAYS = 3650
IMPUTATIONS = ("mask", "partial", "expected")
VOLUMES = ("cubic_feet", "cubic_inches", "cubic_metres", "litres", "cubic_centimetres")
WEIGHTS = ("pounds", "ounces", "kilograms", "grams")
SPLITS = ("minimal", "partial", "optimised")
HIGHEST_FLOOR = 0.999
"""No stock serves every customer for certain, and some hundred sample paths cannot tell more."""


@dataclass(frozen=True, slots=True)
class PlanningConfig:
    """How orders are planned: `[planning]`.

    review_period_days: days between two ordering opportunities. lost_sales: unmet demand is lost (False: it
    waits). cycle_service_level: used only where a cost is unknown, 0 < level < 1. budget (currency, per plan)
    and volume_capacity (unit of products.volume): 0 = unlimited. lost_share: share of unmet demand that is lost,
    the rest waits (None: all of it as lost_sales says). capital_rate: cost of capital a year, of goods in stock
    and in transit. cycle_service_floor, fill_rate_floor: service that no order goes below whatever it costs,
    0 = none; products may have their own. limits, orders, closures, receiving: `inventory.plan_rules`.
    stock_from: plans start from the table `stock` (tables) or, of items that it knows, from the stock ledger (ledger);
    inbound_days: units on their way in the ledger can be sold so many days later, 0 = the table `open_orders` tells
    what is on its way. net_of_resale: returned units that are sold as new again need not be bought.
    substitution_share: of the customers who find a product out of stock, those who take another variant of it
    (products.parent, same location); 0 = nobody.
    """

    review_period_days: int = 7
    lost_sales: bool = True
    cycle_service_level: float = 0.95
    budget: float = 0.0
    volume_capacity: float = 0.0
    lost_share: float | None = None
    capital_rate: float = 0.0
    cycle_service_floor: float = 0.0
    fill_rate_floor: float = 0.0
    limits: tuple[LimitRule, ...] = ()
    orders: tuple[OrderRule, ...] = ()
    closures: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    receiving: Mapping[str, str] = field(default_factory=dict)
    stock_from: str = "tables"
    inbound_days: int = 0
    net_of_resale: bool = False
    substitution_share: float = 0.0


@dataclass(frozen=True, slots=True)
class DefaultTerms:
    """Terms where a product or supply row is silent: `[defaults]`.

    holding_cost is per unit and period (0: unit_cost × holding_rate a year); stockout_cost per unit of lost
    sale (0: price - unit_cost).
    """

    lead_time_days: float = 14.0
    holding_cost: float = 0.0
    holding_rate: float = 0.25
    stockout_cost: float = 0.0
    minimum_order_quantity: int = 1
    case_pack: int = 1


@dataclass(frozen=True, slots=True)
class FeatureConfig:
    """What models learn from: `[features]`.

    off, on: names of blocks of features that are switched off, or on where they are off by default (`fillrate
    features` lists them). holidays: country, or country and region (`US`, `DE-BY`), whose public holidays are
    events; empty: none. imputation: what is made of periods that were out of stock: `mask` (left out), `partial` or
    `expected` (an estimate is learned from and never scored).
    """

    off: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    holidays: str = ""
    imputation: str = "mask"


@dataclass(frozen=True, slots=True)
class FeesConfig:
    """How a marketplace's fees are reckoned: `[fees]`.

    volume_unit, weight_unit: of products.volume and products.weight. split: how inbound shipments are spread (minimal,
    partial, optimised). location_factor: where in a range of rates a receiving place lies, 0 … 1. storage_limit:
    cubic feet, 0 = unlimited. warehouse_rate: what a third party's warehouse takes, money a cubic foot and month.
    resale_grades: grades of returned units that are sold as new again. in_plan: whether
    plans pay these fees too, on top of the holding costs.
    """

    volume_unit: str = "cubic_feet"
    weight_unit: str = "pounds"
    split: str = "minimal"
    location_factor: float = 0.5
    storage_limit: float = 0.0
    warehouse_rate: float = 0.0
    resale_grades: tuple[str, ...] = ("intact",)
    in_plan: bool = False


@dataclass(frozen=True, slots=True)
class CostsConfig:
    """What a unit in stock and a unit short cost, from their parts: `[costs]`.

    holding: None where the section names none of its parts; else it counts in place of `[defaults] holding_rate`.
    shortage: None likewise; else it counts where a margin is known, in place of the margin alone.
    """

    holding: HoldingRates | None = None
    shortage: ShortageRates | None = None

    @classmethod
    def of(cls, parts: Mapping[str, float]) -> Self:
        """Return the costs by their parts' names; parts that are left out have the defaults of their class."""
        exact = {name: Decimal(repr(value)) for name, value in parts.items()}
        names = [[part.name for part in fields(kind)] for kind in (HoldingRates, ShortageRates)]
        holding, shortage = ({name: exact[name] for name in own if name in exact} for own in names)
        return cls(HoldingRates(**holding) if holding else None, ShortageRates(**shortage) if shortage else None)


@dataclass(frozen=True, slots=True)
class DatasetConfig:
    """The dataset's period, currency, time zone, planning rules, default terms, features, fees and costs."""

    frequency: Frequency = Frequency.DAILY
    currency: str = "USD"
    time_zone: str = "UTC"
    planning: PlanningConfig = field(default_factory=PlanningConfig)
    defaults: DefaultTerms = field(default_factory=DefaultTerms)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    fees: FeesConfig = field(default_factory=FeesConfig)
    costs: CostsConfig = field(default_factory=CostsConfig)


def read_configuration(folder: Path) -> tuple[DatasetConfig, bool]:
    """Return `folder`'s configuration and whether it names a frequency (if not, the sales' dates decide).

    Raises ConfigurationError for a file that is not TOML, an unknown key or a value that breaks its rule.
    """
    path = folder / FILE
    if path.is_dir():
        raise ConfigurationError(f"{FILE} is a folder; make it a file or remove it")
    if not path.is_file():
        return DatasetConfig(), False
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{FILE} is not readable as TOML: {error}; correct or remove it") from None
    return checked_configuration(found), "frequency" in found


def checked_configuration(found: Mapping[str, Any]) -> DatasetConfig:
    """Return the configuration that dataset.toml's keys and sections say.

    Raises ConfigurationError for an unknown key or a value that breaks its rule.
    """
    top = checked(found, _TOP, "")
    planning = PlanningConfig(**checked(top.pop("planning", {}), _PLANNING, "planning."))
    defaults = DefaultTerms(**checked(top.pop("defaults", {}), _DEFAULTS, "defaults."))
    features = FeatureConfig(**checked(top.pop("features", {}), _FEATURES, "features."))
    fees = FeesConfig(**checked(top.pop("fees", {}), _FEES, "fees."))
    costs = CostsConfig.of(checked(top.pop("costs", {}), _COSTS, "costs."))
    return DatasetConfig(planning=planning, defaults=defaults, features=features, fees=fees, costs=costs, **top)


def configuration_text(found: Mapping[str, Any]) -> str:
    """Return checked keys and sections as the text of dataset.toml, keys before sections."""
    lines = [f"{key} = {toml_value(value)}" for key, value in found.items() if not isinstance(value, Mapping)]
    for name, section in found.items():
        if isinstance(section, Mapping):
            lines += [f"[{name}]", *(f"{key} = {toml_value(value)}" for key, value in section.items())]
    return "\n".join(lines) + "\n"


def toml_value(value: Any) -> str:
    """Return a value as TOML writes it: JSON's strings, numbers and booleans alike, tables and lists on one line.

    >>> toml_value({"warning": 0.5, "urgent": True})
    '{ "warning" = 0.5, "urgent" = true }'
    """
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML knows no pair of surrogates


def _section(key: str, value: Any) -> Any:
    if not isinstance(value, dict):
        raise refuse(key, value, f"a section [{key}]")
    return value


def _frequency(key: str, value: Any) -> Frequency:
    if value not in list(Frequency):
        raise refuse(key, value, 'a frequency: "D" (days) or "W-MON" (weeks named by their Monday)')
    return Frequency(value)


def _one_of(*words: str) -> Callable[[str, Any], str]:
    def check(key: str, value: Any) -> str:
        if value not in words:
            raise refuse(key, value, f"one of {', '.join(words)}")
        return str(value)

    return check


def _currency(key: str, value: Any) -> str:
    if not (isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()):
        raise refuse(key, value, 'a currency code of three capitals, such as "EUR"')
    return value


def _time_zone(key: str, value: Any) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        # A machine without a time zone database knows no name at all: then the spelling cannot be judged.
        if not isinstance(value, str) or zoneinfo.available_timezones():
            raise refuse(key, value, 'a time zone, such as "Europe/Berlin"') from None
    return value


def _names(key: str, value: Any) -> tuple[str, ...]:
    if not (isinstance(value, list) and all(isinstance(item, str) and item for item in value)):
        raise refuse(key, value, 'a list of names, such as ["price"]')
    return tuple(value)


def _country(key: str, value: Any) -> str:
    if not (isinstance(value, str) and re.fullmatch(r"([A-Z]{2}(-[A-Z0-9]{1,4})?)?", value)):
        raise refuse(key, value, 'a country of two capitals, such as "US", or with its region, such as "DE-BY"')
    return value


_TOP: dict[str, Callable[[str, Any], Any]] = {
    "frequency": _frequency,
    "currency": _currency,
    "time_zone": _time_zone,
    "planning": _section,
    "defaults": _section,
    "features": _section,
    "fees": _section,
    "costs": _section,
}
_COSTS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("capital", "insurance", "shrinkage", "depreciation"), number(0, 1000)),
    **dict.fromkeys(("rent", "later_margin", "brand"), number(0, LARGEST)),
    **dict.fromkeys(("expedited_share", "lost_customer_share"), number(0, 1)),
    "expedite_premium": number(0, 1000),
}
_FEES: dict[str, Callable[[str, Any], Any]] = {
    "volume_unit": _one_of(*VOLUMES),
    "weight_unit": _one_of(*WEIGHTS),
    "split": _one_of(*SPLITS),
    "location_factor": number(0, 1),
    "storage_limit": number(0, LARGEST),
    "warehouse_rate": number(0, LARGEST),
    "resale_grades": _names,
    "in_plan": flag,
}
_FEATURES: dict[str, Callable[[str, Any], Any]] = {
    "off": _names,
    "on": _names,
    "holidays": _country,
    "imputation": _one_of(*IMPUTATIONS),
}
_PLANNING: dict[str, Callable[[str, Any], Any]] = {
    "review_period_days": number(1, LONGEST_DAYS, whole=True),
    "lost_sales": flag,
    "cycle_service_level": number(0, 1, strict=True),
    "budget": number(0, LARGEST),
    "volume_capacity": number(0, LARGEST),
    "lost_share": number(0, 1),
    "capital_rate": number(0, 1000),
    "cycle_service_floor": number(0, HIGHEST_FLOOR),
    "fill_rate_floor": number(0, HIGHEST_FLOOR),
    "limits": limit_rules,
    "orders": order_rules,
    "closures": closures,
    "receiving": receiving,
    "stock_from": _one_of("tables", "ledger"),
    "inbound_days": number(0, LONGEST_DAYS, whole=True),
    "net_of_resale": flag,
    "substitution_share": number(0, 1),
}
_DEFAULTS: dict[str, Callable[[str, Any], Any]] = {
    "lead_time_days": number(0, LONGEST_DAYS),
    "holding_cost": number(0, LARGEST),
    "holding_rate": number(0, 1000),
    "stockout_cost": number(0, LARGEST),
    "minimum_order_quantity": number(1, LARGEST, whole=True),
    "case_pack": number(1, LARGEST, whole=True),
}
