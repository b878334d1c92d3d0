import numpy as np
from scipy import stats

from training.calibration import GRID, Calibration, fit_calibration
from training.dependence import Dependence, across_series, fit_dependence, normal_score


def transforms(true_mean: float, stated_mean: float, rows: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    demand = np.random.default_rng(2).poisson(true_mean, rows)
    return stats.poisson.cdf(demand - 1, stated_mean), stats.poisson.cdf(demand, stated_mean)


def test_a_calibrated_model_is_left_alone() -> None:
    below, upto = transforms(5, 5)
    calibration = fit_calibration(below, upto, np.zeros(len(below), dtype=np.int32), 1, bands=1, strength=1.0)
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    np.testing.assert_allclose(calibration.adjust(levels, 0), levels, atol=0.015)


def test_a_model_that_is_too_low_is_asked_for_higher_levels_and_then_covers() -> None:
    below, upto = transforms(6, 5)
    calibration = fit_calibration(below, upto, np.zeros(len(below), dtype=np.int32), 1, bands=1, strength=1.0)
    stated = calibration.adjust(np.array([0.5, 0.9]), 0)
    assert (stated > [0.5, 0.9]).all()
    quantile = stats.poisson.ppf(stated, 5)
    reached = stats.poisson.cdf(quantile, 6), stats.poisson.cdf(quantile - 1, 6)
    assert (reached[0] >= [0.48, 0.88]).all()
    assert (reached[1] <= [0.52, 0.92]).all()


def test_the_map_rises_so_that_no_quantiles_cross() -> None:
    random = np.random.default_rng(3)
    upto = random.random(3000) ** 2
    calibration = fit_calibration(upto, upto, random.integers(0, 12, 3000).astype(np.int32), 12, bands=3, strength=0.5)
    assert len(calibration.edges) == 3
    assert (np.diff(calibration.stated, axis=2) >= 0).all()


def test_few_rows_change_nothing() -> None:
    few = np.full(10, 0.9)
    calibration = fit_calibration(few, few, np.zeros(10, dtype=np.int32), 4, bands=3, strength=1.0)
    np.testing.assert_array_equal(calibration.stated, Calibration.identity().stated)


def test_dependence_finds_the_correlation_that_made_the_scores() -> None:
    true = Dependence(common=0.3, fading=0.5)
    scores = np.random.default_rng(5).standard_normal((4000, 10)) @ true.factor(10).T
    found = fit_dependence(scores)
    assert abs(found.common - 0.3) < 0.05
    assert abs(found.fading - 0.5) < 0.1


def test_the_shock_that_series_share_is_found_and_none_where_there_is_none() -> None:
    draw = np.random.default_rng(9)
    for share in (0.0, 0.1, 0.4):
        tables = [
            np.sqrt(share) * draw.standard_normal((1, 28)) + np.sqrt(1 - share) * draw.standard_normal((300, 28))
            for _ in range(20)
        ]
        tables[0][:, :5] = np.nan
        assert abs(across_series(tables) - share) < 0.05
    assert across_series([np.full((300, 4), np.nan), np.zeros((3, 4))]) == 0.0


def test_dependence_of_too_few_scores_is_none() -> None:
    assert fit_dependence(np.full((5, 4), np.nan)) == Dependence.independent()
    np.testing.assert_array_equal(Dependence.independent().factor(3), np.eye(3))


def test_a_middling_demand_is_no_surprise() -> None:
    assert normal_score(np.array([0.4]), np.array([0.6]))[0] == 0


def test_reached_is_the_inverse_of_adjust() -> None:
    below, upto = transforms(6, 5)
    calibration = fit_calibration(below, upto, np.zeros(len(below), dtype=np.int32), 1, bands=1, strength=0.7)
    levels = np.linspace(0.02, 0.98, 50)
    np.testing.assert_allclose(calibration.reached(calibration.adjust(levels, 0), 0), levels, atol=1e-6)


def of_two_paces(rows: int = 12_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return transforms of a model that is right where a series is slow and too low where it is fast, and the pace."""
    slow, fast = transforms(5, 5, rows), transforms(6, 5, rows)
    below, upto = (np.concatenate([slow[part], fast[part]]) for part in (0, 1))
    return below, upto, np.repeat([1.0, 9.0], rows)


def test_segments_are_corrected_apart_half_way_from_the_map_of_all() -> None:
    below, upto, pace = of_two_paces()
    when = np.zeros(len(below), dtype=np.int32)
    shared = fit_calibration(below, upto, when, 1, bands=1, strength=1.0)
    parted = fit_calibration(below, upto, when, 1, bands=1, strength=1.0, pace=pace, segments=2)
    alone = [
        fit_calibration(below[pace == one], upto[pace == one], when[pace == one], 1, bands=1, strength=1.0)
        for one in (1.0, 9.0)
    ]
    assert parted.segment(np.array([0.0, 1.0, 4.9, 5.0, 400.0])).tolist() == [0, 0, 0, 1, 1]
    for place in (0, 1):
        np.testing.assert_allclose(parted.stated[place], (shared.stated[0] + alone[place].stated[0]) / 2, atol=1e-12)
    levels = np.array([0.25, 0.5, 0.9])
    assert (parted.adjust(levels, 0, 0) < shared.adjust(levels, 0)).all()
    assert (parted.adjust(levels, 0, 1) > shared.adjust(levels, 0)).all()
    np.testing.assert_allclose(parted.reached(parted.adjust(levels, 0, 1), 0, 1), levels, atol=1e-6)


def test_a_segment_with_few_rows_keeps_the_map_of_all_and_one_pace_makes_one_map() -> None:
    below, upto, pace = of_two_paces(500)
    when = (np.arange(len(below)) % 4).astype(np.int32)
    parted = fit_calibration(below, upto, when, 4, bands=2, strength=1.0, pace=pace, segments=2)
    shared = fit_calibration(below, upto, when, 4, bands=2, strength=1.0)
    np.testing.assert_array_equal(parted.stated, np.stack([shared.stated[0]] * 2))
    same = fit_calibration(below, upto, when, 4, bands=2, strength=1.0, pace=np.ones(len(below)), segments=3)
    assert same.segment(np.array([0.0, 1.0, 2.0])).tolist() == [0, 1, 1]
    np.testing.assert_array_equal(same.stated[1], shared.stated[0])


def test_paths_are_adjusted_to_the_last_bit_as_one_period_after_the_other() -> None:
    random = np.random.default_rng(6)
    upto, when = random.random(9000) ** 2, random.integers(0, 12, 9000).astype(np.int32)
    calibration = fit_calibration(upto, upto, when, 12, bands=3, strength=0.5, pace=1 - upto, segments=2)
    assert calibration.stated.shape[:2] == (2, 3)
    levels = random.random((3, 500, 12))
    levels[0, : len(GRID)] = GRID[:, None]
    levels[1, : len(GRID)] = np.nextafter(GRID, 0)[:, None]
    levels[2, : len(GRID)] = np.nextafter(GRID, 1)[:, None]
    segment = np.array([0, 1, 0])
    found = calibration.adjust_paths(levels, segment)
    for period in range(12):
        for row, place in enumerate(segment.tolist()):
            wanted = calibration.adjust(levels[row, :, period], period, place)
            np.testing.assert_array_equal(found[row, period], wanted)
