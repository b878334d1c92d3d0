"""The boards on the simulated market measure what they say, on cases whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import simulated
from benchmarks.marketplace import simulate
from benchmarks.simulated import Board, censoring_board, judged, panel_of, recovered_bias, truth_panel, without
from training.baselines import MovingAverage

BOARD = Board(series=60, days=260, seed=3, origins=2)


@pytest.fixture(scope="module")
def market():
    return simulate(BOARD.settings())


def test_demand_itself_is_recovered_without_bias_and_half_of_it_with_half(market) -> None:
    panel = truth_panel(panel_of(market), market.truth)
    everything = np.ones(panel.history.units.shape, dtype=bool)
    assert recovered_bias(panel, market.truth, everything) == pytest.approx(0, abs=1e-6)
    halved = replace(panel, history=replace(panel.history, units=panel.history.units / 2))
    assert recovered_bias(halved, market.truth, everything) == pytest.approx(-0.5, abs=1e-6)


def test_lost_sales_are_the_bias_of_reading_sales_as_demand(market) -> None:
    panel = panel_of(market)
    lost = 1 - market.tables["sales"]["units"].sum() / market.truth.demand.sum()
    naive = recovered_bias(panel, market.truth, np.ones(panel.history.units.shape, dtype=bool))
    assert naive == pytest.approx(-lost, abs=0.02)


def test_the_last_origin_has_a_whole_horizon_after_it() -> None:
    assert BOARD.periods() == [260 - 28, 260 - 14]


def test_all_true_demand_is_judged_where_sales_in_stock_are_not(market) -> None:
    panel = panel_of(market)
    in_stock = judged(MovingAverage(), panel, panel, BOARD)
    everything = judged(MovingAverage(), panel, truth_panel(panel, market.truth), BOARD)
    assert len(everything.actual) > len(in_stock.actual)
    asked = market.truth.demand[:, BOARD.periods()[0] :]
    begun = panel.history.first < BOARD.periods()[0]
    assert everything.actual.sum() == asked[begun].sum()


def test_only_the_named_signals_are_left_out(market) -> None:
    fewer = without(market.tables, ("bsr",))
    assert set(market.tables["signals"]["name"]) - set(fewer["signals"]["name"]) == {"bsr"}
    assert len(fewer["signals"]) == (market.tables["signals"]["name"] != "bsr").sum()


def test_the_censoring_board_ranks_the_ways_on_a_usual_market(monkeypatch) -> None:
    monkeypatch.setattr(simulated, "WORLDS", {"usual": {}})
    bias = censoring_board(Board(series=200, days=400, seed=5)).set_index("method")["bias"].abs()
    assert bias["expected"] < bias["partial"] < bias["mask"] < bias["naive"]
    assert bias["expected"] <= 0.02
