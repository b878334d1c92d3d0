"""The products of a dataset as the page lists them: one row a SKU and location, computed once for each version."""

import logging
import threading
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from monitoring.fact import Scope
from monitoring.rule import SEVERITIES
from monitoring.segments import segment_table
from monitoring.stock_state import STATES, stock_states
from serving.alerts.health_board import health_board
from serving.alerts.served import watched_of
from serving.alerts.watching import Watched
from serving.context import ServiceContext
from serving.host import ContextHost
from serving.platform import Platform
from serving.ui.newest_run import NO_LINES, newest_lines
from serving.ui.visit import Visit

__all__ = ["Board", "board_of", "keep_warm", "make_board"]

FACTS = (
    *("on_hand", "inbound_units", "cover_days", "stockout_probability", "stockout_loss", "forecast_daily"),
    *("excess_units", "excess_value", "stock_value", "price", "daily_90d", "lead_time_days", "next_receipt_days"),
)
"""Facts of the series that the list shows or sorts by."""

_KEPT: "WeakKeyDictionary[ServiceContext, Board]" = WeakKeyDictionary()
_LOOKED_AT: "WeakKeyDictionary[ContextHost, set[tuple[str, str]]]" = WeakKeyDictionary()
"""Whose boards people look at, by tenant and dataset."""
_WORKING = threading.Lock()

logger = logging.getLogger("fillrate.page")


@dataclass(slots=True)
class Board:
    """The rows of the list, aligned to the view's series: names, class, phase, states, FACTS and the worst alert.

    segments: phase, its probability and evidence, and the preset that it calls for. health: the score with its pillars,
    and the key figures behind it. planned: the rows with the orders
    of one stored plan, and that plan's name.
    """

    seen: Watched
    table: pd.DataFrame
    currency: str
    segments: pd.DataFrame
    health: tuple[dict[str, Any], dict[str, Any]]
    planned: tuple[str, pd.DataFrame] = field(default_factory=lambda: ("", pd.DataFrame()))

    def life(self, place: int) -> dict[str, Any]:
        """Return a row's phase with its probability and evidence, and the preset of its segment."""
        return _named(self.segments.iloc[place])

    def with_orders(self, run_id: str, lines: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with `next_quantity` and `order_by` of a stored plan, joined once for each plan."""
        if self.planned[0] != run_id:
            keys = ["sku", "location"]
            joined = self.table.merge(lines, on=keys, how="left", validate="one_to_one")
            self.planned = (run_id, joined)
        return self.planned[1]


def board_of(visit: Visit) -> tuple[Board, pd.DataFrame]:
    """Return the board of the visit's dataset and its rows with the orders of the newest stored plan."""
    return _board(visit.platform, visit.known.tenant, visit.dataset)


def keep_warm(platform: Platform, tenant: str, dataset: str) -> threading.Thread | None:
    """Compute a board anew in the background, where somebody has looked at that dataset's before; returns the thread.

    Asked for when new data are loaded and when a plan was made, so that the next look finds what it needs.
    """
    if (tenant, dataset) not in _LOOKED_AT.get(platform.host, ()):
        return None
    thread = threading.Thread(target=_warm, args=(platform, tenant, dataset), name="warm-board", daemon=True)
    thread.start()
    return thread


def _warm(platform: Platform, tenant: str, dataset: str) -> None:
    try:
        _board(platform, tenant, dataset)
    except Exception as error:  # whoever looks next is told; a service that ends meanwhile is no fault either
        logger.warning("the board of %s cannot be computed beforehand: %s", dataset, error)


def _board(platform: Platform, tenant: str, dataset: str) -> tuple[Board, pd.DataFrame]:
    _LOOKED_AT.setdefault(platform.host, set()).add((tenant, dataset))
    context, seen = platform.host.context(tenant, dataset), watched_of(platform, tenant, dataset)
    with _WORKING:
        board = _KEPT.get(context)
        if board is None or board.seen is not seen:
            board = _KEPT[context] = make_board(context, seen)
        run_id, lines = newest_lines(platform, tenant, dataset)
        return board, board.with_orders(run_id or NO_LINES, lines)


def make_board(context: ServiceContext, seen: Watched) -> Board:
    """Return the board of a dataset as of its day; the alerts are those that fire."""
    facts, segments = seen.facts[Scope.SERIES], segment_table(seen.view)
    table = seen.view.series[["sku", "location"]].reset_index(drop=True).astype("str")
    told = context.products.reindex(table["sku"])
    for name in ("name", "category"):
        table[name] = told[name].fillna("").astype("str").to_numpy() if name in told else ""
    table["abc"], table["xyz"] = segments["abc"].to_numpy(), segments["xyz"].to_numpy()
    table["phase"] = segments["phase"].to_numpy()
    for name in FACTS:
        table[name] = facts[name].to_numpy(dtype=np.float64)
    states = stock_states(seen.view, facts)
    for name in STATES:
        table[name] = states[name].to_numpy()
    table = _with_alerts(table, seen.firing)
    table["words"] = (table["sku"] + " " + table["name"]).str.lower()
    scores, kpis = health_board(seen, "all")
    health = (_named(scores.iloc[0]), _named(kpis.iloc[0]))
    return Board(seen, table, context.dataset.config.currency, segments, health)


def _named(row: "pd.Series[Any]") -> dict[str, Any]:
    return {str(name): value for name, value in row.to_dict().items()}


def _with_alerts(table: pd.DataFrame, firing: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with `level` (1 … 4, 0: none) and `cause` of the worst alert, and how many there are."""
    mine = firing[(firing["scope"] == Scope.SERIES.value).to_numpy()] if len(firing) else firing
    if mine.empty:
        return table.assign(level=0, cause="", alerts=0)
    ranked = pd.DataFrame({"sku": mine["sku"].astype("str"), "location": mine["location"].astype("str")})
    ranked["level"] = mine["severity"].map({name: place + 1 for place, name in enumerate(SEVERITIES)}).astype(int)
    ranked["cause"] = mine["cause"].astype("str")
    ranked = ranked.sort_values("level", ascending=False, kind="stable")
    groups = ranked.groupby(["sku", "location"], sort=False)
    worst = groups.first().assign(alerts=groups.size()).reset_index()
    joined = table.merge(worst, on=["sku", "location"], how="left", validate="one_to_one")
    joined[["level", "alerts"]] = joined[["level", "alerts"]].fillna(0).astype(int)
    return joined.assign(cause=joined["cause"].fillna("").astype("str"))
