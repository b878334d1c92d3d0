"""The closed loop of a dataset: stored proposals, the orders that came of them, the receipts, and what to learn (O19).

What a person never had to decide is left out: proposals that a later plan replaced, and open ones whose day has not
passed. An order's receipts are the rows of `receipts` that name its draft or its order number, and receipts of the
stock ledger whose reference does (`4500012345`, or `4500012345/1`). Receipts that name none are taken for the oldest
open order of their product, place and supplier; how much of what came rests on that is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from inventory.ledger.ledger_tables import MOVEMENTS
from inventory.ledger.movement import MovementKind
from monitoring.closed_loop import (
    LoopSummary,
    calibration,
    followed,
    learned_lead_times,
    safety_stock_review,
    summarise,
)
from monitoring.fact import Scope
from monitoring.kpi import kpi_parts, kpis_of
from monitoring.receipt_matching import match_first_in_first_out
from monitoring.segments import segment_table
from monitoring.view import View
from serving.alerts.watching import Watched
from serving.proposals.proposal_tables import PROPOSALS, PURCHASE_ORDER_LINES, PURCHASE_ORDERS

__all__ = ["calibration_table", "loop_summary", "loop_table", "review_table", "told_loop"]

DECIDED = ("approved", "rejected", "exported", "confirmed", "closed")
OPEN = ("draft", "snoozed")
ORDERED = ("exported", "confirmed", "closed")
SUGGESTED = ("proposal_id", "sku", "location", "quantity", "order_by", "arrive_on", "unit_cost")
PLACED = ("order_id", "proposal_id", "sku", "location", "supplier", "quantity", "placed_on", "unit_cost")
CAME = ("order_id", "received_on", "quantity")
UNNAMED = ("sku", "location", "supplier", "received_on", "quantity")
BETWEEN = "\x1f"
"""Between order and SKU: an order of several products is as many orders here."""


def loop_table(connection: sa.Connection, tenant: str, dataset: str, view: View) -> pd.DataFrame:
    """Return each suggestion with what became of it (`monitoring.closed_loop.followed`)."""
    orders, names = _orders(connection, tenant, dataset)
    receipts = _receipts(connection, tenant, view, names, orders)
    return followed(_suggestions(connection, tenant, dataset, view.as_of), orders, receipts)


def loop_summary(connection: sa.Connection, tenant: str, dataset: str, view: View) -> LoopSummary | None:
    """Return the numbers of what became of suggestions; None where there was none to follow."""
    table = loop_table(connection, tenant, dataset, view)
    return summarise(table) if len(table) else None


def review_table(seen: Watched) -> pd.DataFrame:
    """Return the review of safety stocks by class A, B, C (`monitoring.closed_loop.safety_stock_review`)."""
    segments = segment_table(seen.view)["abc"].astype("str")
    kpis = kpis_of(kpi_parts(seen.view, seen.facts[Scope.SERIES]), segments)
    return safety_stock_review(kpis, np.full(len(kpis), seen.view.cycle_service_level))


def calibration_table(seen: Watched) -> pd.DataFrame:
    """Return the levels of the forecast of two weeks ago against what was sold since (`closed_loop.calibration`); no
    rows where the model in use has seen those weeks.
    """
    issued = seen.view.feeds.issued
    columns = ["level", "share_below", "periods", "chance", "ask_for"]
    return pd.DataFrame(columns=columns) if issued is None else calibration(issued, seen.view.panel)


def told_loop(table: pd.DataFrame, seen: Watched) -> dict[str, Any]:
    """Return the report as JSON: summary, lead times as promised and as seen, calibration, review; NaN as None."""
    return {
        "as_of": seen.view.as_of.isoformat(),
        "summary": {name: _known(value) for name, value in asdict(summarise(table)).items()},
        "lead_times": _rows(learned_lead_times(seen.view)),
        "calibration": _rows(calibration_table(seen)),
        "review": _rows(review_table(seen)),
    }


def _suggestions(connection: sa.Connection, tenant: str, dataset: str, as_of: date) -> pd.DataFrame:
    table = PROPOSALS.c
    mine = (table.tenant == tenant) & (table.dataset == dataset)
    due = table.state.in_(DECIDED) | (table.state.in_(OPEN) & (table.order_by < as_of))
    columns = [table.proposal_id, table.sku, table.location, table.planned, table.order_by, table.arrive_on]
    rows = connection.execute(sa.select(*columns, table.unit_cost).where(mine, due).order_by(table.proposal_id)).all()
    facts = [
        (
            row.proposal_id,
            row.sku,
            row.location,
            _planned(row.planned),
            row.order_by,
            row.arrive_on,
            _cost(row.unit_cost),
        )
        for row in rows
    ]
    frame = pd.DataFrame(facts, columns=list(SUGGESTED))
    frame = frame.astype({"quantity": np.float64, "unit_cost": np.float64})
    return frame[frame["quantity"] > 0].reset_index(drop=True)


def _orders(connection: sa.Connection, tenant: str, dataset: str) -> tuple[pd.DataFrame, Mapping[str, str]]:
    """Return the lines that were ordered, and the draft that each name of an order leads to."""
    order, line = PURCHASE_ORDERS.c, PURCHASE_ORDER_LINES.c
    joined = PURCHASE_ORDERS.join(
        PURCHASE_ORDER_LINES, (order.tenant == line.tenant) & (order.draft_id == line.draft_id)
    )
    columns = [order.draft_id, order.order_number, order.exported_at, order.ship_to, order.supplier]
    wanted = sa.select(*columns, line.proposal_id, line.sku, line.quantity, line.facts).select_from(joined)
    mine = (order.tenant == tenant) & (order.dataset == dataset) & order.state.in_(ORDERED)
    held = line.held_proposal_id.is_not(None)
    rows = connection.execute(wanted.where(mine, held).order_by(order.draft_id, line.position)).all()
    names = {name: row.draft_id for row in rows for name in (row.draft_id, row.order_number) if name}
    facts = [
        (
            row.draft_id + BETWEEN + row.sku,
            row.proposal_id,
            row.sku,
            row.ship_to,
            row.supplier,
            row.quantity,
            row.exported_at.date() if row.exported_at else None,
            float(row.facts.get("unit_cost") or "nan"),
        )
        for row in rows
    ]
    frame = pd.DataFrame(facts, columns=list(PLACED))
    return frame.astype({"quantity": np.float64, "unit_cost": np.float64}), names


def _receipts(
    connection: sa.Connection, tenant: str, view: View, names: Mapping[str, str], orders: pd.DataFrame
) -> pd.DataFrame:
    """Return what came of known orders, from the dataset and from the ledger; the dataset counts where both tell.

    What names no order is taken for the oldest open one (`monitoring.receipt_matching`): rows of `receipts` without an
    order, and of products of which there are none the ledger's receipts whose reference is no order's.
    """
    told = view.table("receipts")
    told = told.assign(name=told["order_id"].astype("str").fillna(""))
    of_order = told["name"].isin(list(names))
    rows = [
        (names[name] + BETWEEN + sku, day.date(), units)
        for name, sku, day, units in told.loc[of_order, ["name", "sku", "received_on", "quantity"]].itertuples(
            index=False
        )
    ]
    free = told.loc[told["name"] == "", list(UNNAMED)]
    free = free.assign(received_on=free["received_on"].dt.date)
    stated = set(zip(free["sku"], free["location"], strict=True))
    known = {name for name, _, _ in rows}
    unnamed = list(free.itertuples(index=False, name=None))
    for row in _ledger_receipts(connection, tenant, view.as_of) if names else ():
        order = names.get(row.reference.split("/")[0])
        key = None if order is None else order + BETWEEN + row.sku
        if key is not None and key not in known:
            rows.append((key, row.date, row.units))
        elif key is None and (row.sku, row.to_location) not in stated:
            unnamed.append((row.sku, row.to_location, None, row.date, row.units))
    named = pd.DataFrame(rows, columns=list(CAME)).astype({"quantity": np.float64})
    return match_first_in_first_out(orders, named, pd.DataFrame(unnamed, columns=list(UNNAMED)))


def _ledger_receipts(
    connection: sa.Connection, tenant: str, before: date
) -> Sequence[sa.Row[str, str, date, int, str]]:
    table = MOVEMENTS.c
    columns = table.sku, table.to_location, table.date, table.units, table.reference
    mine = table.tenant == tenant, table.kind == MovementKind.RECEIPT.value, table.date < before
    return connection.execute(sa.select(*columns).where(*mine).order_by(table.id)).all()


def _planned(planned: Mapping[str, Any]) -> float:
    return float(planned.get("quantity") or 0.0)


def _cost(unit_cost: Decimal | None) -> float:
    return float("nan") if unit_cost is None else float(unit_cost)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): _known(value) for name, value in row.items()} for row in frame.to_dict("records")]


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value
