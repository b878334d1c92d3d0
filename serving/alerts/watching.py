"""A dataset as of a day made a view for monitoring: history, terms, known stock, forecast, its own machinery."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.errors import StorageError
from core.progress import Progress, silent
from core.types import DemandForecast, FloatArray
from monitoring.alerts import raise_alerts
from monitoring.fact import Scope
from monitoring.facts import facts_of
from monitoring.rule import Rule, apply_rules, read_rules, shipped_rules
from monitoring.view import Feeds, View, row_of
from serving.champion import Champion, Tell, fitting_champion
from serving.demand.version_store import ALERT_RULES
from serving.model_health import drift_verdict
from serving.question import Question

if TYPE_CHECKING:
    from inventory.dataset import Dataset

__all__ = ["OWN", "Watched", "known_stock", "rules_of", "view_of", "watch"]

OWN = "alert-rules"
"""What messages call the tenant's own rules, which stand in no file."""
NOTHING: Mapping[str, Any] = {}
STALE_DAYS = 7
"""Days after which a statement of stock is carried on only where receipts are on record."""
LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Watched:
    """A view, its facts by scope, the rules that were asked and the alerts that they raised."""

    view: View
    facts: Mapping[Scope, pd.DataFrame]
    rules: tuple[Rule, ...]
    alerts: pd.DataFrame

    @property
    def firing(self) -> pd.DataFrame:
        """The alerts whose own limits are passed (the others only keep an open alert open)."""
        return self.alerts[self.alerts["fires"].astype(bool)].reset_index(drop=True)


def rules_of(folder: Path | None, more: Path | None = None, own: Mapping[str, Any] = NOTHING) -> tuple[Rule, ...]:
    """Return the shipped rules with those of the dataset's alerts.toml, the tenant's own and another file's applied.

    folder: None where nothing was uploaded yet. own: tables `rule` and `change`, as PUT /v1/alert-rules keeps them.
    Raises ConfigurationError naming file, rule and key, StorageError where a file cannot be read.
    """
    rules = shipped_rules()
    if folder is not None and (folder / ALERT_RULES).is_file():
        rules = read_rules(_text_of(folder / ALERT_RULES), ALERT_RULES, rules)
    rules = apply_rules(own, OWN, rules)
    return rules if more is None else read_rules(_text_of(more), more.name, rules)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"the rules {path} cannot be read: {error}; check the path") from None


def watch(
    question: Question, rules: tuple[Rule, ...], progress: Progress, tell: Tell, champion: Champion | None = None
) -> Watched:
    """Return the alerts of a dataset as of the question's day; trains first where no champion fits."""
    view = view_of(question, progress, tell, champion)
    facts = facts_of(view)
    return Watched(view, facts, rules, raise_alerts(rules, facts))


def view_of(
    question: Question,
    progress: Progress = silent,
    tell: Tell = lambda sentence: None,
    champion: Champion | None = None,
) -> View:
    """Return the view of a question, forecast over lead times and reviews."""
    from serving import use_cases

    q = replace(question, horizon=use_cases.plan_horizon(question))
    if champion is None:
        champion = fitting_champion(q.dataset, q.panel, use_cases.model_reach(q), q.settings, progress, tell)
    progress("forecast", 0.6)
    paths = use_cases.path_count(q)
    made = champion.distribution(q.panel, q.horizon).forecast(LEVELS, paths, q.settings.seed)
    held = use_cases.holdings(q)
    planning = q.dataset.config.planning
    return View(
        panel=q.panel,
        terms=held.terms,
        on_hand=known_stock(q.dataset, q.panel.series, q),
        inbound=held.inbound,
        tables=q.dataset.tables,
        forecast=made,
        ways=held.buying.ways,
        review_days=planning.review_period_days,
        cycle_service_level=planning.cycle_service_level,
        share_lost=held.options.share_lost,
        volume_capacity=planning.volume_capacity,
        feeds=_feeds(q, champion),
    )


def known_stock(dataset: "Dataset", series: pd.DataFrame, question: Question) -> FloatArray:
    """Return (n,) sellable units on hand at the start of the question's day, NaN where that is not known.

    The newest statement not after the day counts; sales since are taken off and receipts since added. Where no receipt
    is on record an old statement (more than STALE_DAYS) says nothing of today.
    """
    stock, as_of = dataset.table("stock"), question.as_of
    known = stock[(stock["date"] <= pd.Timestamp(as_of)).to_numpy()].sort_values("date", kind="stable")
    newest = known.drop_duplicates(["sku", "location"], keep="last")
    row = row_of(newest, series)
    newest, row = newest[row >= 0], row[row >= 0]
    units = newest["on_hand"].fillna(0.0) - newest["reserved"].fillna(0.0) - newest["unsellable"].fillna(0.0)
    stated = np.full(len(series), np.nan)
    stated[row] = units.clip(lower=0.0).to_numpy(dtype=np.float64)
    day = np.full(len(series), np.datetime64(as_of, "D"))
    day[row] = newest["date"].to_numpy().astype("datetime64[D]")
    return _rolled_on(dataset, series, question, stated, day)


def _rolled_on(
    dataset: "Dataset", series: pd.DataFrame, question: Question, stated: FloatArray, day: np.ndarray
) -> FloatArray:
    today = np.datetime64(question.as_of, "D")
    age = (today - day).astype(np.int64)
    if not (age > 0).any():
        return stated
    panel, days = question.panel, question.dataset.config.frequency.period_days
    sums = np.pad(panel.history.units.cumsum(axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    since = np.clip(panel.periods - age // days, 0, panel.periods)
    sold = sums[:, -1] - sums[np.arange(len(series)), since]
    receipts = dataset.table("receipts")
    came = np.zeros(len(series))
    if len(receipts):
        row = row_of(receipts, series)
        on = receipts["received_on"].to_numpy().astype("datetime64[D]")
        counts = (row >= 0) & (on < today)
        counts[counts] &= on[counts] >= day[row[counts]]
        np.add.at(came, row[counts], receipts["quantity"].to_numpy(dtype=np.float64)[counts])
    rolled = np.maximum(stated - sold + came, 0.0)
    return np.where((age > STALE_DAYS) & (len(receipts) == 0), np.nan, rolled)


def _feeds(question: Question, champion: Champion) -> Feeds:
    """Return what is known of the machinery: whether the model drifted, an earlier forecast of it, and how that did."""
    drift, issued = drift_verdict(question, champion), _issued(question, champion)
    if issued is None:
        return Feeds(model_drift=drift)
    panel = question.panel
    start = panel.origin_of(issued.as_of)
    length = min(panel.periods - start, issued.horizon)
    seen = panel.history.observed[:, start : start + length] > 0.999
    sold = np.where(seen, panel.history.units[:, start : start + length], 0.0).astype(np.float64)
    said = np.where(seen, issued.mean[:, :length], 0.0)
    total = sold.sum()
    return Feeds(
        model_drift=drift,
        forecast_bias=float(said.sum() / total - 1) if total > 0 else None,
        forecast_wape=float(np.abs(said - sold).sum() / total) if total > 0 else None,
        judged_days=length * panel.frequency.period_days,
        issued=issued,
    )


def _issued(question: Question, champion: Champion) -> DemandForecast | None:
    """Return what the model said two weeks ago, where it had not yet seen what came after."""
    days = question.dataset.config.frequency.period_days
    back = max(14 // days, 1)
    origin = question.panel.periods - back
    version = champion.version
    if origin < 1 or version is None or version.as_of > question.as_of - timedelta(days=back * days):
        return None
    past = question.panel.before(origin)
    return champion.distribution(past, back).forecast(LEVELS, 100, question.settings.seed)
