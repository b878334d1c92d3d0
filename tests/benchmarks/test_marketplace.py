"""The simulated marketplace: a valid dataset, a truth that its demand obeys, and signals that lead where told."""

import doctest
import sys

import numpy as np
import pandas as pd
import pytest

from benchmarks import market_stock, marketplace
from benchmarks.market_demand import MarketSettings
from benchmarks.marketplace import simulate
from inventory.dataset import read_dataset

SETTINGS = MarketSettings(series=200, days=400, seed=3)


@pytest.fixture(scope="module")
def market():
    return simulate(SETTINGS)


@pytest.fixture(scope="module")
def noise():
    return simulate(MarketSettings(series=200, days=400, seed=3, signals_informative=False))


def grid(market, name: str, key: str = "sku") -> np.ndarray:
    rows = market.tables["signals"].query("name == @name")
    return rows.pivot(index=key, columns="date", values="value").to_numpy()


def sales_grid(market, column: str) -> np.ndarray:
    return market.tables["sales"].pivot(index="sku", columns="date", values=column).to_numpy()


def change(values: np.ndarray, days: int) -> np.ndarray:
    return values[:, days:] - values[:, :-days]


def test_the_examples_in_docstrings_run() -> None:
    assert doctest.testmod(market_stock).failed == 0


def test_the_folder_is_a_dataset_marked_as_simulated(tmp_path, monkeypatch, capsys) -> None:
    out = tmp_path / "market"
    monkeypatch.setattr(sys, "argv", ["x", "--out", str(out), "--series", "30", "--days", "240", "--seed", "5"])
    marketplace.main()
    dataset = read_dataset(out)
    assert set(dataset.tables) >= {"sales", "products", "signals", "keywords", "promotions", "events", "returns"}
    assert set(dataset.tables) >= {"stock", "supply"}
    assert not dataset.report.warnings
    assert "nothing in it is real" in (out / "SIMULATED.txt").read_text()
    assert "simulated 30 skus" in capsys.readouterr().out
    market = simulate(MarketSettings(series=30, days=240, seed=5))
    for name, table in market.tables.items():
        pd.testing.assert_frame_equal(dataset.tables[name], table[list(dataset.tables[name])])
    with np.load(out / "truth.npz") as truth:
        assert (truth["demand"] == market.truth.demand).all()


def test_the_same_settings_give_the_same_bytes_and_another_seed_does_not() -> None:
    small = MarketSettings(series=20, days=90, seed=1)
    first, second = marketplace.dataset_files(simulate(small)), marketplace.dataset_files(simulate(small))
    assert {name: data for name, data in first.items() if name != "truth.npz"} == {
        name: data for name, data in second.items() if name != "truth.npz"
    }
    other = simulate(MarketSettings(series=20, days=90, seed=2))
    assert (other.truth.demand != simulate(small).truth.demand).any()


def test_demand_has_the_stated_mean_and_variance(market) -> None:
    truth = market.truth
    cells = truth.mean > 0
    surprise = (truth.demand - truth.mean)[cells] / np.sqrt(truth.mean * truth.ratio)[cells]
    assert abs(surprise.mean()) < 0.01
    assert surprise.var() == pytest.approx(1, abs=0.02)
    assert not truth.demand[~cells].any()


def test_sales_are_demand_that_met_stock(market) -> None:
    sold, stocked = sales_grid(market, "units"), sales_grid(market, "in_stock")
    listed = np.isfinite(sold)
    assert (listed == (np.arange(400) >= market.truth.launched[:, None])).all()
    demand = market.truth.demand
    assert (sold[listed] <= demand[listed]).all()
    assert (sold[stocked == 1] == demand[stocked == 1]).all()
    assert (sold[stocked == 0] == 0).all()
    assert 0.02 < (stocked[listed] < 1).mean() < 0.12
    assert ((stocked[listed] > 0) & (stocked[listed] < 1)).mean() > 0.005


def test_the_hour_of_a_stock_out_is_that_of_the_last_units_order() -> None:
    draw = np.random.default_rng(0)
    demand = np.full((20_000, 1), 10.0)
    stock = market_stock._hours_in_stock(demand[:, 0], np.full(20_000, 4.0), demand[:, 0], np.ones(20_000), draw)
    orders = np.sort(draw.random((20_000, 10)), axis=1)[:, 3]
    expected = 1 - (1 - orders) ** (1 / market_stock.EARLY)
    assert stock.mean() == pytest.approx(expected.mean(), abs=0.005)
    assert np.quantile(stock, 0.9) == pytest.approx(np.quantile(expected, 0.9), abs=0.01)


def lead_of(signal: np.ndarray, demand: np.ndarray, most: int) -> dict[int, float]:
    """Correlation of a signal's 14-day change with demand's 14-day change each number of days later."""
    told, moved = change(signal, 14), change(np.log(np.maximum(demand, 1e-9)), 14)
    days = told.shape[1]
    return {
        lag: float(np.corrcoef(told[:, : days - lag].ravel(), moved[:, lag:].ravel())[0, 1]) for lag in range(most + 1)
    }


def test_a_rank_tells_more_of_coming_demand_than_a_skus_own_sales_do(market) -> None:
    chosen = np.flatnonzero((market.truth.launched == 0) & (np.median(market.truth.mean, axis=1) < 4))
    sold = np.nan_to_num(sales_grid(market, "units"))[chosen]
    own = np.log(1 + np.stack([np.convolve(row, np.full(7, 1 / 7), "valid") for row in sold]))
    mean = market.truth.mean[chosen]
    by_sales = lead_of(own, mean[:, 6:], 7)[7]
    by_rank = lead_of(np.log(grid(market, "bsr"))[chosen], mean, 7)[7]
    assert -by_rank > by_sales + 0.1


def test_keyword_volume_leads_demand_by_the_stated_days_and_is_published_late(market) -> None:
    volume = np.log(grid(market, "keyword_volume", "keyword"))
    words = market.tables["keywords"].sort_values(["sku", "weight"]).groupby("sku").tail(1)["keyword"]
    names = sorted(market.tables["signals"]["keyword"].dropna().unique())
    old = market.truth.launched == 0
    own = volume[[names.index(word) for word in words]]
    match = lead_of(own[old], market.truth.mean[old], 20)
    assert abs(max(match, key=match.get) - SETTINGS.keyword_lead) <= 1
    rows = market.tables["signals"].query("name == 'keyword_volume'")
    assert ((rows["available_on"] - rows["date"]).dt.days == SETTINGS.keyword_lag).all()


def test_noise_is_the_same_signals_in_the_wrong_place_and_the_same_sales(market, noise) -> None:
    pd.testing.assert_frame_equal(market.tables["sales"], noise.tables["sales"])
    for name, key in (("bsr", "sku"), ("keyword_volume", "keyword")):
        told, moved = grid(market, name, key), grid(noise, name, key)
        assert (np.roll(told, len(told) // 2, axis=0) == moved).all()
    old = market.truth.launched == 0
    match = lead_of(np.log(grid(noise, "bsr"))[old], market.truth.mean[old], 10)
    assert min(match.values()) > -0.2


def test_promotions_are_announced_before_they_start_and_planned_after_the_end(market) -> None:
    promotions = market.tables["promotions"]
    assert (promotions["known_from"] < promotions["start"]).all()
    assert (promotions["start"] > market.tables["sales"]["date"].max()).any()


def test_returns_come_after_sales_and_are_fewer(market) -> None:
    returned = market.tables["returns"].groupby("sku")["units"].sum()
    sold = market.tables["sales"].groupby("sku")["units"].sum()
    assert (returned < sold[returned.index]).all()
    assert 0.02 < returned.sum() / sold.sum() < 0.12
