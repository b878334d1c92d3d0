"""A forecast as it is answered: the model's numbers with their provenance, the override trace and what drives them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from core.buckets import Buckets
from core.errors import UsageError
from core.types import DemandForecast
from serving import rendering
from serving.context import Rows, ServiceContext
from serving.demand.bucketed import bucketed
from serving.demand.overrides import Kind, Override, Planned

if TYPE_CHECKING:
    from training.explanation import Explanation

__all__ = ["MAX_EXPLAINED", "SHOWN_METRICS", "forecast_answer"]

MAX_EXPLAINED = 20
"""Series that one answer explains: each takes some hundredths of a second."""
SHOWN_METRICS = ("wql", "scaled_pinball", "wape", "rmsse", "bias", "calibration_error")

Json = dict[str, Any]


def forecast_answer(
    planned: Planned,
    made: DemandForecast,
    rows: Rows,
    dataset: str,
    explain: bool = False,
    forecast_id: str | None = None,
    issued_at: datetime | None = None,
    calendar: Buckets | None = None,
) -> Json:
    """Return the body of `ForecastAnswer`: `made` is the planned context's forecast of its `rows`."""
    context = planned.context
    body = rendering.forecast_answer(context, made)
    series = body.pop("series")
    makers = _makers(context, rows)
    traces = [_trace(planned, row, made.horizon) for row in rows.tolist()]
    drivers = [_drivers(planned, row, made.horizon) if explain else None for row in rows.tolist()]
    for item, maker, trace, why in zip(series, makers, traces, drivers, strict=True):
        item |= {"made_by": maker, "override_trace": trace, "drivers": why}
    if calendar is not None:
        for item, buckets in zip(series, bucketed(context, made, rows, calendar).documents(), strict=True):
            item["buckets"] = buckets
    version, panel = context.champion.version, context.panel
    return {
        **body,
        "dataset": dataset,
        "dataset_version": context.dataset_version,
        "training": {
            "start": None if panel is None else str(panel.start.astype("datetime64[D]")),
            "end": None if version is None else str(version.as_of),
        },
        "metrics": {name: round(context.metrics[name], 6) for name in SHOWN_METRICS if name in context.metrics},
        "seed": made.seed,
        "forecast_id": forecast_id,
        "issued_at": None if issued_at is None else issued_at.isoformat().replace("+00:00", "Z"),
        "series": series,
    }


def _makers(context: ServiceContext, rows: Rows) -> Sequence[str]:
    series = context.distribution.series
    if "model" not in series:
        return [context.distribution.model] * len(rows)
    made = series["model"].iloc[rows].tolist()
    plain = context.champion.model.name
    return [context.distribution.model if name == plain else name for name in made]


def _trace(planned: Planned, row: int, horizon: int) -> list[Json] | None:
    """Return each period's mean from the model to what counts; None where no override of the series holds."""
    held = planned.applied.get(row)
    if not held:
        return None
    means = [
        item.mean[row, :horizon].round(6).tolist()
        for item in (planned.statistical, planned.adjusted, planned.context.distribution)
    ]
    days = [day.astype(object) for day in planned.statistical.dates[:horizon].astype("datetime64[D]")]
    return [
        {
            "date": str(day),
            "statistical": statistical,
            "adjusted": adjusted,
            "final": final,
            "overrides": [item.override_id for item in held if _holds(item, day)],
        }
        for day, statistical, adjusted, final in zip(days, *means, strict=True)
    ]


def _holds(item: Override, day: Any) -> bool:
    return item.kind is Kind.HISTORY_ADD or item.start <= day <= item.end


def _drivers(planned: Planned, row: int, horizon: int) -> Json | None:
    """Return what moved the model's own forecast, added up over the periods; None where it cannot be taken apart."""
    from training.boosted import BoostedForecaster
    from training.explanation import explain

    context = planned.context
    model = context.champion.model
    reason = planned.statistical.series["fallback_reason"].iloc[row]
    if reason or context.panel is None or not isinstance(model, BoostedForecaster):
        return None
    mean = planned.statistical.mean[row, :horizon]
    try:
        return _added_up(explain(model, context.panel, row, horizon, mean=mean))
    except UsageError:
        return None


def _added_up(found: "Sequence[Explanation]") -> Json:
    units: dict[str, float] = {}
    words: dict[str, str] = {}
    for item in found:
        for part in item.parts:
            units[part.block] = units.get(part.block, 0.0) + part.units
            words.setdefault(part.block, part.because or part.about)
    ordered = sorted(units, key=lambda block: (-abs(units[block]), block))
    return {
        "usual": round(float(np.sum([item.start for item in found])), 6),
        "parts": [{"block": name, "units": round(units[name], 6), "because": words[name]} for name in ordered],
        "mean": round(float(np.sum([item.mean for item in found])), 6),
    }
