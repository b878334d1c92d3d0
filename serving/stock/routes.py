"""Resources of the ledger: movements are told, positions and lots are asked."""

from datetime import date
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from inventory.ledger.book import record
from inventory.ledger.inbound_age import inbound_ages
from inventory.ledger.ledger_tables import MOVEMENTS
from inventory.ledger.lots import fold_lots
from inventory.ledger.positions import movements_until, position_at, position_now
from serving import audit
from serving.access.caller import Caller, Scope, needs
from serving.documentation import problems_of
from serving.once import Answer, run_once
from serving.paging import Cursor, Limit, cut_page, decode_cursor
from serving.platform import platform_of
from serving.stock.schemas import LotsAnswer, MovementsAnswer, MovementsBody, PositionsAnswer, RecordedAnswer

__all__ = ["get_lots", "list_movements", "list_positions", "record_movements", "router"]

router = APIRouter(prefix="/v1", tags=["stock"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Writer = Annotated[Caller, needs(Scope.DATA_WRITE)]
Sku = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00-\x1f]*$")]


@router.post(
    "/movements",
    operation_id="recordMovements",
    response_model=RecordedAnswer,
    status_code=201,
    responses=problems_of(409, 422),
)
def record_movements(request: Request, caller: Writer, body: MovementsBody) -> Response:
    """Record stock movements, all or none; one with the same origin and reference as before counts once.

    409 `stock.conflict` where more units would leave a bucket than are in it.
    """
    now = platform_of(request).clock()

    def effect(connection: sa.Connection) -> Answer:
        done = record(connection, caller.tenant, [item.movement(body.origin) for item in body.movements], now)
        facts = {"new": done.new, "repeated": done.repeated}
        audit.record(connection, caller, "stock.record", "/v1/movements", {"origin": body.origin, **facts}, now)
        return Answer(201, facts)

    return run_once(request, caller, effect)


@router.get("/movements", operation_id="listMovements", response_model=MovementsAnswer, responses=problems_of(422))
def list_movements(
    request: Request, caller: Reader, limit: Limit = 50, cursor: Cursor = None, sku: Sku = None
) -> Response:
    """List recorded movements in the order in which they were recorded, a page at a time."""
    after = decode_cursor("movements", cursor, int)
    columns = MOVEMENTS.c
    query = sa.select(MOVEMENTS).where(columns.tenant == caller.tenant, columns.id > (after[0] if after else 0))
    if sku is not None:
        query = query.where(columns.sku == sku)
    with platform_of(request).database.reading() as connection:
        rows = connection.execute(query.order_by(columns.id).limit(limit + 1)).all()
    page, following = cut_page("movements", rows, limit, lambda row: (row.id,))
    return JSONResponse({"items": [_movement(row) for row in page], "next_cursor": following})


@router.get("/positions", operation_id="listPositions", response_model=PositionsAnswer, responses=problems_of(422))
def list_positions(
    request: Request,
    caller: Reader,
    limit: Limit = 50,
    cursor: Cursor = None,
    sku: Sku = None,
    at: Annotated[date | None, Query(description="The position at the start of this day; default: now")] = None,
) -> Response:
    """List what is where, now or at the start of a past day, by SKU and location."""
    after = decode_cursor("positions", cursor, str, str)
    with platform_of(request).database.reading() as connection:
        if at is None:
            table = position_now(connection, caller.tenant, None if sku is None else [sku])
        else:
            table = position_at(connection, caller.tenant, at)
            table = table if sku is None else table[table["sku"] == sku]
    rows: list[dict[str, Any]] = table.sort_values(["sku", "location"]).to_dict("records")
    rest = [row for row in rows if after is None or (row["sku"], row["location"]) > after][: limit + 1]
    page, following = cut_page("positions", rest, limit, lambda row: (row["sku"], row["location"]))
    return JSONResponse({"at": None if at is None else at.isoformat(), "items": list(page), "next_cursor": following})


@router.get("/lots", operation_id="listLots", response_model=LotsAnswer, responses=problems_of(422))
def get_lots(
    request: Request,
    caller: Reader,
    sku: Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")],
    at: Annotated[date | None, Query(description="At the start of this day; default: today")] = None,
) -> Response:
    """Show from which receipts the stock of a SKU is left, and what is on its way since when: first in, first out."""
    platform = platform_of(request)
    day = at or platform.clock().date()
    with platform.database.reading() as connection:
        movements = movements_until(connection, caller.tenant, at, [sku])
    book = fold_lots(movements)
    items = [
        {
            "location": row.location,
            "state": row.state,
            "received_on": row.received_on.isoformat(),
            "age_days": int(row.age_days),
            "units": int(row.units),
            "unit_cost": None if row.unit_cost is None else f"{row.unit_cost:f}",
        }
        for row in book.ages(day).itertuples()
    ]
    missing = int(book.missing["units"].sum())
    inbound = [
        {name: row[name] for name in ("location", "stage", "age_days", "units")} | {"since": row["since"].isoformat()}
        for row in inbound_ages(movements, day).to_dict("records")
    ]
    answer = {"sku": sku, "at": day.isoformat(), "items": items, "inbound": inbound, "missing_units": missing}
    return JSONResponse(answer)


def _movement(row: sa.Row[Any]) -> dict[str, Any]:
    facts = {name: value for name, value in row._mapping.items() if name != "tenant"}
    return {
        **facts,
        "date": row.date.isoformat(),
        "unit_cost": None if row.unit_cost is None else f"{row.unit_cost:f}",
        "recorded_at": row.recorded_at.isoformat(),
    }
