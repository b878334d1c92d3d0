"""Facts known ahead: planned prices, promotions and other signals of future periods, by series."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from features.keywords import linked_keywords

__all__ = ["KnownAhead", "build_known_ahead", "published_by"]

ALWAYS = np.iinfo(np.int32).min
"""A fact known from the beginning of time."""

SEVERAL_KINDS = 4
"""Promotion kinds that get a flag of their own; rarer ones count as a promotion without one."""


@dataclass(frozen=True, slots=True)
class KnownAhead:
    """Covariates of past and future periods that are known before their period begins.

    names: `price` (planned price signals), other known-ahead signals, `discount` and `promotion <kind>`.
    values: (K, n, span) float32; NaN where nothing is known.
    known_from: (K, n, span) first origin that may use the value; None where everything was always known.
    """

    names: tuple[str, ...]
    values: npt.NDArray[np.float32]
    known_from: npt.NDArray[np.int32] | None

    def value(
        self,
        name: str,
        who: npt.NDArray[np.int64],
        origin: npt.NDArray[np.int32],
        target: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.float32]:
        """Return one covariate of series `who` in periods `target` as known at `origin`.

        A promotion not yet announced looks like none (0), as it would have then; another fact not yet known is NaN.
        """
        place = self.names.index(name)
        value = self.values[place, who, target]
        if self.known_from is None:
            return value
        unannounced = np.float32(0.0 if name == "discount" or name.startswith("promotion ") else np.nan)
        return np.where(self.known_from[place, who, target] <= origin, value, unannounced)

    def always_known(self, name: str) -> bool:
        """Return whether a covariate's values carry no date of announcement."""
        return self.known_from is None or bool((self.known_from[self.names.index(name)] == ALWAYS).all())

    def covered(self, origin: int, horizon: int) -> npt.NDArray[np.float64]:
        """Return the share of cells of the `horizon` periods from `origin` on that each covariate tells, (K,)."""
        window = slice(origin, origin + horizon)
        told = np.isfinite(self.values[:, :, window])
        if self.known_from is not None:
            told &= self.known_from[:, :, window] <= origin
        return told.mean(axis=(1, 2)) if told.size else np.zeros(len(self.names))


def published_by(tables: Mapping[str, pd.DataFrame], cut: np.datetime64) -> dict[str, pd.DataFrame]:
    """Return the tables without the signals and promotions that nobody had heard of by the day `cut`.

    Masking their values is not enough: the mere rows tell which kinds there will be and how far plans reach.
    """
    known = dict(tables)
    for name, column in (("signals", "available_on"), ("promotions", "known_from")):
        table = tables.get(name)
        if table is not None and len(table):
            days = table[column]
            known[name] = table[(days.isna() | (days <= pd.Timestamp(cut))).to_numpy()]
    return known


def build_known_ahead(
    series: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    frequency: Frequency,
    start: np.datetime64,
    span: int,
) -> KnownAhead:
    """Return all covariates that the signals (`known_ahead`) and promotions tables tell for `span` periods."""
    layers = [
        *_signal_layers(series, tables, frequency, start, span),
        *_promotion_layers(series, tables, frequency, start, span),
    ]
    names = tuple(name for name, _, _ in layers)
    shape = (len(series), span)
    values = np.stack([value for _, value, _ in layers]) if layers else np.empty((0, *shape), dtype=np.float32)
    if all(since is None for _, _, since in layers):
        return KnownAhead(names, values, None)
    always = np.full(shape, ALWAYS, dtype=np.int32)
    return KnownAhead(names, values, np.stack([always if since is None else since for _, _, since in layers]))


Layer = tuple[str, npt.NDArray[np.float32], npt.NDArray[np.int32] | None]


def _signal_layers(
    series: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    frequency: Frequency,
    start: np.datetime64,
    span: int,
) -> list[Layer]:
    signals = tables.get("signals")
    if signals is None or signals.empty:
        return []
    ahead = _told_by_sku(signals[signals["known_ahead"].to_numpy(dtype=bool)], series, tables.get("keywords"))
    layers: list[Layer] = []
    # Of two rows for the same place the one published last counts, wherever they are in the file.
    ahead = ahead.sort_values(["available_on", "value"], na_position="first", kind="stable")
    for name, rows in ahead.groupby("name", sort=True):
        columns = frequency.index(rows["date"].to_numpy(), start)
        inside = (columns >= 0) & (columns < span)
        rows, columns = rows[inside], columns[inside]
        value = np.full((len(series), span), np.nan, dtype=np.float32)
        since = np.full((len(series), span), ALWAYS, dtype=np.int32)
        told = _first_origin(rows["available_on"], frequency, start)
        for who, chosen in _matches(rows, series, tables):
            value[who, columns[chosen]] = rows["value"].to_numpy(dtype=np.float32)[chosen]
            since[who, columns[chosen]] = told[chosen]
        layers.append((str(name), value, since if (told > ALWAYS).any() else None))
    return layers


def _told_by_sku(ahead: pd.DataFrame, series: pd.DataFrame, keywords: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows with those told by keyword as one a sku: the mean over its keywords, weighted."""
    told = ahead["keyword"].notna().to_numpy()
    if not told.any():
        return ahead
    linked = linked_keywords(ahead[told], series, keywords)
    cell = ["date", "name", "sku", "location", "available_on"]
    linked = linked.assign(value=linked["value"] * linked["weight"]).groupby(cell, dropna=False, as_index=False)
    means = linked[["value", "weight"]].sum()
    means = means.assign(value=means["value"] / means["weight"], category=None, known_ahead=True)
    return pd.concat([ahead[~told], means.drop(columns="weight").astype({"category": "str"})], ignore_index=True)


def _first_origin(days: pd.Series, frequency: Frequency, start: np.datetime64) -> npt.NDArray[np.int32]:
    """Return the first origin (period index) that knows a fact published on each day; ALWAYS without a day."""
    given = days.notna().to_numpy()
    result = np.full(len(days), ALWAYS, dtype=np.int32)
    published = days.to_numpy()[given].astype("datetime64[D]") + np.timedelta64(frequency.period_days - 1, "D")
    result[given] = frequency.index(published, start)
    return result


def _matches(
    rows: pd.DataFrame, series: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Return pairs (series numbers, row numbers) of all series that each row speaks of, the most general rows first."""
    table = series.copy()
    products = tables.get("products")
    table["category"] = None
    if products is not None and "category" in products:
        table["category"] = series["sku"].map(products.set_index("sku")["category"])
    table["who"] = np.arange(len(series))
    keyed = rows[["category", "location", "sku"]].copy()
    keyed["row"] = np.arange(len(rows))
    pairs = []
    for given, part in keyed.groupby([keyed[key].notna() for key in ("sku", "location", "category")], sort=True):
        keys = [key for key, present in zip(("sku", "location", "category"), given, strict=True) if present]
        met = part.merge(table[[*keys, "who"]], on=keys) if keys else part.merge(table[["who"]], how="cross")
        pairs.append((met["who"].to_numpy(), met["row"].to_numpy()))
    return pairs


def _promotion_layers(
    series: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    frequency: Frequency,
    start: np.datetime64,
    span: int,
) -> list[Layer]:
    promotions = tables.get("promotions")
    if promotions is None or promotions.empty:
        return []
    promotions = promotions.reset_index(drop=True)
    begin = np.maximum(frequency.index(promotions["start"].to_numpy(), start), 0)
    end = np.minimum(frequency.index(promotions["end"].to_numpy(), start), span - 1)
    lengths = np.maximum(end - begin + 1, 0)
    told = _first_origin(promotions["known_from"], frequency, start)
    discount = promotions["discount"].fillna(0).to_numpy(dtype=np.float32)
    kinds = promotions["kind"].fillna("promotion").to_numpy()
    shape = (len(series), span)
    flagged = pd.Series(kinds).value_counts().index[:SEVERAL_KINDS]
    layers = {
        name: np.zeros(shape, dtype=np.float32) for name in ["discount", *sorted(f"promotion {k}" for k in flagged)]
    }
    since = np.full(shape, ALWAYS, dtype=np.int32)
    for who, chosen in _matches(promotions, series, tables):
        cell_who = np.repeat(who, lengths[chosen])
        offset = np.arange(len(cell_who)) - np.repeat(np.cumsum(lengths[chosen]) - lengths[chosen], lengths[chosen])
        column = np.repeat(begin[chosen], lengths[chosen]) + offset
        row = np.repeat(chosen, lengths[chosen])
        np.maximum.at(layers["discount"], (cell_who, column), discount[row])
        np.maximum.at(since, (cell_who, column), told[row])
        for kind in flagged:
            of_kind = kinds[row] == kind
            layers[f"promotion {kind}"][cell_who[of_kind], column[of_kind]] = 1
    last = int(end.max(initial=-1))
    for value in layers.values():
        value[:, last + 1 :] = np.nan  # after the last promotion on record nothing is planned yet: unknown, not none
    companion = since if (told > ALWAYS).any() else None
    return [(name, value, companion) for name, value in layers.items()]
