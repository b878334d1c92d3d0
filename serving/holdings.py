"""What a plan of a dataset starts from: terms, ways to buy, stock, arrivals, limits, closed days."""

import numpy as np
import pandas as pd

from core.types import FloatArray
from inventory.dataset import Dataset
from inventory.lead_times import learned_ways
from inventory.position import inbound, open_order_rows, stock_on_hand
from inventory.returned_goods.resale import ResaleSettings, buying_factors
from inventory.supplier_calendar import closures, receiving_days
from inventory.supply import TERM_COLUMNS, supply_ways
from inventory.transfers import with_source_stock
from optimizer.bill_of_materials import bill_of_materials, missing_components
from optimizer.buying import Buying
from optimizer.order_calendar import OrderCalendar
from optimizer.planning import PlanningOptions
from optimizer.shared_limits import shared_limits, whole_orders
from optimizer.substitution import variants_of
from serving.context import Holdings
from serving.money import plan_storage
from serving.question import Question

__all__ = ["component_series", "holdings", "known_ways", "terms_of"]

NONE = pd.DataFrame({"sku": [], "location": []}, dtype="str")


def component_series(question: Question) -> pd.DataFrame:
    """Return the sku and location of components that are only sold in kits and so have no history of their own."""
    return missing_components(question.dataset.table("kits"), question.panel.series)


def holdings(question: Question, extra: pd.DataFrame = NONE) -> Holdings:
    """Return what a plan starts from: terms, stock and arrivals of the panel's series, and the dataset's limits.

    extra: sku and location of further series, after the panel's: components that are only sold in kits.
    """
    q = question
    dataset, config = q.dataset, q.dataset.config
    series = pd.concat([q.panel.series[["sku", "location"]], extra], ignore_index=True)
    ways, products, rules = known_ways(q, extra), dataset.table("products"), config.planning
    return Holdings(
        terms=terms_of(ways),
        buying=Buying(
            ways=ways,
            storage=plan_storage(dataset, q.as_of),
            calendar=_calendar(dataset, ways, series),
            open_orders=open_order_rows(dataset.table("open_orders"), series, q.as_of, config.frequency),
            limits=shared_limits(rules.limits, products, series),
            whole_orders=whole_orders(rules.orders, products, series),
            bill=bill_of_materials(dataset.table("kits"), series),
            variants=variants_of(products, series, rules.substitution_share),
        ),
        on_hand=stock_on_hand(dataset.table("stock"), series, q.as_of),
        inbound=inbound(dataset.table("open_orders"), series, q.as_of, config.frequency, q.horizon),
        options=PlanningOptions.of(rules, q.settings.seed, q.settings.threads),
        demand_factor=_resold(dataset, series, q) if rules.net_of_resale else None,
    )


def _resold(dataset: Dataset, series: pd.DataFrame, q: Question) -> FloatArray:
    grades = ResaleSettings(dict.fromkeys(dataset.config.fees.resale_grades, 1.0))
    return buying_factors(series, dataset.table("sales"), dataset.table("returns"), q.as_of, grades)


def _calendar(dataset: Dataset, ways: pd.DataFrame, series: pd.DataFrame) -> OrderCalendar:
    """Return who is closed when: the tables `events` and `locations`, and dataset.toml besides."""
    rules = dataset.config.planning
    closed = closures(dataset.table("events"), set(ways["supplier"]) - {""}, set(series["location"]))
    names = sorted({*closed, *rules.closures})
    return OrderCalendar(
        {name: sorted({*closed.get(name, ()), *rules.closures.get(name, ())}) for name in names},
        {**receiving_days(dataset.table("locations")), **rules.receiving},
    )


def known_ways(question: Question, extra: pd.DataFrame = NONE) -> pd.DataFrame:
    """Return the ways to buy the panel's series and the `extra` ones, with the lead times that receipts teach."""
    q = question
    series = pd.concat([q.panel.series[["sku", "location"]], extra], ignore_index=True)
    latest_price = np.r_[q.panel.history.price[:, -1].astype(np.float64), np.full(len(extra), np.nan)]
    known = q.dataset.table("products"), q.dataset.table("supply"), series, q.dataset.config, latest_price
    ways = with_source_stock(supply_ways(*known), q.dataset.table("stock"), q.as_of)
    return learned_ways(ways, q.dataset.table("receipts"), q.as_of)


def terms_of(ways: pd.DataFrame) -> pd.DataFrame:
    """Return the terms of each series, its preferred way to buy: `inventory.supply.supply_terms`."""
    terms = ways[ways["rank"] == 0].sort_values("series", kind="stable").reset_index(drop=True)
    return terms[list(TERM_COLUMNS)]
