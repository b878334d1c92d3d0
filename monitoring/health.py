"""The health score 0–100: 40 % turnover, 35 % structure, 25 % service and cost, each from published maps (M21, E30).

A KPI becomes points by a piecewise-linear map (MAPS); a pillar is the mean of its KPIs that are known; the score is the
weighted mean of the pillars that are known. So the reason of a score is arithmetic: a pillar costs its weight times
what it lacks to 100, and within it each KPI its share of that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.types import FloatArray
from monitoring.fact import Fact, Scope

__all__ = ["ALERT_BELOW", "FACTS", "MAPS", "PILLARS", "Part", "combine", "explain", "health_table", "points"]

WEIGHTS = {"turnover": 0.40, "structure": 0.35, "service_cost": 0.25}
PILLARS = {
    "turnover": ("turnover", "cover_days"),
    "structure": ("aged_share", "dead_share", "excess_share"),
    "service_cost": ("in_stock_rate", "fill_rate", "holding_cost_share"),
}
"""Pillar → its KPIs."""

ALERT_BELOW = 80.0
"""M23: a score below this is an alert."""

FACTS = (Fact("health_score", "points", "health of the whole stock, 0 to 100", Scope.DATASET),)

MAPS: dict[str, tuple[tuple[float, float], ...]] = {
    "turnover": ((0, 0), (2, 30), (4, 60), (6, 80), (8, 90), (12, 100)),
    "cover_days": ((0, 0), (15, 60), (30, 100), (45, 100), (90, 60), (180, 20), (365, 0)),
    "aged_share": ((0, 100), (0.1, 85), (0.2, 65), (0.4, 30), (0.7, 0)),
    "dead_share": ((0, 100), (0.05, 80), (0.15, 50), (0.3, 20), (0.5, 0)),
    "excess_share": ((0, 100), (0.15, 90), (0.3, 70), (0.5, 40), (0.8, 0)),
    "in_stock_rate": ((0.5, 0), (0.8, 40), (0.9, 70), (0.95, 90), (0.98, 100), (1, 100)),
    "fill_rate": ((0.5, 0), (0.8, 40), (0.9, 70), (0.95, 90), (0.98, 100), (1, 100)),
    "holding_cost_share": ((0, 100), (0.02, 95), (0.05, 75), (0.1, 40), (0.2, 0)),
}
"""KPI → points of its map (value, points), linear between, flat outside."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a pillar or KPI costs the score: its value (points for a pillar), its points, and the points lost."""

    name: str
    value: float
    points: float
    costs: float


def points(kpi: str, value: FloatArray | float) -> FloatArray:
    """Return the points of a KPI's values; NaN stays NaN.

    >>> points("cover_days", np.array([0.0, 15.0, 40.0, 90.0, 400.0])).tolist()
    [0.0, 60.0, 100.0, 60.0, 0.0]
    """
    known, worth = zip(*MAPS[kpi], strict=True)
    values = np.asarray(value, dtype=np.float64)
    found = np.interp(np.nan_to_num(values), known, worth)
    return np.where(np.isnan(values), np.nan, found)


def combine(pillars: Mapping[str, FloatArray | float]) -> FloatArray:
    """Return the score of pillars in points, weighted 40 : 35 : 25 among those that are known.

    >>> float(combine({"turnover": 88.46154, "structure": 50.0, "service_cost": 88.46154}).round(2))
    75.0
    """
    total = np.zeros(np.shape(next(iter(pillars.values()))))
    weight = np.zeros(np.shape(total))
    for name, value in pillars.items():
        known = ~np.isnan(np.asarray(value, dtype=np.float64))
        total = total + np.where(known, WEIGHTS[name] * np.nan_to_num(value), 0.0)
        weight = weight + np.where(known, WEIGHTS[name], 0.0)
    return np.divide(total, weight, out=np.full(np.shape(total), np.nan), where=weight > 0)


def health_table(kpis: pd.DataFrame) -> pd.DataFrame:
    """Return one row a group of `monitoring.kpi.kpis_of`: `group, score, turnover, structure, service_cost, reason`.

    Pillar columns are points; `reason` names what costs the score most.
    """
    pillars = {name: _mean([points(kpi, kpis[kpi].to_numpy()) for kpi in names]) for name, names in PILLARS.items()}
    table = pd.DataFrame({"group": kpis["group"], "score": combine(pillars), **pillars})
    records = kpis.to_dict("records")
    reasons = [explain({name: float(pillars[name][row]) for name in PILLARS}, records[row]) for row in range(len(kpis))]
    table["reason"] = [_words(parts) for parts in reasons]
    return table


def explain(pillars: Mapping[str, float], kpis: Mapping[str, float] | None = None) -> list[Part]:
    """Return what costs the score, dearest first: pillars, and within them KPIs where they are given (M22).

    >>> [part.name for part in explain({"turnover": 88.5, "structure": 50.0, "service_cost": 88.5})]
    ['structure', 'turnover', 'service_cost']
    """
    known = {name: value for name, value in pillars.items() if not np.isnan(value)}
    weight = sum(WEIGHTS[name] for name in known)
    parts = []
    for name, value in known.items():
        share = WEIGHTS[name] / weight
        worth = {} if kpis is None else {kpi: float(points(kpi, float(kpis[kpi]))) for kpi in PILLARS[name]}
        worth = {kpi: point for kpi, point in worth.items() if not np.isnan(point)}
        if not worth:
            parts.append(Part(name, value, value, share * (100.0 - value)))
        for kpi, point in worth.items():
            assert kpis is not None
            parts.append(Part(kpi, float(kpis[kpi]), point, share * (100.0 - point) / len(worth)))
    return sorted(parts, key=lambda part: (-part.costs, part.name))


def _mean(values: list[FloatArray]) -> FloatArray:
    stacked = np.stack(values)
    known = ~np.isnan(stacked)
    count = known.sum(axis=0)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _words(parts: list[Part]) -> str:
    shown = [f"{part.name} {part.value:.4g} costs {part.costs:.1f}" for part in parts[:3] if part.costs >= 0.5]
    return "; ".join(shown) or "nothing costs half a point"
