import numpy as np
import pytest

from core.frequency import Frequency
from optimizer.base_stock import FixedLevel
from optimizer.scenario import Opening
from optimizer.simulation import simulate
from optimizer.simulation_summary import ALL_WINDOWS, COST_COLUMNS, mean_and_error, ratio_and_error, summary
from tests.optimizer.test_simulation import known, scenario_of


def outcome(level, name, seed=1, paths=1):
    demand = np.random.default_rng(seed).poisson(4.0, (5, paths, 20)).astype(float)
    policy = FixedLevel(np.full(5, float(level)), name=name)
    return simulate(policy, scenario_of(demand), Opening.of(np.full(5, 8.0), paths=paths), known(5))


def test_the_figures_are_those_of_the_ledger():
    made = outcome(16, "a")
    row = summary({"w": [made]}, Frequency.DAILY).iloc[0]
    demand = np.random.default_rng(1).poisson(4.0, (5, 1, 20))
    assert row["demand"] == demand.sum()
    assert row["fill_rate"] == pytest.approx(1 - row["lost"] / row["demand"])
    assert row["cost"] == pytest.approx(sum(row[name] for name in COST_COLUMNS))
    assert row["turns"] == pytest.approx((row["demand"] - row["lost"]) * 365 / made.totals[:, 2].sum())
    assert row["in_stock"] == pytest.approx(1 - (made.ledger[:, :, 11].sum() / 100))


def test_windows_add_up_and_differences_are_to_the_first_policy():
    windows = {str(seed): [outcome(16, "a", seed), outcome(24, "b", seed)] for seed in (1, 2)}
    table = summary(windows, Frequency.WEEKLY).set_index(["window", "policy"])
    for policy in "ab":
        parts = [table.loc[(window, policy), "cost"] for window in windows]
        assert table.loc[(ALL_WINDOWS, policy), "cost"] == pytest.approx(sum(parts))
    assert (table.xs("a", level="policy")["difference"] == 0).all()
    gap = table.loc[("1", "b"), "cost"] - table.loc[("1", "a"), "cost"]
    assert table.loc[("1", "b"), "difference"] == pytest.approx(gap)


def test_a_paired_difference_is_known_better_than_two_costs_apart():
    row = summary({"w": [outcome(16, "a", paths=200), outcome(17, "b", paths=200)]}, Frequency.DAILY).iloc[1]
    assert row["difference_se"] < 0.5 * row["cost_se"]


def test_the_standard_error_is_the_spread_of_repeated_runs():
    """Simulated again and again with other demand, the mean cost varies as much as one run says."""
    one = outcome(16, "a", seed=0, paths=100)
    _, error = mean_and_error(one.cost)
    again = [mean_and_error(outcome(16, "a", seed=seed, paths=100).cost)[0] for seed in range(1, 60)]
    assert np.std(again, ddof=1) == pytest.approx(error, rel=0.4)
    value, error = ratio_and_error(one.ledger[:, :, 7], one.ledger[:, :, 6])
    again = []
    for seed in range(1, 60):
        book = outcome(16, "a", seed=seed, paths=100).ledger
        again.append(ratio_and_error(book[:, :, 7], book[:, :, 6])[0])
    assert np.std(again, ddof=1) == pytest.approx(error, rel=0.4)
    assert np.mean(again) == pytest.approx(value, abs=4 * error)


def test_a_ratio_of_nothing_is_not_a_number():
    assert np.isnan(ratio_and_error(np.zeros((2, 1)), np.zeros((2, 1)))[0])
