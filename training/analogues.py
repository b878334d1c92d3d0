"""What mature series teach about a new one: the level to expect, the course of a launch, and how far both may err."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from core.types import FloatArray
from features.panel import Panel

__all__ = ["AnalogueSettings", "Analogues", "find_analogues"]

CURVE_DAYS = np.array([0, 7, 14, 21, 28, 42, 56, 84, 112, 140, 182])
"""Ages at which the bins of a launch curve begin; the last one is everything older."""

PRICE_BANDS = 3
"""Bands of equally many series by last known price."""

CURVE_STRENGTH = 10.0
"""Series-bins of mean demand at which a group's own launch curve counts half beside that of all series."""

LEAST_SHAPE = 0.2
"""Least shape of the gamma distribution of levels: a prior that says almost nothing."""

NOT_SHARED = ("sku", "name", "size_tier")
"""Text columns of products that say nothing about what sells alike."""

Attribute = tuple[str, npt.NDArray[np.int64], tuple[str, ...]]
"""Name, (n,) codes and labels of something that series can have in common."""

ALIKE = 2.0
"""Series whose level is within this factor lend their variance ratio."""


class AnalogueSettings(Protocol):
    """What `find_analogues` needs to know; see `training.cold_start.ColdStartSettings`."""

    @property
    def mature_days(self) -> int:
        """History from which a series can be an analogue."""
        ...

    @property
    def recent_days(self) -> int:
        """History that an analogue's level is the mean of."""
        ...

    @property
    def strength(self) -> float:
        """Analogues at which a group's own level counts half."""
        ...

    @property
    def least_analogues(self) -> int:
        """Mature series below which there is nothing to learn from."""
        ...


@dataclass(frozen=True, slots=True)
class Analogues:
    """What the mature series of a panel say about each of its n series.

    level: (n,) units a period to expect at the end of the launch; shape: of the gamma distribution of true level ÷
    expected; curves: (groups, bins) units at an age ÷ level; curve_group: (n,) which of them; weekday: (7,) or (1,)
    factor of each place in the panel's week; mature_level, mature_ratio: of each mature series; words: (n,).
    """

    frequency: Frequency
    level: FloatArray
    shape: float
    curves: FloatArray
    curve_group: npt.NDArray[np.int32]
    weekday: FloatArray
    mature_level: FloatArray
    mature_ratio: FloatArray
    words: tuple[str, ...]

    def curve(self, rows: npt.NDArray[np.int64], age: npt.NDArray[np.int64]) -> FloatArray:
        """Return (R, T) the launch curve of series `rows` at `age` (R, T) in periods; negative ages count as 0."""
        days = np.maximum(age, 0) * self.frequency.period_days
        place = np.searchsorted(CURVE_DAYS, days, side="right") - 1
        return self.curves[self.curve_group[rows][:, None], place]

    def rhythm(self, periods: npt.NDArray[np.int64]) -> FloatArray:
        """Return the weekday's factor of each of the panel's periods; 1 where periods are weeks."""
        return self.weekday[periods % len(self.weekday)]

    def variance_ratio(self, level: FloatArray) -> FloatArray:
        """Return (R,) the median variance ratio of mature series of about each level; of all where none is alike."""
        typical = float(np.median(self.mature_ratio))
        result = np.full(len(level), typical)
        for row, own in enumerate(level):
            alike = (self.mature_level < ALIKE * own) & (self.mature_level * ALIKE > own)
            if alike.sum() >= 3:
                result[row] = np.median(self.mature_ratio[alike])
        return result

    def described(self, row: int) -> str:
        """Return in words which series the level of series `row` comes from."""
        return self.words[row]


def find_analogues(panel: Panel, settings: AnalogueSettings, products: pd.DataFrame | None = None) -> Analogues | None:
    """Return what the panel's mature series teach, from facts before its end; None where there are too few of them.

    products: table of products whose text columns say what skus have in common; without it, the panel's groups do.
    Columns of very many values, such as `parent` (variants of one product) and `brand`, are in it only.
    """
    days = panel.frequency.period_days
    units = panel.history.units.astype(np.float64)
    seen = panel.history.observed > 0
    sold = np.where(seen, units, 0.0)
    mature = seen.sum(axis=1) * days >= settings.mature_days
    level = _mean(sold, seen, settings.recent_days // days)
    mature &= level > 0
    if mature.sum() < settings.least_analogues:
        return None
    columns = _attributes(panel, products)
    expected, words = _expected_levels(level, mature, columns, settings.strength)
    error = level[mature] / expected[mature] - 1
    spread = np.average(np.minimum(error, 5.0) ** 2, weights=np.sqrt(expected[mature]))
    group = panel.groups[1] if len(panel.groups) > 1 else panel.groups[0]
    ratio = _mean(np.where(seen, (units - level[:, None]) ** 2, 0.0), seen, 2 * settings.recent_days // days)
    return Analogues(
        frequency=panel.frequency,
        level=expected,
        shape=max(1.0 / max(float(spread), 1e-6), LEAST_SHAPE),
        curves=_launch_curves(panel, sold, seen, mature, group),
        curve_group=group.astype(np.int32),
        weekday=_weekday(panel, sold, seen, mature),
        mature_level=level[mature],
        mature_ratio=np.maximum(ratio[mature] / level[mature], 0.2),
        words=words,
    )


def _mean(values: FloatArray, seen: npt.NDArray[np.bool_], window: int) -> FloatArray:
    return values[:, -window:].sum(axis=1) / np.maximum(seen[:, -window:].sum(axis=1), 1)


def _attributes(panel: Panel, products: pd.DataFrame | None) -> list[Attribute]:
    """Return what series can have in common, the most general first."""
    columns: list[Attribute] = [
        (panel.group_names[place], panel.groups[place].astype(np.int64), panel.group_labels[place])
        for place in range(1, len(panel.groups))
    ]
    columns += _product_attributes(panel, products) if products is not None else []
    columns.sort(key=lambda column: len(column[2]))
    price = panel.history.price[:, -1].astype(np.float64)
    if np.isfinite(price).sum() >= 2 * PRICE_BANDS:
        edges = np.nanquantile(price, np.arange(1, PRICE_BANDS) / PRICE_BANDS)
        band = np.where(np.isfinite(price), np.searchsorted(edges, price), PRICE_BANDS)
        columns.append(("price band", band, ("low", "middle", "high", "unknown")))
    codes, skus = pd.factorize(panel.series["sku"], sort=True)
    columns.append(("sku", codes.astype(np.int64), tuple(skus)))
    return columns


def _product_attributes(panel: Panel, products: pd.DataFrame) -> list[Attribute]:
    """Return the text columns of `products` that the panel has no group for; a missing value is shared with nobody."""
    table = products.drop_duplicates("sku").set_index("sku")
    found: list[Attribute] = []
    for name in table.columns:
        if name in panel.group_names or name in NOT_SHARED or not pd.api.types.is_string_dtype(table[name]):
            continue
        value = panel.series["sku"].map(table[name])
        codes, labels = pd.factorize(value.where(value.notna(), "\x1f" + panel.series["sku"]), sort=True)
        found.append((str(name), codes.astype(np.int64), tuple(str(label) for label in labels)))
    return found


def _expected_levels(
    level: FloatArray,
    mature: npt.NDArray[np.bool_],
    columns: list[Attribute],
    strength: float,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return (n,) the level expected of each series from all mature ones but itself, and from which.

    Attribute by attribute: the factor is (Σ level + κ) ÷ (Σ expected + κ) over those that share it, κ = `strength`
    mean levels.
    """
    average = float(level[mature].mean())
    counted = np.where(mature, level, 0.0)
    others = mature.sum() - mature
    expected = np.maximum((counted.sum() - counted) / np.maximum(others, 1), 1e-6)
    words = [f"{count} analogues" for count in others.tolist()]
    for name, codes, labels in columns:
        size = int(codes.max()) + 1
        weighed = np.where(mature, expected, 0.0)
        found = np.bincount(codes, weights=counted, minlength=size)[codes] - counted
        thought = np.bincount(codes, weights=weighed, minlength=size)[codes] - weighed
        number = np.bincount(codes, weights=mature, minlength=size)[codes].astype(np.int64) - mature
        expected = expected * (found + strength * average) / (thought + strength * average)
        for row in np.flatnonzero(number > 0).tolist():
            words[row] = f"{number[row]} analogues in {name} {labels[codes[row]]}"
    return expected, tuple(words)


def _launch_curves(
    panel: Panel,
    sold: FloatArray,
    seen: npt.NDArray[np.bool_],
    mature: npt.NDArray[np.bool_],
    group: npt.NDArray[np.int32],
) -> FloatArray:
    """Return (groups, bins) units at an age ÷ long-run mean, over mature series whose first period the panel saw."""
    days = panel.frequency.period_days
    first = panel.history.first.astype(np.int64)
    launched = np.flatnonzero(mature & (first * days >= 28))
    size = int(group.max()) + 1
    bins = len(CURVE_DAYS)
    found, thought = np.zeros((size, bins)), np.zeros((size, bins))
    mean = sold.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    for row in launched.tolist():
        age = (np.arange(panel.periods) - first[row]) * days
        place = np.searchsorted(CURVE_DAYS, age[first[row] :], side="right") - 1
        count = np.bincount(place, weights=seen[row, first[row] :], minlength=bins)
        had = np.minimum(count, 1.0) / np.maximum(count, 1.0)
        found[group[row]] += np.bincount(place, weights=sold[row, first[row] :], minlength=bins) * had
        thought[group[row]] += mean[row] * np.minimum(count, 1.0)
    unit = max(float(mean[mature].mean()), 1e-6) * CURVE_STRENGTH
    common = (found.sum(axis=0) + unit) / (thought.sum(axis=0) + unit)
    return np.asarray((found + unit * common) / (thought + unit))


def _weekday(panel: Panel, sold: FloatArray, seen: npt.NDArray[np.bool_], mature: npt.NDArray[np.bool_]) -> FloatArray:
    if panel.frequency is not Frequency.DAILY:
        return np.ones(1)
    places = np.arange(panel.periods) % 7
    total = np.bincount(places, weights=sold[mature].sum(axis=0), minlength=7)
    count = np.bincount(places, weights=seen[mature].sum(axis=0), minlength=7)
    mean = total / np.maximum(count, 1)
    return mean / max(float(mean.mean()), 1e-9)
