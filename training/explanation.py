"""Why a forecast is what it is: exact contributions of each block of features to the mean, in units and in words.

The booster's mean is a product of factors (log link), TreeSHAP (Lundberg et al. 2020, Nature Machine Intelligence 2)
takes its logarithm apart without remainder, and the logarithmic mean (Ang 2005, Energy Policy 33, "LMDI") shares the
units out in proportion, so that the parts add up to the forecast.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import UsageError
from core.types import FloatArray
from features.block import Column
from features.build import build_features
from features.panel import Panel
from features.rows import forecast_rows
from training.boosted import BoostedForecaster

__all__ = ["Explanation", "Part", "explain", "shared_out"]

START = "usual level"
REST = "beside the trees"

LEAST_TOLD = 0.005
"""Units below which a part is not worth a sentence; the table holds it all the same."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one block of features adds to a forecast.

    block: its name; about: in words; units: added to the mean; factor: what the mean was multiplied by; because: the
    columns that moved most, in words, each with its value.
    """

    block: str
    about: str
    units: float
    factor: float
    because: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One forecast mean taken apart: start + the parts' units = mean.

    start: what a series of this size sells where nothing else is known; of parts the largest comes first.
    """

    sku: str
    location: str
    date: date
    mean: float
    start: float
    parts: tuple[Part, ...]

    @property
    def sentences(self) -> list[str]:
        """The explanation in words, one line a part."""
        lines = [f"{self.start:.2f} units is usual for an item of this size"]
        for part in (item for item in self.parts if abs(item.units) >= LEAST_TOLD):
            share = f" (× {part.factor:.2f})" if np.isfinite(part.factor) else ""
            lines.append(f"{part.units:+.2f} units{share} {part.block}: {part.because or part.about}")
        return [*lines, f"{self.mean:.2f} units is the mean forecast for {self.date}"]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a part, the start and the mean included: `sku, location, date, block, units, factor, …`."""
        first = Part(START, "what a series of this size sells where nothing else is known", self.start, 1.0, "")
        last = Part(
            "mean", "the forecast: the sum of all rows above", self.mean, self.mean / max(self.start, 1e-12), ""
        )
        rows = [
            {"block": part.block, "units": part.units, "factor": part.factor, "because": part.because or part.about}
            for part in (first, *self.parts, last)
        ]
        return pd.DataFrame(rows).assign(sku=self.sku, location=self.location, date=str(self.date))[
            ["sku", "location", "date", "block", "units", "factor", "because"]
        ]


def explain(
    model: BoostedForecaster,
    panel: Panel,
    series: int,
    horizon: int,
    threads: int = 1,
    mean: FloatArray | None = None,
) -> tuple[Explanation, ...]:
    """Return the explanations of the `horizon` periods after the panel for one series (its row in the panel).

    mean: (horizon,) what the model says of the series, where that is known already. Raises UsageError for a model whose
    mean is not one booster of log demand.
    """
    booster = getattr(model.head, "mean_booster", None)
    if booster is None:
        raise UsageError(f"{model.name} cannot be explained: its mean is not one booster; explain one that is")
    mean = model.distribution(panel, horizon).mean[series] if mean is None else mean
    rows = replace(forecast_rows(1, panel.periods, horizon), who=np.full(horizon, series, dtype=np.int64))
    matrix = build_features(panel, model.specification, rows)
    values, scale = matrix.values, matrix.scale.astype(np.float64)
    shares = np.asarray(booster.predict(values, pred_contrib=True, num_threads=threads))
    who = panel.series.iloc[series]
    days = panel.dates(panel.periods, horizon)
    return tuple(
        Explanation(
            str(who["sku"]),
            str(who["location"]),
            days[ahead].astype(object),
            float(mean[ahead]),
            float(np.exp(shares[ahead, -1]) * scale[ahead]),
            _parts(model, shares[ahead], values[ahead], float(scale[ahead]), float(mean[ahead])),
        )
        for ahead in range(horizon)
    )


def shared_out(start: float, contributions: FloatArray) -> FloatArray:
    """Return what each contribution to the logarithm adds in units, so that start + the sum is start·exp(Σ).

    Formula: L·c with L = (b − a) ÷ (ln b − ln a), the logarithmic mean of start a and end b.

    >>> shared_out(2.0, np.log([3.0, 0.5])).round(4).tolist()
    [2.7095, -1.7095]
    """
    total = float(contributions.sum())
    mean = start if abs(total) < 1e-12 else start * np.expm1(total) / total
    return np.asarray(mean * contributions, dtype=np.float64)


def _parts(
    model: BoostedForecaster, shares: FloatArray, values: npt.NDArray[np.float32], scale: float, mean: float
) -> tuple[Part, ...]:
    start = float(np.exp(shares[-1]) * scale)
    units = shared_out(start, shares[:-1])
    parts, column = [], 0
    for block in model.specification.blocks_on():
        columns = block.columns(model.specification)
        window = slice(column, column + len(columns))
        column += len(columns)
        if not columns:
            continue
        factor = float(np.exp(shares[window].sum()))
        because = _because(columns, units[window], values[window], scale)
        parts.append(Part(block.name, block.about, float(units[window].sum()), factor, because))
    parts.sort(key=lambda part: -abs(part.units))
    rest = mean - start - float(units.sum())
    share = float(getattr(model, "log_share", 0.0))
    head = f", and its head for promotions, {share:.0%} of the blend" if share > 0 else ""
    about = f"what the model adds beside these trees: a slow average{head}"
    return (*parts, Part(REST, about, rest, float("nan"), about))


def _because(
    columns: Sequence[Column], units: FloatArray, values: npt.NDArray[np.float32], scale: float, shown: int = 2
) -> str:
    """Return the columns that moved the mean most, with their values, until `shown` or a tenth of the largest."""
    order = np.argsort(-np.abs(units), kind="stable")
    if len(order) == 0 or units[order[0]] == 0:
        return ""
    told = [int(place) for place in order[:shown] if abs(units[place]) >= 0.1 * abs(units[order[0]])]
    return "; ".join(_worded(columns[place], float(values[place]), float(units[place]), scale) for place in told)


def _worded(column: Column, value: float, units: float, scale: float) -> str:
    name = column.meaning.rstrip(".")
    if column.categorical:
        return f"{name} ({units:+.2f})"
    if not np.isfinite(value):
        return f"{name} is unknown ({units:+.2f})"
    if column.unit == "level":
        return f"{name}: {value * scale:.4g} units, {value:.2f} × its level ({units:+.2f})"
    return f"{name}: {value:.4g}{f' {column.unit}' if column.unit else ''} ({units:+.2f})"
