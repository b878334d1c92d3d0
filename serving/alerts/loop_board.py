"""The closed loop of a dataset: stored proposals, the orders that came of them, the receipts, and what to learn (O19).

What a person never had to decide is left out: proposals that a later plan replaced, and open ones whose day has not
passed. An order's receipts are the rows of `receipts` that name its draft or its order number, and receipts of the
stock ledger whose reference does (`4500012345`, or `4500012345/1`).
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from inventory.ledger.ledger_tables import MOVEMENTS
from inventory.ledger.movement import MovementKind
from monitoring.closed_loop import followed, learned_lead_times, safety_stock_review, summarise
from monitoring.fact import Scope
from monitoring.kpi import kpi_parts, kpis_of
from monitoring.segments import segment_table
from monitoring.view import View
from serving.alerts.watching import Watched
from serving.proposals.proposal_tables import PROPOSALS, PURCHASE_ORDER_LINES, PURCHASE_ORDERS

__all__ = ["loop_table", "review_table", "told_loop"]

DECIDED = ("approved", "rejected", "exported", "confirmed", "closed")
OPEN = ("draft", "snoozed")
ORDERED = ("exported", "confirmed", "closed")
SUGGESTED = ("proposal_id", "sku", "location", "quantity", "order_by", "arrive_on", "unit_cost")
PLACED = ("order_id", "proposal_id", "quantity", "placed_on", "unit_cost")
CAME = ("order_id", "received_on", "quantity")
BETWEEN = "\x1f"
"""Between order and SKU: an order of several products is as many orders here."""


def loop_table(connection: sa.Connection, tenant: str, dataset: str, view: View) -> pd.DataFrame:
    """Return each suggestion with what became of it (`monitoring.closed_loop.followed`)."""
    orders, names = _orders(connection, tenant, dataset)
    receipts = _receipts(connection, tenant, view, names)
    return followed(_suggestions(connection, tenant, dataset, view.as_of), orders, receipts)


def review_table(seen: Watched) -> pd.DataFrame:
    """Return the review of safety stocks by class A, B, C (`monitoring.closed_loop.safety_stock_review`)."""
    segments = segment_table(seen.view)["abc"].astype("str")
    kpis = kpis_of(kpi_parts(seen.view, seen.facts[Scope.SERIES]), segments)
    return safety_stock_review(kpis, np.full(len(kpis), seen.view.cycle_service_level))


def told_loop(table: pd.DataFrame, seen: Watched) -> dict[str, Any]:
    """Return the report as JSON: the summary, lead times as promised and as seen, the review; NaN as None."""
    return {
        "as_of": seen.view.as_of.isoformat(),
        "summary": {name: _known(value) for name, value in asdict(summarise(table)).items()},
        "lead_times": _rows(learned_lead_times(seen.view)),
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
    columns = [order.draft_id, order.order_number, order.exported_at, line.proposal_id, line.sku, line.quantity]
    wanted = sa.select(*columns, line.facts).select_from(joined)
    mine = (order.tenant == tenant) & (order.dataset == dataset) & order.state.in_(ORDERED)
    held = line.held_proposal_id.is_not(None)
    rows = connection.execute(wanted.where(mine, held).order_by(order.draft_id, line.position)).all()
    names = {name: row.draft_id for row in rows for name in (row.draft_id, row.order_number) if name}
    facts = [
        (
            row.draft_id + BETWEEN + row.sku,
            row.proposal_id,
            row.quantity,
            row.exported_at.date() if row.exported_at else None,
            float(row.facts.get("unit_cost") or "nan"),
        )
        for row in rows
    ]
    frame = pd.DataFrame(facts, columns=list(PLACED))
    return frame.astype({"quantity": np.float64, "unit_cost": np.float64}), names


def _receipts(connection: sa.Connection, tenant: str, view: View, names: Mapping[str, str]) -> pd.DataFrame:
    """Return what came of known orders, from the dataset and from the ledger; the dataset counts where both tell."""
    told = view.table("receipts")
    rows = [
        (names[name] + BETWEEN + sku, day.date(), units)
        for name, sku, day, units in zip(
            told["order_id"].astype("str"), told["sku"], told["received_on"], told["quantity"], strict=True
        )
        if name in names
    ]
    known = {name for name, _, _ in rows}
    table = MOVEMENTS.c
    wanted = sa.select(table.sku, table.date, table.units, table.reference).where(
        table.tenant == tenant, table.kind == MovementKind.RECEIPT.value, table.date < view.as_of
    )
    for row in connection.execute(wanted.order_by(table.id)).all() if names else ():
        order = names.get(row.reference.split("/")[0])
        key = None if order is None else order + BETWEEN + row.sku
        if key is not None and key not in known:
            rows.append((key, row.date, row.units))
    return pd.DataFrame(rows, columns=list(CAME)).astype({"quantity": np.float64})


def _planned(planned: Mapping[str, Any]) -> float:
    return float(planned.get("quantity") or 0.0)


def _cost(unit_cost: Decimal | None) -> float:
    return float("nan") if unit_cost is None else float(unit_cost)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): _known(value) for name, value in row.items()} for row in frame.to_dict("records")]


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value
