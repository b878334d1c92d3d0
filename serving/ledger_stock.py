"""Plans that start from the stock ledger instead of the table `stock`: `[planning] stock_from = "ledger"`."""

import copy
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import sqlalchemy as sa

from core.frequency import Frequency
from inventory.configuration import PlanningConfig
from inventory.ledger.plan_stock import ledger_on_hand, ledger_open_orders
from inventory.ledger.positions import position_at
from inventory.position import inbound, open_order_rows
from serving.access import LOCAL_TENANT
from serving.alerts.local import local_database
from serving.context import Holdings, ServiceContext
from serving.question import Question

__all__ = ["LEDGER", "context_from_ledger", "holdings_from_ledger", "local_holdings"]

LEDGER = "ledger"


def context_from_ledger(context: ServiceContext, connection: sa.Connection, tenant: str) -> ServiceContext:
    """Return the context with the tenant's ledger as of its day, where the dataset plans from it; else as it is."""
    rules, as_of = context.dataset.config.planning, context.freshness.as_of
    if rules.stock_from != LEDGER:
        return context
    changed = copy.copy(context)  # read-only but for this: the copy shares the model, the lock and the tables
    frequency, series = context.dataset.config.frequency, context.distribution.series
    position = position_at(connection, tenant, as_of)
    changed.holdings = holdings_from_ledger(context.holdings, series, position, as_of, frequency, rules)
    return changed


def local_holdings(held: Holdings, series: pd.DataFrame, question: Question) -> Holdings:
    """Return what a plan of the command line starts from: the ledger of this machine's own tenant, where the dataset
    plans from it. Raises StorageError where the database cannot be read.
    """
    config = question.dataset.config
    if config.planning.stock_from != LEDGER:
        return held
    with local_database(question.settings) as database, database.reading() as connection:
        position = position_at(connection, LOCAL_TENANT, question.as_of)
    return holdings_from_ledger(held, series, position, question.as_of, config.frequency, config.planning)


def holdings_from_ledger(
    held: Holdings,
    series: pd.DataFrame,
    position: pd.DataFrame,
    as_of: date,
    frequency: Frequency,
    rules: PlanningConfig,
) -> Holdings:
    """Return the holdings with the ledger's units on hand, and with `inbound_days` also what it has on its way.

    Series that the ledger does not know keep what the tables say. Where it has units on their way of a series, these
    count instead of that series' open orders: both would be the same goods.
    """
    on_hand = ledger_on_hand(position, series, held.on_hand)
    if not rules.inbound_days:
        return replace(held, on_hand=on_hand)
    lead_time = held.terms["lead_time_days"].to_numpy(dtype=np.float64)
    orders = ledger_open_orders(position, series, as_of, lead_time, rules.inbound_days)
    question = orders, series, as_of, frequency
    rows, arriving = open_order_rows(*question), inbound(*question, held.inbound.shape[1])
    told = np.zeros(len(series), dtype=bool)
    told[rows["series"]] = True
    known = held.buying.open_orders
    others = rows if known is None else pd.concat([known[~told[known["series"]]], rows], ignore_index=True)
    return replace(
        held,
        on_hand=on_hand,
        inbound=np.where(told[:, None], arriving, held.inbound),
        buying=replace(held.buying, open_orders=others),
    )
