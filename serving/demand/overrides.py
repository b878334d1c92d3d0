"""A planner's overrides applied to a context: history adjustments add to the past, forecast overrides change what
comes; what the model says, what it says of the adjusted past and what counts in the end stay side by side.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.types import FloatArray
from features.panel import Panel
from serving.context import ServiceContext

if TYPE_CHECKING:
    from training.distribution import DemandDistribution

__all__ = ["EVERYWHERE", "Kind", "Override", "Overriding", "Planned", "apply_overrides"]

EVERYWHERE = "*"
"""Location of an override that holds at all of them."""
MOST_PLANNED = 16
"""Overridden contexts kept ready; each costs one distribution."""


class Kind(StrEnum):
    """What an override does: `history_add` adds units to each past period, `replace` and `multiply` change the mean of
    each future period."""

    HISTORY_ADD = "history_add"
    REPLACE = "replace"
    MULTIPLY = "multiply"


@dataclass(frozen=True, slots=True)
class Override:
    """One change: units a period, or a factor, for a SKU at a location (`*`: all) from `start` to `end`, both days in.

    A period belongs to the range where its first day does.
    """

    override_id: str
    kind: Kind
    sku: str
    location: str
    start: date
    end: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Planned:
    """A context with overrides in force.

    context: answers with all of them. adjusted: the distribution after history adjustments, before forecast overrides.
    statistical: the model's own. applied: row of the series → names of the overrides in it.
    """

    context: ServiceContext
    adjusted: "DemandDistribution"
    statistical: "DemandDistribution"
    applied: Mapping[int, tuple[Override, ...]]


class Overriding:
    """Overridden contexts by context and set of overrides, made once each; safe between threads."""

    def __init__(self, most: int = MOST_PLANNED) -> None:
        self.most = most
        self._made: OrderedDict[tuple[int, tuple[Override, ...]], Planned] = OrderedDict()
        self._lock = threading.Lock()

    def planned(self, context: ServiceContext, overrides: Sequence[Override]) -> Planned:
        """Return the context with the overrides in force; the context itself where there are none."""
        if not overrides:
            return Planned(context, context.distribution, context.distribution, {})
        key = (id(context), tuple(overrides))
        with self._lock:
            found = self._made.get(key)
            if found is not None and found.statistical is context.distribution:
                self._made.move_to_end(key)
                return found
            made = apply_overrides(context, overrides)
            self._made[key] = made
            while len(self._made) > self.most:
                self._made.popitem(last=False)
            return made


def apply_overrides(context: ServiceContext, overrides: Sequence[Override]) -> Planned:
    """Return the context with the overrides in force, in their order: later ones see what earlier ones left.

    History adjustments of one series change that series' forecast only, though models look at whole groups: a planner
    who corrects one SKU means that SKU.
    """
    applied = {row: found for row in _touched(context, overrides) if (found := _of(context, row, overrides))}
    past = [item for item in overrides if item.kind is Kind.HISTORY_ADD]
    future = [item for item in overrides if item.kind is not Kind.HISTORY_ADD]
    statistical = context.distribution
    adjusted = _with_past(context, past) if past and context.panel is not None else statistical
    final = _with_future(context, adjusted, future) if future else adjusted
    return Planned(context.with_distribution(final), adjusted, statistical, applied)


def _touched(context: ServiceContext, overrides: Sequence[Override]) -> list[int]:
    return sorted({row for item in overrides for row in _rows(context, item)})


def _rows(context: ServiceContext, item: Override) -> tuple[int, ...]:
    if item.location == EVERYWHERE:
        return context.rows_by_sku.get(item.sku, ())
    row = context.rows.get((item.sku, item.location))
    return () if row is None else (row,)


def _of(context: ServiceContext, row: int, overrides: Sequence[Override]) -> tuple[Override, ...]:
    return tuple(item for item in overrides if row in _rows(context, item))


def _with_past(context: ServiceContext, past: Sequence[Override]) -> "DemandDistribution":
    from training.routing import replaced_rows

    panel = context.panel
    assert panel is not None
    units, rows = panel.history.units.copy(), set()
    days = panel.dates(0, panel.periods)
    for item in past:
        periods = _periods(days, item)
        for row in _rows(context, item) if periods.any() else ():
            units[row, periods] = np.maximum(units[row, periods] + np.float32(item.value), 0)
            rows.add(row)
    base = context.distribution
    if not rows:
        return base
    changed: Panel = replace(panel, history=replace(panel.history, units=units))
    made = context.champion.distribution(changed, context.kept)
    places = np.array(sorted(rows), dtype=np.int64)
    return replace(base, marginals=replaced_rows(base.marginals, places, made.marginals.take(places)))


def _with_future(
    context: ServiceContext, base: "DemandDistribution", future: Sequence[Override]
) -> "DemandDistribution":
    from training.overridden import overridden

    factor, level = np.ones(base.mean.shape), np.full(base.mean.shape, np.nan)
    for item in future:
        periods = _periods(base.dates, item)
        for row in _rows(context, item):
            _change(factor[row], level[row], periods, item)
    return replace(base, marginals=overridden(base.marginals, factor, level))


def _change(factor: FloatArray, level: FloatArray, periods: npt.NDArray[np.bool_], item: Override) -> None:
    if item.kind is Kind.REPLACE:
        level[periods], factor[periods] = float(item.value), 1.0
    else:
        factor[periods] *= float(item.value)


def _periods(days: npt.NDArray[np.datetime64], item: Override) -> npt.NDArray[np.bool_]:
    first, last = np.datetime64(item.start, "D"), np.datetime64(item.end, "D")
    dates = days.astype("datetime64[D]")
    return (dates >= first) & (dates <= last)
