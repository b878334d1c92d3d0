"""Kits and duplicates: what is sold under one sku and taken from the stock of others.

Demand of a kit beyond its own assembled stock falls on its components, path by path: with N the running net
requirement of the kit, max(N, 0) has risen by so many kits, each of which takes `quantity` of a component. Only
components are bought. A duplicate listing is a kit of one unit of one component: one order serves them all.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from core.errors import UsageError
from core.types import DemandForecast, FloatArray
from optimizer.order_window import Steps
from optimizer.protection_interval import Paths

__all__ = [
    "BillOfMaterials",
    "bill_of_materials",
    "missing_components",
    "on_components",
    "with_costs_of",
    "with_series",
]


@dataclass(frozen=True, slots=True)
class BillOfMaterials:
    """m lines over n series: kit (m,) and component (m,) count the series, quantity (m,) units of it a kit."""

    kit: Steps
    component: Steps
    quantity: FloatArray

    def take(self, rows: Steps) -> Self:
        """Return the lines whose kit and component are both among `rows`, counted in their order."""
        place = {int(row): position for position, row in enumerate(rows)}
        kept = [m for m in range(len(self.kit)) if int(self.kit[m]) in place and int(self.component[m]) in place]
        return replace(
            self,
            kit=np.array([place[int(self.kit[m])] for m in kept], dtype=np.int64),
            component=np.array([place[int(self.component[m])] for m in kept], dtype=np.int64),
            quantity=self.quantity[kept],
        )


def missing_components(kits: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Return the sku and location of components that no series stands for, parts of parts included.

    kits: rows of sku, component, quantity. series: rows of sku and location; a kit takes its components at its own
    location.
    """
    have = set(zip(series["sku"], series["location"], strict=True))
    parts = kits.groupby("sku")["component"].agg(list).to_dict()
    queue, found = sorted(have), []
    while queue:
        sku, location = queue.pop()
        for part in parts.get(sku, ()):
            if (part, location) not in have:
                have.add((part, location))
                found.append((part, location))
                queue.append((part, location))
    return pd.DataFrame(sorted(found), columns=["sku", "location"], dtype="str")


def bill_of_materials(kits: pd.DataFrame, series: pd.DataFrame) -> BillOfMaterials | None:
    """Return the lines of `kits` for each location of `series`, kits before their components; None where none fits.

    Raises UsageError for a sku that is, through its components, a part of itself.
    """
    rows = {key: row for row, key in enumerate(zip(series["sku"], series["location"], strict=True))}
    depth = _depths(kits)
    lines = [
        (depth[kit], rows[kit, location], rows[component, location], float(quantity))
        for kit, component, quantity in kits[["sku", "component", "quantity"]].itertuples(index=False)
        for location in sorted({place for sku, place in rows if sku == kit})
        if (component, location) in rows
    ]
    if not lines:
        return None
    _, kit, component, quantity = (np.array(column) for column in zip(*sorted(lines), strict=True))
    return BillOfMaterials(kit.astype(np.int64), component.astype(np.int64), quantity.astype(np.float64))


def _depths(kits: pd.DataFrame) -> dict[str, int]:
    """Return how far each kit is from the outermost one that holds it; raises UsageError for a circle."""
    parts: dict[str, list[str]] = kits.groupby("sku")["component"].agg(list).to_dict()
    depth = dict.fromkeys(parts, 0)
    for round_ in range(len(parts) + 1):
        deeper = {
            part: depth[kit] + 1 for kit in parts for part in parts[kit] if part in depth and depth[part] <= depth[kit]
        }
        if not deeper:
            return depth
        if round_ == len(parts):
            names = ", ".join(sorted(deeper)[:5])
            raise UsageError(f"kits: {names} is, through its components, a part of itself; take the row out")
        depth |= deeper
    return depth


def with_series(forecast: DemandForecast, extra: pd.DataFrame) -> DemandForecast:
    """Return the forecast with series appended that sell nothing by themselves."""
    if not len(extra):
        return forecast
    columns, count = list(forecast.series.columns), len(extra)
    more = extra.reset_index(drop=True).reindex(columns=columns).fillna("").astype(dict(forecast.series.dtypes))
    return replace(
        forecast,
        series=pd.concat([forecast.series, more], ignore_index=True),
        mean=np.concatenate([forecast.mean, np.zeros((count, *forecast.mean.shape[1:]))]),
        quantiles=np.concatenate([forecast.quantiles, np.zeros((count, *forecast.quantiles.shape[1:]))]),
        paths=np.concatenate([forecast.paths, np.zeros((count, *forecast.paths.shape[1:]), dtype=np.float32)]),
    )


def on_components(
    forecast: DemandForecast, terms: pd.DataFrame, on_hand: FloatArray, inbound: FloatArray, bill: BillOfMaterials
) -> tuple[DemandForecast, pd.DataFrame]:
    """Return forecast and terms with the demand of kits put on their components.

    A component's stock-out cost is the mean, weighed by units, of its own and of its kits' (a missing unit loses
    1 / quantity of a kit). Quantiles stay those of the sales under each name.
    """
    paths, own = forecast.paths.copy(), forecast.mean.sum(axis=1)
    cost, units = terms["stockout_cost"].to_numpy(dtype=np.float64) * own, own.copy()
    assumed = terms["assumed"].tolist()
    kit_cost = terms["stockout_cost"].to_numpy(dtype=np.float64)
    for kit in dict.fromkeys(bill.kit.tolist()):
        lines = np.flatnonzero(bill.kit == kit)
        beyond = _beyond_own_stock(paths[kit], float(on_hand[kit]), inbound[kit])
        paths[kit] -= beyond
        assumed[kit] = _noted(assumed[kit], "sold from its components")
        for m in lines.tolist():
            component, quantity = int(bill.component[m]), float(bill.quantity[m])
            paths[component] += beyond * np.float32(quantity)
            taken = float(beyond.sum()) / len(beyond) * quantity
            cost[component] += taken * kit_cost[kit] / quantity
            units[component] += taken
            name = forecast.series["sku"].iloc[kit]
            assumed[component] = _noted(assumed[component], f"demand includes {quantity:g} for each {name}")
        kit_cost = np.divide(cost, units, out=kit_cost.copy(), where=units > 0)
    moved = np.unique(np.r_[bill.kit, bill.component])
    mean = forecast.mean.copy()
    mean[moved] = paths[moved].mean(axis=1)
    changed = terms.assign(stockout_cost=kit_cost, assumed=assumed)
    return replace(forecast, paths=paths, mean=mean), changed


def with_costs_of(ways: pd.DataFrame, terms: pd.DataFrame) -> pd.DataFrame:
    """Return the ways to buy with the stock-out cost and the notes of their series' terms."""
    series = ways["series"].to_numpy()
    names = ("stockout_cost", "assumed")
    return ways.assign(**{name: terms[name].to_numpy()[series] for name in names})


def _beyond_own_stock(paths: Paths, on_hand: float, inbound: FloatArray) -> Paths:
    """Return (P, H) the part of demand that assembled stock and what arrives of it do not serve."""
    net = np.cumsum(paths - inbound, axis=1, dtype=np.float64) - on_hand
    needed = np.maximum.accumulate(np.maximum(net, 0.0), axis=1)
    return np.diff(needed, axis=1, prepend=0.0).astype(np.float32)


def _noted(told: str, words: str) -> str:
    return f"{told}; {words}" if told else words
