"""All facts that rules may ask about: one frame a scope, computed once for all series."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.types import FloatArray
from monitoring import (
    feed_facts,
    health,
    lots,
    margin_facts,
    market_facts,
    market_index,
    sales_facts,
    season,
    stock_facts,
    supply_facts,
)
from monitoring.fact import Fact, Scope
from monitoring.kpi import kpi_parts, kpis_of
from monitoring.phase import phase_table
from monitoring.view import View
from optimizer.demand_class import abc_class

__all__ = ["CATALOGUE", "facts_of", "subjects_of"]

CATALOGUE: dict[Scope, dict[str, Fact]] = {scope: {} for scope in Scope}
"""Every fact by scope and name; rules that ask for another one are refused."""
_MODULES = (sales_facts, stock_facts, lots, margin_facts, market_facts, supply_facts, feed_facts, season, market_index)
for _module in (*_MODULES, health):
    for _fact in _module.FACTS:
        CATALOGUE[_fact.scope][_fact.name] = _fact


def facts_of(view: View) -> Mapping[Scope, pd.DataFrame]:
    """Return by scope one row a subject: the columns that name it, then its facts (float64, NaN: not known)."""
    sales, stock, aged = sales_facts.sales_facts(view), stock_facts.stock_facts(view), lots.lot_facts(view)
    price = view.panel.history.price[:, -1].astype(np.float64)
    value = np.nan_to_num(sales["daily_90d"]) * np.where(np.isfinite(price), price, 1.0)
    core = (abc_class(value) == 0).astype(np.float64)
    phase = phase_table(view)["phase_code"].to_numpy(dtype=np.float64)
    margin = margin_facts.margin_facts(view, stock["dsi_days"].to_numpy(), phase, core)
    share = margin["unit_margin"].to_numpy() / margin["price"].where(margin["price"] > 0).to_numpy()
    market = market_facts.market_facts(view, np.nan_to_num(share))
    series = pd.concat([view.series.reset_index(drop=True), sales, stock, aged, margin, market], axis=1)
    return {
        Scope.SERIES: series,
        Scope.SUPPLIER: supply_facts.supplier_facts(view),
        Scope.LOCATION: stock_facts.location_facts(view),
        Scope.KEYWORD: market_facts.keyword_facts(view),
        Scope.LISTING: feed_facts.listing_facts(view),
        Scope.ORDER: supply_facts.order_facts(view, stock["cover_days"].to_numpy()),
        Scope.CATEGORY: market_index.category_index_facts(view, season.category_facts(view, series)),
        Scope.DATASET: _dataset_facts(view, series, stock["late_lead_time_days"].to_numpy()),
    }


def _dataset_facts(view: View, series: pd.DataFrame, late: FloatArray) -> pd.DataFrame:
    """Return the one row about the dataset: its feeds, and how healthy its stock is (M21)."""
    table = feed_facts.dataset_facts(view, _late(late))
    score = health.health_table(kpis_of(kpi_parts(view, series)))["score"]
    return table.assign(health_score=score.to_numpy(dtype=np.float64)[:1] if len(score) else np.nan)


def _late(days: FloatArray) -> float:
    return float(np.nanquantile(days, 0.9)) if len(days) else 0.0


def subjects_of(frame: pd.DataFrame, scope: Scope) -> pd.Series:
    """Return the text that names each row's subject: its keys joined by `@`, or `dataset`."""
    if not scope.keys:
        return pd.Series(["dataset"] * len(frame), index=frame.index, dtype="str")
    joined = frame[scope.keys[0]].astype("str").fillna("")
    for key in scope.keys[1:]:
        joined = joined + "@" + frame[key].astype("str").fillna("")
    return joined
