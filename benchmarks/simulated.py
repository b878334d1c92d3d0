"""Simulated: the three things that real data cannot prove, on a market whose true demand is known.

    python -m benchmarks.simulated                     # all three boards
    python -m benchmarks.simulated --board censoring   # bias of demand recovered from stock-outs
    python -m benchmarks.simulated --board signals     # gain of ranks and keywords where they lead, cost where noise
    python -m benchmarks.simulated --board calibration # coverage, against demand in stock and against all true demand

The model is the shipped one, trained once at the first origin and asked again every `STEP` days. Everything printed is
simulated: it shows that the method does what it says, not how well it does on anybody's shop.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.market_demand import MarketSettings
from benchmarks.marketplace import Marketplace, Truth, simulate
from core.frequency import Frequency
from features.censoring import Imputation
from features.panel import Panel, build_panel
from training.backtest import Outcome, outcome, pooled
from training.boosted import TrainingSettings, fit_boosted
from training.forecaster import Forecaster
from training.metrics import bias, pinball, randomised_coverage
from training.pipeline import train

__all__ = ["Board", "calibration_board", "censoring_board", "signal_board"]

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.835, 0.9, 0.95, 0.975)
SIGNALS = ("bsr", "keyword_volume", "competitor_in_stock", "competitor_price")
WORLDS = {
    "usual": {},
    "calm: no shocks": {"keyword_strength": 0.0, "shift_strength": 0.0},
    "lean stock": {"stock_cover": 1.0},
    "wild: shocks half as large again": {"keyword_strength": 1.5, "shift_strength": 0.9},
}


@dataclass(frozen=True, slots=True)
class Board:
    """Size of the market, and the origins: `origins` of them, `step` days apart, the last `horizon` before the end.

    rows: training rows of a fit.
    """

    series: int = 600
    days: int = 760
    seed: int = 20240415
    horizon: int = 14
    origins: int = 6
    step: int = 14
    rows: int = 300_000

    def settings(self, **changes: float | bool) -> MarketSettings:
        """Return the market's settings with some of them changed."""
        return replace(MarketSettings(self.series, self.days, self.seed), **changes)

    def periods(self) -> list[int]:
        """Return the origins as days of the market."""
        newest = self.days - self.horizon
        return [newest - self.step * back for back in range(self.origins - 1, -1, -1)]


def panel_of(
    market: Marketplace, tables: Mapping[str, pd.DataFrame] | None = None, imputation: Imputation = Imputation.MASK
) -> Panel:
    """Return the panel of all days of the market."""
    end = (market.settings.first_day + market.settings.days).astype(object)
    return build_panel(tables or market.tables, Frequency.DAILY, end, imputation=imputation)


def truth_panel(panel: Panel, truth: Truth) -> Panel:
    """Return the panel with all demand, met or not, in place of sales: they judge, nothing is made of them."""
    asked = replace(
        panel.history,
        units=truth.demand.astype(np.float32),
        observed=(truth.mean > 0).astype(np.float32),
    )
    return replace(panel, history=asked)


def recovered_bias(panel: Panel, truth: Truth, known: npt.NDArray[np.bool_]) -> float:
    """Return by how much the sum of the series' mean demand over the periods `known` is off the true sum.

    Each series' weighted mean stands for all its days on sale.
    """
    on_sale = truth.mean > 0
    weight = np.where(known & on_sale, np.maximum(panel.history.observed, 0.5), 0.0)
    mean = (panel.history.units * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
    return float((mean * on_sale.sum(axis=1)).sum() / truth.demand[on_sale].sum() - 1)


def censoring_board(board: Board) -> pd.DataFrame:
    """Return one row a world and way of dealing with stock-outs: bias of mean demand, and of what was filled in."""
    rows = []
    for world, changes in WORLDS.items():
        market = simulate(board.settings(**changes))
        seen = panel_of(market).history.observed > 0
        for method in ("naive", *Imputation):
            panel = panel_of(market, imputation=Imputation.MASK if method == "naive" else Imputation(method))
            known = panel.history.observed > 0
            known = np.ones_like(known) if method == "naive" else known
            filled = known & ~seen & (market.truth.mean > 0)
            off = panel.history.units[filled].sum() / max(market.truth.demand[filled].sum(), 1e-9) - 1
            rows.append(
                {
                    "world": world,
                    "method": str(method),
                    "bias": recovered_bias(panel, market.truth, known),
                    "filled": int(filled.sum()),
                    "bias of filled": float(off) if filled.any() else np.nan,
                }
            )
    return pd.DataFrame(rows)


def fitted(panel: Panel, board: Board) -> Forecaster:
    """Return the shipped model, trained on what was known at the first origin."""
    return train(panel.before(board.periods()[0]), board.horizon, TrainingSettings(most_rows=board.rows)).model


def judged(model: Forecaster, panel: Panel, judge: Panel, board: Board) -> Outcome:
    """Return the model's forecasts from all origins beside the facts of `judge`."""
    found = []
    for origin in board.periods():
        forecast = model.distribution(panel.before(origin), board.horizon)
        found.append(outcome(forecast, judge, origin, LEVELS))
    return pooled(found)


def without(tables: Mapping[str, pd.DataFrame], names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the tables without the signals called `names`."""
    signals = tables["signals"]
    return {**tables, "signals": signals[~signals["name"].isin(names).to_numpy()].reset_index(drop=True)}


def signal_board(board: Board) -> pd.DataFrame:
    """Return pinball loss with all signals and without some, where they lead and where they are another sku's.

    One fit each, not calibrated. Both markets sell the same, so that "no signals" is one number.
    """
    leading = simulate(board.settings())
    noise = simulate(board.settings(signals_informative=False))
    cases = [
        ("none", "no signals", leading, SIGNALS),
        ("leading", "ranks only", leading, SIGNALS[1:]),
        ("leading", "keywords only", leading, tuple(name for name in SIGNALS if name != "keyword_volume")),
        ("noise", "all signals", noise, ()),
        ("leading", "all signals", leading, ()),
        ("leading", "all but ranks", leading, ("bsr",)),
        ("leading", "all but keywords", leading, ("keyword_volume",)),
        ("leading", "all but competitors", leading, ("competitor_in_stock", "competitor_price")),
    ]
    rows = []
    for kind, name, market, names in cases:
        panel = panel_of(market, without(market.tables, names))
        past = panel.before(board.periods()[0])
        model = fit_boosted(past, board.horizon, TrainingSettings(most_rows=board.rows, threads=1))
        result = judged(model, panel, panel, board)
        loss = float(pinball(result.actual, result.quantiles, LEVELS).mean())
        rows.append({"signals": kind, "tables": name, "columns": len(model.specification.names), "pinball": loss})
        _show(rows[-1])
    table = pd.DataFrame(rows)
    losses = table.set_index(["signals", "tables"])["pinball"]
    table["below no signals"] = 1 - table["pinball"] / losses["none", "no signals"]
    table["above all signals"] = table["pinball"] / losses["leading", "all signals"] - 1
    return table


def calibration_board(board: Board) -> pd.DataFrame:
    """Return coverage of each level for each imputation: of demand seen in stock, and of all demand of the truth."""
    market = simulate(board.settings())
    rows = []
    for imputation in Imputation:
        panel = panel_of(market, imputation=imputation)
        model = fitted(panel, board)
        for against, judge in (("in stock", panel), ("all true demand", truth_panel(panel, market.truth))):
            result = judged(model, panel, judge, board)
            share = randomised_coverage(result.below, result.upto, LEVELS)
            rows.append(
                {
                    "imputation": str(imputation),
                    "against": against,
                    "bias": bias(result.actual, result.mean),
                    "pinball": float(pinball(result.actual, result.quantiles, LEVELS).mean()),
                    "worst": float(np.abs(share - LEVELS).max()),
                    **{f"{level:g}": value for level, value in zip(LEVELS, share.tolist(), strict=True)},
                }
            )
            _show(rows[-1])
    return pd.DataFrame(rows)


def _show(row: Mapping[str, object]) -> None:
    """Print a row as soon as it is there."""
    print(" | ".join(f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values()), flush=True)


BOARDS = {"censoring": censoring_board, "calibration": calibration_board, "signals": signal_board}


def main() -> None:
    """Print the boards asked for."""
    usual = Board()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", nargs="+", choices=list(BOARDS), default=list(BOARDS))
    parser.add_argument("--series", type=int, default=usual.series)
    parser.add_argument("--days", type=int, default=usual.days)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--origins", type=int, default=usual.origins, help="origins that are judged")
    parser.add_argument("--rows", type=int, default=usual.rows, help="training rows of a fit")
    chosen = parser.parse_args()
    board = Board(chosen.series, chosen.days, chosen.seed, origins=chosen.origins, rows=chosen.rows)
    for name in chosen.board:
        print(f"\nsimulated · {name} · {board.series} skus × {board.days} days · seed {board.seed}")
        print(BOARDS[name](board).to_string(index=False, float_format=lambda value: f"{value:.4f}"))


if __name__ == "__main__":
    main()
