"""Is the champion still as good as it was judged to be: live errors, coverage and inputs against its backtest."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from core.progress import Progress, silent
from core.types import FloatArray
from features.build import build_features
from features.panel import Panel
from features.rows import forecast_rows
from training.backtest import JUDGED_LEVELS, Outcome, outcome, pooled, scores
from training.boosted import BoostedForecaster

__all__ = ["DriftReport", "DriftSettings", "Signal", "drift", "live_outcomes", "population_stability"]

STABLE, WATCH, DRIFTED, UNKNOWN = "stable", "watch", "drifted", "unknown"
"""Verdicts, from good to bad; unknown where nothing was observed since."""

FIXED = ("calendar", "events", "planned", "horizon", "group_season")
AGEING = ("age",)
"""Blocks and columns that change with the date, for all series at once: a new month is no drift."""

INPUTS = ("feature", "psi", "ks", "verdict")

REFERENCE_ORIGINS = 4
"""Origins before the end of what a model learned from whose inputs are the usual ones."""


@dataclass(frozen=True, slots=True)
class DriftSettings:
    """From where on a change is worth watching, and from where it is drift: (watch, drifted).

    error: live scaled pinball ÷ that of the backtest − 1. bias: distance from the backtest's bias, in shares of sales.
    coverage: largest distance of a coverage from its level beyond the backtest's. stability: PSI of a feature (the
    credit scorers' custom: 0.1 and 0.25). features: share of features whose PSI is beyond its second bound.
    bins: of PSI, fewer for few series; least_rows: observed series-periods below which errors say nothing.
    """

    error: tuple[float, float] = (0.15, 0.3)
    bias: tuple[float, float] = (0.1, 0.2)
    coverage: tuple[float, float] = (0.05, 0.1)
    stability: tuple[float, float] = (0.1, 0.25)
    features: tuple[float, float] = (0.1, 0.3)
    bins: int = 10
    least_rows: int = 100


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that was measured: live value, the backtest's, the change that counts, its bounds and the verdict."""

    name: str
    live: float
    backtest: float
    change: float
    watch: float
    drifted: float
    verdict: str


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What was measured, the features that moved most, and how many rows were live.

    inputs: columns `feature, psi, ks, verdict`, largest PSI first. rows: observed series-periods since `as_of`.
    """

    signals: tuple[Signal, ...]
    inputs: pd.DataFrame
    rows: int

    @property
    def verdict(self) -> str:
        """The worst of all signals; `unknown` where nothing was observed since the model learned."""
        found = {item.verdict for item in self.signals}
        return next(word for word in (DRIFTED, WATCH, STABLE, UNKNOWN) if word in found)

    @property
    def table(self) -> pd.DataFrame:
        """One row a signal, then one a feature (`input …`, its change being PSI): all that a program needs."""
        rows = pd.DataFrame([asdict(item) for item in self.signals])
        inputs = self.inputs.rename(columns={"feature": "name", "psi": "change"}).drop(columns="ks")
        return pd.concat([rows, inputs.assign(name="input " + inputs["name"])], ignore_index=True)


def live_outcomes(model: BoostedForecaster, panel: Panel, step: int) -> list[Outcome]:
    """Return the outcomes of the model at origins from its `as_of` on, `step` periods apart, each up to the next one.

    What the model says about a period depends on the newest origin before it only, as in use. Empty where nothing was
    observed since.
    """
    begin, end = panel.origin_of(model.as_of), int(panel.history.last_reported) + 1
    found = []
    for origin in range(begin, end, step):
        ahead = min(step, model.horizon, end - origin)
        found.append(outcome(model.distribution(panel.before(origin), ahead), panel, origin))
    return [item for item in found if len(item.actual)]


def drift(
    model: BoostedForecaster,
    panel: Panel,
    expected: dict[str, float],
    settings: DriftSettings | None = None,
    step: int = 7,
    progress: Progress = silent,
    inputs: bool = True,
) -> DriftReport:
    """Return how the model did since its `as_of` against what its backtest promised, and how its inputs moved.

    expected: `scaled_pinball`, `bias` and `calibration_error` of the backtest. step: periods between two live origins.
    inputs: whether to look at the features too, which takes the memory of a training's.
    """
    settings = settings or DriftSettings()
    progress("live errors", 0.1)
    live = live_outcomes(model, panel, step)
    rows = sum(len(item.actual) for item in live)
    signals = _error_signals(live, rows, expected, settings)
    progress("inputs", 0.6)
    found = _inputs(model, panel, settings, step) if inputs else pd.DataFrame(columns=list(INPUTS))
    moved = float((found["verdict"] == DRIFTED).mean()) if len(found) else float("nan")
    signals.append(_signal("features that moved", moved, 0.0, moved, settings.features))
    progress("drift measured", 1.0)
    return DriftReport(tuple(signals), found, rows)


def population_stability(expected: FloatArray, actual: FloatArray, bins: int) -> float:
    """Return PSI = Σ (a − e)·ln(a ÷ e) over the bins that cut `expected` into equal parts; NaN values are one bin more.

    Half a row is added to each bin, so that an empty one is no infinity. 0: nothing moved.

    >>> round(population_stability(np.arange(100.0), np.arange(100.0), 10), 6)
    0.0
    """
    known = expected[np.isfinite(expected)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if len(known) else np.empty(0)
    shares = []
    for values in (expected, actual):
        seen = np.isfinite(values)
        inside = np.bincount(np.searchsorted(edges, values[seen], side="right"), minlength=len(edges) + 1)
        counts = np.append(inside, (~seen).sum()) + 0.5
        shares.append(counts / counts.sum())
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def _error_signals(
    live: Sequence[Outcome], rows: int, expected: dict[str, float], settings: DriftSettings
) -> list[Signal]:
    found = scores(pooled(live), JUDGED_LEVELS) if rows >= settings.least_rows else {}
    names = (("scaled_pinball", settings.error), ("bias", settings.bias), ("calibration_error", settings.coverage))
    signals = []
    for name, bounds in names:
        now, then = found.get(name, float("nan")), expected.get(name, float("nan"))
        change = now / then - 1 if name == "scaled_pinball" else abs(now - then) if name == "bias" else now - then
        signals.append(_signal(name, now, then, change, bounds))
    return signals


def _signal(name: str, live: float, backtest: float, change: float, bounds: tuple[float, float]) -> Signal:
    return Signal(name, live, backtest, change, *bounds, _verdict(change, bounds))


def _verdict(change: float, bounds: tuple[float, ...]) -> str:
    if math.isnan(change):
        return UNKNOWN
    return DRIFTED if change > bounds[1] else WATCH if change > bounds[0] else STABLE


def _inputs(model: BoostedForecaster, panel: Panel, settings: DriftSettings, step: int) -> pd.DataFrame:
    """Return PSI and the Kolmogorov-Smirnov distance of each feature: rows to forecast now against then.

    A handful of series moves between bins by chance. Where nothing changed PSI is about χ² × (1/n + 1/m) of n and m
    independent rows (Yurdakul 2018, Western Michigan University), and a series' rows are no more than one: bounds below
    the 95 % point of that are raised to it.
    """
    learned = panel.origin_of(model.as_of)
    origins = [origin for back in range(REFERENCE_ORIGINS) if (origin := learned - back * step) > learned // 2]
    then = np.concatenate([_values(model, panel.before(min(origin, panel.periods))) for origin in origins])
    now = _values(model, panel)
    series = max(len(panel.series), 1)
    bins = int(np.clip(series // 10, 2, settings.bins))
    chance = float(stats.chi2.ppf(0.95, bins)) * 2 / series
    bounds = tuple(max(bound, chance) for bound in settings.stability)
    columns = [
        (column.name, block.name)
        for block in model.specification.blocks_on()
        for column in block.columns(model.specification)
    ]
    rows = []
    for place, (name, block) in enumerate(columns):
        if block in FIXED or name in AGEING:
            continue
        one, two = then[:, place], now[:, place]
        psi = population_stability(one, two, bins)
        rows.append({"feature": name, "psi": psi, "ks": _distance(one, two), "verdict": _verdict(psi, bounds)})
    found = pd.DataFrame(rows, columns=list(INPUTS))
    return found.sort_values("psi", ascending=False, kind="stable").reset_index(drop=True)


def _values(model: BoostedForecaster, view: Panel) -> FloatArray:
    """Return the features (R, F) of the rows that a forecast from the end of `view` reads, of series that had begun."""
    rows = forecast_rows(len(view.series), view.periods, model.horizon)
    values = build_features(view, model.specification, rows).values
    begun: FloatArray = values[view.history.first[rows.who] < view.periods].astype(np.float64)
    return begun


def _distance(one: FloatArray, two: FloatArray) -> float:
    known: list[npt.NDArray[np.float64]] = [values[np.isfinite(values)] for values in (one, two)]
    if min(len(values) for values in known) == 0:
        return float("nan")
    return float(stats.ks_2samp(*known, method="asymp").statistic)
