"""New products (F12, F38, F39, O50): analogues by attributes, launch curves, and own sales as they come in."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.frequency import Frequency
from features.panel import Panel, build_panel
from training.analogues import find_analogues
from training.baselines import MovingAverage
from training.cold_start import ColdStartForecaster, ColdStartSettings, analogue_marginals, young_series

MONDAY = pd.Timestamp("2022-01-03")
WEEKS = 100
AS_OF = date(2023, 12, 4)


def weekly(sku: str, first: int, units: np.ndarray, location: str = "main") -> pd.DataFrame:
    dates = MONDAY + pd.to_timedelta(7 * np.arange(first, first + len(units)), unit="D")
    frame = pd.DataFrame({"sku": sku, "location": location, "date": dates, "units": units.astype(float)})
    return frame.assign(price=np.nan, in_stock=1.0)


def shop(*newcomers: pd.DataFrame, ramp: bool = False, kinds: tuple[str, ...] = ("tea", "ink")) -> Panel:
    """Twenty teas selling 40 a week and twenty inks selling 4, and newcomers named after their kind."""
    random = np.random.default_rng(1)
    frames = list(newcomers)
    for kind, level in (("tea", 40.0), ("ink", 4.0)):
        for place in range(20):
            first = 10 + place if ramp else 0
            age = np.arange(WEEKS - first)
            course = np.where(age < 12, 0.25, 1.0) if ramp else np.ones(len(age))
            frames.append(weekly(f"{kind}-{place:02d}", first, random.poisson(level * course)))
    sales = pd.concat(frames, ignore_index=True).astype({"sku": "str", "location": "str"})
    skus = sales["sku"].unique()
    products = pd.DataFrame({"sku": skus, "category": [sku.split("-")[0] for sku in skus]}).astype("str")
    return build_panel({"sales": sales, "products": products}, Frequency.WEEKLY, AS_OF)


def answer(panel: Panel, sku: str, horizon: int = 8) -> tuple[np.ndarray, np.ndarray, str]:
    settings = ColdStartSettings()
    rows = np.flatnonzero(panel.series["sku"] == sku)
    analogues = find_analogues(panel, settings)
    assert analogues is not None
    marginals, reasons = analogue_marginals(panel, rows, horizon, analogues, settings)
    return marginals.mean[0], marginals.ratio[0], reasons[0]


def never_in_stock(sku: str) -> pd.DataFrame:
    return weekly(sku, WEEKS - 1, np.zeros(1)).assign(in_stock=0.0)


def test_a_product_without_sales_is_expected_to_sell_like_its_category() -> None:
    panel = shop(never_in_stock("tea-new"), never_in_stock("ink-new"))
    tea, _, reason = answer(panel, "tea-new")
    ink, _, _ = answer(panel, "ink-new")
    np.testing.assert_allclose(tea, 40, rtol=0.15)
    assert ink.max() < 8
    assert reason == "0 periods of own history: level and launch curve of 20 analogues in category tea"


def test_nothing_is_sold_before_a_launch_that_is_to_come() -> None:
    panel = shop(never_in_stock("tea-new"), ramp=True)
    launched = panel.launched.copy()
    row = panel.series.index[panel.series["sku"] == "tea-new"][0]
    launched[row] = panel.periods + 3
    later, _, _ = answer(replace(panel, launched=launched), "tea-new")
    now, _, _ = answer(panel, "tea-new")
    assert np.all(later[:3] == 0)
    np.testing.assert_allclose(later[3:], now[:5], rtol=0.2)


def test_the_launch_curve_of_analogues_shapes_the_first_months() -> None:
    panel = shop(never_in_stock("tea-new"), ramp=True)
    mean, _, _ = answer(panel, "tea-new", horizon=24)
    assert mean[:8].mean() < 0.45 * mean[16:].mean()


def test_own_sales_move_the_level_the_more_the_more_of_them_there_are() -> None:
    levels = []
    for weeks in (1, 4, 12):
        panel = shop(weekly("ink-new", WEEKS - weeks, np.full(weeks, 12)))
        levels.append(answer(panel, "ink-new")[0][0])
    assert 5 < levels[0] < levels[1] < levels[2] <= 12.5


def test_the_level_follows_the_gamma_poisson_rule_where_analogues_are_alike() -> None:
    panel = shop(weekly("ink-new", WEEKS - 4, np.full(4, 12)))
    analogues = find_analogues(panel, ColdStartSettings())
    assert analogues is not None
    row = np.flatnonzero(panel.series["sku"] == "ink-new")
    level, shape = analogues.level[row][0], analogues.shape
    ratio = analogues.variance_ratio(np.array([level]))[0]
    course = level * analogues.curve(row, np.arange(12)[None])[0]
    factor = (shape + 48 / ratio) / (shape + course[:4].sum() / ratio)
    mean, spread, _ = answer(panel, "ink-new")
    np.testing.assert_allclose(mean, factor * course[4:])
    np.testing.assert_allclose(spread, ratio + mean / (shape + 48 / ratio))


def test_no_history_is_less_sure_than_a_little() -> None:
    none = answer(shop(never_in_stock("tea-new")), "tea-new")
    some = answer(shop(weekly("tea-new", WEEKS - 8, np.full(8, 40))), "tea-new")
    assert none[1][0] > some[1][0]


def test_the_same_sku_elsewhere_is_the_nearest_analogue() -> None:
    elsewhere = [weekly("tea-rare", 0, np.full(WEEKS, 3), location=place) for place in ("a", "b", "c")]
    panel = shop(*elsewhere, never_in_stock("tea-rare"))
    rows = np.flatnonzero((panel.series["sku"] == "tea-rare") & (panel.series["location"] == "main"))
    analogues = find_analogues(panel, ColdStartSettings())
    assert analogues is not None
    assert analogues.level[rows[0]] < 25
    assert analogues.described(rows[0]) == "3 analogues in sku tea-rare"


def test_variants_of_one_parent_are_analogues_though_parents_are_many() -> None:
    """F26: a new colour of a fast product is expected to sell like its siblings, not like its category."""
    siblings = [weekly(f"tea-fast-{colour}", 0, np.full(WEEKS, 200)) for colour in ("red", "blue", "grey")]
    panel = shop(*siblings, never_in_stock("tea-fast-green"))
    skus = panel.series["sku"]
    parent = skus.where(~skus.str.startswith("tea-fast"), "fast")
    products = pd.DataFrame({"sku": skus, "parent": parent.where(parent == "fast", None)}).astype({"parent": "str"})
    row = np.flatnonzero(skus == "tea-fast-green")[0]
    told, untold = (find_analogues(panel, ColdStartSettings(), table) for table in (products, None))
    assert told is not None
    assert untold is not None
    assert told.level[row] > 1.5 * untold.level[row]
    assert told.described(row) == "3 analogues in parent fast"


def test_only_young_series_are_answered_by_analogues_and_each_says_who_made_it() -> None:
    panel = shop(weekly("tea-new", WEEKS - 1, np.full(1, 40)))
    model = ColdStartForecaster(MovingAverage(), ColdStartSettings(young_weekly=4))
    found, plain = model.distribution(panel, 8), MovingAverage().distribution(panel, 8)
    new = (panel.series["sku"] == "tea-new").to_numpy()
    assert found.series["model"][new].tolist() == ["analogues"]
    assert found.series["fallback_reason"][new].iloc[0].startswith("1 periods of own history")
    assert (found.series["model"][~new] == "moving_average").all()
    np.testing.assert_array_equal(found.mean[~new], plain.mean[~new])
    assert not np.array_equal(found.mean[new], plain.mean[new])


def test_a_dataset_of_newcomers_only_is_left_to_the_base_model() -> None:
    frames = [weekly(f"tea-{place}", WEEKS - 4, np.full(4, 5)) for place in range(9)]
    sales = pd.concat(frames, ignore_index=True).astype({"sku": "str", "location": "str"})
    panel = build_panel({"sales": sales}, Frequency.WEEKLY, AS_OF)
    assert find_analogues(panel, ColdStartSettings()) is None
    found = ColdStartForecaster(MovingAverage(), ColdStartSettings(young_weekly=13)).distribution(panel, 4)
    np.testing.assert_array_equal(found.mean, MovingAverage().distribution(panel, 4).mean)
    assert (found.series["model"] == "moving_average").all()


def test_days_out_of_stock_are_no_own_history() -> None:
    launched = weekly("tea-new", WEEKS - 10, np.zeros(10)).assign(in_stock=[0.0] * 9 + [1.0])
    panel = shop(launched)
    row = np.flatnonzero(panel.series["sku"] == "tea-new")
    assert row in young_series(panel, ColdStartSettings(young_weekly=2))
    assert answer(panel, "tea-new")[2].startswith("1 periods")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_simulated_launches_analogues_beat_the_moving_average(seed: int) -> None:
    """Levels differ by a gamma of shape 4 within a category; the true mean is known."""
    random = np.random.default_rng(seed)
    frames, truth = [], {}
    for kind, level in (("tea", 40.0), ("ink", 4.0)):
        for place in range(40):
            own = level * random.gamma(4) / 4
            weeks = WEEKS if place < 25 else 2
            truth[f"{kind}-{place:02d}"] = own
            frames.append(
                weekly(f"{kind}-{place:02d}", WEEKS - weeks, random.negative_binomial(1.5, 1.5 / (1.5 + own), weeks))
            )
    sales = pd.concat(frames, ignore_index=True).astype({"sku": "str", "location": "str"})
    products = pd.DataFrame({"sku": list(truth), "category": [sku.split("-")[0] for sku in truth]}).astype("str")
    panel = build_panel({"sales": sales, "products": products}, Frequency.WEEKLY, AS_OF)
    rows = young_series(panel, ColdStartSettings(young_weekly=4))
    assert len(rows) == 30
    settings = ColdStartSettings()
    analogues = find_analogues(panel, settings)
    assert analogues is not None
    wanted = panel.series["sku"].map(truth).to_numpy(dtype=float)[rows]
    mine = analogue_marginals(panel, rows, 1, analogues, settings)[0].mean[:, 0]
    plain = MovingAverage().distribution(panel, 1).mean[rows, 0]
    assert np.abs(mine - wanted).sum() < 0.9 * np.abs(plain - wanted).sum()


def test_nothing_from_as_of_on_is_read() -> None:
    panel = shop(weekly("tea-new", WEEKS - 12, np.full(12, 40)))
    origin = WEEKS - 10
    units = panel.history.units.copy()
    units[:, origin:] += 90
    other = replace(panel, history=replace(panel.history, units=units))
    one, two = (answer(view.before(origin), "tea-new")[0] for view in (panel, other))
    np.testing.assert_array_equal(one, two)
