"""Roll policies over a dataset's history: at each review only what is dated before it is known.

Demand is the observed sale; a series' period out of stock is no demand that anyone knows, so nothing is sold or paid
in it. The fillrate policy is what `fillrate plan` does at each review, with a model trained at the window's start.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from core.errors import InsufficientHistoryError, UsageError
from core.progress import Progress
from core.settings import Settings
from core.types import DemandForecast, FloatArray
from features.panel import build_panel
from inventory.dataset import Dataset
from inventory.position import inbound, stock_on_hand
from optimizer.lanes import Lanes
from optimizer.lead_time import arrival_periods
from optimizer.policies import Knowledge, Policy
from optimizer.scenario import Opening, Prices, Scenario, fixed_lead_times, random_lead_times
from optimizer.simulation import Outcome, simulate
from serving import use_cases
from serving.champion import Champion, Tell, stand_in, training_settings
from serving.context import Holdings
from serving.facts import default_as_of
from serving.ledger_tables import with_local_ledger
from serving.question import Question, ask

__all__ = ["Replay", "Rules", "Window"]

RECENT_DAYS = 91


@dataclass(frozen=True, slots=True)
class Rules:
    """How a window is played.

    rounds: reviews at which orders are placed. periods: played (None: until the last order has served one review).
    paid_from: the first period that is paid for, counted from 1 (None: the first that an order can serve). warm_up:
    the policy that makes the opening stock, over `warm_up_periods` (None: the stock and open orders of the tables).
    retrain_every: rounds between two trainings (None: once, at the window's start).
    """

    rounds: int
    periods: int | None = None
    paid_from: int | None = None
    warm_up: Policy | None = None
    warm_up_periods: int = 12
    retrain_every: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """What one window played: its first day, the series in it, the periods and the outcome of each policy."""

    start: date
    series: pd.DataFrame
    dates: np.ndarray
    paid_from: int
    outcomes: tuple[Outcome, ...]


class Replay:
    """One dataset, played. Questions and forecasts are kept for the window that is being played."""

    def __init__(self, dataset: Dataset, settings: Settings, progress: Progress, tell: Tell) -> None:
        self.dataset, self.settings, self.progress, self.tell = dataset, settings, progress, tell
        self.frequency = dataset.config.frequency
        self.whole = build_panel(
            dataset.tables, self.frequency, default_as_of(dataset), dataset.config.features.holidays
        )
        history = self.whole.history
        self.units = np.where(history.observed > 0, history.units.astype(np.float64), np.nan)
        keys = pd.MultiIndex.from_frame(self.whole.series[["sku", "location"]])
        self.rows = pd.Series(np.arange(len(keys)), index=keys)
        self.known: dict[int, Knowledge] = {}
        self.champions: dict[int, Champion] = {}

    def play(self, start: date, policies: Sequence[Policy], rules: Rules) -> Window:
        """Return what the policies do in the window that starts on `start`.

        Raises UsageError for a window that history does not hold, or whose opening stock is not known.
        """
        self.known, self.champions = {}, {}
        begin = self._begin(start)
        question = self._question(begin)
        series, held = question.panel.series, use_cases.holdings(question)
        rows = self._rows_of(series)
        if len(series) < len(self.rows):
            late = len(self.rows) - len(series)
            self.tell(f"{late:,} series that first sold on or after {start} are left out of its window")
        scenario = self._scenario(begin, rows, held, rules)
        opening = self._opening(begin, question, rows, held, rules)
        outcomes = []
        for place, policy in enumerate(policies):
            self.progress(f"{start} {policy.name}", place / len(policies))
            look = self._knowledge(begin, begin, series, rows, rules)
            outcomes.append(simulate(policy, scenario, opening, look))
        dates = self.whole.dates(begin, scenario.demand.shape[2])
        return Window(question.as_of, series, dates, scenario.paid_from + 1, tuple(outcomes))

    def newest_start(self, rules: Rules) -> date:
        """Return the latest day from which the whole window lies in history."""
        question = self._question(self.whole.periods)
        length = self._length(use_cases.holdings(question), rules)
        begin = self.whole.periods - length
        if begin < 1:
            raise UsageError(f"{rules.rounds} rounds need {length} periods of history; there are {self.whole.periods}")
        return self._day(begin)

    def _begin(self, start: date) -> int:
        begin = self.whole.origin_of(start)
        if not 1 <= begin < self.whole.periods:
            first, last = self._day(1), self._day(self.whole.periods - 1)
            raise UsageError(f"--from {start} is outside the history; choose a day from {first} to {last}")
        return begin

    def _day(self, period: int) -> date:
        return self.whole.dates(period, 1)[0].astype("datetime64[D]").astype(object)

    def _question(self, period: int) -> Question:
        return with_local_ledger(ask(self.dataset, self._day(period), None, self.settings, listed=False))

    def _rows_of(self, series: pd.DataFrame) -> np.ndarray:
        keys = pd.MultiIndex.from_frame(series[["sku", "location"]])
        return self.rows.reindex(keys).to_numpy(dtype=np.int64)

    def _length(self, held: Holdings, rules: Rules) -> int:
        if rules.periods is not None:
            return rules.periods
        longest = int(arrival_periods(held.terms["lead_time_days"].to_numpy(), self.frequency).max(initial=0))
        return rules.rounds * self._review(held) + longest

    def _review(self, held: Holdings) -> int:
        return max(self.frequency.periods(held.options.review_period_days), 1)

    def _scenario(self, begin: int, rows: np.ndarray, held: Holdings, rules: Rules) -> Scenario:
        length, review = self._length(held, rules), self._review(held)
        if begin + length > self.whole.periods:
            raise UsageError(
                f"the window from {self._day(begin)} needs {length} periods and history has "
                f"{self.whole.periods - begin} from there; start earlier, or ask for fewer --rounds or --periods"
            )
        first = arrival_periods(held.terms["lead_time_days"].to_numpy(), self.frequency)
        paid_from = int(first.min()) if rules.paid_from is None else rules.paid_from - 1
        demand = self.units[rows, None, begin : begin + length]
        return self._with_lead_times(demand, held, review, rules.rounds, min(paid_from, length - 1))

    def _with_lead_times(
        self, demand: FloatArray, held: Holdings, review: int, rounds: int | None, paid_from: int
    ) -> Scenario:
        """Return the scenario; lead times are drawn where the terms say that they vary, else they are as promised."""
        lanes, days = Lanes.of(held.terms, held.buying), self.frequency.period_days
        reviews = -(-demand.shape[2] // review)
        promised = arrival_periods(lanes.lead_time_days, self.frequency)
        if (lanes.lead_time_sd_days > 0).any():
            mean, sd = lanes.lead_time_days / days, lanes.lead_time_sd_days / days
            lead = random_lead_times(mean, sd, 1, reviews, self.settings.seed, days)
        else:
            lead = fixed_lead_times(promised, 1, reviews)
        prices = Prices(lanes.holding_cost, lanes.stockout_cost, lanes.order_cost, lanes.premium)
        return Scenario(demand, lead, promised, prices, review, rounds, paid_from, held.options.share_lost)

    def _opening(self, begin: int, question: Question, rows: np.ndarray, held: Holdings, rules: Rules) -> Opening:
        series = question.panel.series
        if rules.warm_up is not None:
            return self._warmed_up(begin, series, rows, held, rules)
        stock, orders = question.dataset.table("stock"), question.dataset.table("open_orders")
        start = self._day(begin)
        if not (stock["date"] <= pd.Timestamp(start)).any():
            raise UsageError(
                f"the dataset states no stock on or before {start}; give --warm-up benchmark to start from stock that "
                "a policy left behind, or a later --from"
            )
        arrivals = inbound(orders, series, start, self.frequency, self.whole.periods)
        return Opening.of(stock_on_hand(stock, series, start), arrivals)

    def _warmed_up(self, begin: int, series: pd.DataFrame, rows: np.ndarray, held: Holdings, rules: Rules) -> Opening:
        """Return what the warm-up policy leaves behind, begun half a period above the mean demand of its lead time."""
        length = rules.warm_up_periods
        if rules.warm_up is None or begin - length < 1:
            raise UsageError(
                f"a warm-up of {length} periods before {self._day(begin)} begins before the history does; "
                "shorten --warm-up-periods or start later"
            )
        early = begin - length
        scenario = self._with_lead_times(self.units[rows, None, early:begin], held, self._review(held), None, 0)
        window = self.frequency.periods(RECENT_DAYS)
        recent = self.units[rows, max(early - window, 0) : early]
        mean = np.where(np.isnan(recent), 0.0, recent).sum(axis=1) / window
        promised = scenario.promised[:, 0]
        arrivals = np.where(np.arange(int(promised.max(initial=0))) < promised[:, None], np.round(mean)[:, None], 0.0)
        look = self._knowledge(early, early, series, rows, rules)
        first = Opening.of(np.round(0.5 * mean), arrivals)
        return simulate(rules.warm_up, scenario, first, look).closing

    def _knowledge(
        self, begin: int, trained_at: int, series: pd.DataFrame, rows: np.ndarray, rules: Rules
    ) -> Callable[[int], Knowledge]:
        """Return what is known at each period of a run that begins at period `begin`."""

        def look(period: int) -> Knowledge:
            now = begin + period
            if now not in self.known:
                self.known[now] = self._known_at(now, self._trained_at(period, trained_at, rules), series, rows)
            return self.known[now]

        return look

    def _trained_at(self, period: int, begin: int, rules: Rules) -> int:
        if rules.retrain_every is None:
            return begin
        step = rules.retrain_every * max(self.frequency.periods(self.dataset.config.planning.review_period_days), 1)
        return begin + period // step * step

    def _known_at(self, now: int, trained_at: int, series: pd.DataFrame, rows: np.ndarray) -> Knowledge:
        question = self._question(now)
        held = use_cases.holdings(question)
        keys = pd.MultiIndex.from_frame(question.panel.series[["sku", "location"]])
        place = keys.get_indexer(pd.MultiIndex.from_frame(series[["sku", "location"]]))
        made: dict[int, DemandForecast] = {}

        def forecast(horizon: int) -> DemandForecast:
            if horizon not in made:
                asked = replace(question, horizon=horizon)
                distribution = self._champion(trained_at).distribution(question.panel, horizon)
                paths = use_cases.path_count(asked)
                made[horizon] = distribution.take(place).forecast((0.5,), paths, self.settings.seed)
            return made[horizon]

        return Knowledge(
            as_of=question.as_of,
            frequency=self.frequency,
            terms=held.terms.iloc[place].reset_index(drop=True),
            planning=held.options,
            units=self.units[rows, :now],
            dates=self.whole.dates(0, now),
            forecast=forecast,
            buying=held.buying.take(place),
        )

    def _champion(self, period: int) -> Champion:
        if period not in self.champions:
            question = self._question(period)
            self.progress(f"training on what is dated before {question.as_of}", 0.0)
            self.champions[period] = _trained(question, self.tell)
        return self.champions[period]


def _trained(question: Question, tell: Tell) -> Champion:
    """Return the model that `fillrate plan` would train on this day, without registering it."""
    from training.pipeline import train

    how = training_settings(question.dataset, question.settings)
    try:
        result = train(question.panel, use_cases.model_reach(question), how)
    except InsufficientHistoryError as error:
        tell(f"A baseline forecasts from {question.as_of}: {error}")
        return stand_in(str(error))
    if not result.beats_baselines:
        tell(f"The better baseline forecasts from {question.as_of}: {result.verdict}")
        return stand_in(result.verdict, result)
    return Champion(result.model, None, products=question.dataset.table("products"))
