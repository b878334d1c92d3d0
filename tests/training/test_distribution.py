import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special

from core.errors import UsageError
from core.frequency import Frequency
from features.panel import Panel
from training.calibration import GRID, Calibration
from training.dependence import Dependence
from training.distribution import DemandDistribution
from training.marginals import CountMarginals, Marginals, blended
from training.pipeline import TrainingResult


def test_quantiles_never_cross_are_never_negative_and_whole(result: TrainingResult, panel: Panel) -> None:
    levels = tuple(np.round(np.arange(0.001, 1.0, 0.001), 3))
    table = result.model.distribution(panel, 14).quantiles(levels)
    assert (np.diff(table, axis=2) >= 0).all()
    assert table.min() >= 0
    np.testing.assert_array_equal(table, np.rint(table))


def test_paths_agree_with_the_quantiles(result: TrainingResult, panel: Panel) -> None:
    forecast = result.model.distribution(panel, 14).forecast((0.1, 0.5, 0.9), paths=4000, seed=7)
    for place, level in enumerate(forecast.levels):
        below = (forecast.paths < forecast.quantiles[:, None, :, place]).mean(axis=1)
        upto = (forecast.paths <= forecast.quantiles[:, None, :, place]).mean(axis=1)
        assert (below <= level + 0.03).all()
        assert (upto >= level - 0.03).all()


def test_a_series_has_the_same_paths_alone_and_among_others(result: TrainingResult, panel: Panel) -> None:
    distribution = result.model.distribution(panel, 14)
    alone = distribution.take(np.array([5])).paths(50, seed=7)
    np.testing.assert_array_equal(distribution.paths(50, seed=7)[5], alone[0])


def test_another_seed_draws_other_paths(result: TrainingResult, panel: Panel) -> None:
    distribution = result.model.distribution(panel, 14)
    assert not np.array_equal(distribution.paths(50, seed=7), distribution.paths(50, seed=8))


def test_an_impossible_level_is_refused(result: TrainingResult, panel: Panel) -> None:
    with pytest.raises(UsageError, match=r"1\.5 is outside"):
        result.model.distribution(panel, 14).forecast((0.5, 1.5), 0, 1)


def one_by_one(distribution: DemandDistribution, count: int, seed: int) -> np.ndarray:
    """Return the paths as they are defined: each series by itself, each period by itself."""
    horizon = distribution.mean.shape[1]
    result = np.empty((len(distribution.series), count, horizon), dtype=np.float32)
    for row, (sku, location) in enumerate(distribution.series[["sku", "location"]].itertuples(index=False)):
        digest = hashlib.blake2b(f"{seed}\x1f{sku}\x1f{location}".encode(), digest_size=16).digest()
        draw = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "big")))
        half = draw.standard_normal(((count + 1) // 2, horizon)) @ distribution.dependence.factor(horizon).T
        share = special.ndtr(np.concatenate([half, -half])[:count])
        stated = np.stack(
            [distribution.calibration.adjust(share[:, h], h, int(distribution.segment[row])) for h in range(horizon)]
        )
        result[row] = distribution.marginals.take(np.array([row])).quantiles(stated[None])[0].T
    return result


def many(kind: str) -> DemandDistribution:
    """Return forty series over nine periods, calibrated in two bands and joined."""
    random = np.random.default_rng(8)
    mean, ratio = random.lognormal(1, 1.5, (40, 9)), 1.1 + random.gamma(1, 2, (40, 9))
    mean[3] = 400.0  # beyond what is counted
    marginals: Marginals = CountMarginals(mean, ratio, kind != "amounts")
    if kind == "grid":
        marginals = blended([marginals, CountMarginals(mean * 1.3, ratio, True)], np.array([0.5, 0.5]))
    bent = np.linspace(0, 1, len(GRID)) ** 1.2
    stated = np.stack([np.stack([bent, GRID]), np.stack([GRID, bent])])
    return DemandDistribution(
        pd.DataFrame({"sku": [f"s{i}" for i in range(40)], "location": "main", "fallback_reason": ""}),
        Frequency.WEEKLY,
        Frequency.WEEKLY.dates(np.datetime64("2024-04-15"), 9),
        marginals,
        Calibration(np.array([0, 4]), stated, np.array([2.0])),
        np.arange(40) % 3 // 2,
        Dependence(0.2, 0.4),
        "test",
    )


@pytest.mark.parametrize("kind", ["counts", "amounts", "grid"])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("count", [24, 25])
def test_paths_drawn_together_are_to_the_last_bit_those_drawn_one_by_one(
    kind: str, threads: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.distribution.PIECE", 17)
    monkeypatch.setattr("training.distribution.AT_ONCE", 5)
    distribution = many(kind)
    np.testing.assert_array_equal(distribution.paths(count, 3, threads), one_by_one(distribution, count, 3))


def test_no_paths_are_drawn_where_none_are_asked_for() -> None:
    assert many("counts").paths(0, 3).shape == (40, 0, 9)


def test_paths_across_series_share_one_shock_and_keep_every_marginal() -> None:
    alone = many("amounts")
    together = replace(alone, dependence=Dependence(0.2, 0.4, across=0.5))
    paths = together.paths(4000, 3, across=True)
    ranks = paths[:, :, 0].argsort(axis=1).argsort(axis=1)
    between = np.corrcoef(ranks)[np.triu_indices(40, 1)]
    assert abs(np.median(between) - 6 / np.pi * np.arcsin(0.25)) < 0.03  # Spearman's of a Gaussian copula
    wanted = together.quantiles((0.1, 0.5, 0.9))
    for place, level in enumerate((0.1, 0.5, 0.9)):
        assert abs((paths <= wanted[:, None, :, place]).mean() - level) < 0.015
    ordinary = np.arange(40) != 3  # all but one that outweighs the others
    spread = [item[ordinary].sum(axis=0).std(axis=0) for item in (paths, alone.paths(4000, 3, across=True))]
    assert (spread[0] > 1.5 * spread[1]).all()


def test_paths_across_series_are_drawn_only_where_asked_for_and_alike_for_any_part_of_them() -> None:
    together = replace(many("counts"), dependence=Dependence(0.2, 0.4, across=0.5))
    np.testing.assert_array_equal(together.paths(24, 3), many("counts").paths(24, 3))
    whole = together.paths(24, 3, threads=2, across=True)
    np.testing.assert_array_equal(together.take(np.array([5, 30])).paths(24, 3, across=True), whole[[5, 30]])
    np.testing.assert_array_equal(together.forecast((0.5,), 24, 3, across=True).paths, whole)
