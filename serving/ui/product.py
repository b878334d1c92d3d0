"""One product at one location: demand, stock, reasons, life cycle, accuracy, and what its stock costs."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from starlette.responses import Response

from monitoring.fact import Scope as FactScope
from monitoring.lots import lots_of
from monitoring.segments import policy_of
from monitoring.stock_state import STATES
from monitoring.view import View
from serving.access import Scope
from serving.access.gate import PAGE
from serving.alerts.served import watched_for
from serving.demand.contexts import planned_context
from serving.demand.forecasting import forecast_answer
from serving.money import FeeOptions, fee_table, open_books
from serving.problems import ApiProblem
from serving.ui.board import board_of
from serving.ui.demand_chart import LEVELS, demand_chart
from serving.ui.exceptions import exceptions_of
from serving.ui.page import page
from serving.ui.past_accuracy import past_accuracy
from serving.ui.stock_chart import inbound_orders, stock_chart
from serving.ui.visit import Visit, visiting

__all__ = ["router", "show_lots", "show_product"]

router = APIRouter(prefix=f"{PAGE}/products/one")

Looking = Annotated[Visit, visiting(Scope.FORECAST_READ)]
Sku = Annotated[str, Query(max_length=200)]
Location = Annotated[str, Query(max_length=200, description="Empty: the first that has it")]
FEE_DAYS = 90
CHART_WORDS = {
    "today": "today",
    "out": "first stock-out",
    "sold": "sold",
    "median": "median",
    "mean": "with overrides",
    "statistical": "model alone",
}
"""What the charts write; they are drawn in the browser."""


@router.get("")
def show_product(visit: Looking, sku: Sku, location: Location = "") -> Response:
    """Show the product; lots and fees come in a part of their own."""
    planned = planned_context(visit.platform, visit.known.tenant, visit.dataset)
    context = planned.context
    places = [place for name, place in context.rows if name == sku]
    if not places or (location and location not in places):
        raise ApiProblem("sku.unknown", f"There is no {sku[:80]!r} at {(location or 'any location')[:80]!r}.")
    location = location or places[0]
    row = context.rows[sku, location]
    board, rows = board_of(visit)
    place = _place(board.seen.view, sku, location)
    facts = rows.iloc[place].to_dict()
    made = context.forecast(np.array([row]), context.horizon, LEVELS)
    answer = forecast_answer(planned, made, np.array([row]), visit.dataset, explain=True)
    series = answer["series"][0]
    return page(
        visit,
        "product.html",
        screen="products",
        sku=sku,
        location=location,
        locations=places,
        facts=facts,
        states=[name for name in STATES if facts[name]],
        answer=answer,
        series=series,
        demand=demand_chart(context, board.seen.view.panel, place, series),
        stock=stock_chart(context, row, float(board.seen.view.on_hand[place])),
        orders=inbound_orders(context, sku, location),
        life=board.life(place),
        policy=policy_of(facts["phase"], facts["abc"]),
        accuracy=past_accuracy(board.seen.view, place),
        metrics=answer["metrics"],
        found=exceptions_of(visit, sku, location),
        currency=board.currency,
        period_days=context.dataset.config.frequency.period_days,
        chart_words={name: visit.words(text) for name, text in CHART_WORDS.items()},
    )


@router.get("/lots")
def show_lots(visit: Looking, sku: Sku, location: Location) -> Response:
    """Show how old the stock is and which fees it will cost."""
    seen = watched_for(visit.request, visit.known, visit.dataset)
    place = _place(seen.view, sku, location)
    context = planned_context(visit.platform, visit.known.tenant, visit.dataset).context
    receipts = seen.view.table("receipts")
    mine = receipts[(receipts["sku"] == sku).to_numpy() & (receipts["location"] == location).to_numpy()]
    view = seen.view
    lots = lots_of(mine, view.series.iloc[[place]].reset_index(drop=True), view.on_hand[[place]], view.today)
    facts = seen.facts[FactScope.SERIES].iloc[place]
    return page(
        visit,
        "product_lots.html",
        lots=lots.to_dict("records"),
        on_hand=float(view.on_hand[place]),
        facts=facts.to_dict(),
        fees=_fees(context, sku, location),
        fee_days=FEE_DAYS,
        currency=context.dataset.config.currency,
    )


def _place(view: View, sku: str, location: str) -> int:
    """Return the row of a series in the view; raises ApiProblem `sku.unknown`."""
    found = np.flatnonzero(((view.series["sku"] == sku) & (view.series["location"] == location)).to_numpy())
    if not len(found):
        raise ApiProblem("sku.unknown", f"There is no {sku[:80]!r} at {location[:80]!r}.")
    return int(found[0])


def _fees(context: Any, sku: str, location: str) -> dict[str, Any] | None:
    """Return the product's row of the table of projected fees, None where no fee is told (no volume, no stock)."""
    books = open_books(
        context.dataset, context.freshness.as_of, FeeOptions(days=FEE_DAYS, skus=(sku,)), lambda sentence: None
    )
    table = fee_table(books)
    mine = table[(table["location"] == location).to_numpy()]
    return None if mine.empty else mine.iloc[0].to_dict()
