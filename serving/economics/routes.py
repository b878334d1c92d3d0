"""Resources of money and suppliers: projected fees, unit economics, supplier scores."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from inventory.profit.profit_table import profit_table
from serving.access import Caller, Scope, needs
from serving.demand.datasets import DEFAULT_DATASET
from serving.documentation import problems_of
from serving.economics.opened import Opened, Question, dataset_of, opened_books
from serving.economics.plain import money_text, plain_rows
from serving.economics.schemas import FeesAnswer, SuppliersAnswer, UnitEconomicsAnswer
from serving.goods import supplier_report
from serving.money import FEES, fee_table, profit_facts
from serving.paging import Cursor, Limit, cut_page, decode_cursor

__all__ = ["get_suppliers", "list_fees", "list_unit_economics", "router"]

router = APIRouter(prefix="/v1", tags=["money"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Dataset = Annotated[str, Query(max_length=63, description="GET /v1/datasets lists them")]
Days = Annotated[int, Query(ge=1, le=730, description="How far ahead")]
Year = Annotated[int | None, Query(ge=2018, le=2100, description="Whose rates count, in place of the dataset's own")]
FEE_MONEY = (*FEES, "total", "idle_fees", "removal")
UNIT_MONEY = (
    *("price", "landed_cost", "referral", "fulfilment", "storage", "returns", "advertising", "margin"),
    *("break_even", "floor_price"),
)


@router.get("/fees", operation_id="listFees", response_model=FeesAnswer, responses=problems_of(404, 422))
def list_fees(
    request: Request,
    caller: Reader,
    days: Days = 90,
    rates_year: Year = None,
    demand: Annotated[
        str, Query(pattern="^(recent|forecast)$", description="recent: the mean of the last 28 days goes on")
    ] = "recent",
    plan_run: Annotated[
        str | None, Query(max_length=64, pattern=r"^[0-9a-f]+$", description="With the orders of this stored plan run")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    dataset: Dataset = DEFAULT_DATASET,
) -> Response:
    """Project what storing the stock will cost: storage, utilisation, aged and low stock; the dearest item first.

    Stock runs forward day by day, oldest units first; with `plan_run` the orders of that plan arrive too.
    """
    opened = opened_books(request, caller, dataset, Question(days, rates_year, demand == "forecast", plan_run))
    books = opened.books
    rows, following = _page("fees", plain_rows(fee_table(books), FEE_MONEY), limit, cursor)
    charges = [charge for run in books.runs.values() for charge in run.charges]
    unconfirmed = sum((c.amount for c in charges if c.confidence != "official"), Decimal(0))
    total = sum((run.total for run in books.runs.values()), Decimal(0))
    facts = {"days": days, "rates_on": books.rates_on.isoformat(), "plan_run": plan_run}
    sums = {"total": money_text(total), "unconfirmed": money_text(unconfirmed)}
    body = {**_about(opened), **facts, **sums, "items": rows, "remarks": list(opened.remarks)}
    return JSONResponse(body | {"next_cursor": following})


@router.get(
    "/unit-economics",
    operation_id="listUnitEconomics",
    response_model=UnitEconomicsAnswer,
    responses=problems_of(404, 422),
)
def list_unit_economics(
    request: Request,
    caller: Reader,
    rates_year: Year = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    dataset: Dataset = DEFAULT_DATASET,
) -> Response:
    """Show what a unit of each item leaves: price, landed cost, fees, returns, margin, break-even, ROI and GMROI."""
    opened = opened_books(request, caller, dataset, Question(90, rates_year, False, None))
    table = profit_table(profit_facts(opened.books)).sort_values(["sku", "location"], ignore_index=True)
    rows, following = _page("unit_economics", plain_rows(table, UNIT_MONEY), limit, cursor)
    return JSONResponse({**_about(opened), "items": rows, "remarks": list(opened.remarks), "next_cursor": following})


@router.get("/suppliers", operation_id="getSuppliers", response_model=SuppliersAnswer, responses=problems_of(404, 422))
def get_suppliers(request: Request, caller: Reader, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """Score the suppliers by what they delivered: late rate, defects, steadiness; learned lead times; delay floors."""
    context = dataset_of(request, caller, dataset)
    report = supplier_report(context.dataset, context.freshness.as_of)
    body = {name: plain_rows(getattr(report, name)) for name in ("scores", "lead_times", "floors")}
    return JSONResponse({"as_of": context.freshness.as_of.isoformat(), **body})


def _about(opened: Opened) -> dict[str, Any]:
    books = opened.books
    return {"as_of": books.as_of.isoformat(), "currency": books.dataset.config.currency}


def _page(
    resource: str, rows: Sequence[dict[str, Any]], limit: int, cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of rows that keep their order, from behind the row that the cursor names."""
    place, first = decode_cursor(resource, cursor, str, str), 0
    if place is not None:
        names = [(row["sku"], row["location"]) for row in rows]
        first = names.index(place) + 1 if place in names else len(rows)
    page, following = cut_page(
        resource, rows[first : first + limit + 1], limit, lambda row: (row["sku"], row["location"])
    )
    return list(page), following
