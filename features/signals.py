"""Signals known only afterwards: ranks, search volumes, competitors, ads, weather, as they were known at an origin.

A value is used from the first origin on whose day is not before the one it was published on (`available_on`, by
default the day after its period ends); of several versions of one period's value the newest published by then counts.
Rows may speak of a sku, a location, a category, a keyword (which feeds skus through the `keywords` table) or of
everything: what is told once for many series is stored once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from features.keywords import linked_keywords

__all__ = ["SignalLayer", "build_layer", "build_returns", "build_signals"]

KEYS = ("sku", "location", "category")
SUMMED = ("keyword_volume",)
"""Signals told by keyword that add up over a sku's keywords; others are averaged, by weight."""

LEAST_RESCALED = 20
"""Values below which a maximum of exactly 100 says nothing."""


@dataclass(frozen=True, slots=True)
class SignalLayer:
    """One signal: for each key (a sku, a location, …) what became known when, as changes of a ratio.

    index: (n,) int32 key of each series, -1 where nothing is told of it. starts: (K + 1) first change of each key.
    known_from, period: (E,) int32 first origin that knows a change, rising within a key, and the period it is about.
    change, weight: (E,) what it adds to the period's numerator and denominator; value = numerator ÷ denominator.
    """

    name: str
    index: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    known_from: npt.NDArray[np.int32]
    period: npt.NDArray[np.int32]
    change: npt.NDArray[np.float64]
    weight: npt.NDArray[np.float64]

    def coverage(self, origin: int, reach: int) -> float:
        """Return the share of (series, period) cells of the `reach` periods before `origin` told by then."""
        told = (self.weight > 0) & (self.known_from <= origin) & (self.period >= origin - reach)
        counts = np.diff(np.r_[0, np.cumsum(told)][self.starts])
        cells = counts[self.index[self.index >= 0]].sum()
        return float(cells) / max(len(self.index) * min(reach, origin), 1)

    def add_to(self, digest: "hashlib.blake2b", told: npt.NDArray[np.bool_], origin: int) -> None:
        """Add to a digest what the series `told` (n,) knew of the signal at `origin`: nothing where that is nothing.

        Keys are numbered in the order of the series, so that rows about other series, or of later days, change nothing.
        """
        known = np.flatnonzero(self.known_from <= origin)
        key = np.searchsorted(self.starts, known, side="right") - 1
        told_of = np.zeros(len(self.starts), dtype=bool)
        told_of[key] = True
        index = np.where(told_of[self.index], self.index, -1)[told]
        found = pd.unique(index[index >= 0])
        if not len(found):
            return
        number = np.full(len(self.starts), -1, dtype=np.int64)
        number[found] = np.arange(len(found))
        events = known[number[key] >= 0]
        order = np.argsort(number[key[number[key] >= 0]], kind="stable")
        events = events[order]
        digest.update(self.name.encode())
        digest.update(number[index].tobytes())
        for facts in (self.known_from, self.period, self.change, self.weight):
            digest.update(facts[events].tobytes())

    def rescaled(self, origin: int) -> bool:
        """Return whether values known at `origin` look like a search trend: whole numbers of which 100 is the largest.

        Such a series was divided by the maximum of its whole window, so that its level tells of later periods; only
        changes are safe. Snapshots published at several days are not suspected: each is as it was then.
        """
        known = self.known_from <= origin
        value = self.change[known]
        revised = (self.weight[known] == 0).any()
        if revised or len(value) < LEAST_RESCALED:
            return False
        value = value / self.weight[known]
        whole = np.isin(value, (0.5,)) | (value == np.rint(value))
        return bool(value.max() == 100 and value.min() >= 0 and whole.all())


def build_signals(
    series: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    frequency: Frequency,
    start: np.datetime64,
    periods: int,
) -> tuple[SignalLayer, ...]:
    """Return a layer for each signal that is not known ahead and of which something was published by the panel's end.

    series: n rows `sku, location`; tables: `signals`, and where there are `keywords` and `products` (for categories).
    """
    signals = tables.get("signals")
    if signals is None or signals.empty:
        return ()
    rows = signals[~signals["known_ahead"].to_numpy(dtype=bool)]
    after = rows["date"] + pd.Timedelta(days=frequency.period_days)
    rows = rows.assign(available_on=rows["available_on"].fillna(after))
    rows = rows.assign(
        period=frequency.index(rows["date"].to_numpy(), start),
        known_from=frequency.index(_first_usable(rows["available_on"], frequency), start),
    )
    rows = rows[(rows["period"] >= 0) & (rows["period"] < periods) & (rows["known_from"] <= periods)]
    if rows.empty:
        return ()
    rows = _by_sku(rows, series, tables.get("keywords"))
    keyed = _keyed_series(series, tables.get("products"))
    layers = [_signal_layer(str(name), part, keyed) for name, part in rows.groupby("name", sort=True)]
    return tuple(layer for layer in layers if (layer.index >= 0).any())


def _first_usable(available: pd.Series, frequency: Frequency) -> npt.NDArray[np.datetime64]:
    """Return a day in the first period that begins on or after each day of publication."""
    return available.to_numpy().astype("datetime64[D]") + np.timedelta64(frequency.period_days - 1, "D")


def _by_sku(rows: pd.DataFrame, series: pd.DataFrame, keywords: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows with those told by keyword turned into one row a sku, `weight`ed, `source` naming the keyword."""
    told = rows["keyword"].notna().to_numpy()
    plain = rows[~told].assign(weight=1.0, total=1.0, source="")
    if not told.any():
        return plain
    linked = linked_keywords(rows[told], series, keywords)
    return pd.concat([plain, linked.assign(source=linked["keyword"])], ignore_index=True)


def _keyed_series(series: pd.DataFrame, products: pd.DataFrame | None) -> pd.DataFrame:
    category = pd.Series(np.nan, index=series.index, dtype="str")
    if products is not None and "category" in products:
        known = products.drop_duplicates("sku").set_index("sku")["category"]
        category = series["sku"].map(known).astype("str")
    return series[["sku", "location"]].assign(category=category).astype("str")


def _signal_layer(name: str, rows: pd.DataFrame, series: pd.DataFrame) -> SignalLayer:
    """Return the layer of one signal; a series takes the rows that speak of it most closely, sku before location
    before category before everything."""
    code = np.full(len(rows), -1, dtype=np.int64)
    index = np.full(len(series), -1, dtype=np.int64)
    given = np.stack([rows[key].notna().to_numpy() for key in KEYS])
    total = 0
    for pattern in sorted({tuple(column) for column in given.T.tolist()}, reverse=True):
        chosen = np.flatnonzero((given == np.array(pattern)[:, None]).all(axis=0))
        keys = [key for key, there in zip(KEYS, pattern, strict=True) if there]
        numbers, places = _match(rows.iloc[chosen], series, keys)
        code[chosen] = numbers + total
        index = np.where((index < 0) & (places >= 0), places + total, index)
        total += int(numbers.max(initial=-1)) + 1
    return build_layer(
        name, index, code, rows["source"].to_numpy(), rows["period"].to_numpy(), rows["known_from"].to_numpy(),
        rows["value"].to_numpy(dtype=np.float64), rows["weight"].to_numpy(dtype=np.float64),
        rows["total"].to_numpy(dtype=np.float64) if name in SUMMED else np.ones(len(rows)),
    )  # fmt: skip


def _match(
    rows: pd.DataFrame, series: pd.DataFrame, keys: list[str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the number of each row's key, and of each series' key among those of the rows (-1: not there)."""
    if not keys:
        return np.zeros(len(rows), dtype=np.int64), np.zeros(len(series), dtype=np.int64)
    if len(keys) == 1:
        numbers, found = pd.factorize(rows[keys[0]])
        return numbers, pd.Index(found).get_indexer(series[keys[0]])
    numbers, found = pd.factorize(pd.MultiIndex.from_frame(rows[keys]))
    return numbers, pd.MultiIndex.from_tuples(found, names=keys).get_indexer(pd.MultiIndex.from_frame(series[keys]))


def build_layer(
    name: str,
    index: npt.NDArray[np.int64],
    code: npt.NDArray[np.int64],
    source: npt.NDArray[np.object_],
    period: npt.NDArray[np.int64],
    known_from: npt.NDArray[np.int64],
    value: npt.NDArray[np.float64],
    weight: npt.NDArray[np.float64],
    total: npt.NDArray[np.float64],
) -> SignalLayer:
    """Return the layer of rows, each a version of one source's value of one period under one key, all (E,).

    index: (n,) key of each series. The value of a key is the weighted mean of its sources × `total`.
    Keys that no series has are dropped; of versions that became known at once the largest counts, so that the order of
    rows does not matter.
    """
    used = np.unique(index[index >= 0])
    place = np.full(int(max(code.max(initial=-1), index.max(initial=-1))) + 1, -1, dtype=np.int64)
    place[used] = np.arange(len(used))
    frame = pd.DataFrame(
        {
            "key": place[code], "source": source, "period": period, "known_from": np.maximum(known_from, period + 1),
            "value": value * weight * total, "weight": weight,
        }
    )  # fmt: skip
    frame = frame[(frame["key"] >= 0) & np.isfinite(frame["value"]) & (frame["weight"] > 0)]
    cell = ["key", "source", "period"]
    frame = frame.sort_values([*cell, "known_from", "value"], kind="stable")
    frame = frame.drop_duplicates([*cell, "known_from"], keep="last")
    again = frame.duplicated(cell).to_numpy()
    worth = frame["value"].to_numpy()
    change = worth - np.where(again, np.r_[0.0, worth[:-1]], 0.0)
    frame = frame.assign(change=change, weight=np.where(again, 0.0, frame["weight"]))
    frame = frame.sort_values(["key", "known_from"], kind="stable")
    return SignalLayer(
        name=name,
        index=np.where(index >= 0, place[np.maximum(index, 0)], -1).astype(np.int32),
        starts=np.searchsorted(frame["key"].to_numpy(), np.arange(len(used) + 1)).astype(np.int64),
        known_from=frame["known_from"].to_numpy(dtype=np.int32),
        period=frame["period"].to_numpy(dtype=np.int32),
        change=frame["change"].to_numpy(),
        weight=frame["weight"].to_numpy(),
    )


def build_returns(
    series: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    frequency: Frequency,
    start: np.datetime64,
    periods: int,
) -> SignalLayer | None:
    """Return the units that came back, by series and period, each known from the next period on; None without any."""
    returns = tables.get("returns")
    if returns is None or returns.empty:
        return None
    keys = pd.MultiIndex.from_frame(series[["sku", "location"]])
    who = keys.get_indexer(pd.MultiIndex.from_frame(returns[["sku", "location"]]))
    period = frequency.index(returns["date"].to_numpy(), start)
    inside = (who >= 0) & (period >= 0) & (period < periods)
    cells = pd.DataFrame({"who": who, "period": period, "units": returns["units"].to_numpy(dtype=np.float64)})[inside]
    cells = cells.groupby(["who", "period"], as_index=False)["units"].sum()
    if cells.empty:
        return None
    ones = np.ones(len(cells))
    place = cells["period"].to_numpy()
    return build_layer(
        "returns", np.arange(len(series)), cells["who"].to_numpy(), np.full(len(cells), ""), place, place + 1,
        cells["units"].to_numpy(), ones, ones,
    )  # fmt: skip
