"""The boosters of the default model: what each has not seen, and how few targets a leaf may know."""

import numpy as np
import pytest

from core.errors import InsufficientHistoryError
from features.build import FeatureMatrix
from training.distribution_head import DistributionHead, HeadSettings, fit_head

QUICK = HeadSettings(rounds=12, dispersion_rounds=6, least_targets=20)
DAYS = 200


def rows(copies: int = 1, seed: int = 1) -> tuple[FeatureMatrix, np.ndarray, np.ndarray]:
    """Return 4,000 targets of 20 series, each told `copies` times from features that differ a little, and their age."""
    draw = np.random.default_rng(seed)
    level, day = np.repeat(draw.gamma(2.0, 2.0, 20), DAYS), np.tile(np.arange(DAYS), 20)
    units = draw.poisson(level * (1 + 0.5 * (day % 7 == 0))).astype(np.float32)
    level, day, units = (np.repeat(column, copies) for column in (level, day, units))
    values = np.column_stack([draw.normal(level, 0.1), day % 7, draw.normal(size=len(day))]).astype(np.float32)
    matrix = FeatureMatrix(values, level.astype(np.float32), ("level", "weekday", "noise"), ())
    return matrix, units, DAYS - 1 - day


def fitted(copies: int = 1, told: float | None = None, settings: HeadSettings = QUICK) -> DistributionHead:
    matrix, units, age = rows(copies)
    return fit_head(matrix, units, age, settings, 364, True, 1, 5, copies=copies if told is None else told)


def test_the_forecast_is_the_geometric_mean_of_boosters_of_whole_fortnights() -> None:
    head = fitted()
    assert len(head.mean_boosters) == QUICK.folds == 3
    matrix, _, _ = rows(seed=9)
    mean, ratio = head.predict(matrix, 1)
    each = [np.log(np.asarray(item.predict(matrix.values))) for item in head.mean_boosters]
    assert mean == pytest.approx(np.exp(np.mean(each, axis=0)) * matrix.scale, rel=1e-6)
    assert np.ptp(each, axis=0).max() > 0.01
    assert (ratio > 0).all()


def test_no_booster_has_seen_the_fortnights_of_its_fold() -> None:
    matrix, units, age = rows()
    blind = age // 14 % 3 == 1
    honest = fit_head(matrix, units, age, QUICK, 364, True, 1, 5)
    moved = fit_head(matrix, np.where(blind, units + 50, units), age, QUICK, 364, True, 1, 5)
    same = [
        np.allclose(one.predict(matrix.values), other.predict(matrix.values), rtol=1e-6)
        for one, other in zip(honest.mean_boosters, moved.mean_boosters, strict=True)
    ]
    assert same == [False, True, False]


def fewest_rows_of_a_leaf(head: DistributionHead) -> int:
    frames = [booster.trees_to_dataframe() for booster in (*head.mean_boosters, head.dispersion_booster)]
    return min(int(frame.loc[frame["left_child"].isna(), "count"].min()) for frame in frames)


def test_a_leaf_knows_enough_targets_however_often_each_is_told() -> None:
    # LightGBM estimates a leaf's rows from its curvature, so the limit holds but for a factor.
    assert fewest_rows_of_a_leaf(fitted(1)) >= QUICK.least_targets / 2
    assert fewest_rows_of_a_leaf(fitted(4)) >= QUICK.least_targets * 4 / 2 > fewest_rows_of_a_leaf(fitted(4, told=1.0))


def test_less_is_learned_by_heart_where_copies_are_known_to_be_copies() -> None:
    matrix, units, _ = rows(6)
    misses = [
        np.abs(
            fitted(6, told, HeadSettings(rounds=60, dispersion_rounds=5, least_targets=10)).predict(matrix, 1)[0]
            - units
        ).mean()
        for told in (1.0, 6.0)
    ]
    assert misses[0] < misses[1]


def test_sales_of_a_single_fortnight_are_too_few() -> None:
    matrix, units, age = rows()
    with pytest.raises(InsufficientHistoryError, match="too few"):
        fit_head(matrix, np.where(age < 14, units, 0.0).astype(np.float32), age, QUICK, 364, True, 1, 5)
