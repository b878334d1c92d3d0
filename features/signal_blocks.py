"""Blocks told by signals known only afterwards: ranks, search terms, competitors, advertising, shop traffic, others."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from features.block import Block, Column, Work
from features.bsr import implied_units
from features.signal_response import expected_levels
from features.signal_rows import STATISTICS, signal_windows, statistics_at

if TYPE_CHECKING:
    from features.panel import Panel
    from features.specification import FeatureSpecification

__all__ = ["ADS", "BSR", "COMPETITOR", "FAMILIES", "KEYWORD", "SIGNALS", "TRAFFIC", "family_of"]

FAMILIES: dict[str, tuple[str, ...]] = {
    "bsr": ("bsr",),
    "keyword": ("keyword_", "search_"),
    "competitor": ("competitor_",),
    "ads": ("ad_",),
    "traffic": ("sessions", "page_views", "visit", "buy_box"),
}
"""Beginnings of the names of signals that belong to a block of their own; all others are in the block `signals`."""

SURGE = 0.30
"""Growth of search volume beyond which orders go out early (F26)."""

TOLD = STATISTICS[:6]
MEANINGS = {
    "last": ("Newest value of {} known at the origin.", "asinh"),
    "age": ("Periods since the one that value is about.", "periods"),
    "change_short": ("Change of {} against a week earlier.", "log ratio"),
    "change_long": ("Change of {} against four weeks earlier.", "log ratio"),
    "to_mean": ("Newest {} against its mean of a quarter of a year.", "log ratio"),
    "growth": ("Mean {} of four weeks against the four weeks before.", "log ratio"),
}

Statistics = dict[str, npt.NDArray[np.float32]]
Derived = Callable[[Work, dict[str, Statistics]], npt.NDArray[np.floating]]


def family_of(signal: str) -> str:
    """Return the block that a signal belongs to.

    >>> family_of("keyword_volume"), family_of("temperature")
    ('keyword', 'signals')
    """
    return next((name for name, starts in FAMILIES.items() if signal.startswith(starts)), "signals")


def _implied(work: Work, told: dict[str, Statistics]) -> npt.NDArray[np.floating]:
    return implied_units(work, told["bsr"]["last"])


def _surge(work: Work, told: dict[str, Statistics]) -> npt.NDArray[np.floating]:
    growth = told["keyword_volume"]["growth"]
    return np.where(np.isnan(growth), np.nan, growth > np.log1p(SURGE))


def _price_gap(work: Work, told: dict[str, Statistics]) -> npt.NDArray[np.floating]:
    own = work.panel.history.price[work.rows.who, work.rows.origin - 1]
    other = np.sinh(told["competitor_price"]["last"])
    return np.log(own / np.where(other > 0, other, np.nan))


def _acos(work: Work, told: dict[str, Statistics]) -> npt.NDArray[np.floating]:
    sales = told["ad_sales"]["mean_long"]
    return told["ad_spend"]["mean_long"] / np.where(sales > 0, sales, np.nan)


def _conversion(work: Work, told: dict[str, Statistics]) -> npt.NDArray[np.floating]:
    sessions = told["sessions"]["mean_long"]
    return told["sessions"]["units_told"] / np.where(sessions > 0, sessions, np.nan)


DERIVED: dict[str, tuple[tuple[Column, tuple[str, ...], Derived], ...]] = {
    "bsr": (
        (
            Column("bsr_units", "Demand that the newest rank stands for in its category.", "log level"),
            ("bsr",),
            _implied,
        ),
    ),
    "keyword": (
        (Column("keyword_surge", "Whether search volume grew by more than 30 %.", "flag"), ("keyword_volume",), _surge),
    ),
    "competitor": (
        (
            Column("competitor_price_gap", "Own newest price ÷ the competitor's.", "log ratio"),
            ("competitor_price",),
            _price_gap,
        ),
    ),
    "ads": (
        (
            Column("acos", "Advertising cost ÷ advertised sales of four weeks.", "ratio"),
            ("ad_spend", "ad_sales"),
            _acos,
        ),
    ),
    "traffic": ((Column("conversion", "Units ÷ sessions of four weeks.", "ratio"), ("sessions",), _conversion),),
}
"""Columns made from signals: the column, the signals that must be there, and how."""


def _names(spec: "FeatureSpecification", family: str) -> tuple[str, ...]:
    return tuple(name for name in spec.signals if family_of(name) == family)


def _statistics(spec: "FeatureSpecification", name: str) -> tuple[str, ...]:
    return tuple(item for item in TOLD if item != "last" or name not in spec.relative)


def _derived(spec: "FeatureSpecification", family: str) -> list[tuple[Column, tuple[str, ...], Derived]]:
    there = set(_names(spec, family))
    return [item for item in DERIVED.get(family, ()) if there.issuperset(item[1])]


def _responding(spec: "FeatureSpecification", family: str) -> tuple[str, ...]:
    return tuple(name for name in _names(spec, family) if spec.response_of(name))


def _columns(family: str) -> Callable[["FeatureSpecification"], tuple[Column, ...]]:
    def columns(spec: "FeatureSpecification") -> tuple[Column, ...]:
        general = [
            Column(f"{name}_{item}", MEANINGS[item][0].format(name), MEANINGS[item][1])
            for name in _names(spec, family)
            for item in _statistics(spec, name)
        ]
        derived = (column for column, _, _ in _derived(spec, family))
        responses = (
            Column(f"{name}_response", f"Level that {name} lets expect, by its lead and past response.", "log level")
            for name in _responding(spec, family)
        )
        return (*general, *derived, *responses)

    return columns


def _fill(family: str) -> Callable[[Work, int], None]:
    def fill(work: Work, column: int) -> None:
        spec, panel = work.specification, work.panel
        derived = _derived(spec, family)
        wanted = {name for _, names, _ in derived for name in names}
        layers = {layer.name: layer for layer in panel.signals}
        kept: dict[str, Statistics] = {}
        for name in _names(spec, family):
            if name in layers:
                windows = signal_windows(panel.frequency)
                found = statistics_at(layers[name], work.rows, work.order, panel.history.units, windows)
            else:  # a signal that the model knows and that is no longer told
                found = np.full((len(work.rows), len(STATISTICS)), np.nan, dtype=np.float32)
            for item in _statistics(spec, name):
                work.values[:, column] = found[:, STATISTICS.index(item)]
                column += 1
            if name in wanted:
                kept[name] = {item: found[:, place] for place, item in enumerate(STATISTICS)}
        with np.errstate(divide="ignore", invalid="ignore"):
            for place, (_, _, function) in enumerate(derived):
                work.values[:, column + place] = function(work, kept)
        column += len(derived)
        for place, name in enumerate(_responding(spec, family)):
            told = expected_levels(work, layers[name], spec.response_of(name)) if name in layers else np.nan
            work.values[:, column + place] = told

    return fill


def _missing(family: str) -> Callable[["Panel"], str]:
    def missing(panel: "Panel") -> str:
        there = any(family_of(layer.name) == family for layer in panel.signals)
        if there:
            return ""
        starts = " or ".join(f"{start}…" if start.endswith("_") else start for start in FAMILIES.get(family, ()))
        return f"no signal called {starts} is told" if starts else "no further signal that is known only afterwards"

    return missing


def _block(name: str, about: str, rules: tuple[str, ...], needs: str, default: bool = True) -> Block:
    return Block(name, about, rules, needs, _columns(name), _fill(name), _missing(name), default)


BSR = _block(
    "bsr",
    "Best-seller rank: level, change, and the demand it stands for, by a log-log line a category fitted on the past.",
    ("F24", "E08", "F40"),
    "signals bsr; products.category",
)
KEYWORD = _block(
    "keyword",
    "Search volume and rank of the terms that feed the sku: level, growth, surge.",
    ("F14", "F19", "F26", "F28", "F29", "F35"),
    "signals keyword_volume, keyword_rank, search_…; keywords",
)
COMPETITOR = _block(
    "competitor",
    "Competitors' price against the own one, their stock-outs and jumps of their rank.",
    ("F17", "F19", "F23", "F29", "F40"),
    "signals competitor_price, competitor_in_stock, competitor_rank",
    default=False,
)
ADS = _block(
    "ads",
    "Advertising: spend, advertised sales and their ratio.",
    ("F03", "F20", "F37"),
    "signals ad_spend, ad_sales, ad_clicks",
    default=False,
)
TRAFFIC = _block(
    "traffic",
    "Visits of the listing, conversion and share of the buy box.",
    ("F02", "F20", "F27"),
    "signals sessions, page_views, visit…, buy_box",
    default=False,
)
SIGNALS = _block(
    "signals",
    "Any other signal that is known only afterwards: weather, indices, baskets, favourites.",
    ("F06", "F07", "F13", "F17", "F21"),
    "signals",
    default=False,
)
