"""Resources of returns: statistics, the inspection of one unit, credits that are missing."""

from dataclasses import replace
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from inventory.fees.rate_card import read_rate_cards
from inventory.returned_goods.acceptance import Inspection, accept, grade
from inventory.returned_goods.disposition import Decision, ReturnValue, decide, value_by_shares
from inventory.returned_goods.missing_credit import missing_credits
from serving.access import Caller, Scope, needs
from serving.demand.datasets import DEFAULT_DATASET
from serving.documentation import CHANGES_NOTHING, problems_of
from serving.economics.opened import dataset_of
from serving.economics.plain import money_text, plain_rows
from serving.economics.schemas import (
    CreditsAnswer,
    CreditsBody,
    InspectionAnswer,
    InspectionBody,
    ReturnsAnswer,
    ToldUnits,
    ValueBody,
)
from serving.goods import FACTS, return_report

__all__ = ["find_missing_credits", "get_returns", "inspect_return", "router"]

router = APIRouter(prefix="/v1/returns", tags=["returns"])

Reader = Annotated[Caller, needs(Scope.FORECAST_READ)]
Dataset = Annotated[str, Query(max_length=63, description="GET /v1/datasets lists them")]
PARTS = ("reasons", "batches", "suppliers", "todo", "resale")


@router.get("", operation_id="getReturns", response_model=ReturnsAnswer, responses=problems_of(404, 422))
def get_returns(request: Request, caller: Reader, dataset: Dataset = DEFAULT_DATASET) -> Response:
    """Show returns by reason, the batches and suppliers that chance does not explain, and what is sold again."""
    context, told = dataset_of(request, caller, dataset), list[str]()
    report = return_report(context.dataset, context.freshness.as_of, told.append)
    body = {name: plain_rows(getattr(report, name)) for name in PARTS}
    return JSONResponse({"as_of": context.freshness.as_of.isoformat(), **body, "remarks": told})


@router.post(
    "/inspections",
    operation_id="inspectReturn",
    openapi_extra=dict(CHANGES_NOTHING),
    response_model=InspectionAnswer,
    responses=problems_of(422),
)
def inspect_return(request: Request, caller: Reader, body: InspectionBody) -> Response:
    """Say of one returned unit whether it is accepted, which grade it has, and which way leaves most money."""
    inspection = Inspection(body.scores, body.works, body.repairable, body.obsolete)
    found, graded = accept(inspection), grade(inspection)
    facts = {"accepted": found.accepted, "score": found.score, "failed": list(found.failed), "grade": graded.value}
    chosen = None if body.value is None else decide(graded, _value(body.value))
    return JSONResponse(facts | _chosen(chosen))


@router.post(
    "/missing-credits",
    operation_id="findMissingCredits",
    openapi_extra=dict(CHANGES_NOTHING),
    response_model=CreditsAnswer,
    responses=problems_of(404, 422),
)
def find_missing_credits(request: Request, caller: Reader, body: CreditsBody) -> Response:
    """List refunded units that neither came back nor were paid for, with the days in which they can be claimed."""
    context = dataset_of(request, caller, body.dataset)
    day, returns = context.freshness.as_of, context.dataset.table("returns").dropna(subset=["order_id"])
    card = read_rate_cards()["reimbursement"]
    told, paid = _told(body.refunds), _told(body.reimbursements)
    table = missing_credits(told, returns[list(FACTS)], paid, day, card)
    return JSONResponse({"as_of": day.isoformat(), "items": plain_rows(table)})


def _value(body: ValueBody) -> ReturnValue:
    """Return what the unit brings: what is told, else by the shares of the library."""
    stated = {name: value for name, value in body.model_dump().items() if value is not None}
    price, unit_cost = stated.pop("price"), stated.pop("unit_cost")
    return replace(value_by_shares(price, unit_cost), **stated)


def _chosen(chosen: Decision | None) -> dict[str, object]:
    if chosen is None:
        return {"disposition": None, "route": None, "value": None, "alternatives": [], "reason": None}
    others = [{"disposition": way.value, "value": money_text(left)} for way, left in chosen.alternatives]
    facts = {"disposition": chosen.disposition.value, "route": chosen.route, "value": money_text(chosen.value)}
    return {**facts, "alternatives": others, "reason": chosen.reason}


def _told(rows: list[ToldUnits]) -> pd.DataFrame:
    frame = pd.DataFrame([row.model_dump() for row in rows], columns=list(FACTS))
    text = frame.astype({"order_id": "str", "sku": "str", "units": "float64"})
    return text.assign(date=pd.to_datetime(text["date"]).astype("datetime64[s]"))
