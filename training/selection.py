"""Which model answers for which series: the one that erred least in a backtest of its segment, if it is worth its cost.

The default answers unless another model is better beyond what chance explains; of models that are nearly as good, the
cheapest. Losses are compared series by series, for a series' errors at all origins hang together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import UsageError
from core.types import FloatArray
from features.panel import Panel
from training.calibration import Calibration
from training.distribution import DemandDistribution
from training.forecaster import Forecaster, check_horizon
from training.marginals import GRID_LEVELS, GridMarginals, Marginals
from training.routing import routed
from training.segments import segment_labels

__all__ = ["Choice", "SegmentOf", "SelectedForecaster", "SelectionSettings", "choose_by_segment", "usual_segments"]

SegmentOf = Callable[[Panel], npt.NDArray[np.str_]]
"""Returns (n,) the name of each series' segment, from facts before the panel's end."""


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """When another model than the default is chosen.

    tolerance: share of the least loss that a cheaper model may lose; confidence: share of bootstrap draws in which a
    rival must beat the default; least_series: segments with fewer series keep the default; draws, seed: bootstrap.
    """

    tolerance: float = 0.005
    confidence: float = 0.95
    least_series: int = 20
    draws: int = 500
    seed: int = 20240415


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for one segment: the model, how many series decided, its loss beside the default's, and why."""

    segment: str
    model: str
    series: int
    loss_ratio: float
    reason: str


def usual_segments(panel: Panel) -> npt.NDArray[np.str_]:
    """Return (n,) each series' value class, demand pattern and life, such as `A smooth mature`."""
    labels = segment_labels(panel)
    parts = [labels[name].tolist() for name in ("value", "pattern", "life")]
    return np.array([" ".join(words) for words in zip(*parts, strict=True)], dtype=np.str_)


def choose_by_segment(
    losses: Mapping[str, FloatArray],
    segments: npt.NDArray[np.str_],
    seconds: Mapping[str, float],
    default: str,
    settings: SelectionSettings | None = None,
) -> dict[str, Choice]:
    """Return the choice for each segment.

    losses: by model, (n,) as `training.comparison.pinball_by_series`, from the same judged cells; segments: (n,);
    seconds: what fit and forecast cost each model. A rival of the default must beat it in `confidence` of the bootstrap
    draws of series, and by more than `tolerance` unless it is cheaper; of those that do, and the default, the cheapest
    within `tolerance` of the best is chosen.
    Raises UsageError where the default has no losses.
    """
    settings = settings or SelectionSettings()
    if default not in losses:
        raise UsageError(f"the default model {default!r} was not backtested; choose one of {', '.join(losses)}")
    known = np.isfinite(np.stack(list(losses.values()))).all(axis=0)
    found = {}
    for segment in sorted(set(segments.tolist())):
        rows = np.flatnonzero((segments == segment) & known)
        own = {name: loss[rows] for name, loss in losses.items()}
        found[segment] = _choose(segment, own, seconds, default, settings)
    return found


def _choose(
    segment: str,
    losses: Mapping[str, FloatArray],
    seconds: Mapping[str, float],
    default: str,
    settings: SelectionSettings,
) -> Choice:
    base = losses[default]
    count = len(base)
    if count < settings.least_series or base.sum() <= 0:
        return Choice(segment, default, count, 1.0, f"{count} judged series are too few to leave {default}")
    draws = np.random.default_rng(settings.seed).integers(0, count, size=(settings.draws, count))
    drawn = base[draws].sum(axis=1)
    ratio = {name: float(loss.sum() / base.sum()) for name, loss in losses.items()}
    allowed = [default]
    for name, loss in losses.items():
        margin = 1 + settings.tolerance if seconds[name] < seconds[default] else 1 - settings.tolerance
        sure = float((loss[draws].sum(axis=1) < margin * drawn).mean()) >= settings.confidence
        if name != default and ratio[name] < margin and sure:
            allowed.append(name)
    best = min(ratio[name] for name in allowed)
    near = [name for name in allowed if ratio[name] <= best * (1 + settings.tolerance)]
    model = min(near, key=lambda name: (seconds[name], ratio[name], name))
    if model == default:
        return Choice(segment, default, count, 1.0, f"no model was surely better on {count} series")
    change = f"{100 * (ratio[model] - 1):+.1f} % loss beside {default} on {count} series"
    cheaper = ", at less cost" if seconds[model] < seconds[default] else ""
    return Choice(segment, model, count, ratio[model], change + cheaper)


@dataclass(frozen=True, slots=True)
class SelectedForecaster:
    """Several models, each answering for the series of its segments.

    models: by name, the default first: it also answers for segments that no backtest has seen. choices: by segment.
    The answer's column `model` names who made each series' forecast.
    """

    models: Mapping[str, Forecaster]
    choices: Mapping[str, Choice]
    segment_of: SegmentOf = usual_segments
    name: str = "selected"

    @property
    def horizon(self) -> int:
        """Most periods ahead that all models can forecast."""
        return min(model.horizon for model in self.models.values())

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return each series' distribution by the model of its segment; joint paths hang together as the default's.

        Raises UsageError for a horizon beyond that of any model.
        """
        check_horizon(self.name, self.horizon, horizon)
        names = list(self.models)
        wanted = [self.choices[item].model if item in self.choices else names[0] for item in self.segment_of(panel)]
        choice = np.array([names.index(name) for name in wanted], dtype=np.int64)
        made = {
            place: self.models[name].distribution(panel, horizon)
            for place, name in enumerate(names)
            if place == 0 or (choice == place).any()
        }
        default = made[0]
        if len(made) == 1:
            return replace(default, model=self.name, series=default.series.assign(model=names[0]))
        parts = [_calibrated(made[place]) if place in made else _calibrated(default) for place in range(len(names))]
        reasons = [made[place].series["fallback_reason"].iloc[row] for row, place in enumerate(choice.tolist())]
        series = panel.series.assign(
            fallback_reason=pd.Series(reasons, dtype="str", index=panel.series.index),
            model=pd.Series(wanted, dtype="str", index=panel.series.index),
        )
        return replace(
            default,
            series=series,
            marginals=routed(parts, choice),
            calibration=Calibration.identity(),
            segment=np.zeros(len(series), dtype=np.int64),
            model=self.name,
        )


def _calibrated(made: DemandDistribution) -> Marginals:
    """Return the marginals with the model's own calibration worked in, since several models share one forecast."""
    values = made.quantiles(tuple(GRID_LEVELS.tolist())).astype(np.float32)
    return GridMarginals(made.mean, values, made.integer_valued)
