"""The tables of a backtest, against sums made another way."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from features.panel import Panel
from training.backtest import Trial, backtest
from training.baselines import MovingAverage, SeasonalNaive
from training.evaluation import Evaluation, evaluate, instability_of

MODELS = {item.name: item for item in (MovingAverage(), SeasonalNaive())}


@pytest.fixture(scope="module")
def trials(panel: Panel) -> list[Trial]:
    fits = {name: lambda past, horizon, model=model: model for name, model in MODELS.items()}
    origins = [panel.periods - back for back in (28, 21, 14)]

    def cost_of(forecast, panel, origin):
        return np.where(np.arange(len(panel.series)) == 0, np.nan, forecast.mean[:, 0])

    return backtest(panel, 14, origins, fits, cost_of=cost_of)


@pytest.fixture(scope="module")
def evaluation(panel: Panel, trials: list[Trial]) -> Evaluation:
    return evaluate(trials, panel, 14)


def test_every_model_has_a_row_for_all_for_each_origin_and_for_each_group(evaluation: Evaluation) -> None:
    scores = evaluation.scores
    for model in MODELS:
        mine = scores[scores["model"] == model]
        assert (mine["origin"] != "all").sum() == 3
        whole = mine[(mine["origin"] == "all") & (mine["segment"] == "all")]
        for segment, rows in mine[mine["segment"] != "all"].groupby("segment"):
            assert rows["rows"].sum() == whole["rows"].iloc[0], segment
    assert {"value", "variability", "pattern", "life", "category"} < set(scores["segment"])


def test_skill_is_the_share_of_the_baselines_pinball_that_is_saved(evaluation: Evaluation) -> None:
    scores = evaluation.scores.set_index(["model", "origin", "segment", "group"])
    for key in [("all", "all", "all"), ("all", "category", "a")]:
        mine, theirs = scores.loc[("moving_average", *key)], scores.loc[("seasonal_naive", *key)]
        assert mine["skill_vs_seasonal_naive"] == pytest.approx(1 - mine["pinball"] / theirs["pinball"])
        assert theirs["skill_vs_seasonal_naive"] == 0


def test_the_difference_of_two_models_is_that_of_their_pinball_with_zero_outside_a_clear_interval(
    evaluation: Evaluation,
) -> None:
    summary = evaluation.summary.set_index("model")["pinball"]
    row = evaluation.differences.set_index(["model", "against"]).loc[("moving_average", "seasonal_naive")]
    assert row["pinball"] == pytest.approx(summary["moving_average"] / summary["seasonal_naive"] - 1)
    assert row["pinball_low"] < row["pinball"] < row["pinball_high"] < 0


def test_simulated_cost_adds_up_over_what_is_known(evaluation: Evaluation, trials: list[Trial]) -> None:
    mine = [item.cost for item in trials if item.outcome.model == "moving_average"]
    found = evaluation.summary.set_index("model").loc["moving_average", "simulated_cost"]
    assert found == pytest.approx(sum(item[1:].sum() for item in mine))


def test_instability_compares_the_same_period_seen_from_two_origins(panel: Panel, trials: list[Trial]) -> None:
    outcomes = [item.outcome for item in trials if item.outcome.model == "seasonal_naive"]
    seen: dict[tuple[int, int], list[float]] = {}
    for item in outcomes:
        origin = panel.origin_of(item.origin.astype(object))
        for who, ahead, mean in zip(item.who, item.horizons, item.mean, strict=True):
            seen.setdefault((int(who), origin + int(ahead)), []).append(float(mean))
    pairs = [(one, two) for values in seen.values() for one, two in itertools.pairwise(values)]
    change, level = sum(abs(two - one) for one, two in pairs), sum(one + two for one, two in pairs) / 2
    assert instability_of(outcomes, panel) == pytest.approx(change / level)
    assert np.isnan(instability_of(outcomes[:1], panel))


def test_a_perfect_forecast_scores_nothing(panel: Panel, trials: list[Trial]) -> None:
    outcome = trials[0].outcome
    sure = np.repeat(outcome.actual[:, None], outcome.quantiles.shape[1], axis=1)
    perfect = replace(outcome, mean=outcome.actual, quantiles=sure, crps=np.zeros(len(outcome.actual)))
    found = evaluate([replace(trials[0], outcome=perfect)], panel, 14).summary.iloc[0]
    for name in ("wql", "scaled_pinball", "weighted_scaled_pinball", "crps", "rmsse", "wape", "bias", "crossing_rate"):
        assert found[name] == 0, name
