"""Orders decided for that the data do not show yet: the next plan counts them as on the way and orders none twice.

A commitment is a proposal that is approved, exported or confirmed. It is counted until it is closed, until the
dataset's open orders or receipts name its draft or the ERP's own order number, or until the day on which it was to
arrive: from then on stock and open orders are the ERP's to tell.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from inventory.dataset import Dataset
from inventory.position import inbound, open_order_rows
from serving.context import ServiceContext

__all__ = ["Commitment", "counted", "with_commitments"]


@dataclass(frozen=True, slots=True)
class Commitment:
    """Units of one series that are on their way. names: of its draft and its order, by which the ERP may show it."""

    proposal_id: str
    sku: str
    location: str
    supplier: str
    mode: str
    quantity: int
    arrive_on: date
    names: tuple[str, ...] = ()


def counted(commitments: Sequence[Commitment], dataset: Dataset, as_of: date) -> list[Commitment]:
    """Return the commitments that the dataset does not show and that have not arrived by `as_of`."""
    shown = _order_numbers(dataset, as_of)
    return [item for item in commitments if item.arrive_on > as_of and not shown.intersection(item.names)]


def _order_numbers(dataset: Dataset, as_of: date) -> set[str]:
    orders, receipts = dataset.table("open_orders"), dataset.table("receipts")
    placed = pd.to_datetime(orders["placed_on"])
    known = orders[placed.isna() | (placed < pd.Timestamp(as_of))]
    return {*known["order_id"].dropna().astype(str), *receipts["order_id"].dropna().astype(str)}


def with_commitments(context: ServiceContext, commitments: Sequence[Commitment]) -> ServiceContext:
    """Return the context with `commitments` (those that `counted` left) among what is on the way."""
    if not commitments:
        return context
    orders = pd.DataFrame(
        {
            "sku": [item.sku for item in commitments],
            "location": [item.location for item in commitments],
            "supplier": [item.supplier for item in commitments],
            "mode": [item.mode for item in commitments],
            "quantity": [float(item.quantity) for item in commitments],
            "expected_on": pd.to_datetime([item.arrive_on.isoformat() for item in commitments]).astype("datetime64[s]"),
            "placed_on": pd.Series([pd.NaT] * len(commitments), dtype="datetime64[s]"),
        }
    )
    held, series = context.holdings, context.distribution.series
    question = orders, series, context.freshness.as_of, context.dataset.config.frequency
    rows = open_order_rows(*question)
    known = held.buying.open_orders
    more = rows if known is None else pd.concat([known, rows], ignore_index=True)
    changed = copy.copy(context)  # read-only but for this: the copy shares the model, the lock and the tables
    changed.holdings = replace(
        held,
        inbound=held.inbound + inbound(*question, held.inbound.shape[1]),
        buying=replace(held.buying, open_orders=more),
    )
    return changed
