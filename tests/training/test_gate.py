"""Each condition of the gate, kept and broken, on outcomes that differ in nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from features.panel import Panel
from training.backtest import Trial, backtest
from training.baselines import MovingAverage
from training.gate import Check, GateSettings, Verdict, judge, pass_gate


@pytest.fixture(scope="module")
def champion(panel: Panel) -> list[Trial]:
    def cost_of(forecast, panel, origin):
        return np.full(len(panel.series), 10.0)

    origins = [panel.periods - 28, panel.periods - 14]
    return backtest(panel, 14, origins, {"champion": lambda past, horizon: MovingAverage()}, cost_of=cost_of)


def challenger(champion: list[Trial], **changes: object) -> list[Trial]:
    """Return the champion's trials under another name, with rows or costs changed by functions of them."""
    trials = []
    for item in champion:
        outcome = replace(item.outcome, model="challenger")
        for name in set(changes) & {"quantiles", "below"}:
            outcome = replace(outcome, **{name: changes[name](outcome)})
        cost = changes["cost"](item.cost) if "cost" in changes else item.cost
        trials.append(replace(item, outcome=outcome, cost=cost, predict_seconds=changes.get("seconds", 0.01)))
    return trials


def verdict(champion: list[Trial], panel: Panel, settings: GateSettings | None = None, **changes: object) -> Verdict:
    return judge([*challenger(champion, **changes), *champion], panel, settings or GateSettings())


def broken(found: Verdict) -> list[str]:
    return [item.name for item in found.checks if not item.passed]


def test_a_twin_of_the_champion_passes(panel: Panel, champion: list[Trial]) -> None:
    found = verdict(champion, panel)
    assert found.passed
    assert found.measures["pinball_difference"] == 0
    assert [item.name for item in found.checks] == [
        "pinball",
        "simulated cost",
        "coverage (PIT)",
        "segments",
        "crossing quantiles",
        "latency",
    ]


def test_a_forecast_that_is_surely_worse_is_refused_with_its_number(panel: Panel, champion: list[Trial]) -> None:
    found = verdict(champion, panel, quantiles=lambda outcome: outcome.quantiles * 2)
    assert {"pinball", "segments"} <= set(broken(found))
    assert found.table.set_index("check").loc["pinball", "passed"] == "NO"
    assert f"{found.measures['pinball_difference']:+.2%}" in found.table["found"].iloc[0]


def test_better_quantiles_at_a_higher_cost_are_refused(panel: Panel, champion: list[Trial]) -> None:
    nearer = verdict(
        champion,
        panel,
        quantiles=lambda outcome: (outcome.quantiles + outcome.actual[:, None]) / 2,
        cost=lambda cost: cost * 1.2,
    )
    assert broken(nearer) == ["simulated cost"]


def test_one_group_that_suffers_is_enough(panel: Panel, champion: list[Trial]) -> None:
    hurt = panel.groups[panel.group_names.index("category")] == 1

    def shifted(outcome):
        worse = np.where(hurt[outcome.who][:, None], outcome.quantiles * 1.6, outcome.quantiles)
        return np.where(hurt[outcome.who][:, None], worse, (outcome.quantiles + 3 * outcome.actual[:, None]) / 4)

    found = verdict(champion, panel, quantiles=shifted)
    assert "segments" in broken(found)
    assert "category b" in next(item for item in found.checks if item.name == "segments").found
    assert "segments" not in broken(verdict(champion, panel, GateSettings(least_rows=10**6), quantiles=shifted))


def test_crossing_latency_and_coverage_have_bounds(panel: Panel, champion: list[Trial]) -> None:
    crossed = verdict(champion, panel, quantiles=lambda outcome: outcome.quantiles[:, ::-1])
    assert "crossing quantiles" in broken(crossed)
    assert broken(verdict(champion, panel, seconds=60.0)) == ["latency"]
    assert broken(verdict(champion, panel, below=lambda outcome: outcome.upto * 0)) == ["coverage (PIT)"]


def test_the_gate_fits_both_at_the_same_origins(panel: Panel) -> None:
    seen: list[tuple[str, int]] = []

    def fit(name):
        def make(past, horizon):
            seen.append((name, past.periods))
            return MovingAverage()

        return make

    found = pass_gate(panel, 7, [panel.periods - 7], fit("a"), fit("b"), lambda *_: np.full(len(panel.series), np.nan))
    assert seen == [("a", panel.periods - 7), ("b", panel.periods - 7)]
    assert found.checks[1] == Check("simulated cost", found.checks[1].found, found.checks[1].allowed, True)
    assert "not known" in found.checks[1].found
