"""Simulated: are stock-out alerts right and in time, are slow movers' causes found, and how long do all rules take.

    python -m benchmarks.alerts                      # all three boards
    python -m benchmarks.alerts --board stock-out    # precision and recall at lead time, against fixed days of cover
    python -m benchmarks.alerts --board slow-movers  # share of root causes that are found
    python -m benchmarks.alerts --board speed        # 30,000 sku-locations through all facts and shipped rules

The truth is known because it is simulated; nothing printed says how a real shop would do. The forecast is the shipped
model's, trained once before the first judged day; a series counts on a day if it is on the shelf then.
"""

import argparse
import resource
import time
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.alerts_market import LATE_SHARE, StockedMarket, stocked_market
from benchmarks.market_demand import MarketSettings
from benchmarks.market_stock import LEAD_DAYS, StockHistory
from benchmarks.market_tables import market_tables
from benchmarks.slow_market import contract, slow_market
from core.frequency import Frequency
from core.types import DemandForecast
from features.panel import Panel, build_panel
from features.signals import SignalLayer
from inventory.configuration import DatasetConfig
from inventory.supply import supply_terms, supply_ways
from monitoring.alerts import raise_alerts
from monitoring.fact import Scope
from monitoring.facts import facts_of
from monitoring.replay import recall_of
from monitoring.rule import shipped_rules
from monitoring.slow_movers import slow_movers
from monitoring.view import View
from training.boosted import TrainingSettings
from training.pipeline import train

__all__ = ["slow_board", "speed_board", "stock_out_board"]

HORIZON = 56
STEP = 7
FIXED_DAYS = (7, 14, 15, 30)
LEVELS = (0.25, 0.3, 0.4, 0.5, 0.75, 0.95)


def stock_out_board(series: int, days: int, seed: int, rounds: int = 8, rows: int = 300_000) -> pd.DataFrame:
    """Return precision and recall of the alert's levels and of fixed days of cover, over all lead times and by each."""
    market = stocked_market(MarketSettings(series, days, seed))
    tables = _tables(market)
    end = market.settings.first_day + market.settings.days
    panel = build_panel(tables, Frequency.DAILY, end.astype(object))
    origins = [days - max(market.lead) - STEP * back for back in range(rounds, 0, -1)]
    model = train(panel.before(origins[0]), HORIZON, TrainingSettings(most_rows=rows, threads=1)).model
    found = [_judged(market, tables, panel, model, origin) for origin in origins]
    whole = pd.concat(found, ignore_index=True)
    board = [_row("all lead times", whole)]
    board += [_row(f"{lead} days", part) for lead, part in whole.groupby("lead")]
    return pd.concat(board, ignore_index=True)


def _judged(
    market: StockedMarket, tables: dict[str, pd.DataFrame], panel: Panel, model: object, origin: int
) -> pd.DataFrame:
    """Return one row a sku on the shelf at `origin`: what the alert and fixed days said, and what came."""
    past = panel.before(origin)
    forecast = model.distribution(past, HORIZON).forecast((0.5,), 200, 1)  # type: ignore[attr-defined]
    inbound = np.zeros((len(panel.series), HORIZON))
    orders = market.orders[(market.orders["placed"] < origin) & (market.orders["received"] >= origin)]
    due = np.maximum(orders["expected"].to_numpy() - origin, 0)
    near = due < HORIZON
    np.add.at(inbound, (orders["row"].to_numpy()[near], due[near]), orders["quantity"].to_numpy()[near])
    config = DatasetConfig()
    terms = supply_terms(tables["products"], tables["supply"], panel.series, config)
    view = View(past, terms, market.on_hand[:, origin].copy(), inbound, {"products": tables["products"]}, forecast)
    facts = facts_of(view)[Scope.SERIES]
    came = [bool((row[origin : origin + lead] > 0).any()) for row, lead in zip(market.lost, market.lead, strict=True)]
    judged = facts[["stockout_probability", "cover_days"]].assign(came=came, lead=market.lead)
    return judged[(market.on_hand[:, origin] > 0) & (origin >= market.launched + 28)]


def _row(name: str, part: pd.DataFrame) -> pd.DataFrame:
    truth = part["came"].to_numpy(dtype=np.float64)
    rows = []
    rules = [(f"probability ≥ {level:g}", (part["stockout_probability"] >= level)) for level in LEVELS]
    rules += [(f"cover < {days} days", (part["cover_days"] < days)) for days in FIXED_DAYS]
    for rule, flag in rules:
        made = recall_of(flag.to_numpy(), truth)
        rows.append(
            {
                "lead time": name,
                "rule": rule,
                "alerts": made.judged,
                "stock-outs": made.cases,
                "precision": made.precision,
                "recall": made.recall,
            }
        )
    return pd.DataFrame(rows)


def _tables(market: StockedMarket) -> dict[str, pd.DataFrame]:
    """Return the tables that a seller would have; stock and open orders are handed in day by day."""
    count, days = market.sold.shape
    share = np.where(market.lost > 0, 0.5, 1.0)
    history = StockHistory(market.sold, share, market.on_hand[:, -1], np.zeros((count, LEAD_DAYS)))
    draw = np.random.default_rng((market.settings.seed, 7))
    tables = market_tables(market.settings, market.forces, history, np.zeros((count, days)), draw)
    lead = market.lead.astype(np.float64)
    skus = tables["products"]["sku"].to_numpy()
    cost = tables["products"]["unit_cost"].to_numpy()
    supply = contract(
        "supply", sku=skus, supplier="s", unit_cost=cost, lead_time_days=lead, lead_time_sd_days=LATE_SHARE * lead
    )
    kept = ("sales", "products", "signals", "keywords", "promotions", "events")
    return {**{name: tables[name] for name in kept}, "supply": supply}


def slow_board(per_cause: int, seed: int) -> pd.DataFrame:
    """Return one row a true cause: how many slow movers of it, how many found, how many with the right cause."""
    market = slow_market(per_cause, seed)
    facts = facts_of(market.view)[Scope.SERIES]
    found = slow_movers(market.view, facts, partners=market.partners).set_index("sku")["cause"]
    truth = market.causes[market.causes != "healthy"]
    named = found.reindex(truth.index)
    table = pd.DataFrame({"true cause": truth, "found": named.notna(), "right": named == truth})
    board = table.groupby("true cause").agg(products=("found", "size"), found=("found", "sum"), right=("right", "sum"))
    board["share right"] = board["right"] / board["products"]
    total = pd.DataFrame(
        {"products": [len(table)], "found": [table["found"].sum()], "right": [table["right"].sum()]}, index=["all"]
    )
    total["share right"] = total["right"] / total["products"]
    healthy = market.causes.index[market.causes == "healthy"]
    wrong = int(found.reindex(healthy).notna().sum())
    return pd.concat([board, total]).assign(**{"false alarms among healthy": f"{wrong} of {len(healthy)}"})


def speed_board(series: int, seed: int) -> pd.DataFrame:
    """Return seconds and memory of all facts and all shipped rules (presets that are off included) for `series`."""
    view = _large_view(series, seed)
    rules = [replace(rule, enabled=True) for rule in shipped_rules()]
    raise_alerts(rules, facts_of(_large_view(200, seed)))  # the compiled walk is loaded, as in a running service
    begin, cpu = time.perf_counter(), time.process_time()
    facts = facts_of(view)
    middle, middle_cpu = time.perf_counter(), time.process_time()
    alerts = raise_alerts(rules, facts)
    end, end_cpu = time.perf_counter(), time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return pd.DataFrame(
        {
            "step": ["facts", "rules", "together"],
            "seconds": [middle - begin, end - middle, end - begin],
            "CPU seconds": [middle_cpu - cpu, end_cpu - middle_cpu, end_cpu - cpu],
            "alerts": [0, int(alerts["fires"].sum()), int(alerts["fires"].sum())],
            "peak GiB of the process": [peak] * 3,
        }
    )


def _large_view(series: int, seed: int) -> View:
    """Return a view of `series` sku-locations: a simulated market of a tenth of them, each at ten locations."""
    from benchmarks.marketplace import simulate
    from inventory.position import inbound, stock_on_hand

    base = max(series // 10, 1)
    market = simulate(MarketSettings(base, 400, seed))
    end = (market.settings.first_day + 400).astype(object)
    panel = build_panel(market.tables, Frequency.DAILY, end)
    config = DatasetConfig()
    times = series // base

    def many(array: np.ndarray) -> np.ndarray:
        return np.repeat(array, times, axis=0)

    names = panel.series.loc[panel.series.index.repeat(times)].reset_index(drop=True)
    places = pd.Series(np.tile([f"place {number}" for number in range(times)], base), dtype="str")
    names = names.assign(location=places)
    history = replace(
        panel.history,
        units=many(panel.history.units),
        observed=many(panel.history.observed),
        in_stock=many(panel.history.in_stock),
        price=many(panel.history.price),
        first=many(panel.history.first),
    )
    groups = np.repeat(panel.groups, times, axis=1)
    signals: tuple[SignalLayer, ...] = tuple(replace(item, index=many(item.index)) for item in panel.signals)
    large = replace(panel, series=names, history=history, groups=groups, signals=signals, launched=many(panel.launched))
    products, supply = market.tables["products"], market.tables["supply"]
    terms = supply_terms(products, supply, names, config)
    on_hand = many(stock_on_hand(market.tables["stock"], panel.series, end))
    coming = many(inbound(market.tables["open_orders"], panel.series, end, Frequency.DAILY, 28))
    mean = np.repeat(many(market.truth.mean[:, -28:].mean(axis=1))[:, None], 28, axis=1)
    paths = np.random.default_rng(seed).poisson(mean[:, None, :], (series, 100, 28)).astype(np.float32)
    forecast = DemandForecast(
        names.assign(fallback_reason=""), end, Frequency.DAILY, large.dates(large.periods, 28), (0.5,), mean,
        mean[:, :, None], paths, "true mean", seed,
    )  # fmt: skip
    return View(large, terms, on_hand, coming, market.tables, forecast, supply_ways(products, supply, names, config))


def main() -> None:
    """Print the boards asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    boards = ["stock-out", "slow-movers", "speed"]
    parser.add_argument("--board", nargs="+", choices=boards, default=boards)
    parser.add_argument("--series", type=int, default=400)
    parser.add_argument("--days", type=int, default=520)
    parser.add_argument("--seed", type=int, default=20240415)
    parser.add_argument("--size", type=int, default=30_000, help="sku-locations of the speed board")
    chosen = parser.parse_args()
    if "stock-out" in chosen.board:
        print(f"\nsimulated · stock-out alerts at lead time · {chosen.series} skus × {chosen.days} days")
        print(_text(stock_out_board(chosen.series, chosen.days, chosen.seed)))
    if "slow-movers" in chosen.board:
        print("\nsimulated · root causes of slow movers")
        print(_text(slow_board(60, chosen.seed).reset_index(names="true cause")))
    if "speed" in chosen.board:
        print(f"\nsimulated · all facts and {len(shipped_rules())} shipped rules · {chosen.size:,} sku-locations")
        print(_text(speed_board(chosen.size, chosen.seed)))


def _text(table: pd.DataFrame) -> str:
    return table.to_string(index=False, float_format=lambda value: f"{value:.3f}")


if __name__ == "__main__":
    main()
