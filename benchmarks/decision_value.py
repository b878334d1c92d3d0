"""What is a better decision worth? Policies on a seeded simulator whose truth is known, on common random numbers.

Weekly demand is negative binomial (over-dispersed) around a level that wanders (autocorrelated); sea freight takes
five weeks, give or take, and has a minimum order and a fixed cost; air takes one, costs more a unit and has neither.
Only fillrate's planner uses both: the other policies are of one way, and `fillrate, sea only` is too. All policies that
forecast see the same true sample paths, so that only the decision differs; the classic formulas see the same history.
Three seeds × two cost ratios; the realised cost of a rolling year after a warm-up is counted.

    python -m benchmarks.decision_value [--skus N] [--weeks N]

(s, S) is tuned in hindsight on the very demand that is then paid for, by a grid over both levels: one pair for all
SKUs (in weeks of each SKU's mean demand), and, beyond what anyone could do, each SKU's own best pair.
"""

import argparse
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.frequency import Frequency
from core.types import DemandForecast, FloatArray
from optimizer.base_stock import BaseStock, SummedQuantiles
from optimizer.buying import ONE_WAY, Buying
from optimizer.days_of_cover import DaysOfCover
from optimizer.least_cost import LeastCost
from optimizer.lot_size import MinMax
from optimizer.planning import PlanningOptions
from optimizer.policies import Knowledge, Policy, StockState, allowed_quantity
from optimizer.projected_inventory import ProjectedInventory
from optimizer.safety_stock import SafetyStock
from optimizer.scenario import Opening, Prices, Scenario, random_lead_times
from optimizer.simulation import Outcome, simulate
from optimizer.simulation_summary import mean_and_error

__all__ = ["Case", "World", "hindsight_min_max", "play"]

SEEDS, RATIOS = (1, 2, 3), (0.833, 0.952)
HISTORY, WARM_UP, PATHS = 60, 12, 200
PERSISTENCE, LEVEL_SD, OVER_DISPERSION = 0.8, 0.4, 2.5
LEAD_DAYS, LEAD_SD_DAYS, MINIMUM_WEEKS = 35.0, 7.0, 4.0
HOLDING, FIXED = 1.0, 20.0
AIR_DAYS, AIR_SD_DAYS, AIR_PREMIUM = 7.0, 2.0, 4.0
START = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Case:
    """One seed and one critical ratio b / (b + h)."""

    seed: int
    ratio: float

    @property
    def stockout_cost(self) -> float:
        """Money a unit lost."""
        return HOLDING * self.ratio / (1.0 - self.ratio)


class World:
    """The truth: levels (n, T) that wander, demand (n, T), and forecasts made by one who knows the level."""

    def __init__(self, case: Case, skus: int, weeks: int) -> None:
        random = np.random.default_rng(case.seed)
        self.case, self.skus, self.weeks = case, skus, weeks
        self.mean = np.round(np.exp(random.normal(2.2, 0.7, skus)) + 1.0, 2)
        total = HISTORY + weeks
        self.state = np.zeros((skus, total))
        self.state[:, 0] = random.normal(0.0, LEVEL_SD, skus)
        step = LEVEL_SD * np.sqrt(1 - PERSISTENCE**2)
        for t in range(1, total):
            self.state[:, t] = PERSISTENCE * self.state[:, t - 1] + random.normal(0.0, step, skus)
        self.demand = _negative_binomial(self._level(self.state), random)
        self.terms = self._terms()
        self.made: dict[int, DemandForecast] = {}

    def _level(self, state: FloatArray) -> FloatArray:
        mean = self.mean.reshape(-1, *(1,) * (state.ndim - 1))
        level: FloatArray = mean * np.exp(state - LEVEL_SD**2 / 2)
        return level

    def _terms(self) -> pd.DataFrame:
        names = [f"sku-{place:03d}" for place in range(self.skus)]
        minimum = np.maximum(np.round(self.mean * MINIMUM_WEEKS), 1.0)
        return pd.DataFrame({"sku": names, "location": "main"}).assign(
            supplier="mill",
            mode="sea",
            lead_time_days=LEAD_DAYS,
            lead_time_sd_days=LEAD_SD_DAYS,
            unit_cost=10.0,
            planning_unit_cost=10.0,
            order_cost=FIXED,
            freight_cost=0.0,
            minimum_order_quantity=minimum,
            case_pack=np.maximum(np.round(self.mean / 2), 1.0),
            price_breaks="",
            capacity=np.inf,
            holding_cost=HOLDING,
            stockout_cost=self.case.stockout_cost,
            price=20.0,
            volume=0.0,
            assumed="",
            duty_rate=0.0,
        )

    def ways(self) -> pd.DataFrame:
        """Return both ways to buy each SKU, sea first."""
        sea = self.terms.assign(series=range(self.skus), rank=0)
        air = sea.assign(
            mode="air",
            lead_time_days=AIR_DAYS,
            lead_time_sd_days=AIR_SD_DAYS,
            freight_cost=AIR_PREMIUM,
            order_cost=0.0,
            minimum_order_quantity=1.0,
            rank=1,
        )
        return pd.concat([sea, air]).sort_values(["series", "rank"], kind="stable").reset_index(drop=True)

    def knowledge(self, week: int, lanes: int = 1) -> Knowledge:
        """Return what is known at the start of a week of the run; lanes: 1 sea, 2 sea and air."""
        now = HISTORY + week

        def forecast(horizon: int) -> DemandForecast:
            if week not in self.made or self.made[week].horizon < horizon:
                self.made = {week: self._forecast(now, max(horizon, 20))}
            whole = self.made[week]
            return _first(whole, horizon)

        first = np.datetime64(START) - HISTORY * np.timedelta64(7, "D")
        return Knowledge(
            as_of=START + timedelta(days=7 * week),
            frequency=Frequency.WEEKLY,
            terms=self.terms,
            planning=PlanningOptions(),
            units=self.demand[:, :now],
            dates=Frequency.WEEKLY.dates(first, now),
            forecast=forecast,
            buying=Buying(ways=self.ways()) if lanes > 1 else ONE_WAY,
        )

    def _forecast(self, now: int, horizon: int) -> DemandForecast:
        """Return true joint paths given the last week's level, drawn from a seed of the week's own."""
        random = np.random.default_rng([self.case.seed, now])
        state = np.repeat(self.state[:, now - 1, None], PATHS, axis=1)
        step = LEVEL_SD * np.sqrt(1 - PERSISTENCE**2)
        paths = np.empty((self.skus, PATHS, horizon), dtype=np.float32)
        for t in range(horizon):
            state = PERSISTENCE * state + random.normal(0.0, step, state.shape)
            paths[:, :, t] = _negative_binomial(self._level(state), random)
        as_of = START + timedelta(days=7 * (now - HISTORY))
        return DemandForecast(
            series=self.terms[["sku", "location"]].assign(fallback_reason=""),
            as_of=as_of,
            frequency=Frequency.WEEKLY,
            dates=Frequency.WEEKLY.dates(np.datetime64(as_of), horizon),
            levels=(0.5,),
            mean=paths.mean(axis=1).astype(np.float64),
            quantiles=np.quantile(paths, [0.5], axis=1).transpose(1, 2, 0).astype(np.float64),
            paths=paths,
            model="truth",
            seed=self.case.seed,
        )

    def scenario(self, paths: int = 1, lanes: int = 1) -> tuple[Scenario, Opening]:
        """Return the run's demand, drawn lead times and opening stock, the same on each of `paths` paths."""
        ones = np.ones((self.skus, 1))
        sea, air = (
            random_lead_times(ones * days / 7, ones * sd / 7, 1, self.weeks, self.case.seed + 100 * place, 7)
            for place, (days, sd) in enumerate(((LEAD_DAYS, LEAD_SD_DAYS), (AIR_DAYS, AIR_SD_DAYS)))
        )
        lead = np.repeat(np.concatenate([sea, air], axis=3)[..., :lanes], paths, axis=1)
        promised = np.repeat([[int(LEAD_DAYS / 7), int(AIR_DAYS / 7)]], self.skus, axis=0)[:, :lanes]
        prices = Prices(
            ones[:, 0] * HOLDING,
            ones[:, 0] * self.case.stockout_cost,
            np.repeat([[FIXED, 0.0]], self.skus, axis=0)[:, :lanes],
            np.repeat([[0.0, AIR_PREMIUM]], self.skus, axis=0)[:, :lanes],
        )
        demand = np.repeat(self.demand[:, None, HISTORY:], paths, axis=1)
        scenario = Scenario(demand, lead, promised, prices, 1, None, WARM_UP)
        weekly = np.repeat(np.round(self.mean)[:, None], promised[0, 0], axis=1)
        return scenario, Opening.of(np.round(2 * self.mean), weekly, paths)


def _negative_binomial(mean: FloatArray, random: np.random.Generator) -> FloatArray:
    """Draw counts of this mean and a variance of OVER_DISPERSION times it."""
    size = mean / (OVER_DISPERSION - 1.0)
    return random.negative_binomial(size, 1.0 / OVER_DISPERSION).astype(np.float64)


def _first(made: DemandForecast, horizon: int) -> DemandForecast:
    return replace(
        made,
        dates=made.dates[:horizon],
        mean=made.mean[:, :horizon],
        quantiles=made.quantiles[:, :horizon],
        paths=made.paths[:, :, :horizon],
    )


def play(world: World, policy: Policy, lanes: int = 1) -> Outcome:
    """Return what the policy does in the world; lanes: 1 sea, 2 sea and air."""
    scenario, opening = world.scenario(lanes=lanes)
    return simulate(policy, scenario, opening, lambda week: world.knowledge(week, lanes))


def hindsight_min_max(world: World) -> tuple[FloatArray, FloatArray]:
    """Return the cost of each SKU, (n,), under the best pair for all SKUs and under each SKU's own best pair."""
    grid = [(a, c) for a in np.arange(3.0, 14.0, 0.5) for c in (0.0, 2.0, 4.0, 5.0, 6.0, 8.0, 10.0)]
    point, lot = (np.array(part) for part in zip(*grid, strict=True))
    scenario, opening = world.scenario(len(grid))
    policy = _Grid(world.mean[:, None] * point, world.mean[:, None] * (point + lot))
    cost = simulate(policy, scenario, opening, world.knowledge).cost
    return cost[:, cost.sum(axis=0).argmin()], cost.min(axis=1)


@dataclass(frozen=True, slots=True)
class _Grid:
    """(s, S) with levels of each path's own, (n, P)."""

    reorder_point: FloatArray
    order_up_to_level: FloatArray
    name: str = "grid"

    def order(self, state: StockState, knowledge: Knowledge) -> FloatArray:
        """Return what is missing to S where the position is at or below s."""
        position = state.inventory_position
        wanted = np.where(position <= self.reorder_point, np.ceil(self.order_up_to_level) - position, 0.0)
        return allowed_quantity(wanted, knowledge.terms)


def main() -> None:
    """Print each policy's realised cost, 100 = fillrate, by seed and ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skus", type=int, default=40)
    parser.add_argument("--weeks", type=int, default=64)
    asked = parser.parse_args()
    rows: dict[str, list[float]] = {}
    errors: dict[str, list[float]] = {}
    for ratio in RATIOS:
        for seed in SEEDS:
            world = World(Case(seed, ratio), asked.skus, asked.weeks)
            ours = play(world, LeastCost(), lanes=2).cost
            costs = {"fillrate, sea only": play(world, LeastCost()).cost}
            costs |= {policy.name: play(world, policy).cost for policy in others(ratio)}
            best, own = hindsight_min_max(world)
            costs |= {"(s, S) tuned in hindsight": best[:, None], "(s, S) own pair a SKU, hindsight": own[:, None]}
            for name, cost in {"fillrate": ours, **costs}.items():
                rows.setdefault(name, []).append(100.0 * float(cost.sum() / ours.sum()))
                errors.setdefault(name, []).append(100.0 * mean_and_error(cost - ours)[1] / float(ours.sum()))
    cases = [f"{ratio} seed {seed}" for ratio in RATIOS for seed in SEEDS]
    print("| policy (100 = fillrate) | " + " | ".join(cases) + " | mean | fillrate is cheaper by |")
    print("|---" * (len(cases) + 3) + "|")
    for name, values in rows.items():
        cells = [f"{value:.1f} ± {error:.1f}" for value, error in zip(values, errors[name], strict=True)]
        mean = float(np.mean(values))
        print(f"| {name} | " + " | ".join(cells) + f" | {mean:.1f} | {1 - 100 / mean:.1%} |")


def others(ratio: float) -> list[Policy]:
    """Return the policies to compare with; those with a service level get the critical ratio."""
    return [
        BaseStock(name="base-stock, up to the minimum"),
        SummedQuantiles(),
        SafetyStock(ratio),
        DaysOfCover(45.0),
        DaysOfCover(60.0, name="days-of-cover:60"),
        ProjectedInventory(),
        MinMax(),
    ]


if __name__ == "__main__":
    main()
