"""The model in use, looked at: is it still as good as it was judged to be, and why does it say what it says."""

import difflib
from datetime import date
from typing import TYPE_CHECKING

from core.errors import InsufficientHistoryError, ModelNotFoundError, UnknownSkuError, UsageError
from core.progress import Progress, silent
from serving.champion import Champion, Tell, fitting_champion
from serving.environment import quiet_tracking
from serving.facts import dataset_id
from serving.question import Question

if TYPE_CHECKING:
    from training.drift import DriftReport, DriftSettings
    from training.explanation import Explanation
    from training.versions import ModelVersion

__all__ = ["champion_drift", "drift_verdict", "explain_series", "series_row"]

MOST_INPUT_ROWS = 500_000
"""Series-periods to forecast beyond which an alert looks at live errors only: features of all rows are read anew."""


def champion_drift(
    question: Question,
    wanted: str = "champion",
    bounds: "DriftSettings | None" = None,
    progress: Progress = silent,
) -> tuple["DriftReport", "ModelVersion"]:
    """Return how a version did since it learned, against what its own backtest promised.

    wanted: a version's number, `champion` or `challenger`. Raises ModelNotFoundError where it is not there or learned
    from another history, UsageError where it has seen facts of the question's day.
    """
    from training.drift import drift
    from training.registry import load_version
    from training.versions import find_version, measures_of

    q = question
    name = dataset_id(q.dataset.folder)
    with quiet_tracking():
        version = find_version(name, q.settings, wanted)
        if version.as_of > q.panel.as_of:
            raise UsageError(
                f"version {version.version} has seen facts up to {version.as_of}; ask for that day or a later one"
            )
        learned = q.panel.before(q.panel.origin_of(version.as_of))
        if version.fingerprint != learned.fingerprint():
            raise ModelNotFoundError(
                f"version {version.version} learned from a history that has changed since; train again"
            )
        model = load_version(version, q.settings, q.settings.threads)
        promised = measures_of(version, q.settings)
    return drift(model, q.panel, promised, bounds, _step(q), progress), version


def drift_verdict(question: Question, champion: Champion) -> str | None:
    """Return what `fillrate drift` says of the model that answers: stable, watch or drifted; None where nothing tells.

    Nothing tells of a baseline, of a model that nobody registered, and within a review after the model learned. Of very
    many series only the live errors are looked at (MOST_INPUT_ROWS).
    """
    from training.boosted import BoostedForecaster
    from training.drift import drift
    from training.versions import measures_of

    q, model, version = question, champion.model, champion.version
    if version is None or not isinstance(model, BoostedForecaster) or version.as_of >= q.as_of:
        return None
    if q.panel.periods - q.panel.origin_of(version.as_of) < _step(q):
        return None
    with quiet_tracking():
        promised = measures_of(version, q.settings)
    inputs = len(q.panel.series) * model.horizon <= MOST_INPUT_ROWS
    verdict = drift(model, q.panel, promised, None, _step(q), inputs=inputs).verdict
    return None if verdict == "unknown" else verdict


def _step(question: Question) -> int:
    """Return the periods between two reviews."""
    config = question.dataset.config
    return max(config.planning.review_period_days // config.frequency.period_days, 1)


def series_row(question: Question, sku: str, location: str | None) -> int:
    """Return the panel's row of a series; raises UnknownSkuError, with names that are near, or UsageError where a SKU
    is sold at several places and none is named."""
    series = question.panel.series
    rows = series.index[series["sku"] == sku]
    if len(rows) == 0:
        near = difflib.get_close_matches(sku, series["sku"].unique().tolist(), n=3, cutoff=0.6)
        remedy = f"did you mean {', '.join(near)}?" if near else "`fillrate validate` counts what there is"
        raise UnknownSkuError(f"{sku!r} has no sales before {question.as_of}; {remedy}")
    places = series.loc[rows, "location"].tolist()
    if location is None:
        if len(rows) > 1:
            raise UsageError(f"{sku} is sold at {len(rows)} places; choose --location from {', '.join(places[:10])}")
        return int(rows[0])
    if location not in places:
        raise UnknownSkuError(f"{sku} has no sales at {location!r}; it is sold at {', '.join(places[:10])}")
    return int(rows[places.index(location)])


def explain_series(
    question: Question, sku: str, location: str | None, day: date | None, progress: Progress, tell: Tell
) -> tuple["Explanation", str]:
    """Return why the model in use forecasts what it does for one series and period, and the model's name.

    day: in the period to explain; by default the first one. Trains first if no champion fits. Raises UsageError for a
    day outside the horizon, InsufficientHistoryError where a baseline stands in, which has no features to explain.
    """
    from training.boosted import BoostedForecaster
    from training.explanation import explain

    q = question
    row = series_row(q, sku, location)
    first = q.panel.as_of
    ahead = 0 if day is None else q.panel.origin_of(day) - q.panel.periods
    if not 0 <= ahead < q.horizon:
        last = q.panel.dates(q.panel.periods + q.horizon - 1, 1)[0]
        raise UsageError(f"--date {day} is not forecast; choose a day from {first} to {last}, or a longer --horizon")
    champion = fitting_champion(q.dataset, q.panel, q.horizon, q.settings, progress, tell)
    if not isinstance(champion.model, BoostedForecaster) or champion.version is None:
        raise InsufficientHistoryError(
            f"{champion.model.name} forecasts {sku}, which has no features to explain: {champion.fallback_reason}"
        )
    found = explain(champion.model, q.panel, row, ahead + 1, q.settings.threads)[ahead]
    return found, f"{champion.version.name}/{champion.version.version}"
