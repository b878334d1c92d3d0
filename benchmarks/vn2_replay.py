"""Replay the VN2 rules on the history before 2024-04-15: what does a week's ordering cost under each policy?

Six disjoint windows of eight weeks. Each week: order, receive, sell min(stock, demand), lose the rest,
pay 0.2 a unit left and 1.0 a unit lost. Orders are placed in weeks 1 … 6 and sold from two weeks later;
weeks 3 … 8 are paid for. Demand is the observed sale; a series' week that was out of stock is left out. A
window starts from the state that twelve weeks of the benchmark policy at 2.5 weeks of coverage leave
behind (the real opening position is 2.5 weeks).

    python -m benchmarks.vn2_replay --data DIR

A policy is any function (history, state) → whole units to order, (n,); a forecaster any function
(history, horizon) → DemandForecast. Both see only what is dated before `history.as_of`.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.frequency import Frequency
from core.types import DemandForecast, FloatArray
from features.panel import Panel, build_panel
from inventory.dataset import Dataset, read_dataset
from inventory.supply import supply_terms
from optimizer.plan import PlanningOptions, plan_orders, required_horizon
from training.pipeline import train

__all__ = ["Forecaster", "History", "Policy", "State", "benchmark_policy", "fillrate_policy", "replay"]

WINDOWS = ("2024-02-19", "2023-12-25", "2023-10-30", "2023-09-04", "2023-07-10", "2023-04-17")
PUBLISHED = (4048, 4501, 8815, 4791, 4337, 4563)
"""The benchmark policy's cost a window as an earlier, independent replay measured it."""
WEEKS, ROUNDS, PAID_FROM, WARM_UP = 8, 6, 2, 12
LEAD_WEEKS = 2
HOLDING, STOCKOUT = 0.2, 1.0


@dataclass(frozen=True, slots=True)
class History:
    """Weekly sales: units (n, T), NaN where out of stock or not listed; weeks (T,) Mondays."""

    series: pd.DataFrame
    weeks: npt.NDArray[np.datetime64]
    units: FloatArray

    @property
    def as_of(self) -> date:
        """The first day not in it."""
        return (self.weeks[-1] + np.timedelta64(7, "D")).astype(date)

    def before(self, week: int) -> "History":
        """Return the first `week` weeks."""
        return replace(self, weeks=self.weeks[:week], units=self.units[:, :week])


@dataclass(frozen=True, slots=True)
class State:
    """At the start of a week: on_hand (n,); in_transit (n, LEAD_WEEKS) arriving this week, next …"""

    on_hand: FloatArray
    in_transit: FloatArray


Policy = Callable[[History, State], FloatArray]
Forecaster = Callable[[History, int], DemandForecast]


def read_history(dataset: Dataset) -> History:
    """Return the dataset's sales as a dense table of weeks."""
    sales = dataset.table("sales")
    units = sales["units"].where(sales["in_stock"] >= 1.0)
    table = sales.assign(units=units).pivot(index=["sku", "location"], columns="date", values="units")
    weeks = table.columns.to_numpy(dtype="datetime64[D]")
    return History(table.index.to_frame(index=False).astype("str"), weeks, table.to_numpy(dtype=np.float64))


def seasonal_index(history: History) -> FloatArray:
    """Return (53,) the mean sale of each week of the year over the mean of all, over all series and years."""
    week = _week_of_year(history.weeks)
    mean = np.nanmean(history.units, axis=0)
    index = np.array([mean[week == w].mean() if (week == w).any() else np.nan for w in range(53)])
    return np.where(np.isnan(index), 1.0, index / np.nanmean(index))


def _week_of_year(weeks: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    return pd.DatetimeIndex(weeks).isocalendar()["week"].to_numpy(dtype=np.int64) - 1


def benchmark_policy(coverage: float) -> Policy:
    """Return the published policy: order up to the sum of the next `coverage` weeks.

    Stock-out weeks are masked; the mean of the last 13 deseasonalised weeks times the weekly index is the
    forecast.
    """

    def order(history: History, state: State) -> FloatArray:
        index = seasonal_index(history)
        recent = history.units[:, -13:] / index[_week_of_year(history.weeks[-13:])]
        known = ~np.isnan(recent)
        level = np.nansum(recent, axis=1) / np.maximum(known.sum(axis=1), 1)
        ahead = history.weeks[-1] + np.arange(1, int(np.ceil(coverage)) + 1) * np.timedelta64(7, "D")
        share = np.minimum(coverage - np.arange(len(ahead)), 1.0)
        target = level * (index[_week_of_year(ahead)] * share).sum()
        return np.maximum(np.round(target - state.on_hand - state.in_transit.sum(axis=1)), 0.0)

    return order


def fillrate_policy(dataset: Dataset, forecaster: Forecaster) -> Policy:
    """Return forecast and plan as shipped, with the dataset's own terms and no option set."""
    planning = PlanningOptions.of(dataset.config.planning)
    tables = dataset.table("products"), dataset.table("supply")

    def order(history: History, state: State) -> FloatArray:
        terms = supply_terms(*tables, history.series, dataset.config)
        horizon = required_horizon(terms, planning, Frequency.WEEKLY, history.as_of)
        inbound = np.zeros((len(history.series), horizon))
        inbound[:, :LEAD_WEEKS] = state.in_transit
        plan = plan_orders(forecaster(history, horizon), terms, state.on_hand, inbound, planning)
        return plan.lines["quantity"].to_numpy(dtype=np.float64)

    return order


def bootstrap_forecaster(paths: int = 400, weeks: int = 26, seed: int = 20240415) -> Forecaster:
    """Return a stand-in model: each series' last weeks, deseasonalised, drawn with replacement."""

    def forecast(history: History, horizon: int) -> DemandForecast:
        random = np.random.default_rng(seed)
        index = seasonal_index(history)
        recent = history.units[:, -weeks:] / index[_week_of_year(history.weeks[-weeks:])]
        start = np.datetime64(history.as_of, "D")
        dates = Frequency.WEEKLY.dates(start, horizon)
        ahead = index[_week_of_year(dates)]
        drawn = np.zeros((len(recent), paths, horizon), dtype=np.float32)
        for i, row in enumerate(recent):
            known = row[~np.isnan(row)]
            if len(known):
                drawn[i] = random.choice(known, (paths, horizon)) * ahead
        drawn = np.floor(drawn + random.random(drawn.shape, dtype=np.float32))
        return DemandForecast(
            series=history.series.assign(fallback_reason=""),
            as_of=history.as_of,
            frequency=Frequency.WEEKLY,
            dates=dates,
            levels=(0.5,),
            mean=drawn.mean(axis=1).astype(np.float64),
            quantiles=np.quantile(drawn, [0.5], axis=1).transpose(1, 2, 0),
            paths=drawn,
            model="bootstrap",
            seed=seed,
        )

    return forecast


def trained_forecaster(panel: Panel, start: int, paths: int = 400, seed: int = 20240415) -> Forecaster:
    """Return the model as shipped, trained once on the weeks before `start`."""
    model = train(panel.before(start), panel.frequency.default_horizon).model

    def forecast(history: History, horizon: int) -> DemandForecast:
        view = panel.before(history.units.shape[1])
        return model.distribution(view, horizon).forecast((0.5,), paths, seed)

    return forecast


def replay(history: History, start: int, policy: Policy, warm_up: Policy) -> FloatArray:
    """Return (WEEKS, 2) holding and stock-out cost of each week of the window that starts at week `start`."""
    state = _opening(history.before(start - WARM_UP))
    for week in range(start - WARM_UP, start):
        state, _ = _week(history, week, state, warm_up)
    costs = np.zeros((WEEKS, 2))
    for week in range(WEEKS):
        ordering = policy if week < ROUNDS else _nothing
        state, costs[week] = _week(history, start + week, state, ordering)
    return costs


def _opening(history: History) -> State:
    """Return 2.5 weeks of recent sales: half a week on hand, the rest on its way."""
    weekly = np.nan_to_num(np.nansum(history.units[:, -13:], axis=1) / 13)
    transit = np.repeat(np.round(weekly)[:, None], LEAD_WEEKS, axis=1)
    return State(np.round(0.5 * weekly), transit)


def _nothing(history: History, state: State) -> FloatArray:
    return np.zeros(len(history.series))


def _week(history: History, week: int, state: State, policy: Policy) -> tuple[State, FloatArray]:
    ordered = policy(history.before(week), state)
    demand = history.units[:, week]
    counted = ~np.isnan(demand)
    stock = state.on_hand + state.in_transit[:, 0]
    left = np.maximum(stock - np.nan_to_num(demand), 0.0)
    lost = np.maximum(np.nan_to_num(demand) - stock, 0.0)
    transit = np.column_stack([state.in_transit[:, 1:], ordered])
    return State(left, transit), np.array([HOLDING * left[counted].sum(), STOCKOUT * lost[counted].sum()])


def _table(results: dict[str, list[float]], windows: Sequence[str]) -> str:
    names = list(results)
    lines = ["| window | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for position, window in enumerate((*windows, "sum")):
        values = [sum(costs) if window == "sum" else costs[position] for costs in results.values()]
        lines.append(f"| {window} | " + " | ".join(f"{value:,.0f}" for value in values) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the cost of each policy a window and in the sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the VN2 dataset")
    dataset = read_dataset(parser.parse_args().data)
    history = read_history(dataset)
    panel = build_panel(dataset.tables, dataset.config.frequency, history.as_of)
    warm_up = benchmark_policy(2.5)
    policies = {
        "benchmark": benchmark_policy(4),
        "fillrate, bootstrap": fillrate_policy(dataset, bootstrap_forecaster()),
    }
    results: dict[str, list[float]] = {"published": [float(cost) for cost in PUBLISHED]}
    results |= {name: [] for name in (*policies, "fillrate, as shipped")}
    for window in WINDOWS:
        start = int(np.flatnonzero(history.weeks == np.datetime64(window))[0])
        policies["fillrate, as shipped"] = fillrate_policy(dataset, trained_forecaster(panel, start))
        for name, policy in policies.items():
            results[name].append(float(replay(history, start, policy, warm_up)[PAID_FROM:].sum()))
    print(_table(results, WINDOWS))


if __name__ == "__main__":
    main()
