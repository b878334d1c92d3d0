"""`fillrate alerts --replay FROM TO`: the alerts of past days, by a model of then, against what happened afterwards."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import UsageError
from core.progress import Progress
from features.panel import Panel
from monitoring.fact import Scope
from monitoring.replay import Judgement, judge_alerts, outcome_of, precision_table, ran_out_within, recall_of
from monitoring.rule import Rule
from optimizer.lead_time import arrival_periods
from serving.alerts.watching import Watched, watch
from serving.champion import Champion, Tell, fitting_champion
from serving.question import Question

__all__ = ["Replayed", "replay"]

HELD_AGAINST = {"sales_low": "daily_prior_30d", "sales_high": "daily_30d"}
"""The pace that sales after an alert are held against."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found.

    days: replayed. alerts: what fired, with `as_of` and `right` (1, 0, NaN not known). rules: one row a rule, its
    precision. stock_out: precision and recall of stock-out alerts at lead time; without_stock: days on which no stock
    is on record, so that stock rules were silent.
    """

    days: tuple[date, ...]
    alerts: pd.DataFrame
    rules: pd.DataFrame
    stock_out: Judgement
    without_stock: int


def replay(
    question: Question,
    rules: tuple[Rule, ...],
    start: date,
    end: date,
    every_days: int,
    progress: Progress,
    tell: Tell,
    told_by: Callable[[Question], Question] = lambda question: question,
) -> Replayed:
    """Return the alerts of each `every_days`-th day from `start` to `end`, judged by what came after.

    The model is one that had seen nothing from `start` on, trained where none is registered. told_by: gives each day's
    question the stock of that day, where another book than the tables tells it. Raises UsageError for
    days outside the history.
    """
    whole = question.panel
    first, last = whole.origin_of(start), min(whole.origin_of(end), whole.periods)
    if not 1 <= first < whole.periods or last < first:
        raise UsageError(
            f"--replay {start} {end} is outside the history; choose days from {_day(whole, 1)} to {question.as_of}"
        )
    step = max(every_days // whole.frequency.period_days, 1)
    origins = list(range(first, last + 1, step))
    champion = _champion_of(_question_at(question, first), progress, tell)
    found: list[pd.DataFrame] = []
    flags: list[npt.NDArray[np.bool_]] = []
    came: list[npt.NDArray[np.float64]] = []
    silent_days = 0
    for place, origin in enumerate(origins):
        progress(f"replay {_day(whole, origin)}", place / len(origins))
        seen = watch(told_by(_question_at(question, origin)), rules, _quiet, tell, champion)
        known = np.isfinite(seen.view.on_hand)
        silent_days += int(not known.any())
        outcomes = dict(_outcomes(rules, whole, origin, seen))
        judged = judge_alerts(seen.alerts, rules, outcomes, whole.series)
        found.append(judged.assign(as_of=_day(whole, origin)))
        lead = np.maximum(arrival_periods(seen.view.terms["lead_time_days"].to_numpy(), whole.frequency), 1)
        on_shelf = known & (seen.view.on_hand > 0)
        flags.append(_flagged(judged, seen)[on_shelf])
        came.append(ran_out_within(whole, origin, lead)[on_shelf])
    alerts = pd.concat(found, ignore_index=True)
    judged_stock = recall_of(np.concatenate(flags), np.concatenate(came))
    days = tuple(_day(whole, origin) for origin in origins)
    return Replayed(days, alerts, precision_table(alerts), judged_stock, silent_days)


def _quiet(step: str, done: float) -> None:
    pass


def _day(panel: Panel, origin: int) -> date:
    day: date = panel.dates(origin, 1)[0].astype("datetime64[D]").astype(object)
    return day


def _question_at(question: Question, origin: int) -> Question:
    panel = question.panel.before(origin)
    return replace(question, panel=panel, as_of=panel.as_of)


def _champion_of(question: Question, progress: Progress, tell: Tell) -> Champion:
    from serving import use_cases

    reach = use_cases.model_reach(question)
    return fitting_champion(question.dataset, question.panel, reach, question.settings, progress, tell)


def _outcomes(
    rules: tuple[Rule, ...], whole: Panel, origin: int, seen: Watched
) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    facts = seen.facts[Scope.SERIES]
    days = whole.frequency.period_days
    lead = np.maximum(arrival_periods(seen.view.terms["lead_time_days"].to_numpy(), whole.frequency), 1)
    for rule in rules:
        if not rule.outcome or rule.scope is not Scope.SERIES:
            continue
        if rule.outcome == "no_sale":
            # What is on hand would sell within three months at a pace above this one.
            pace = np.nan_to_num(facts["on_hand"].to_numpy()) / 90.0 * days
        else:
            pace = facts[HELD_AGAINST.get(rule.outcome, "daily_30d")].to_numpy() * days
        yield rule.id, outcome_of(rule, whole, origin, lead, pace)


def _flagged(judged: pd.DataFrame, seen: Watched) -> npt.NDArray[np.bool_]:
    named = judged[judged["cause"] == "stock-out"]
    keys = pd.MultiIndex.from_frame(seen.view.series[["sku", "location"]])
    place = keys.get_indexer(pd.MultiIndex.from_frame(named[["sku", "location"]]))
    flags = np.zeros(len(keys), dtype=np.bool_)
    flags[place[place >= 0]] = True
    return flags
