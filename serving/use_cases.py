"""The straight line: what the command line, the API and the service do, each step once."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.errors import UsageError
from core.progress import Progress, silent
from core.settings import Settings
from core.types import DemandForecast, check_levels
from serving.champion import (
    Champion,
    Tell,
    Trained,
    fitting_champion,
    load_fitting,
    stand_in,
    train_and_register,
)
from serving.context import ServiceContext, freshness_of
from serving.environment import quiet_tracking
from serving.holdings import component_series, holdings, known_ways, terms_of
from serving.ledger_stock import local_holdings
from serving.left_out import left_out
from serving.policy_plan import policy_quantities
from serving.question import MAX_HORIZON, Question, ask, check_horizon, open_dataset
from serving.what_if import scaled_demand

if TYPE_CHECKING:
    from inventory.orders_import import ImportReport
    from optimizer.plan import OrderPlan
    from optimizer.policies import Policy
    from training.boosted import TrainingSettings

__all__ = [
    "DEFAULT_LEVELS",
    "MAX_HORIZON",
    "Forecasted",
    "Planned",
    "Question",
    "ask",
    "check_horizon",
    "check_policy",
    "forecast",
    "holdings",
    "import_orders",
    "load_service",
    "model_reach",
    "open_dataset",
    "path_count",
    "plan",
    "plan_horizon",
    "prepare_service",
    "shown_scores",
    "train",
    "verdict",
]

DEFAULT_LEVELS = (0.05, 0.5, 0.95)
HISTORY_A_PERIOD_AHEAD = 12
"""Periods of history for each period ahead that a model for plans is trained for."""
MOST_PATHS, LEAST_PATHS = 400, 100
"""Sample paths a series that a plan is made from; fewer for many series, so that all fit into PATH_CELLS numbers."""
PATH_CELLS = 200_000_000


@dataclass(frozen=True, slots=True)
class Forecasted:
    """A forecast and the champion that made it."""

    forecast: DemandForecast
    champion: Champion


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, the forecast under it and the champion that made that."""

    plan: "OrderPlan"
    forecast: DemandForecast
    champion: Champion


def import_orders(
    source: Path, out: Path, *, mapping: str | None, drop_repeats: bool, overwrite: bool, progress: Progress
) -> "ImportReport":
    """Turn an orders export into a dataset folder; `mapping` is written `sku=StockCode,quantity=Qty`."""
    from inventory import orders_import
    from inventory.order_columns import parse_mapping

    if not source.is_file():
        raise UsageError(f"{source} is not a file; give the orders export")
    names = parse_mapping(mapping) if mapping else None
    return orders_import.import_orders(
        source, out, mapping=names, drop_repeats=drop_repeats, overwrite=overwrite, progress=progress
    )


def train(question: Question, progress: Progress = silent, recipe: "TrainingSettings | None" = None) -> Trained:
    """Train, judge against the baselines, track and register a model; recipe: how, by default `usual_recipe`."""
    q = question
    return train_and_register(q.dataset, q.panel, q.horizon, q.settings, progress, recipe)


def verdict(trained: Trained) -> str:
    """Return in one sentence which model is now registered, and whether it is champion."""
    version = trained.version
    rank = "not champion: the champion is of a later day" if version.beats_baselines else "not champion"
    if version.is_champion:
        rank = "champion"
    elif version.is_challenger:
        rank = "challenger: another recipe than the champion's; `fillrate promote` puts it through the gate"
    return (
        f"{trained.result.verdict}. Registered as {version.name} version {version.version} ({rank}); "
        f"MLflow run {version.run_name} ({version.run_id})"
    )


def shown_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores over all origins together, best first: what is worth a reader's time."""
    whole = scores[scores["origin"] == "all"]
    pinball = whole.filter(regex="^pinball_").mean(axis=1)
    share = whole["coverage_q0.95"] - whole["coverage_q0.05"]
    shown = whole[["model", "rows", "wql", "scaled_pinball", "wape", "bias"]]
    return shown.assign(pinball=pinball, within_90=share).sort_values("wql", kind="stable")


def forecast(
    question: Question,
    levels: tuple[float, ...],
    progress: Progress,
    tell: Tell,
    paths: int = 0,
    across: bool = False,
) -> Forecasted:
    """Return quantile forecasts of all series, by the champion where it fits, else by a model trained first.

    paths: sample paths a series; across: path p of one series belongs to path p of the others.
    """
    _tell_left_out(question, tell)
    reach = max(question.horizon, question.dataset.config.frequency.default_horizon)
    return _forecast(question, levels, reach, paths, progress, tell, across)


def _tell_left_out(q: Question, tell: Tell) -> None:
    for sentence in left_out(q.dataset, q.panel.series, q.as_of):
        tell(sentence)


def _forecast(
    q: Question,
    levels: tuple[float, ...],
    reach: int,
    paths: int,
    progress: Progress,
    tell: Tell,
    across: bool = False,
) -> Forecasted:
    """Return the forecast of a model that reaches `reach` periods, with `paths` sample paths a series."""
    levels = check_levels(levels)
    champion = fitting_champion(q.dataset, q.panel, reach, q.settings, progress, tell)
    progress("forecast", 0.9)
    stated = champion.distribution(q.panel, q.horizon)
    made = stated.forecast(levels, paths, q.settings.seed, q.settings.threads, across)
    return Forecasted(made, champion)


def plan_horizon(question: Question) -> int:
    """Return the periods that a plan must look ahead; raises UsageError where lead times reach beyond
    MAX_HORIZON."""
    terms, needed = _needed(question)
    config = question.dataset.config
    if needed > MAX_HORIZON:
        slowest = terms.iloc[int(terms["lead_time_days"].to_numpy().argmax())]
        raise UsageError(
            f"lead time ({slowest['lead_time_days']:g} days for {slowest['sku']} at {slowest['location']}) and review "
            f"({config.planning.review_period_days} days) need {needed} periods of forecast, {MAX_HORIZON} is the "
            "limit; check supply and dataset.toml"
        )
    return needed


def _needed(q: Question) -> tuple[pd.DataFrame, int]:
    """Return the terms of supply, and the periods that a plan under them looks ahead."""
    from optimizer.plan import required_horizon

    config, terms = q.dataset.config, terms_of(known_ways(q, component_series(q)))
    return terms, required_horizon(terms, config.planning, config.frequency, q.as_of)


def model_reach(question: Question) -> int:
    """Return the periods that the model under a plan must be trained for, at least the default horizon.

    All that the plan looks ahead where history is long enough to judge so far (twice the reach in a sixth of it); what
    is beyond is seen by repeating the last season.
    """
    judged = question.panel.periods // HISTORY_A_PERIOD_AHEAD
    return max(min(_needed(question)[1], judged, MAX_HORIZON), question.dataset.config.frequency.default_horizon)


def plan(
    question: Question,
    levels: tuple[float, ...],
    budget: float | None,
    progress: Progress,
    tell: Tell,
    policy: str = "",
) -> Planned:
    """Return the orders of least expected cost; `budget` (currency, 0 = unlimited) replaces the dataset's.

    policy: `NAME` or `NAME:NUMBER` of `optimizer.policy_catalogue`, whose orders are planned instead (empty: ours).
    Raises UsageError for a policy that is not known.
    """
    from optimizer.bill_of_materials import with_series
    from optimizer.plan import plan_orders

    named = check_policy(policy)

    q = replace(question, horizon=plan_horizon(question))
    _tell_left_out(q, tell)
    made = _forecast(q, levels, model_reach(q), path_count(q), _first_part(progress, 0.6), tell)
    extra = component_series(q)
    held = local_holdings(holdings(q, extra), pd.concat([q.panel.series[["sku", "location"]], extra]), q)
    barred = int((held.terms["capacity"] <= 0).sum())
    if barred:
        tell(f"{barred:,} series cannot be ordered: no supply row that fits them is available")
    options = held.options if budget is None else replace(held.options, budget=budget)
    rest, asked = _last_part(progress, 0.6), None
    if named is not None:
        options = replace(options, policy_name=policy)
        own = local_holdings(holdings(q), q.panel.series, q)
        asked = policy_quantities(named, q, own, made.champion, path_count(q))
        asked = np.r_[asked, np.zeros(len(extra))]
    whole = with_series(made.forecast, extra)
    if held.demand_factor is not None:
        whole = scaled_demand(whole, held.demand_factor)
    orders = plan_orders(whole, held.terms, held.on_hand, held.inbound, options, rest, held.buying, asked)
    return Planned(orders, made.forecast, made.champion)


def check_policy(policy: str) -> "Policy | None":
    """Return the policy of that name, None for our own planner; raises UsageError where none has it."""
    from optimizer.policy_catalogue import policy_named

    named = policy_named(policy or "fillrate")
    return None if named.name == "fillrate" else named


def path_count(question: Question) -> int:
    """Return the sample paths a series that the plan is made from: the same for the same dataset and horizon."""
    cells = len(question.panel.series) * question.horizon
    return max(LEAST_PATHS, min(MOST_PATHS, PATH_CELLS // max(cells, 1)))


def prepare_service(question: Question, progress: Progress, tell: Tell) -> Champion:
    """Return the champion that will serve, trained first where none fits plans and forecasts of the
    dataset."""
    q = question
    _tell_left_out(q, tell)
    return fitting_champion(q.dataset, q.panel, model_reach(q), q.settings, progress, tell)


def load_service(
    folder: Path,
    as_of: date | None,
    settings: Settings,
    tell: Tell,
    fallback_reason: str = "",
    dataset_version: int = 0,
) -> ServiceContext:
    """Return what the service answers from: it never trains.

    Where no champion fits a baseline stands in if there is a `fallback_reason` (what `fillrate serve` found when it
    tried to train); else ModelNotFoundError is raised.
    """
    dataset = open_dataset(folder, False, settings, tell)
    q = ask(dataset, as_of, None, settings)
    q = replace(q, horizon=max(plan_horizon(q), q.horizon))
    reach = model_reach(q)
    champion = stand_in(fallback_reason) if fallback_reason else load_fitting(dataset, q.panel, reach, settings)
    context = ServiceContext(
        dataset,
        freshness_of(dataset, q.panel.last_observed, q.as_of),
        champion,
        champion.distribution(q.panel, q.horizon),
        holdings(q),
        settings.seed,
        path_count(q),
        q.panel,
        dataset_version,
        _metrics(champion, settings),
    )
    # The compiled kernels are loaded (or, the first time, compiled) now and not in somebody's request.
    context.plan(np.arange(1), {})
    return context


def _metrics(champion: Champion, settings: Settings) -> dict[str, float]:
    """Return the scores that the champion got when it was trained; none of a baseline."""
    from training.versions import measures_of

    if champion.version is None:
        return {}
    with quiet_tracking():
        return measures_of(champion.version, settings)


def _first_part(progress: Progress, share: float) -> Progress:
    return lambda step, done: progress(step, done * share)


def _last_part(progress: Progress, share: float) -> Progress:
    return lambda step, done: progress(step, share + done * (1 - share))
